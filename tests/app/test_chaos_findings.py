"""What the chaos suites found, each pinned by the smallest test that shows it."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError
from django.db import connection as database
from django.db.models.functions import Now
from django.utils import timezone

from pleo_connector.connections.actions import check_now
from pleo_connector.connections.erp import open_erp
from pleo_connector.connections.lease import WAITED_FOR, claim
from pleo_connector.connections.models import Connection
from pleo_connector.exports import job_state, tasks
from pleo_connector.exports.models import ExportJob, Posting
from pleo_connector.history.models import Run
from pleo_connector.history.recorder import Recorder
from pleo_connector.pleo.client import Job
from tests.app.conftest import Desk, FakeErp

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("minutes", [-10, 10])
def test_an_unknown_outcome_is_waited_for_by_the_databases_clock(
    desk: Desk, fake_erp: FakeErp, settings: Any, minutes: int
) -> None:
    """A worker whose clock is wrong books, and the next, whose clock is right, looks it up."""
    settings.SETTLE_SECONDS = 30
    fake_erp.fault("POST /vouchers$", drop="after")
    entry = desk.simulator.add(desk.company, "card_purchase", files=0)
    desk.simulator.export(desk.company, entryIds=entry)
    lease = claim(desk.connection.pk)
    assert lease is not None
    tasks.work(lease, now=lambda: timezone.now() + timedelta(minutes=minutes))
    desk.work()
    assert Posting.objects.get().state == Posting.State.UNCERTAIN
    run = Run.objects.get()
    assert run.waiting_until is not None
    assert timedelta() < run.waiting_until - timezone.now() <= timedelta(seconds=30)


def test_a_lost_database_ends_the_task_and_not_the_job(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing can be written then: the lease lapses, and the next worker goes on."""

    def lost(*_: Any, **__: Any) -> None:
        raise OperationalError("the connection is closed")

    monkeypatch.setattr(job_state, "take_jobs", lost)
    with caplog.at_level(logging.WARNING, logger=tasks.__name__):
        tasks.export_pending(connection_id=desk.connection.pk)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_a_worker_that_stands_still_in_a_transaction_is_ended_by_the_database() -> None:
    """Else it would keep the connection's row from the worker that takes over."""
    with database.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone()[0] not in ("0", None)


def test_an_upload_without_an_answer_is_not_repeated_by_a_worker_that_is_woken_early(
    desk: Desk, fake_erp: FakeErp, settings: Any
) -> None:
    """A notification wakes the connection while it waits: the file may still arrive in the ERP."""
    settings.SETTLE_SECONDS = 30
    fake_erp.fault("POST /vouchers/.+/attachments", drop="before")
    entry = desk.simulator.add(desk.company, "card_purchase", files=1)
    job = desk.export(entryIds=entry)
    assert job.run.state == Run.State.WAITING
    uploads = [v for k, v in fake_erp("GET", "/calls").items() if k.endswith("/attachments")]
    desk.work()
    again = [v for k, v in fake_erp("GET", "/calls").items() if k.endswith("/attachments")]
    assert sum(again) == sum(uploads)
    settings.SETTLE_SECONDS = 0
    desk.work()
    job.refresh_from_db()
    assert job.status == "completed"
    assert [len(voucher["attachments"]) for voucher in fake_erp.vouchers] == [1]


def test_a_read_that_takes_long_keeps_the_lease(
    desk: Desk, fake_erp: FakeErp, settings: Any
) -> None:
    """Master data of many pages from a slow ERP: nobody else may take the connection over."""
    lease = claim(desk.connection.pk)
    assert lease is not None
    Connection.objects.filter(pk=desk.connection.pk).update(lease_until=Now() + timedelta(1))
    erp = open_erp(lease.connection, observer=Recorder(lease))
    erp.company()
    assert lease_ends_in(desk) > timedelta(hours=1)  # not touched
    lease.renewed_at -= settings.LEASE_SECONDS / 2
    erp.company()
    assert lease_ends_in(desk) < timedelta(hours=1)


@pytest.mark.django_db(transaction=True)  # the clock stands still in one
def test_a_worker_whose_clock_is_ahead_misses_no_wish(desk: Desk) -> None:
    lease = claim(desk.connection.pk)
    assert lease is not None
    tasks.work(lease, now=lambda: timezone.now() + timedelta(hours=1))
    check_now(connection=desk.connection)
    assert Connection.objects.filter(WAITED_FOR, pk=desk.connection.pk).exists()


def lease_ends_in(desk: Desk) -> timedelta:
    desk.connection.refresh_from_db()
    assert desk.connection.lease_until is not None
    return desk.connection.lease_until - timezone.now()


PAGE = {"status": 200, "body": "<html>Down for maintenance</html>", "contentType": "text/html"}


def failing(desk: Desk, fake_erp: FakeErp, answer: dict[str, Any]) -> ExportJob:
    """A job that cannot run, while what says so to Pleo gets an answer but does not arrive."""
    fake_erp.fault("GET /accounts", status=403)
    job = desk.simulator.export(
        desk.company, entryIds=desk.simulator.add(desk.company, "card_purchase", files=0)
    )
    match = {"method": "POST", "path": "/v3/export-job-events$"}
    desk.simulator("POST", "/faults", match=match, effect=answer, skip=1, times=1)
    desk.work()
    found: ExportJob = ExportJob.objects.select_related("run").get(pleo_job_id=job["id"])
    return found


def test_a_page_of_whoever_stands_before_pleo_is_no_yes(desk: Desk, fake_erp: FakeErp) -> None:
    """Pleo would wait for a job that is over here, until it expires."""
    job = failing(desk, fake_erp, PAGE)
    assert job.status in ExportJob.UNFINISHED
    assert job.run.state == Run.State.WAITING


def test_a_job_that_pleo_still_lists_is_taken_up_again(desk: Desk, fake_erp: FakeErp) -> None:
    """It was over here and is not at Pleo: nothing else of the connection may wait for that."""
    job = failing(desk, fake_erp, {"status": 202, "body": ""})
    assert (job.status, job.run.is_over) == ("failed", True)
    desk.work()
    job = ExportJob.objects.select_related("run").get(pk=job.pk)
    assert (job.status, job.run.state) == ("completed", Run.State.COMPLETED)
    assert desk.simulator.job(str(job.pleo_job_id)).job["status"] == "completed"
    assert len(fake_erp.vouchers) == 1
    assert ExportJob.objects.count() == Run.objects.count() == 1


def test_a_list_that_comes_late_takes_nothing_up_again(desk: Desk) -> None:
    """Of the job that was closed a moment ago."""
    job = desk.export(entryIds=desk.simulator.add(desk.company, "card_purchase", files=0))
    listed = desk.simulator.job(str(job.pleo_job_id)).job
    lease = claim(desk.connection.pk)
    assert lease is not None
    late = Job(
        id=job.pleo_job_id,
        company_id=UUID(listed["companyId"]),
        status="in_progress",
        number_of_items=listed["numberOfItems"],
        vendor_based_bookkeeping=False,
        created_at=job.created_at,
    )
    assert (
        job_state.take_jobs(lease, [late], asked_at=lease.time(), now=timezone.now(), done={job.pk})
        == []
    )
    assert job_state.take_jobs(lease, [late], asked_at=lease.time(), now=timezone.now()) == [job]


def test_a_run_that_waits_says_so_where_pleo_has_to_be_reconnected_meanwhile(
    desk: Desk, fake_erp: FakeErp
) -> None:
    """Else its page would still speak of what it waited for before."""
    fake_erp.fault("GET /company", status=503, times=9)
    job = desk.export(entryIds=desk.simulator.add(desk.company, "card_purchase", files=0))
    assert job.run.waiting_for == "Fake ERP"
    for which in ("access", "refresh"):
        desk.simulator("POST", f"/companies/{desk.company['id']}/tokens:expire", which=which)
    for _ in range(2):
        desk.work()
        run = Run.objects.get()
        assert (run.state, run.waiting_for, run.waits) == (Run.State.WAITING, "reconnect", 2)
