"""The way in from Pleo's own pages: where Connect and Settings lead there.

What Pleo adds to the address is not documented; a company that can be found in it is used.
"""

import re
from collections.abc import Sequence
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from pleo_connector.connections.models import Connection
from pleo_connector.web.visit import Seat, on_company

COMPANY = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@on_company
def start(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Somebody pressed Connect in Pleo: what is begun goes on, or something new begins."""
    connections = _connections(seat)
    named = _named(request, connections)
    if named:
        return redirect("setup", named.public_id)
    begun = [x for x in connections if x.state == Connection.State.SETUP]
    shown = {"begun": begun, "can_configure": seat.can_configure}
    return render(request, "web/pleo_start.html", shown)


@on_company
def settings_page(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Somebody pressed Settings in Pleo."""
    connections = _connections(seat)
    named = _named(request, connections)
    if named is None and len(connections) == 1:
        named = connections[0]
    return redirect("accounts", named.public_id) if named else redirect("home")


def _connections(seat: Seat) -> list[Connection]:
    return list(Connection.objects.filter(tenant=seat.tenant).order_by("pleo_company_name", "pk"))


def _named(request: HttpRequest, connections: Sequence[Connection]) -> Connection | None:
    """The person's own connection of a company that the address names."""
    found = {UUID(text) for text in COMPANY.findall(request.META.get("QUERY_STRING", ""))}
    return next((x for x in connections if x.pleo_company_id in found), None)
