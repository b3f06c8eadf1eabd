from django.apps import AppConfig


class MappingConfig(AppConfig):
    name = "pleo_connector.mapping"
