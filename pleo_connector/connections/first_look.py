"""Whose access to Pleo it is, before anything of it is kept."""

from django.conf import settings
from django.utils.translation import gettext as _

from pleo_connector.connections.models import Connection
from pleo_connector.pleo.client import Introspection, PleoClient


class CannotConnect(Exception):
    """A sentence for the person who is connecting."""


class _FixedHeader:
    def __init__(self, header: str) -> None:
        self._header = header

    def header(self, *, refused: str | None = None) -> str:
        return self._header


def client_with(header: str) -> PleoClient:
    return PleoClient(
        base_url=settings.PLEO_API_URL,
        authorizer=_FixedHeader(header),
        allow_private=settings.ALLOW_PRIVATE_ADDRESSES,
    )


def looked_up(connection: Connection, pleo: PleoClient) -> tuple[Introspection, str]:
    """Whose access it is and what the company is called; CannotConnect where it does not fit."""
    who = pleo.introspect()
    if who.company_id is None:
        raise CannotConnect(
            _("Pleo gave access to a group of companies. Connect again and choose one company.")
        )
    if connection.pleo_company_id not in (None, who.company_id):
        text = _(
            "This connection belongs to %(company)s. Connect again and choose that company, or "
            "make a new connection for the other one."
        )
        raise CannotConnect(text % {"company": connection.pleo_company_name})
    return who, pleo.company_name(who.company_id)
