"""From a stored connection to a working adapter."""

from django.conf import settings

import erp_adapters
from erp_adapters.base import Access, ErpAdapter, RateWindow
from erp_adapters.reply import CallObserver
from pleo_connector.connections.grants import StoredGrant
from pleo_connector.connections.limits import throttle_for
from pleo_connector.connections.models import Connection, ErpCredentials
from pleo_connector.pleo.client import PleoClient


def choices() -> list[type[ErpAdapter]]:
    """The ERPs that a customer may choose from, by name."""
    kinds = [kind for kind in erp_adapters.ADAPTERS if kind not in settings.HIDDEN_ADAPTERS]
    return sorted((erp_adapters.get(kind) for kind in kinds), key=lambda adapter: adapter.label)


class SecretMissing(ValueError):
    """Nothing is stored to log in with."""


def open_erp(
    connection: Connection, *, observer: CallObserver | None = None, is_sync: bool = False
) -> ErpAdapter:
    """ValueError, naming the field, where what is stored does not fit the adapter.

    `is_sync` leaves a part of the calls that the ERP takes to exports.
    """
    adapter = erp_adapters.get(connection.erp_kind)
    stored = ErpCredentials.objects.filter(connection=connection).first()
    secrets = stored.secrets if stored else {}
    for secret in adapter.auth.secrets:
        if secret.required and not secrets.get(secret.name):
            raise SecretMissing(f"{adapter.label}: {secret.label} is missing. Reconnect it.")
    throttle = throttle_for(
        connection.public_id, system="erp", label=adapter.label, is_sync=is_sync
    )
    access = Access(
        settings=connection.erp_settings,
        secrets=secrets,
        observer=observer,
        throttle=throttle,
        allow_private=settings.ALLOW_PRIVATE_ADDRESSES,
    )
    made = adapter(access)
    throttle.limits = made.capabilities.rate_limits  # an instance may have its own
    return made


def open_pleo(
    connection: Connection, *, observer: CallObserver | None = None, is_sync: bool = False
) -> PleoClient:
    return PleoClient(
        base_url=settings.PLEO_API_URL,
        authorizer=StoredGrant(connection.pk),
        observer=observer,
        throttle=throttle_for(
            connection.public_id,
            system="pleo",
            label="Pleo",
            limits=(RateWindow(settings.PLEO_CALLS_PER_MINUTE, 60),),
            is_sync=is_sync,
        ),
        allow_private=settings.ALLOW_PRIVATE_ADDRESSES,
    )
