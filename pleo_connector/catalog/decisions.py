"""What people decide about syncs: dimensions, schedules, and what a plan may do."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from erp_adapters.base import ErpAdapter
from erp_adapters.ledger import Dimension
from pleo_connector.catalog.keeping import NotPossible, lock_waiting, note_kept
from pleo_connector.catalog.models import (
    CatalogSnapshot,
    KeptRecord,
    SyncKind,
    SyncPlan,
    SyncPlanItem,
    SyncSchedule,
    SyncSettings,
    TaxKind,
)
from pleo_connector.catalog.records import Kind, to_json
from pleo_connector.catalog.schedules import next_run_at
from pleo_connector.catalog.selection import MOST
from pleo_connector.catalog.wakes import look_now
from pleo_connector.connections.models import Connection
from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.models import User

Action, State = SyncPlanItem.Action, SyncPlanItem.State


# -- Dimensions ---------------------------------------------------------------------------------


def choose_dimensions(
    *, connection: Connection, codes: Sequence[str], actor: User | None, now: datetime
) -> None:
    """The whole selection, at most five codes of the ERP. Groups of the others are archived.

    The tags are looked at at once.
    """
    codes = list(dict.fromkeys(code for code in codes if code))
    if len(codes) > MOST:
        raise NotPossible(_("An expense in Pleo has at most five tags. Choose five or fewer."))
    with transaction.atomic():
        chosen = _settings(connection)
        wanted = {code.casefold() for code in codes}
        before = {code for code in chosen.dimensions or [] if code.casefold() not in wanted}
        off = {code for code in chosen.taken_off if code.casefold() not in wanted}
        chosen.dimensions, chosen.taken_off = codes, sorted(before | off)
        chosen.save(update_fields=["dimensions", "taken_off"])
        record_audit(
            tenant=connection.tenant,
            actor=actor,
            action="chose the dimensions",
            subject=", ".join(codes),
            taken_off=sorted(before),
        )
        look_now(connection, [SyncKind.TAGS], now)


def refresh_dimensions(
    *, connection: Connection, erp: ErpAdapter, now: datetime
) -> list[Dimension]:
    """The ERP's dimensions as they are now; also in the catalog."""
    dimensions = list(erp.dimensions())
    CatalogSnapshot.objects.update_or_create(
        connection=connection,
        kind=Kind.DIMENSIONS,
        defaults={"records": [to_json(x) for x in dimensions], "read_at": now},
    )
    return dimensions


# -- Schedules ----------------------------------------------------------------------------------


def ask_for_sync(
    *, connection: Connection, kind: str = "", only: str = "", actor: User | None, now: datetime
) -> None:
    """Look at one kind now, or at all; of the tags perhaps at one dimension only."""
    if connection.state != Connection.State.LIVE:
        raise NotPossible(_("The connection is not live, so nothing is kept in step."))
    kinds = [SyncKind(kind)] if kind else list(SyncKind)
    rows = SyncSchedule.objects.filter(connection=connection, is_paused=True)
    if kind and rows.filter(kind=kind).exists():
        raise NotPossible(_("This kind is paused. Resume it, and it is looked at at once."))
    with transaction.atomic():
        record_audit(
            tenant=connection.tenant,
            actor=actor,
            action="asked for a sync",
            subject=only or kind or "all",
        )
        look_now(connection, kinds, now, only=only)


def set_interval(
    *, connection: Connection, kind: str, hours: int, actor: User | None, now: datetime
) -> None:
    """1, 12 or 24 hours between two looks."""
    if hours not in SyncSchedule.HOURS:
        raise NotPossible(_("Choose every hour, every 12 hours or every day."))
    with transaction.atomic():
        schedule = _schedule(connection, kind)
        schedule.hours = hours
        schedule.next_run_at = next_run_at(schedule, now)
        schedule.save(update_fields=["hours", "next_run_at"])
        _audit(schedule, actor, "changed a schedule", hours=hours)


def pause_schedule(*, connection: Connection, kind: str, actor: User | None) -> None:
    with transaction.atomic():
        schedule = _schedule(connection, kind)
        schedule.is_paused = True
        schedule.save(update_fields=["is_paused"])
        _audit(schedule, actor, "paused a schedule")


def resume_schedule(
    *, connection: Connection, kind: str, actor: User | None, now: datetime
) -> None:
    """And look at once."""
    with transaction.atomic():
        schedule = _schedule(connection, kind)
        schedule.is_paused = False
        schedule.save(update_fields=["is_paused"])
        look_now(connection, [SyncKind(kind)], now)
        _audit(schedule, actor, "resumed a schedule")


def set_archive_limit(*, connection: Connection, percent: int, actor: User | None) -> None:
    """A run that would archive a larger share waits for a person."""
    if not 0 <= percent <= 100:
        raise NotPossible(_("Name a share from 0 to 100 %."))
    with transaction.atomic():
        chosen = _settings(connection)
        chosen.archive_limit = percent
        chosen.save(update_fields=["archive_limit"])
        record_audit(
            tenant=connection.tenant,
            actor=actor,
            action="changed the share archived unasked",
            subject=f"{percent} %",
        )


def choose_tax_kinds(
    *, connection: Connection, kinds: Mapping[str, str], actor: User | None, now: datetime
) -> None:
    """A `TaxKind` by code of the ERP; empty: as Pleo has it. Codes not named stay as they are."""
    with transaction.atomic():
        chosen = _settings(connection)
        before = dict(chosen.tax_kinds)
        for code, kind in kinds.items():
            chosen.tax_kinds.pop(code.casefold(), None)
            if kind:
                chosen.tax_kinds[code.casefold()] = TaxKind(kind).value
        changed = [x for x in kinds if before.get(x.casefold(), "") != kinds[x]]
        if not changed:
            return
        chosen.save(update_fields=["tax_kinds"])
        record_audit(
            tenant=connection.tenant,
            actor=actor,
            action="chose the kind of tax codes",
            subject=", ".join(changed)[:200],
            kinds={code: kinds[code] for code in changed},
        )
        look_now(connection, [SyncKind.TAX_CODES], now)


# -- Plans --------------------------------------------------------------------------------------


def approve_plan(
    *,
    plan: SyncPlan,
    actor: User | None,
    now: datetime,
    keep: Collection[int] = (),
    keep_all: bool = False,
    seen: datetime | None = None,
) -> int:
    """Let it be applied. Items to `keep` are not archived, by this run or any later one.

    How many records were kept. NotPossible where somebody decided before, or where the plan is
    not the one of that time which was `seen`.
    """
    with transaction.atomic():
        plan = lock_waiting(plan, seen)
        of_kind = SyncSchedule.objects.filter(connection=plan.connection, kind=plan.kind)
        if of_kind.filter(is_paused=True).exists():
            raise NotPossible(_("This kind is paused. Resume it first, then approve the plan."))
        archives = plan.items.filter(action=Action.ARCHIVE, state=State.PLANNED)
        chosen = archives if keep_all else archives.filter(pk__in=keep)
        kept = note_kept(plan, chosen, actor, now)
        plan.state, plan.decided_by, plan.decided_at = SyncPlan.State.APPROVED, actor, now
        plan.save(update_fields=["state", "decided_by", "decided_at"])
        record_audit(
            tenant=plan.connection.tenant,
            actor=actor,
            action="approved a plan",
            subject=str(SyncKind(plan.kind).label),
            kept=kept,
        )
        look_now(plan.connection, [SyncKind(plan.kind)], now, is_asked=False)
    return kept


def let_go(*, kept: KeptRecord, actor: User | None, now: datetime) -> None:
    """Runs may archive it again."""
    with transaction.atomic():
        record_audit(
            tenant=kept.connection.tenant,
            actor=actor,
            action="let a kept record go",
            subject=f"{kept.name} ({kept.key})",
        )
        KeptRecord.objects.filter(pk=kept.pk).delete()
        SyncSchedule.objects.filter(connection=kept.connection).update(fingerprint="")


def _settings(connection: Connection) -> SyncSettings:
    SyncSettings.objects.get_or_create(connection=connection)
    return SyncSettings.objects.select_for_update().get(connection=connection)


def _schedule(connection: Connection, kind: str) -> SyncSchedule:
    return SyncSchedule.objects.select_for_update().get(connection=connection, kind=kind)


def _audit(schedule: SyncSchedule, actor: User | None, action: str, **detail: Any) -> None:
    record_audit(
        tenant=schedule.connection.tenant,
        actor=actor,
        action=action,
        subject=str(SyncKind(schedule.kind).label),
        **detail,
    )
