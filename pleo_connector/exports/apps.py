from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "pleo_connector.exports"
