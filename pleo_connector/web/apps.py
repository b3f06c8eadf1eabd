from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "pleo_connector.web"

    def ready(self) -> None:
        from pleo_connector import checks  # noqa: F401  (registers the system checks)
