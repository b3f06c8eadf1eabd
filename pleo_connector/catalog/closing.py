"""How an attempt at a sync ends: over, unchanged, waiting for a person, paused, or failed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.conf import settings

from erp_adapters.base import ErpAdapter
from pleo_connector.catalog import storing
from pleo_connector.catalog.causes import causes_of, headline_of
from pleo_connector.catalog.models import (
    SyncKind,
    SyncPlan,
    SyncPlanItem,
    SyncSchedule,
)
from pleo_connector.catalog.schedules import next_run_at
from pleo_connector.connections.lease import Lease
from pleo_connector.history import actions as history
from pleo_connector.history.models import Run
from pleo_connector.history.problems import Found, note_problems

Action, State = SyncPlanItem.Action, SyncPlanItem.State
Origin = Run.Origin
APPROVAL = "approval"  # what a run waits for
AGAIN = timedelta(seconds=10)  # after it made way for exports


class RunOf(Protocol):
    """What the end of a run needs to know of it."""

    schedule: SyncSchedule
    run: Run
    plan: SyncPlan | None
    lease: Lease
    erp: ErpAdapter
    is_writing: bool

    def now(self) -> datetime: ...


def over(run: RunOf, plan: SyncPlan) -> None:
    """The last item is settled."""
    now, counts = run.now(), storing.counted(plan)
    failed = counts["failed"]
    is_equal = not failed and plan.is_whole and not plan.only
    with run.lease.writing():
        plan.state, plan.touched_at = SyncPlan.State.OVER, now
        plan.save(update_fields=["state", "touched_at"])
        causes = causes_of(plan) if failed else []
        state = Run.State.COMPLETED_WITH_ERRORS if failed else Run.State.COMPLETED
        headline = headline_of(causes, failed)
        origin = causes[0].origin if causes else ""
        history.end_run(run.run, state=state, headline=headline, origin=origin, now=now, **counts)
        _note(run, causes, is_whole=not plan.only)
        _look_next(
            run,
            problem="",
            missing_permission="",
            fingerprint=plan.fingerprint if is_equal else "",
            compared_at=now if is_equal else None,
            turns_on=plan.turns_on,
            **({} if plan.is_whole else {"next_run_at": now}),  # what else was found
        )


def unchanged(run: RunOf) -> None:
    """The ERP is as it was when all was last compared."""
    with run.lease.writing():
        state, now = Run.State.COMPLETED, run.now()
        headline = f"Nothing has changed in {run.erp.label}."
        history.end_run(run.run, state=state, headline=headline, origin="", now=now)
        _note(run, [], is_whole=True)
        _look_next(run, problem="", missing_permission="")


def nothing_to_do(run: RunOf, sentence: str) -> None:
    with run.lease.writing():
        state, now = Run.State.COMPLETED, run.now()
        history.end_run(run.run, state=state, headline=sentence, origin="", now=now)
        _note(run, [], is_whole=True)
        _look_next(run, problem="", missing_permission="")


def waits(run: RunOf, plan: SyncPlan) -> None:
    """For a person, who approves the plan on its page."""
    with run.lease.writing():
        _wait_for_approval(run, f"Waits for an approval. {SyncPlan.Why(plan.why).label}")
        _look_next(run, problem="", missing_permission="")


def still_waits(run: RunOf) -> None:
    """Nobody has decided yet, and nobody asked to look again."""
    with run.lease.writing():
        _look_next(run)


def paused(
    run: RunOf,
    *,
    who: str,
    sentence: str,
    seconds: float,
    origin: str,
    is_limit: bool = False,
) -> None:
    """It goes on by itself."""
    until = run.now() + timedelta(seconds=seconds)
    with run.lease.writing():
        history.pause_run(
            run.run,
            waiting_for=who,
            until=until,
            headline=sentence,
            origin=origin,
            now=run.now(),
            is_limit=is_limit,
        )
        _go_on_at(run, until)


def made_way(run: RunOf) -> None:
    with run.lease.writing():
        history.note_progress(run.run, **storing.counted(run.plan), now=run.now())
        _go_on_at(run, run.now() + AGAIN)


def stopped(run: RunOf, *, sentence: str, origin: str, fix: str) -> None:
    """It could not run. What is left of its plan is for the next run."""
    _fail(run, sentence, Found(origin=origin, type="sync_failed", sentence=sentence, fix=fix))


def without_permission(run: RunOf) -> None:
    """Of this kind only: the others go on."""
    names = {
        SyncKind.TAGS: settings.PLEO_TAG_SCOPE,
        SyncKind.ACCOUNTS: "accounts",
        SyncKind.TAX_CODES: "tax-codes",
        SyncKind.VENDORS: "vendors",
    }
    kind = SyncKind(run.schedule.kind)
    permission = f"{names[kind]}:{'write' if run.is_writing else 'read'}"
    what = {SyncKind.TAGS: "tags", SyncKind.ACCOUNTS: "accounts"}
    what |= {SyncKind.TAX_CODES: "tax codes", SyncKind.VENDORS: "vendors"}
    sentence = (
        f"Pleo does not let us {'change' if run.is_writing else 'see'} {what[kind]}: the "
        f"permission {permission} is missing. Reconnect Pleo and allow it."
    )
    found = Found(
        origin=Origin.PLEO,
        type="sync_permission",
        subject=permission,
        sentence=sentence,
        fix="pleo_access",
    )
    _fail(run, sentence, found, missing_permission=permission)


def _fail(run: RunOf, sentence: str, found: Found, *, missing_permission: str = "") -> None:
    with run.lease.writing():
        if run.plan is not None and run.plan.state == SyncPlan.State.WAITING:
            _wait_for_approval(run, f"Waits for an approval. {sentence}")
        else:
            _end_failed(run, sentence, found.origin)
        _note(run, [found], is_whole=False)
        _look_next(
            run,
            problem=sentence[:500],
            missing_permission=missing_permission,
            fingerprint="",
        )


def _end_failed(run: RunOf, sentence: str, origin: str) -> None:
    if run.plan is not None:
        run.plan.state = SyncPlan.State.OVER
        run.plan.save(update_fields=["state"])
        run.plan.items.filter(state__in=SyncPlanItem.OPEN).update(state=State.DROPPED)
    history.end_run(
        run.run,
        state=Run.State.FAILED,
        headline=sentence,
        origin=origin,
        now=run.now(),
        **storing.counted(run.plan),
    )


def _wait_for_approval(run: RunOf, headline: str) -> None:
    history.pause_run(
        run.run, waiting_for=APPROVAL, until=None, headline=headline, origin="", now=run.now()
    )


# -- Problems ----------------------------------------------------------------------------------


def _note(run: RunOf, found: Sequence[Found], *, is_whole: bool) -> None:
    note_problems(
        connection=run.lease.connection,
        kind=run.run.kind,
        found=found,
        run=run.run,
        is_whole=is_whole,
        now=run.now(),
    )


# -- When to look next --------------------------------------------------------------------------


def _look_next(run: RunOf, **changes: Any) -> None:
    """After the usual time, unless somebody asked in the meantime."""
    row = SyncSchedule.objects.select_for_update().get(pk=run.schedule.pk)
    was = run.schedule
    if (row.asked_at, row.next_run_at) == (was.asked_at, was.next_run_at):
        later = next_run_at(row, run.now())
        changes = {"asked_at": None, "only": "", "next_run_at": later} | changes
    changes["sent_at"] = None
    SyncSchedule.objects.filter(pk=row.pk).update(**changes)


def _go_on_at(run: RunOf, moment: datetime) -> None:
    SyncSchedule.objects.filter(pk=run.schedule.pk).update(next_run_at=moment, sent_at=None)
