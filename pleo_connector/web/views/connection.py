"""One connection: its health, its set-up, and the buttons that move it."""

from dataclasses import replace
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_adapters.errors import RemoteError
from pleo_connector.catalog.queries import read_at
from pleo_connector.connections import actions
from pleo_connector.connections.models import Connection
from pleo_connector.exports.shown import counts_of, waiting_entries
from pleo_connector.history.queries import last_good_calls
from pleo_connector.web import said, words
from pleo_connector.web.fixes import problems_url
from pleo_connector.web.menu import problems_of
from pleo_connector.web.problems import list_headline
from pleo_connector.web.rows import export_rows, jobs_of
from pleo_connector.web.steps import as_read, next_step, open_steps, steps_of
from pleo_connector.web.tables.base import Empty
from pleo_connector.web.tables.exports import ExportTable, none_yet
from pleo_connector.web.visit import Seat, Visit, on_company, on_connection

NEWEST = 5  # exports on the connection's page


@on_company
def new(request: HttpRequest, seat: Seat) -> HttpResponse:
    if request.method != "POST":
        return redirect("home")
    if not seat.can_configure:
        raise PermissionDenied(_("Your role does not allow this. An owner or admin can do it."))
    connection = actions.create_connection(tenant=seat.tenant, actor=seat.user)
    return redirect("setup", connection.public_id)


@on_connection()
def overview(request: HttpRequest, visit: Visit) -> HttpResponse:
    connection = visit.connection
    jobs = list(jobs_of(connection)[:NEWEST])
    now, catalog_read = timezone.now(), read_at(connection)
    empty = Empty(none_yet(connection).text)  # the way on is a button of the page already
    problems = problems_of(request).get(connection.pk, 0)
    is_looking = connection.lease_until is not None and connection.lease_until > now
    shown = {
        "visit": visit,
        "connection": connection,
        "headline": _headline(connection, problems, can_mend=visit.can_operate),
        "grant": connection.pleo_grant if words.has_pleo(connection) else None,
        "calls": _last_good(connection, catalog_read),
        "read_at": catalog_read,
        "table": ExportTable(export_rows(jobs, counts_of(jobs)), empty=empty),
        "waiting": waiting_entries([connection]).get(connection.pk, 0),
        "problems_url": problems_url(connection),
        "problems": problems,
        "is_looking": is_looking,
        "is_due": connection.wake_at is not None and connection.wake_at <= now,
        "now": now,
    }
    return render(request, "web/connection.html", shown)


def _headline(connection: Connection, problems: int, *, can_mend: bool) -> words.Headline:
    """A connection that works is not well while entries cannot be booked."""
    headline = words.connection_headline(connection)
    if headline.tone != "ok" or not problems:
        return headline
    return replace(list_headline(problems, can_mend=can_mend), detail=headline.text)


def _last_good(connection: Connection, catalog_read: datetime | None) -> dict[str, datetime | None]:
    """When each side answered well; what was read outside a run counts too."""
    calls, grant = last_good_calls(connection), getattr(connection, "pleo_grant", None)
    known = {
        "pleo": (calls.get("pleo"), connection.checked_at, grant and grant.granted_at),
        "erp": (calls.get("erp"), catalog_read, connection.erp_confirmed_at),
    }
    return {side: max(filter(None, times), default=None) for side, times in known.items()}


@on_connection()
def setup(request: HttpRequest, visit: Visit) -> HttpResponse:
    steps = as_read(steps_of(visit.connection), visit)
    shown = {
        "visit": visit,
        "connection": visit.connection,
        "steps": steps,
        "next": next_step(steps),
        "left": len(open_steps(steps)),
    }
    return render(request, "web/setup.html", shown)


@on_connection(is_action=True)
def go_live(request: HttpRequest, visit: Visit) -> HttpResponse:
    connection = visit.connection
    left = [x for x in open_steps(steps_of(connection)) if x.name != "live"]
    if left:
        text = _("Step %(number)s is not done yet. %(why)s")
        messages.error(request, text % {"number": left[0].number, "why": left[0].sentence})
        return redirect("setup", connection.public_id)
    return _live(
        request,
        visit,
        _("Live. Exports are booked in %(where)s.") % {"where": words.books_of(connection)},
    )


@on_connection(is_action=True)
def resume(request: HttpRequest, visit: Visit) -> HttpResponse:
    if visit.connection.state == Connection.State.SETUP:
        return redirect("setup", visit.connection.public_id)
    return _live(request, visit, _("Resumed. Exports that waited in Pleo are booked now."))


def _live(request: HttpRequest, visit: Visit, done: str) -> HttpResponse:
    try:
        warning = actions.go_live(connection=visit.connection, actor=visit.user)
    except RemoteError as error:
        messages.error(
            request,
            _("Pleo could not be told, so nothing changed. %(why)s")
            % {"why": said.again(error.message)},
        )
        page = "setup" if visit.connection.state == Connection.State.SETUP else "connection"
        return redirect(page, visit.connection.public_id)
    messages.success(request, done)
    if warning:
        messages.warning(request, warning)
    return redirect("connection", visit.connection.public_id)


@on_connection(is_action=True)
def pause(request: HttpRequest, visit: Visit) -> HttpResponse:
    if visit.connection.state == Connection.State.LIVE:
        actions.pause(connection=visit.connection, actor=visit.user)
        messages.success(request, _("Paused. Exports wait in Pleo, for an hour each."))
    return redirect("connection", visit.connection.public_id)


@on_connection(write="operate", is_action=True)
def check_now(request: HttpRequest, visit: Visit) -> HttpResponse:
    if visit.connection.state == Connection.State.LIVE:
        actions.check_now(connection=visit.connection)
        messages.success(request, _("Pleo is being asked for new exports."))
    else:
        messages.warning(request, _("Pleo is asked for exports while the connection is live."))
    return redirect("connection", visit.connection.public_id)
