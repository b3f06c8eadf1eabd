from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "pleo_connector.ops"
