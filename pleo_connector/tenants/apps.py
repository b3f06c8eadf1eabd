from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TenantsConfig(AppConfig):
    name = "pleo_connector.tenants"

    def ready(self) -> None:
        from pleo_connector.tenants.fence.policies import raise_fence

        post_migrate.connect(raise_fence, sender=self)
