"""What a run would change in Pleo: looked at, decided, watched."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erp_adapters.ledger import Dimension
from pleo_connector.catalog.decisions import approve_plan
from pleo_connector.catalog.keeping import NotPossible, archive_after_all, keep_items
from pleo_connector.catalog.models import SyncPlan, SyncPlanItem
from pleo_connector.catalog.queries import (
    counts_by_plan,
    counts_of,
    get_plan,
    items_of,
    latest_plans,
    plans_of,
    records_of,
    sync_settings,
)
from pleo_connector.catalog.records import Kind
from pleo_connector.connections.models import Connection
from pleo_connector.web import plan_words
from pleo_connector.web.keyset import slice_of
from pleo_connector.web.ordered import part_of
from pleo_connector.web.plan_filter import PlanFilter
from pleo_connector.web.question import Question, ask
from pleo_connector.web.record_words import fix_of_plan
from pleo_connector.web.sync_rows import onward
from pleo_connector.web.tables.base import Empty
from pleo_connector.web.tables.plans import ItemTable, PlanTable
from pleo_connector.web.tally import Tally
from pleo_connector.web.visit import Visit, on_connection, require
from pleo_connector.web.words import counted, erp_label

Action, State = SyncPlanItem.Action, SyncPlanItem.State
FEW = 5  # are named where they are archived
NEVER = datetime.min.replace(tzinfo=UTC)


@on_connection()
def plans(request: HttpRequest, visit: Visit) -> HttpResponse:
    part = slice_of(request, plans_of(visit.connection), at="planned_at")
    for row in part.rows:
        row.connection = visit.connection
    latest = latest_plans(visit.connection).values()
    counts = counts_by_plan([*latest, *part.rows])
    tallies = {plan: Tally(found) for plan, found in counts.items()}
    text = _("What a run would change, and what it changed, is listed here.")
    shown = {
        "visit": visit,
        "connection": visit.connection,
        "headline": plan_words.plans_headline(latest, tallies),
        "found": plan_words.need_a_look(latest, tallies),
        "table": PlanTable(
            part.rows, tallies=tallies, empty=Empty(text, *onward(visit.connection))
        ),
        "slice": part,
    }
    return render(request, "web/plans.html", shown)


@on_connection()
def plan(request: HttpRequest, visit: Visit, run_id: UUID) -> HttpResponse:
    found = get_plan(visit.connection, run_id)
    shown = _moving(visit, found)
    chosen = PlanFilter(request.GET, items_of(found))
    part = part_of(request, chosen.qs)
    here = reverse("plan", args=[visit.connection.public_id, run_id])
    empty = Empty(_("No record matches."), here, _("Show all"))
    if not chosen.is_used:
        empty = Empty(_("There is nothing to change."))
    can_tick = shown["can_pick"] and any(item.action == Action.ARCHIVE for item in part.rows)
    shown |= {
        "filter": chosen,
        "can_tick": can_tick,
        "part": part,
        "total": chosen.qs.count() if part.before or part.after else len(part.rows),
        "table": ItemTable(
            part.rows,
            link=lambda item: f"{here}records/{item.position}/",
            dimensions=dimension_names(visit.connection),
            can_pick=can_tick,
            empty=empty,
        ),
        "is_narrow": chosen.is_used,
        "query": request.GET.urlencode(),
        "seen": found.planned_at.isoformat(),
    }
    return render(request, "web/plan.html", shown)


@on_connection()
def plan_progress(request: HttpRequest, visit: Visit, run_id: UUID) -> HttpResponse:
    """The part of the page that moves. At the end the whole page is read once more."""
    found = get_plan(visit.connection, run_id)
    response = render(request, "web/_plan_progress.html", _moving(visit, found))
    if found.state == SyncPlan.State.OVER:
        response["HX-Refresh"] = "true"
    return response


def _moving(visit: Visit, found: SyncPlan) -> dict[str, Any]:
    tally = Tally(counts_of(found))
    is_over = found.state == SyncPlan.State.OVER
    return {
        "visit": visit,
        "connection": visit.connection,
        "plan": found,
        "tally": tally,
        "headline": plan_words.plan_headline(found, tally),
        "can_pick": visit.can_operate
        and found.state == SyncPlan.State.WAITING
        and bool(tally.of(Action.ARCHIVE) or tally.kept),
        "is_moving": found.state in (SyncPlan.State.APPROVED, SyncPlan.State.APPLYING),
        "is_waiting": found.state == SyncPlan.State.WAITING,
        "approve": plan_words.sentence(plan_words.will_do(tally)) or _("Change nothing in Pleo"),
        "keep_all": plan_words.keep_all(tally),
        "parts": plan_words.parts(tally, is_over=is_over),
        "unasked": plan_words.unasked(tally),
        "fix": fix_of_plan(visit.connection, found, tally) if is_over else None,
    }


def dimension_names(connection: Connection) -> dict[str, str]:
    dimensions: list[Dimension] = records_of(connection, Kind.DIMENSIONS)
    return {x.code.casefold(): x.name for x in dimensions}


@on_connection(write="operate", is_action=True)
def plan_keep(request: HttpRequest, visit: Visit, run_id: UUID) -> HttpResponse:
    """Picked records, or all that the filter finds, stay in Pleo, or are archived after all."""
    found = get_plan(visit.connection, run_id)
    query = QueryDict(request.POST.get("query", ""))
    picked = [int(x) for x in request.POST.getlist("item") if x.isdecimal() and len(x) < 10]
    what = request.POST.get("do", "")
    seen = _seen(request)
    items = found.items.filter(position__in=picked)
    if what.endswith("-found"):
        items = PlanFilter(query, items_of(found)).qs
    try:
        if what.startswith("archive"):
            count = archive_after_all(plan=found, items=items, actor=visit.user, seen=seen)
            text = ngettext(
                "%(count)s record is archived after all, once you approve.",
                "%(count)s records are archived after all, once you approve.",
                count,
            )
        else:
            count = keep_items(
                plan=found, items=items, actor=visit.user, now=timezone.now(), seen=seen
            )
            text = ngettext(
                "%(count)s record is kept in Pleo, by this run and all later ones.",
                "%(count)s records are kept in Pleo, by this run and all later ones.",
                count,
            )
    except NotPossible as said:
        messages.error(request, str(said))
    else:
        if count:
            messages.success(request, counted(text, count))
        else:
            messages.warning(request, _("Pick records that the plan would archive first."))
    here = reverse("plan", args=[visit.connection.public_id, run_id])
    return redirect(f"{here}?{query.urlencode()}" if query else here)


def _seen(request: HttpRequest) -> datetime | None:
    """When the plan was made that the person looked at; None where the form does not say it."""
    said = request.POST.get("seen", "")
    try:
        return parse_datetime(said) or (NEVER if said else None)
    except ValueError:  # of the right shape, and no date
        return NEVER


@on_connection(write="operate")
def plan_approve(request: HttpRequest, visit: Visit, run_id: UUID) -> HttpResponse:
    require(visit, to="operate")
    found = get_plan(visit.connection, run_id)
    here = reverse("plan", args=[visit.connection.public_id, run_id])
    keep_all = request.GET.get("keep") == "all"
    if request.method != "POST":
        if found.state != SyncPlan.State.WAITING:
            return redirect(here)
        return ask(request, _question(visit.connection, found, here, keep_all=keep_all))
    try:
        approve_plan(
            plan=found,
            actor=visit.user,
            now=timezone.now(),
            keep_all=keep_all,
            seen=_seen(request),
        )
    except NotPossible as said:
        messages.error(request, str(said))
    else:
        messages.success(request, _("Approved. The changes begin in a moment."))
    return redirect(here)


def _question(connection: Connection, found: SyncPlan, back: str, *, keep_all: bool) -> Question:
    counts = counts_of(found)
    tally = Tally(counts)
    if keep_all:
        tally = tally.keeping()
    few = items_of(found).filter(action=Action.ARCHIVE, state=State.PLANNED)[: FEW + 1]
    gone = [] if keep_all else [item.name or item.key for item in few]
    limit = sync_settings(connection).archive_limit
    action = plan_words.sentence(plan_words.will_do(tally))
    return Question(
        title=_("Change Pleo like this?"),
        consequences=plan_words.consequences(
            tally,
            gone=gone if len(gone) <= FEW else (),
            system=erp_label(connection),
            limit=limit,
            is_first=found.why == "first",
        ),
        action=action or plan_words.keep_all(Tally(counts)) or _("Change nothing in Pleo"),
        keep=_("Back to the plan"),
        back=back,
        is_grave=bool(tally.of(Action.ARCHIVE)),
        fields={"seen": found.planned_at.isoformat()},
    )
