"""Rows for pages and addresses of the syncs: schedules, and plans in every state."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from erp_adapters.ledger import DimensionValue
from pleo_connector.catalog.closing import APPROVAL
from pleo_connector.catalog.models import (
    CatalogSnapshot,
    Entity,
    KeptRecord,
    SyncKind,
    SyncPlan,
    SyncPlanItem,
    SyncSchedule,
    SyncSettings,
)
from pleo_connector.catalog.plan import BACK, NEW_VALUE, RENAMED
from pleo_connector.catalog.plan_records import NEW_ACCOUNT, NEW_TAX_CODE
from pleo_connector.catalog.records import Kind, to_json
from pleo_connector.catalog.schedules import HOURS, ensure_schedules
from pleo_connector.catalog.storing import counted
from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Run

Action, State = SyncPlanItem.Action, SyncPlanItem.State
GONE = "The accounting system does not have this value."
ENTITIES = {
    "tags": Entity.TAG,
    "accounts": Entity.ACCOUNT,
    "tax_codes": Entity.TAX_CODE,
    "vendors": Entity.VENDOR,
}
NEW = {
    "tags": NEW_VALUE,
    "accounts": NEW_ACCOUNT,
    "tax_codes": NEW_TAX_CODE,
    "vendors": "The accounting system has this vendor, and Pleo does not.",
}
REASONS = {
    Action.UPDATE: RENAMED,
    Action.UNARCHIVE: BACK,
    Action.ARCHIVE: GONE,
    Action.ADOPT: "It was made in Pleo, and the accounting system does not have it yet.",
    Action.NONE: "The accounting system's record cannot be shown in Pleo.",
}
NAMES = ("Harbour", "Sales", "Operations", "Spring fair", "Warehouse", "Fleet")
LONG = (
    "Refurbishment of the Warehouse in the Northern Harbour, Second Stage, "
    "Donaudampfschifffahrtsgesellschaftskapitänskajüte"
)


def make_schedules(connection: Connection, **tags: Any) -> SyncSchedule:
    """Of all kinds, looked at yesterday and found equal; the tags' with these fields."""
    now = timezone.now()
    then = now - timedelta(days=1)
    for kind in ENTITIES:
        Run.objects.create(
            connection=connection,
            kind=kind,
            state="completed",
            headline="Nothing has changed in Tryton.",
            started_at=then,
            finished_at=then,
        )
    ensure_schedules([connection], now=now)
    rows = SyncSchedule.objects.filter(connection=connection)
    rows.update(next_run_at=now + timedelta(minutes=31), compared_at=then)
    schedule = rows.get(kind="tags")
    for name, value in tags.items():
        setattr(schedule, name, value)
    schedule.save()
    return schedule


def choose(connection: Connection, *codes: str) -> None:
    SyncSettings.objects.update_or_create(
        connection=connection, defaults={"dimensions": list(codes)}
    )


def make_plan(
    connection: Connection,
    kind: str = "tags",
    *,
    state: str = "waiting",
    why: str = "first",
    active: dict[str, int] | None = None,
    outcome: str = "",
    failed: int = 0,
    ago: timedelta = timedelta(minutes=30),
    long_names: bool = False,
    **counts: int,
) -> SyncPlan:
    """`counts` by action. Items get `outcome`; the last `failed` ones could not be changed."""
    now = timezone.now()
    is_over = state == "over"
    outcome = outcome or (State.DONE if is_over else State.PLANNED)
    actions = [action for action, count in counts.items() for _ in range(count)]
    is_waiting = state == "waiting"
    run = Run.objects.create(
        connection=connection,
        kind=kind,
        state=_run_state(state, failed),
        waiting_for=APPROVAL if is_waiting else "",
        headline=f"Waits for an approval. {SyncPlan.Why(why).label}" if is_waiting else "",
        started_at=now - ago,
        finished_at=now - ago + timedelta(seconds=40) if is_over else None,
    )
    plan: SyncPlan = SyncPlan.objects.create(
        run=run,
        connection=connection,
        kind=kind,
        state=state,
        why=why if is_waiting else "",
        active=active or {ENTITIES[kind]: 100, **({"tag_group": 2} if kind == "tags" else {})},
        planned_at=now - ago,
        touched_at=now - ago,
    )
    SyncPlanItem.objects.bulk_create(
        _item(plan, place, action, outcome, place >= len(actions) - failed, long_names)
        for place, action in enumerate(actions)
    )
    if is_over:
        Run.objects.filter(pk=run.pk).update(**counted(plan))
        hours = HOURS.get(SyncKind(kind), 24)
        schedule = SyncSchedule.objects.filter(connection=connection, kind=kind)
        schedule.update(next_run_at=now - ago + timedelta(hours=hours))
    return plan


def _run_state(state: str, failed: int) -> str:
    if state == "over":
        return "completed_with_errors" if failed else "completed"
    return "waiting" if state == "waiting" else "running"


def _item(
    plan: SyncPlan, place: int, action: str, outcome: str, is_failed: bool, has_long_name: bool
) -> SyncPlanItem:
    name = LONG if has_long_name and place % 3 == 0 else f"{NAMES[place % len(NAMES)]} {place}"
    problem = ""
    if is_failed:
        outcome = State.FAILED
        problem = "Pleo did not take it: its name is too long."
        if plan.kind == "tags":
            problem = "Pleo takes no more tags in department: The group is full."
    elif action == Action.NONE:
        outcome = State.FAILED
        problem = "It has no code in the accounting system, and Pleo needs one."
    return SyncPlanItem(
        plan=plan,
        position=place,
        action=action,
        entity=ENTITIES[plan.kind],
        key=f"C{place:05}",
        name=name,
        old_name="Old name" if action == Action.UPDATE else "",
        group="department" if plan.kind == "tags" else "",
        pleo_id="" if action == Action.CREATE else f"pleo-{plan.pk}-{place}",
        reason=NEW[plan.kind] if action == Action.CREATE else REASONS[Action(action)],
        state=outcome,
        problem=problem,
    )


def save_values(connection: Connection, count: int) -> None:
    """That many values of the department, every tenth of them closed."""
    values = [
        DimensionValue(
            dimension="department",
            code=f"C{place:05}",
            name=LONG if place == 3 else f"{NAMES[place % len(NAMES)]} {place}",
            id=str(place),
            is_active=place % 10 != 9,
        )
        for place in range(count)
    ]
    CatalogSnapshot.objects.filter(connection=connection, kind=Kind.DIMENSION_VALUES).update(
        records=[to_json(x) for x in values]
    )


def keep_record(connection: Connection) -> KeptRecord:
    """A tag group that somebody made by hand, and keeps; always the same one."""
    row, _ = KeptRecord.objects.get_or_create(
        connection=connection,
        entity=Entity.TAG_GROUP,
        pleo_id="pleo-region",
        defaults={"key": "REGION", "name": "Region", "kept_at": timezone.now()},
    )
    return row
