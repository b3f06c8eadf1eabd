from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "pleo_connector.tenants"
