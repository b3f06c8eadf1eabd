"""One record of a plan: what was to be changed, what became of it, and what mends it."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from pleo_connector.catalog.models import SyncPlan, SyncPlanItem
from pleo_connector.catalog.queries import get_plan, latest_plans
from pleo_connector.web.record_words import change_of, fix_of_record, record_headline, why_of
from pleo_connector.web.tables.plans import where
from pleo_connector.web.views.plans import dimension_names
from pleo_connector.web.visit import Visit, on_connection
from pleo_connector.web.words import erp_label


@on_connection()
def plan_record(request: HttpRequest, visit: Visit, run_id: UUID, number: int) -> HttpResponse:
    connection = visit.connection
    plan = get_plan(connection, run_id)
    item = get_object_or_404(plan.items, position=number)
    latest = latest_plans(connection)[plan.kind]
    fix = fix_of_record(connection, item)
    shown = {
        "visit": visit,
        "connection": connection,
        "plan": plan,
        "item": item,
        "headline": record_headline(plan, item, system=erp_label(connection)),
        "place": where(item.entity, item.group, dimension_names(connection)),
        "change": change_of(item),
        "why": why_of(item),
        "fix": fix,
        "is_waiting": plan.state == SyncPlan.State.WAITING,
        "can_keep": visit.can_operate
        and plan.state == SyncPlan.State.WAITING
        and item.action == SyncPlanItem.Action.ARCHIVE,
        "is_kept": item.state == SyncPlanItem.State.KEPT,
        "seen": plan.planned_at.isoformat(),
        "can_try": fix and visit.can_operate and plan.state == SyncPlan.State.OVER,
        "latest": latest if latest.pk != plan.pk else None,
        "facts": [
            (_("Correlation id"), run_id),
            (_("Number in the plan"), item.position),
            (_("Pleo's id"), item.pleo_id),
        ],
    }
    return render(request, "web/plan_record.html", shown)
