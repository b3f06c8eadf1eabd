"""What is still wrong after a sync, one cause for all records of which the same is said."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Min

from pleo_connector.catalog.models import Entity, SyncPlan, SyncPlanItem
from pleo_connector.history.models import Run
from pleo_connector.history.problems import Found

Action, State = SyncPlanItem.Action, SyncPlanItem.State
Origin = Run.Origin
CAUSES = 20  # that are named one by one


def causes_of(plan: SyncPlan) -> list[Found]:
    """One cause for all records of which the same is said."""
    rows = (
        plan.items.filter(state=State.FAILED)
        .order_by()
        .values("entity", "action", "problem")
        .annotate(count=Count("pk"), name=Min("name"), key=Min("key"))
        .order_by("-count", "problem")
    )
    return [
        Found(
            origin=Origin.ERP if row["action"] == Action.NONE else Origin.PLEO,
            type=f"sync_{row['entity']}",
            subject=row["problem"][:200],
            sentence=_sentence(row),
            fix="sync",
        )
        for row in rows[:CAUSES]
    ]


def _sentence(row: dict[str, Any]) -> str:
    label = str(Entity(row["entity"]).label)
    if row["count"] == 1:
        key = f" ({row['key']})" if row["key"] else ""
        return f"{label} {row['name']}{key}: {row['problem']}"
    return f"{label}, {row['count']} records: {row['problem']}"


def headline_of(causes: Sequence[Found], failed: int) -> str:
    if not causes:
        return ""
    if failed == 1:
        return causes[0].sentence
    return f"{failed} records are not in step. {causes[0].sentence}"
