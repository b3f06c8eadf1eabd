"""Records that stay in Pleo although the ERP does not have them: chosen in a plan that waits."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from pleo_connector.catalog.models import KeptRecord, SyncKind, SyncPlan, SyncPlanItem
from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.models import User

Action, State = SyncPlanItem.Action, SyncPlanItem.State


class NotPossible(Exception):
    """A sentence for the person who asked for it."""


def keep_items(
    *,
    plan: SyncPlan,
    items: "QuerySet[SyncPlanItem]",
    actor: User | None,
    now: datetime,
    seen: datetime | None = None,
) -> int:
    """Records that the plan would archive are not, by this run or any later one; how many."""
    with transaction.atomic():
        plan = lock_waiting(plan, seen)
        kept = note_kept(plan, items.filter(action=Action.ARCHIVE, state=State.PLANNED), actor, now)
        _audit(plan, actor, "kept records of a plan", kept)
    return kept


def archive_after_all(
    *,
    plan: SyncPlan,
    items: "QuerySet[SyncPlanItem]",
    actor: User | None,
    seen: datetime | None = None,
) -> int:
    """Takes `keep_items` back while the plan waits; how many."""
    with transaction.atomic():
        plan = lock_waiting(plan, seen)
        kept = items.filter(state=State.KEPT)
        ids = kept.order_by().values("pleo_id")
        KeptRecord.objects.filter(connection=plan.connection, pleo_id__in=ids).delete()
        count = kept.update(state=State.PLANNED)
        _audit(plan, actor, "let kept records of a plan go", count)
    return count


def lock_waiting(plan: SyncPlan, seen: datetime | None = None) -> SyncPlan:
    """The plan, locked. NotPossible where somebody decided before, or where it is not the one that
    was `seen`: a plan that waits is made anew when somebody asks for a sync."""
    rows = SyncPlan.objects.select_for_update(of=("self",)).select_related("connection__tenant")
    plan = rows.get(pk=plan.pk)
    if plan.state != SyncPlan.State.WAITING:
        raise NotPossible(_("This plan does not wait for an approval any more."))
    if seen is not None and plan.planned_at != seen:
        raise NotPossible(_("The plan has changed since you looked at it. Look at it again."))
    return plan


def note_kept(
    plan: SyncPlan, items: "QuerySet[SyncPlanItem]", actor: User | None, now: datetime
) -> int:
    rows = KeptRecord.objects.bulk_create(
        (
            KeptRecord(
                connection=plan.connection,
                entity=item.entity,
                pleo_id=item.pleo_id,
                key=item.key,
                name=item.name,
                group=item.group,
                kept_by=actor,
                kept_at=now,
            )
            for item in items
        ),
        ignore_conflicts=True,
    )
    items.update(state=State.KEPT)
    return len(rows)


def _audit(plan: SyncPlan, actor: User | None, action: str, count: int) -> None:
    record_audit(
        tenant=plan.connection.tenant,
        actor=actor,
        action=action,
        subject=str(SyncKind(plan.kind).label),
        records=count,
    )
