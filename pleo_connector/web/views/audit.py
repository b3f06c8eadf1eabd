"""Who did what, when: for every member to read, page by page or as a file."""

from functools import partial

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_scopes import scope

from pleo_connector.tenants.models import AuditEntry
from pleo_connector.tenants.queries import audit_of, members_of
from pleo_connector.web.audit_filter import AuditFilter
from pleo_connector.web.csv_file import csv_of
from pleo_connector.web.deeds import what, who
from pleo_connector.web.keyset import slice_of
from pleo_connector.web.tables.audit import AuditTable
from pleo_connector.web.tables.base import Empty
from pleo_connector.web.visit import Seat, on_company


@on_company
def audit(request: HttpRequest, seat: Seat) -> HttpResponse:
    chosen = _chosen(request, seat)
    part = slice_of(request, chosen.qs, at="created_at")
    empty = Empty(_("Nothing was done yet."))
    if chosen.is_used:
        empty = Empty(_("Nothing matches."), reverse("audit"), _("Show all"))
    table = AuditTable(part.rows, members=set(chosen.members), part=part, empty=empty)
    return render(request, "web/audit.html", {"filter": chosen, "table": table})


@on_company
def audit_csv(request: HttpRequest, seat: Seat) -> HttpResponseBase:
    chosen = _chosen(request, seat)
    members, tenant = set(chosen.members), seat.tenant

    def line(entry: AuditEntry) -> tuple[object, ...]:
        return entry.created_at, who(entry, members=members), what(entry)

    head = (_("When (UTC)"), _("Who"), _("What"))
    inside = partial(scope, tenant=tenant)
    return csv_of("audit-log", head, chosen.qs, line, inside=inside, at="created_at")


def _chosen(request: HttpRequest, seat: Seat) -> AuditFilter:
    rows = audit_of(seat.tenant)
    return AuditFilter(request.GET, rows, request=request, members=members_of(seat.tenant))
