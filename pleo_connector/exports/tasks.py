"""Doors for Celery. A message names a connection, so duplicates are harmless."""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from erp_adapters.errors import AuthenticationFailed, NotAllowed, RemoteError
from pleo_connector.connections.actions import mark_erp_problem, mark_pleo_problem
from pleo_connector.connections.erp import open_erp, open_pleo
from pleo_connector.connections.lease import Lease, LeaseLost, claim
from pleo_connector.connections.models import Connection
from pleo_connector.exports import actions
from pleo_connector.exports.engine import JobRun
from pleo_connector.exports.models import ExportJob
from pleo_connector.exports.settle import UNTIL_RECONNECTED, settle
from pleo_connector.history.recorder import Recorder
from pleo_connector.pleo.client import Job, PleoClient

WAKE_BATCH = 500
# Nothing can be written any more; the lease lapses, and the next worker goes on.
DATABASE_LOST = (OperationalError, InterfaceError, InternalError)

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
    try:
        lease = claim(connection_id)
        if lease is not None:
            with scope(tenant=lease.connection.tenant):
                work(lease, now=timezone.now)
    except DATABASE_LOST as error:
        logger.warning("Connection %s is taken up when its lease ends: %s", connection_id, error)


def work(lease: Lease, *, now: Callable[[], datetime]) -> None:
    """All jobs of one connection, oldest first, then the lease back."""
    recorder = Recorder(lease)
    wake_in = timedelta(seconds=settings.POLL_SECONDS)
    try:
        erp = open_erp(lease.connection, observer=recorder)
    except ValueError as error:  # the stored settings do not fit the adapter any more
        mark_erp_problem(connection=lease.connection, sentence=str(error))
        lease.release(wake_in=UNTIL_RECONNECTED)
        return
    pleo = open_pleo(lease.connection, observer=recorder)
    try:
        for job, remote in due_jobs(lease, pleo, now=now):
            wait = run_job(JobRun(job, lease, pleo, erp, now, remote), recorder)
            if wait is not None:
                wake_in = wait
                break
    except LeaseLost:
        return
    except AuthenticationFailed:
        wake_in = UNTIL_RECONNECTED  # the grant says so on the connection's page
    except NotAllowed as error:
        mark_pleo_problem(connection=lease.connection, sentence=error.message)
        wake_in = UNTIL_RECONNECTED
    except RemoteError:
        wake_in = timedelta(seconds=settings.RETRY_SECONDS[0])
    lease.release(wake_in=wake_in)


def due_jobs(
    lease: Lease, pleo: PleoClient, *, now: Callable[[], datetime]
) -> Iterator[tuple[ExportJob, Job | None]]:
    """Unfinished jobs with what Pleo lists of them; listed anew after each, until none is new."""
    company_id = lease.connection.pleo_company_id
    assert company_id is not None
    seen = set[int]()
    while True:
        asked_at = now()
        listed = {job.id: job for job in pleo.unfinished_jobs(company_id)}
        jobs = actions.take_jobs(lease, list(listed.values()), now=asked_at)
        job = next((job for job in jobs if job.pk not in seen), None)
        if job is None:
            return
        seen.add(job.pk)
        yield job, listed.get(job.pleo_job_id)


def run_job(run: JobRun, recorder: Recorder) -> timedelta | None:
    """One attempt; None when the job is over, else when to go on."""
    recorder.attempt = attempt = actions.begin_attempt(run.lease, run.job, now=run.now())
    wait: timedelta | None = None
    outcome = ""
    try:
        run.run()
    except (LeaseLost, *DATABASE_LOST):
        raise
    except Exception as error:  # noqa: BLE001  one job's trouble is settled here
        wait = settle(run, error)
        outcome = str(error)
    recorder.attempt = None
    actions.end_attempt(attempt, outcome, now=run.now())
    return wait
