from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "pleo_connector.api"
