"""From a stored connection to a working adapter."""

from django.conf import settings

import erp_adapters
from erp_adapters.base import Access, ErpAdapter
from erp_adapters.http import CallObserver
from pleo_connector.connections.grants import StoredGrant
from pleo_connector.connections.models import Connection, ErpCredentials
from pleo_connector.pleo.client import PleoClient


def choices() -> list[type[ErpAdapter]]:
    """The ERPs that a customer may choose from, by name."""
    kinds = [kind for kind in erp_adapters.ADAPTERS if kind not in settings.HIDDEN_ADAPTERS]
    return sorted((erp_adapters.get(kind) for kind in kinds), key=lambda adapter: adapter.label)


def open_erp(connection: Connection, *, observer: CallObserver | None = None) -> ErpAdapter:
    """ValueError, naming the field, where what is stored does not fit the adapter."""
    adapter = erp_adapters.get(connection.erp_kind)
    stored = ErpCredentials.objects.filter(connection=connection).first()
    secrets = stored.secrets if stored else {}
    for secret in adapter.auth.secrets:
        if secret.required and not secrets.get(secret.name):
            raise ValueError(f"{adapter.label}: {secret.label} is missing. Reconnect it.")
    access = Access(
        settings=connection.erp_settings,
        secrets=secrets,
        observer=observer,
        allow_private=settings.ALLOW_PRIVATE_ADDRESSES,
    )
    return adapter(access)


def open_pleo(connection: Connection, *, observer: CallObserver | None = None) -> PleoClient:
    return PleoClient(
        base_url=settings.PLEO_API_URL,
        authorizer=StoredGrant(connection.pk),
        observer=observer,
        allow_private=settings.ALLOW_PRIVATE_ADDRESSES,
    )
