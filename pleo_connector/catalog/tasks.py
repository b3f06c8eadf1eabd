"""Doors for Celery. A message names a connection, so duplicates are harmless."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from erp_adapters.base import ErpAdapter
from erp_adapters.errors import (
    AuthenticationFailed,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    RemoteError,
    Unavailable,
)
from pleo_connector.catalog import closing, schedules, storing
from pleo_connector.catalog.actions import OtherCompany
from pleo_connector.catalog.apply import MakeWay
from pleo_connector.catalog.compare import NothingToDo
from pleo_connector.catalog.models import SyncKind, SyncSchedule
from pleo_connector.catalog.sync import SyncRun
from pleo_connector.connections.actions import mark_erp_problem
from pleo_connector.connections.erp import open_erp, open_pleo
from pleo_connector.connections.lease import (
    DATABASE_LOST,
    Lease,
    LeaseLost,
    claim_idle,
    under_lease,
    worker_name,
)
from pleo_connector.history import actions as history
from pleo_connector.history.models import Run
from pleo_connector.history.recorder import Recorder
from pleo_connector.pleo.client import PleoClient

BUG_TRIES = 3
UNTIL_RECONNECTED = 86400.0  # seconds; reconnecting wakes the kinds at once
OURS = "Something went wrong on our side. We have been told"

logger = logging.getLogger(__name__)


@shared_task(name="catalog.wake_due")
def wake_due(**_: Any) -> None:
    """Send a task for each connection with a kind that is due."""
    schedules.schedule_new(now=timezone.now())
    with transaction.atomic():
        ids = schedules.take_due()
    for connection_id in ids:
        sync_pending.delay(connection_id=connection_id)


@shared_task(name="catalog.sync_pending")
def sync_pending(*, connection_id: int, **_: Any) -> None:
    """All kinds that are due, unless another worker is at it or exports are due."""
    under_lease(connection_id, claim=claim_idle, work=work)


def work(lease: Lease, *, now: Callable[[], datetime]) -> None:
    """One kind after the other, then the lease back."""
    connection, recorder = lease.connection, Recorder(lease)
    pleo = open_pleo(connection, observer=recorder, is_sync=True)
    erp: ErpAdapter | None = None
    is_confirmed = False
    try:
        for schedule in _due(lease, now()):
            erp = erp or _opened(lease, recorder)
            if erp is None:
                break
            run = taken(lease, schedule, pleo, erp, now=now)
            run.is_confirmed = is_confirmed
            if not attempt(run, recorder):
                break
            is_confirmed = run.is_confirmed
    except LeaseLost:
        return
    lease.hand_back()


def _opened(lease: Lease, recorder: Recorder) -> ErpAdapter | None:
    """None where what is stored does not fit the adapter any more; exports say so too."""
    try:
        return open_erp(lease.connection, observer=recorder, is_sync=True)
    except ValueError as error:
        mark_erp_problem(connection=lease.connection, sentence=str(error))
        return None


def _due(lease: Lease, moment: datetime) -> Iterator[SyncSchedule]:
    """In the order of the kinds: accounts refer to tax codes."""
    for kind in SyncKind:
        rows = SyncSchedule.objects.filter(connection=lease.connection, kind=kind)
        schedule = rows.first()
        if schedule is not None and schedule.is_due(moment):
            yield schedule


def attempt(run: SyncRun, recorder: Recorder) -> bool:
    """Whether other kinds may be tried now."""
    lease, now = run.lease, run.now
    if run.waits and not run.schedule.asked_at:
        closing.still_waits(run)
        return True
    with lease.writing():
        recorder.attempt = row = history.begin_attempt(
            run=run.run, fence=lease.fence, worker=worker_name(), now=now()
        )
    outcome, goes_on = "", True
    try:
        run.execute()
    except (LeaseLost, *DATABASE_LOST):
        raise
    except Exception as error:  # noqa: BLE001  one kind's trouble is settled here
        outcome, goes_on = str(error), settle(run, error)
    recorder.attempt = None
    history.end_attempt(row, outcome, now=now())
    return goes_on


def taken(
    lease: Lease,
    schedule: SyncSchedule,
    pleo: PleoClient,
    erp: ErpAdapter,
    *,
    now: Callable[[], datetime],
) -> SyncRun:
    """The run that is open, or a new one."""
    connection = lease.connection
    plan = storing.open_plan(connection, schedule.kind)
    run = plan.run if plan else _open_run(lease, schedule.kind)
    if run is None:
        with lease.writing():
            run = history.begin_run(connection=connection, kind=schedule.kind, now=now())
    return SyncRun(schedule, run, plan, lease, pleo, erp, now)


def _open_run(lease: Lease, kind: str) -> Run | None:
    """One that had no plan yet when its worker died or had to wait."""
    rows = Run.objects.filter(connection=lease.connection, kind=kind, state__in=Run.OPEN)
    return rows.order_by("pk").first()


def settle(run: SyncRun, error: Exception) -> bool:
    """How an attempt ends that did not reach its last step. Whether other kinds may be tried."""
    if isinstance(error, MakeWay):
        closing.made_way(run)
        return False
    if isinstance(error, NothingToDo):
        closing.nothing_to_do(run, str(error))
        return True
    if isinstance(error, RemoteError):
        return _settle_remote(run, error)
    logger.error("A sync of %s hit a bug", run.schedule, exc_info=error)
    if run.run.waits < BUG_TRIES:
        origin = Run.Origin.OURS
        sentence = f"{OURS}, and try again."
        closing.paused(run, who="us", sentence=sentence, seconds=_delay(run), origin=origin)
    else:
        sentence = f"{OURS}. Write to us."
        closing.stopped(run, sentence=sentence, origin=Run.Origin.OURS, fix="support")
    return True


def _settle_remote(run: SyncRun, error: RemoteError) -> bool:
    is_pleo = error.system == "pleo"
    who = "Pleo" if is_pleo else run.erp.label
    origin = Run.Origin.PLEO if is_pleo else Run.Origin.ERP
    sentence = error.message if who in error.message else f"{who}: {error.message}"
    if isinstance(error, Unavailable | OutcomeUnknown):
        asked = error.retry_after if isinstance(error, Unavailable) else None
        closing.paused(
            run,
            who=who,
            sentence=sentence,
            seconds=_delay(run) if asked is None else asked,
            origin=origin,
            is_limit=isinstance(error, RateLimited),
        )
        return not isinstance(error, RateLimited)
    if is_pleo and isinstance(error, AuthenticationFailed):
        closing.paused(
            run, who="reconnect", sentence=sentence, seconds=UNTIL_RECONNECTED, origin=origin
        )
        return False
    if is_pleo and isinstance(error, NotAllowed):
        closing.without_permission(run)
        return True
    closing.stopped(run, sentence=sentence, origin=origin, fix="sync" if is_pleo else "erp")
    if isinstance(error, OtherCompany | AuthenticationFailed):  # it is so for all kinds
        mark_erp_problem(connection=run.lease.connection, sentence=sentence)
        return False
    return True


def _delay(run: SyncRun) -> float:
    delays: list[int] = settings.RETRY_SECONDS
    return float(delays[min(run.run.waits, len(delays) - 1)])
