"""Writes of the sync engine. Each commits under the lease, so that a late worker cannot."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection as database
from django.db.models import Count, Max

from erp_adapters.batches import chunks
from pleo_connector.catalog.changes import Change, Plan
from pleo_connector.catalog.models import (
    KeptRecord,
    SyncPlan,
    SyncPlanItem,
    SyncSchedule,
    SyncSettings,
)
from pleo_connector.connections.lease import Lease
from pleo_connector.connections.models import Connection
from pleo_connector.history.actions import note_decisions
from pleo_connector.history.models import Run

Action, State = SyncPlanItem.Action, SyncPlanItem.State
Identity = tuple[str, str, str, str, str]
ROWS = 5000  # stored by one statement

COLUMNS = {
    "position": "integer",
    **dict.fromkeys(("action", "entity", "key", "name", "old_name", '"group"', "group_id"), "text"),
    **dict.fromkeys(("pleo_id", "reason", "state", "problem"), "text"),
    "more": "jsonb",
}
INSERT = (
    f"INSERT INTO {SyncPlanItem._meta.db_table} (plan_id, {', '.join(COLUMNS)}) "  # noqa: S608
    f"SELECT %s, {', '.join(COLUMNS)} FROM jsonb_to_recordset(%s::jsonb) "
    f"AS row({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})"
)


def open_plan(connection: Connection, kind: str) -> SyncPlan | None:
    rows = SyncPlan.objects.filter(connection=connection, kind=kind, state__in=SyncPlan.OPEN)
    return rows.select_related("run").first()


def kept_ids(connection: Connection) -> set[str]:
    rows = KeptRecord.objects.filter(connection=connection)
    return set(rows.values_list("pleo_id", flat=True))


def store_plan(
    lease: Lease, row: SyncPlan, *, plan: Plan, why: str, only: str, now: datetime
) -> None:
    """Before anything of it is done. `why` it waits for a person; empty: it does not.

    One that waited is replaced by what it is now.
    """
    with lease.writing():
        row.state = SyncPlan.State.WAITING if why else SyncPlan.State.APPLYING
        row.why, row.only, row.active, row.is_whole = why, only, plan.active, True
        row.planned_at = row.touched_at = now
        if row.pk:
            row.items.all().delete()
        row.save()
        _insert(row, plan.changes, start=0)


def merge_plan(lease: Lease, row: SyncPlan, *, plan: Plan, now: datetime) -> None:
    """What of a plan is left, after Pleo was looked at again.

    What was sent and is not needed any more was done. Nothing is archived that the plan did not
    name, because nobody has seen it; and what Pleo has refused is not tried again by this run.
    """
    items = row.items.exclude(state__in=[State.DONE, State.DROPPED, State.KEPT])
    fields = ("pk", "state", "action", "entity", "pleo_id", "group", "key")
    stored = {_identity(*rest): (pk, state) for pk, state, *rest in items.values_list(*fields)}
    named = {key for key, (_, state) in stored.items() if state in SyncPlanItem.OPEN}
    refused = {key for key, (_, state) in stored.items() if state == State.FAILED}
    fresh = {_of(change): change for change in plan.changes}
    changes = [
        change
        for key, change in fresh.items()
        if key not in refused and (change.action != "archive" or key in named)
    ]
    over = [(pk, state) for key, (pk, state) in stored.items() if key in named - fresh.keys()]
    with lease.writing():
        row.items.filter(pk__in=[pk for pk, state in over if state == State.SENT]).update(
            state=State.DONE, problem=""
        )
        row.items.filter(pk__in=[pk for pk, state in over if state == State.PLANNED]).update(
            state=State.DROPPED
        )
        row.items.filter(state__in=SyncPlanItem.OPEN).delete()
        last = row.items.aggregate(last=Max("position"))["last"]
        _insert(row, changes, start=0 if last is None else last + 1)
        row.is_whole = len(changes) == len([key for key in fresh if key not in refused])
        row.state, row.rounds, row.touched_at = SyncPlan.State.APPLYING, row.rounds + 1, now
        row.save()


def _identity(action: str, entity: str, pleo_id: str, group: str, key: str) -> Identity:
    return action, entity, pleo_id, group.casefold(), key.casefold()


def _of(change: Change) -> Identity:
    return _identity(change.action, change.entity, change.pleo_id, change.group, change.key)


def _insert(row: SyncPlan, changes: Sequence[Change], *, start: int) -> None:
    """By the thousand: an object for each would cost more than the plan."""
    with database.cursor() as cursor:
        for chunk in chunks(enumerate(changes, start), ROWS):
            rows = [_row(position, change) for position, change in chunk]
            cursor.execute(INSERT, [row.pk, json.dumps(rows, ensure_ascii=False)])


def _row(position: int, change: Change) -> dict[str, Any]:
    return {
        "position": position,
        "action": change.action,
        "entity": change.entity,
        "key": change.key.replace("\0", ""),
        "name": change.name.replace("\0", ""),
        "old_name": change.old_name,
        "group": change.group,
        "group_id": change.group_id,
        "pleo_id": change.pleo_id,
        "reason": change.reason,
        "state": State.FAILED if change.action == "none" else State.PLANNED,
        "problem": change.problem,
        "more": change.more,
    }


# -- While it is applied ------------------------------------------------------------------------


def approved(lease: Lease, row: SyncPlan, schedule: SyncSchedule, *, now: datetime) -> None:
    """From now on plans of this kind are applied without being asked about, within the limit."""
    with lease.writing():
        row.state, row.touched_at = SyncPlan.State.APPLYING, now
        row.save(update_fields=["state", "touched_at"])
        if schedule.approved_at is None:
            schedule.approved_at = row.decided_at or now
            schedule.save(update_fields=["approved_at"])


def note_sent(lease: Lease, items: Sequence[SyncPlanItem]) -> None:
    """The intent: from here on the outcome is looked up before anything is repeated."""
    with lease.writing():
        SyncPlanItem.objects.filter(pk__in=[item.pk for item in items]).update(state=State.SENT)
    for item in items:
        item.state = State.SENT


def note_outcomes(
    lease: Lease, row: SyncPlan, items: Sequence[SyncPlanItem], *, now: datetime
) -> None:
    with lease.writing():
        SyncPlanItem.objects.bulk_update(items, ["state", "problem", "pleo_id", "key"])
        row.touched_at = now
        row.save(update_fields=["touched_at"])


def give_up_on(lease: Lease, row: SyncPlan, *, sentence: str, **which: Any) -> None:
    """Items that are not tried any more."""
    with lease.writing():
        rows = row.items.filter(state__in=SyncPlanItem.OPEN, **which)
        rows.filter(problem="").update(state=State.FAILED, problem=sentence[:500])
        row.items.filter(state__in=SyncPlanItem.OPEN, **which).update(state=State.FAILED)


def refuse_call(lease: Lease, name: str, *, now: datetime) -> None:
    """Pleo does not allow us this call for many records: it is not asked again."""
    with lease.writing():
        row, _ = SyncSettings.objects.select_for_update().get_or_create(connection=lease.connection)
        row.refused_calls = {**row.refused_calls, name: now.isoformat()}
        row.save(update_fields=["refused_calls"])


def store_selection(
    lease: Lease, run: Run, codes: Sequence[str], sentences: Collection[str], *, now: datetime
) -> None:
    """What the product chose by itself, and why."""
    with lease.writing():
        SyncSettings.objects.update_or_create(
            connection=lease.connection, defaults={"dimensions": list(codes)}
        )
        note_decisions(((run.pk, None, "dimensions", sentence) for sentence in sentences), now=now)


def counted(row: SyncPlan | None) -> Mapping[str, int]:
    """total, succeeded and failed of the items that were to be done."""
    if row is None:
        return {"total": 0, "succeeded": 0, "failed": 0}
    rows = row.items.order_by().values_list("state").annotate(count=Count("pk"))
    states = Counter(dict(rows))
    return {
        "total": sum(count for state, count in states.items() if state not in SKIPPED),
        "succeeded": states[State.DONE],
        "failed": states[State.FAILED],
    }


SKIPPED = (State.DROPPED, State.KEPT)
