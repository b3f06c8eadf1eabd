from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "pleo_connector.catalog"
