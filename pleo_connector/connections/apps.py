from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    name = "pleo_connector.connections"
