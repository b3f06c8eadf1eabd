from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "pleo_connector.history"

    def ready(self) -> None:
        from pleo_connector.connections.health import LISTENERS
        from pleo_connector.history.health import note_health

        LISTENERS.append(note_health)
