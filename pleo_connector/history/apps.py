from django.apps import AppConfig


class HistoryConfig(AppConfig):
    name = "pleo_connector.history"
