"""What stands in Pleo for what: values and tags, and records that people keep there."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib import messages
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erp_adapters.ledger import DimensionValue
from pleo_connector.catalog.decisions import let_go
from pleo_connector.catalog.models import Entity, SyncKind, SyncPlan, SyncPlanItem
from pleo_connector.catalog.queries import (
    kept_records,
    latest_plans,
    schedules_of,
    sync_settings,
    whole_plans,
)
from pleo_connector.catalog.values import FoundValues
from pleo_connector.connections.models import Connection
from pleo_connector.web.forms.values import ValuesForm
from pleo_connector.web.question import Question, ask
from pleo_connector.web.sync_rows import Axis, axes_of, chosen_axes, onward
from pleo_connector.web.sync_words import nothing_chosen
from pleo_connector.web.tables.base import Empty, page_of
from pleo_connector.web.tables.plans import KeptTable, where
from pleo_connector.web.tables.values import ValueTable
from pleo_connector.web.value_rows import value_rows
from pleo_connector.web.views.plans import dimension_names
from pleo_connector.web.visit import Visit, on_connection, require
from pleo_connector.web.words import Headline, erp_label
from pleo_connector.web.words import number as written

ROWS = 50


@on_connection()
def sync_values(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Of one chosen dimension. As far as runs know: a page does not ask Pleo."""
    connection, today = visit.connection, timezone.localdate()
    chosen = sync_settings(connection)
    axes = chosen_axes(axes_of(connection, today), chosen)
    form = ValuesForm(request.GET, axes=axes)
    axis = form.axis()
    shown = {
        "visit": visit,
        "connection": connection,
        "axis": axis,
        "filter": {"fields": list(form)},
    }
    if axis is None:
        shown["headline"] = nothing_chosen(connection, chosen)
        return render(request, "web/sync_values.html", shown)
    compared = compared_at(connection, SyncKind.TAGS)
    search, total = form.search(), axis.all_values
    found = FoundValues(connection, dimension=axis.code, search=search, total=total)
    page = page_of(request, found, per_page=ROWS)
    plan = latest_plans(connection).get(SyncKind.TAGS)
    rows = value_rows(list(page), _items(plan, axis, page), plan, compared_at=compared, today=today)
    empty = Empty(_("No value matches."), f"?dimension={axis.code}", _("Show all"))
    shown |= {
        "headline": _headline(axis, compared, plan),
        "table": ValueTable(rows, page=page, empty=empty, system=erp_label(connection)),
        "compared_at": compared,
        "plan": plan if plan and plan.state == SyncPlan.State.WAITING else None,
    }
    return render(request, "web/sync_values.html", shown)


def _items(
    plan: SyncPlan | None, axis: Axis, values: Iterable[DimensionValue]
) -> dict[str, SyncPlanItem]:
    if plan is None:
        return {}
    codes = [value.code.lower() for value in values]
    rows = plan.items.filter(entity=Entity.TAG, group__iexact=axis.code)
    rows = rows.annotate(low=Lower("key")).filter(low__in=codes)
    return {item.key.casefold(): item for item in rows}


def compared_at(connection: Connection, kind: str) -> datetime | None:
    """When all of the kind was last compared; None before."""
    whole = whole_plans(connection).get(kind)
    row = next((x for x in schedules_of(connection) if x.kind == kind), None)
    times = [row.compared_at if row else None, whole.touched_at if whole else None]
    return max((x for x in times if x), default=None)


def _headline(axis: Axis, compared: datetime | None, plan: SyncPlan | None) -> Headline:
    shown, count = written(axis.values), written(axis.all_values)
    filled = {"group": axis.name, "shown": shown, "count": count}
    text = _("%(shown)s of the %(count)s values of %(group)s belong in Pleo as tags.") % filled
    if plan and plan.state == SyncPlan.State.WAITING:
        return Headline("attention", text, detail=_("A plan that changes tags waits for approval."))
    if compared is None:
        return Headline("busy", _("%(group)s has not been compared with Pleo yet.") % filled)
    return Headline("ok", text)


@on_connection()
def kept(request: HttpRequest, visit: Visit) -> HttpResponse:
    connection = visit.connection
    page = page_of(request, kept_records(connection))
    ids = [connection.public_id]
    next_step = (reverse("plans", args=ids), _("Look at the plans"))
    if connection.state == Connection.State.SETUP:
        next_step = onward(connection)
    text = _("Where a plan would archive a record that you need in Pleo, keep it there.")
    table = KeptTable(
        page,
        page=page,
        connection=connection,
        dimensions=dimension_names(connection),
        can_change=visit.can_operate,
        empty=Empty(text, *next_step),
    )
    headline = _kept(page.paginator.count, erp_label(connection))
    shown = {"visit": visit, "connection": connection, "table": table, "headline": headline}
    return render(request, "web/kept.html", shown)


def _kept(count: int, system: str) -> Headline:
    if not count:
        return Headline("quiet", _("Nothing is kept."))
    text = ngettext(
        "%(count)s record is kept in Pleo, although %(system)s does not have it.",
        "%(count)s records are kept in Pleo, although %(system)s does not have them.",
        count,
    )
    return Headline("ok", text % {"count": written(count), "system": system})


@on_connection(write="operate")
def kept_let_go(request: HttpRequest, visit: Visit, number: int) -> HttpResponse:
    require(visit, to="operate")
    record = get_object_or_404(kept_records(visit.connection), pk=number)
    place = where(record.entity, record.group, dimension_names(visit.connection))
    names = {"name": record.name, "place": place, "system": erp_label(visit.connection)}
    if request.method == "POST":
        let_go(kept=record, actor=visit.user, now=timezone.now())
        messages.success(request, _("%(name)s is not kept any more.") % names)
        return redirect("kept", visit.connection.public_id)
    question = Question(
        title=_("Archive %(name)s after all?") % names,
        consequences=[
            _("%(place)s: the next run archives it in Pleo, unless %(system)s has it by then.")
            % names,
            _("It is not deleted, and comes back when %(system)s has it again.") % names,
        ],
        action=_("Let the next run archive %(name)s") % names,
        keep=_("Keep it in Pleo"),
        back=reverse("kept", args=[visit.connection.public_id]),
        is_grave=True,
    )
    return ask(request, question)
