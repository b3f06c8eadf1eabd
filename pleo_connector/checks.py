"""Misconfiguration, said before anything is served."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register
def embedded_servers(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    if settings.IS_DEVELOPMENT:
        return []
    return [
        Error(
            f"{name} is not set, so the embedded {server} would be used outside development.",
            hint=f"Set {name} to the address of a {server} that is backed up and monitored.",
            id=f"connector.E00{number}",
        )
        for number, (is_embedded, name, server) in enumerate(
            [
                (settings.EMBEDDED_POSTGRES, "DATABASE_URL", "PostgreSQL"),
                (settings.EMBEDDED_REDIS, "REDIS_URL", "Redis"),
            ],
            start=1,
        )
        if is_embedded
    ]


@register
def pleo_client(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    if settings.IS_DEVELOPMENT or (settings.PLEO_CLIENT_ID and settings.PLEO_CLIENT_SECRET):
        return []
    return [
        Error(
            "PLEO_CLIENT_ID or PLEO_CLIENT_SECRET is not set.",
            hint="Set both to the values that Pleo gave for this environment.",
            id="connector.E003",
        )
    ]


@register
def lease_outlasts_calls(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    from erp_adapters.http import CONNECT_TIMEOUT, TOTAL_TIMEOUT

    if settings.ENVIRONMENT == "test" or settings.LEASE_SECONDS > CONNECT_TIMEOUT + TOTAL_TIMEOUT:
        return []
    return [
        Error(
            "LEASE_SECONDS is not longer than one remote call may take.",
            hint=f"Set it above {CONNECT_TIMEOUT + TOTAL_TIMEOUT:.0f}.",
            id="connector.E004",
        )
    ]


@register
def calls_to_pleo(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    most = 600  # a minute and grant; Pleo refuses what is above
    if 1 <= settings.PLEO_CALLS_PER_MINUTE < most:
        return []
    return [
        Error(
            "PLEO_CALLS_PER_MINUTE is not below what Pleo takes.",
            hint=f"Set it between 1 and {most - 1}; 500 leaves room for what is on its way.",
            id="connector.E005",
        )
    ]
