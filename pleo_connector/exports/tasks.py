"""Doors for Celery. A message names a connection, so duplicates are harmless."""

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, cast

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django_scopes import scopes_disabled

import erp_adapters
from erp_adapters.base import ErpAdapter
from erp_adapters.errors import AuthenticationFailed, NotAllowed, RemoteError, Unavailable
from pleo_connector.catalog.actions import OtherCompany, confirm_company
from pleo_connector.connections.actions import (
    mark_erp_problem,
    mark_pleo_problem,
    note_erp_access,
)
from pleo_connector.connections.erp import SecretMissing, open_erp, open_pleo
from pleo_connector.connections.lease import DATABASE_LOST, Lease, LeaseLost, claim, under_lease
from pleo_connector.connections.models import Connection
from pleo_connector.exports import job_state, once, queries
from pleo_connector.exports.engine import JobRun
from pleo_connector.exports.models import ExportJob
from pleo_connector.exports.outcomes import Stop, Wait
from pleo_connector.exports.reversing import reverse_due
from pleo_connector.exports.settle import UNTIL_RECONNECTED, settle
from pleo_connector.exports.tell_again import tell_again
from pleo_connector.history.recorder import Recorder
from pleo_connector.pleo.client import Job, PleoClient

WAKE_BATCH = 500

logger = logging.getLogger(__name__)


@shared_task(name="exports.wake_due")
def wake_due(**_: Any) -> None:
    """Send a task for each connection that is due. A lost message is sent again in 30 seconds."""
    with scopes_disabled(), transaction.atomic():
        due = Connection.objects.filter(state=Connection.State.LIVE, wake_at__lte=Now())
        ids = list(
            due.select_for_update(skip_locked=True)
            .order_by("wake_at")
            .values_list("pk", flat=True)[:WAKE_BATCH]
        )
        Connection.objects.filter(pk__in=ids).update(wake_at=Now() + timedelta(seconds=30))
    for connection_id in ids:
        export_pending.delay(connection_id=connection_id)


@shared_task(name="exports.export_pending")
def export_pending(*, connection_id: int, **_: Any) -> None:
    """Book whatever Pleo has waiting for this connection, unless another worker does."""
    under_lease(connection_id, claim=claim, work=work)


def work(lease: Lease, *, now: Callable[[], datetime]) -> None:
    """All jobs of one connection, oldest first, then the lease back."""
    recorder = Recorder(lease)
    wake_in = timedelta(seconds=settings.POLL_SECONDS)
    erp, stop = opened(lease.connection, recorder)
    pleo = open_pleo(lease.connection, observer=recorder)
    try:
        undo_in = None if stop else undo(lease, erp, recorder, now=now)
        tell_again(lease, pleo, recorder, now=now)
        for job, remote in due_jobs(lease, pleo, now=now):
            wait = run_job(JobRun(job, lease, pleo, erp, now, remote), recorder, stop)
            if wait is not None:
                wake_in = wait
                break
        else:
            if stop is None:
                wake_in = look_up_rest(lease, erp, now=now) or wake_in
                look_at_access(lease.connection, erp, now=now())
        if undo_in:
            wake_in = min(wake_in, undo_in)
    except LeaseLost:
        return
    except (AuthenticationFailed, NotAllowed) as error:
        wake_in = UNTIL_RECONNECTED
        no_access(lease, error, now=now())
    except RemoteError as error:
        asked = error.retry_after if isinstance(error, Unavailable) else None
        wake_in = timedelta(seconds=settings.RETRY_SECONDS[0] if asked is None else asked)
    lease.release(wake_in=wake_in)


def no_access(lease: Lease, error: RemoteError, *, now: datetime) -> None:
    """To Pleo: the grant says so on the connection's page, and each open run on its own."""
    if isinstance(error, NotAllowed):
        mark_pleo_problem(connection=lease.connection, sentence=error.message)
    with suppress(LeaseLost):  # whoever has it now finds the same
        job_state.wait_for_person(lease, error.message, now=now)


def undo(
    lease: Lease, erp: ErpAdapter, recorder: Recorder, *, now: Callable[[], datetime]
) -> timedelta | None:
    """What people asked to reverse; trouble with it does not keep exports from being booked."""
    try:
        return reverse_due(lease, erp, recorder, now=now)
    except (LeaseLost, *DATABASE_LOST):
        raise
    except OtherCompany as error:
        mark_erp_problem(connection=lease.connection, sentence=error.message)
        return None
    except RemoteError as error:
        logger.info("Connection %s reverses later: %s", lease.connection.pk, error)
        return timedelta(seconds=settings.RETRY_SECONDS[-1])
    except Exception as error:
        logger.error("Connection %s cannot reverse", lease.connection.pk, exc_info=error)
        recorder.attempt = None
        return timedelta(seconds=settings.RETRY_SECONDS[-1])


def look_at_access(connection: Connection, erp: ErpAdapter, *, now: datetime) -> None:
    """Once a day: when the ERP's credentials end by themselves, so that somebody is told before."""
    last = connection.erp_access_checked_at
    if last and now - last < timedelta(days=1):
        return
    try:
        ends = erp.access_expires_on()
    except RemoteError as error:
        logger.info("Connection %s does not say when its access ends: %s", connection.pk, error)
        ends = connection.erp_access_ends
    note_erp_access(connection=connection, ends=ends, now=now)


def look_up_rest(lease: Lease, erp: ErpAdapter, *, now: Callable[[], datetime]) -> timedelta | None:
    """What jobs left unknown that ended meanwhile, at Pleo's end perhaps; None where all is known.

    The ERP's trouble is no job's: the next look at Pleo tries it again.
    """
    if not queries.is_anything_unknown(lease.connection):
        return None
    try:
        confirm_company(connection=lease.connection, erp=erp)
        once.recover(lease, erp, now=now())
    except Wait as wait:
        return timedelta(seconds=wait.seconds)
    except OtherCompany as error:  # in other books, nothing of ours is found
        mark_erp_problem(connection=lease.connection, sentence=error.message)
    except RemoteError as error:
        logger.info("Connection %s looks it up later: %s", lease.connection.pk, error)
    return None


def opened(connection: Connection, recorder: Recorder) -> tuple[ErpAdapter, Stop | None]:
    """The ERP; where what is stored does not fit any more, why each job has to end.

    Nothing is called then: all that is asked of the adapter is its name.
    """
    try:
        return open_erp(connection, observer=recorder), None
    except ValueError as error:
        adapter = erp_adapters.get(connection.erp_kind)
        if isinstance(error, SecretMissing):
            stop = Stop("accounting_system_authentication_failure", str(error))
        else:
            sentence = f"The settings of {adapter.label} do not fit any more: {error} Reconnect it."
            stop = Stop("invalid_configuration", sentence, fix="erp")
        mark_erp_problem(connection=connection, sentence=stop.sentence)
        return cast(ErpAdapter, adapter), stop


def due_jobs(
    lease: Lease, pleo: PleoClient, *, now: Callable[[], datetime]
) -> Iterator[tuple[ExportJob, Job | None]]:
    """Unfinished jobs with what Pleo lists of them; listed anew after each, until none is new."""
    company_id = lease.connection.pleo_company_id
    assert company_id is not None
    seen = set[int]()
    while True:
        asked_at = lease.time()  # beside what notifications note
        listed = {job.id: job for job in pleo.unfinished_jobs(company_id)}
        jobs = job_state.take_jobs(
            lease, list(listed.values()), asked_at=asked_at, now=now(), done=seen
        )
        job = next((job for job in jobs if job.pk not in seen), None)
        if job is None:
            return
        seen.add(job.pk)
        yield job, listed.get(job.pleo_job_id)


def run_job(run: JobRun, recorder: Recorder, stop: Stop | None = None) -> timedelta | None:
    """One attempt; None when the job is over, else when to go on. `stop` ends it at once."""
    recorder.attempt = attempt = job_state.begin_attempt(run.lease, run.job, now=run.now())
    wait: timedelta | None = None
    outcome = ""
    try:
        if stop:
            raise stop
        run.run()
    except (LeaseLost, *DATABASE_LOST):
        raise
    except Exception as error:  # noqa: BLE001  one job's trouble is settled here
        wait = settle(run, error)
        outcome = str(error)
    recorder.attempt = None
    job_state.end_attempt(attempt, outcome, now=run.now())
    return wait
