"""How far Pleo is in step with the ERP, and the buttons that move it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from pleo_connector.catalog import decisions
from pleo_connector.catalog.keeping import NotPossible
from pleo_connector.catalog.models import SyncKind, SyncSchedule
from pleo_connector.catalog.queries import sync_settings
from pleo_connector.web.sync_rows import KindRow, axes_of, chosen_axes, known_of
from pleo_connector.web.sync_words import INTERVALS, syncs_headline
from pleo_connector.web.visit import Visit, on_connection


@on_connection()
def syncs(request: HttpRequest, visit: Visit) -> HttpResponse:
    connection, now = visit.connection, timezone.now()
    chosen = sync_settings(connection)
    all_known = known_of(connection, chosen)
    shown = {
        "visit": visit,
        "connection": connection,
        "headline": syncs_headline(connection, all_known),
        "rows": [KindRow.of(known) for known in all_known],
        "axes": chosen_axes(axes_of(connection, timezone.localdate()), chosen),
        "archive_limit": chosen.archive_limit,
        "waiting": [known.plan for known in all_known if known.is_waiting],
        "lacks_permission": any(x.schedule and x.schedule.missing_permission for x in all_known),
        "intervals": INTERVALS.items(),
        "now": now,
    }
    return render(request, "web/syncs.html", shown)


@on_connection(write="operate", is_action=True)
def sync_now(request: HttpRequest, visit: Visit) -> HttpResponse:
    kind, only = request.POST.get("kind", ""), request.POST.get("only", "")

    def ask() -> None:
        if kind not in ("", *SyncKind.values):
            raise NotPossible(_("There is nothing of that kind."))
        decisions.ask_for_sync(
            connection=visit.connection, kind=kind, only=only, actor=visit.user, now=timezone.now()
        )

    return _do(request, visit, ask, _("Both sides are being compared now."))


@on_connection(write="operate", is_action=True)
def sync_schedule(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Pauses a kind, resumes it, or changes how often it is looked at."""
    kind, what = request.POST.get("kind", ""), request.POST.get("do", "")
    ids: dict[str, Any] = {"connection": visit.connection, "kind": kind, "actor": visit.user}
    hours = request.POST.get("hours", "")

    def change() -> None:
        if kind not in SyncKind.values:
            raise NotPossible(_("There is nothing of that kind."))
        if what == "pause":
            decisions.pause_schedule(**ids)
        elif what == "resume":
            decisions.resume_schedule(**ids, now=timezone.now())
        else:
            number = int(hours) if hours.isdecimal() else 0
            decisions.set_interval(**ids, hours=number, now=timezone.now())

    done = {"pause": _("Paused. Pleo stays as it is."), "resume": _("Resumed.")}
    return _do(request, visit, change, done.get(what, _("Saved.")))


@on_connection(write="operate", is_action=True)
def sync_limit(request: HttpRequest, visit: Visit) -> HttpResponse:
    """From which share on a run that archives asks first."""
    given = request.POST.get("percent", "")

    def change() -> None:
        percent = int(given) if given.isdecimal() and len(given) <= 3 else -1
        decisions.set_archive_limit(connection=visit.connection, percent=percent, actor=visit.user)

    return _do(request, visit, change, _("Saved. It counts from the next run on."))


def _do(request: HttpRequest, visit: Visit, change: Callable[[], None], done: str) -> HttpResponse:
    try:
        change()
    except NotPossible as said:
        messages.error(request, str(said))
    except SyncSchedule.DoesNotExist:
        messages.error(request, _("This begins once the connection is live."))
    else:
        messages.success(request, done)
    return redirect("syncs", visit.connection.public_id)
