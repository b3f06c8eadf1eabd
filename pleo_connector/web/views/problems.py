"""What needs a person: one line per cause, with the way to mend it."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from pleo_connector.catalog.models import Entity, SyncPlan, SyncPlanItem
from pleo_connector.exports.queries import vouchers_of
from pleo_connector.exports.shown import latest_items, pleo_urls
from pleo_connector.history.models import Problem
from pleo_connector.history.problems import mute, note_seen, unmute
from pleo_connector.history.queries import events_of, kept_counts, kept_entries
from pleo_connector.web.details import EntryRow
from pleo_connector.web.filters import ConnectionProblemFilter, ListFilter, ProblemFilter
from pleo_connector.web.ledger_names import account_names
from pleo_connector.web.menu import problems_of
from pleo_connector.web.problems import (
    MUTES,
    ProblemRow,
    chosen_headline,
    closes_when,
    event_row,
    headline_of,
    rows_of,
)
from pleo_connector.web.tables.base import Empty, page_of
from pleo_connector.web.tables.exports import EntryTable
from pleo_connector.web.visit import Seat, Visit, on_company, on_connection, on_problem

ENTRIES_PER_PAGE = 100


@on_company
def problems(request: HttpRequest, seat: Seat) -> HttpResponse:
    rows = _ordered(Problem.objects.filter(connection__tenant=seat.tenant))
    count = sum(problems_of(request).values())
    chosen = ProblemFilter(request.GET, rows, request=request)
    return _list(request, seat, chosen, count, {"layout": "base.html"})


@on_connection()
def of_connection(request: HttpRequest, visit: Visit) -> HttpResponse:
    rows = _ordered(Problem.objects.filter(connection=visit.connection))
    count = problems_of(request).get(visit.connection.pk, 0)
    chosen = ConnectionProblemFilter(request.GET, rows, request=request)
    shown = {
        "layout": "web/connection_base.html",
        "visit": visit,
        "connection": visit.connection,
    }
    return _list(request, visit, chosen, count, shown)


def _ordered(rows: "QuerySet[Problem]") -> "QuerySet[Problem]":
    """The latest opened first."""
    return rows.select_related("connection").order_by("-opened_at", "-pk")


def _list(
    request: HttpRequest, seat: Seat, chosen: ListFilter, count: int, shown: dict[str, Any]
) -> HttpResponse:
    page = page_of(request, chosen.qs)
    found = list(page)
    kept = kept_counts(found)
    shown |= {
        "headline": chosen_headline(
            chosen.data.get("state", ""), page.paginator.count, count, can_mend=seat.can_operate
        ),
        "can_mend": seat.can_operate,
        "filter": chosen,
        "page": page,
        "rows": rows_of(found, kept, pleo_urls(found, kept), now=timezone.now()),
        "is_filtered": chosen.is_used,
    }
    return render(request, "web/problems.html", shown)


@on_problem
def problem(request: HttpRequest, visit: Visit, problem: Problem) -> HttpResponse:
    now, connection = timezone.now(), visit.connection
    note_seen(problem=problem, actor=visit.user, now=now)
    page = page_of(request, kept_entries(problem), per_page=ENTRIES_PER_PAGE)
    ids = [kept.accounting_entry_id for kept in page]
    items, postings = latest_items(connection, ids), vouchers_of(connection, ids)
    url = items[ids[0]].pleo_url if len(ids) == 1 and ids[0] in items else ""
    row = ProblemRow.of(problem, entries=page.paginator.count, now=now, pleo_url=url)
    names = account_names(connection) if postings else {}
    entries = [
        EntryRow.of(items[x].job, items[x], postings.get(x, []), names) for x in ids if x in items
    ]
    shown = {
        "visit": visit,
        "connection": connection,
        "row": row,
        "problem": problem,
        "headline": headline_of(row),
        "table": EntryTable(
            entries,
            page=page,
            empty=Empty(_("No entry is left.")),
            exclude=() if postings else ("account", "voucher"),
        ),
        "events": [event_row(event) for event in events_of(problem)],
        "mutes": [(name, label) for name, (label, _length) in MUTES.items()],
        "is_muted": problem.is_muted(now),
        "closes_when": closes_when(problem),
        "records": _records(visit, problem),
    }
    return render(request, "web/problem.html", shown)


def _records(visit: Visit, problem: Problem) -> str:
    """Where the records of a sync stand that have this problem; empty of other problems."""
    entity = problem.type.removeprefix("sync_")
    if entity == problem.type or entity not in Entity.values:
        return ""
    plan = SyncPlan.objects.filter(run=problem.run_id).select_related("run").first()
    if plan is None:  # kept no longer
        return ""
    url = reverse("plan", args=[visit.connection.public_id, plan.run.public_id])
    return f"{url}?state={SyncPlanItem.State.FAILED}&entity={entity}"


@on_problem
def mute_problem(request: HttpRequest, visit: Visit, problem: Problem) -> HttpResponse:
    now, chosen = timezone.now(), request.POST.get("for", "")
    if request.method == "POST" and chosen in MUTES:
        length = MUTES[chosen][1]
        until = now + length if length else None
        mute(problem=problem, actor=visit.user, until=until, now=now)
        text = _("Muted. It stays in this list under Muted, and nobody is told of it.")
        messages.success(request, text)
    elif request.method == "POST":
        unmute(problem=problem, actor=visit.user, now=now)
        messages.success(request, _("No longer muted."))
    return redirect("problem", problem.public_id)
