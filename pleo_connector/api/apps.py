from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "pleo_connector.api"

    def ready(self) -> None:
        from pleo_connector.api import schema  # noqa: F401  tells drf-spectacular
