"""Connections of all companies, and one of them with what support can do for it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_scopes import scopes_disabled

from pleo_connector.connections.models import Connection, WebhookEvent
from pleo_connector.exports.models import Posting
from pleo_connector.history.models import Run
from pleo_connector.ops import queries
from pleo_connector.ops.events import EventTable
from pleo_connector.ops.filters import OpsConnectionFilter
from pleo_connector.ops.stuck import headline_of, is_held, mend_of
from pleo_connector.ops.tables import (
    ConnectionTable,
    LastRunTable,
    PostingTable,
    named,
)
from pleo_connector.ops.visit import for_staff
from pleo_connector.web import words
from pleo_connector.web.csv_file import csv_of
from pleo_connector.web.keyset import slice_of
from pleo_connector.web.tables.base import Empty

NEWEST = 10  # runs and notifications on the page of a connection


def _connections(request: HttpRequest) -> OpsConnectionFilter:
    rows = Connection.objects.select_related("tenant", "pleo_grant")
    return OpsConnectionFilter(request.GET, rows, request=request)


@for_staff
def connections(request: HttpRequest) -> HttpResponse:
    chosen = _connections(request)
    part = slice_of(request, chosen.qs, at="created_at")
    empty = Empty(_("No company has started a connection yet."))
    if chosen.is_used:
        empty = Empty(_("Nothing matches."), reverse("ops-connections"), _("Show all"))
    table = ConnectionTable(part.rows, part=part, empty=empty)
    shown = {"headline": _list_headline(), "filter": chosen, "table": table}
    return render(request, "ops/connections.html", shown)


def _list_headline() -> words.Headline:
    count = queries.counted(queries.to_reconnect())
    if not count:
        return words.Headline("ok", _("Every connection lets us in."))
    text = ngettext(
        "%(count)s connection has to be reconnected.",
        "%(count)s connections have to be reconnected.",
        count,
    )
    return words.Headline("attention", words.counted(text, count))


@for_staff
def connections_csv(request: HttpRequest) -> HttpResponseBase:
    head = [_("Company"), _("Connection"), _("Accounting system"), _("State"), _("Access")]
    head += [_("Pleo asked last"), _("Asked next"), _("Worker"), _("Id")]
    rows = _connections(request).qs
    return csv_of("connections", head, rows, _line, inside=scopes_disabled, at="created_at")


def _line(row: Connection) -> list[object]:
    dead = row.pleo_grant.dead_reason if words.is_pleo_dead(row) else row.erp_problem
    system = words.erp_label(row) if row.erp_kind else ""
    return [
        *(row.tenant.name, named(row), system, words.connection_badge(row).word, dead),
        *(row.checked_at, row.wake_at, row.lease_holder, row.public_id),
    ]


@for_staff
def connection(request: HttpRequest, public_id: UUID) -> HttpResponse:
    rows = Connection.objects.select_related("tenant", "pleo_grant", "subscription")
    found = get_object_or_404(rows, public_id=public_id)
    now = timezone.now()
    newest = Run.objects.filter(connection=found).order_by("-started_at", "-pk")
    runs = list(newest.select_related("connection", "connection__tenant", "export_job")[:NEWEST])
    stuck = queries.stuck_runs(now).filter(connection=found).first()
    doubt = Posting.objects.filter(connection=found, state__in=queries.DOUBT)
    events = WebhookEvent.objects.filter(connection=found).select_related("connection")
    shown = {
        "connection": found,
        "headline": headline_of(stuck, of_connection=True)
        if stuck
        else words.connection_headline(found),
        "stuck": stuck,
        "mend": mend_of(found) if stuck else None,
        "is_leased": is_held(found),
        "is_due": found.wake_at is not None and found.wake_at <= now,
        "runs": LastRunTable(
            runs, stuck=queries.stuck_among(runs, now), empty=Empty(_("Nothing has run yet."))
        ),
        "postings": PostingTable(
            doubt.defer("voucher").select_related("job__run").order_by("intended_at")[:50],
            empty=Empty(_("Of every voucher it is known whether it is booked.")),
        ),
        "events": EventTable(
            events.order_by("-received_at", "-pk")[:NEWEST],
            empty=Empty(_("Pleo has not notified us yet.")),
        ),
        "facts": [(_("Id"), found.public_id), (_("Fence"), found.lease_fence)],
    }
    return render(request, "ops/connection.html", shown)
