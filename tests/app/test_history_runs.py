"""What a run keeps of itself, and what days keep of their runs."""

from datetime import UTC, datetime, timedelta

import pytest
from django_scopes import scopes_disabled

from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob
from pleo_connector.exports.translation import JOB_TYPES, origin_of_fix, origin_of_job
from pleo_connector.history import actions
from pleo_connector.history.models import DURATIONS, DailyStat, Run
from tests.app import factories
from tests.app.conftest import Desk, FakeErp

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEN = timedelta(seconds=10)


@pytest.fixture
def connection(db: None) -> Connection:
    with scopes_disabled():
        return factories.make_connection(factories.make_tenant())


def ended(connection: Connection, *, at: datetime, state: str = "completed", took: int = 30) -> Run:
    began = at - timedelta(seconds=took)
    run = actions.begin_run(connection=connection, kind="export", total=10, now=began)
    actions.end_run(
        run, state=state, headline="", origin="", now=at, succeeded=9, failed=1, total=10
    )
    return run


def test_a_day_says_the_same_however_often_it_is_folded(connection: Connection) -> None:
    with scopes_disabled():
        ended(connection, at=NOON)
        ended(connection, at=NOON + TEN, state="completed_with_errors", took=31)
        ended(connection, at=NOON + TEN, state="failed", took=100_000)
        ended(connection, at=NOON + timedelta(days=1))
        actions.begin_run(connection=connection, kind="export", now=NOON)
        for _ in range(2):
            actions.fold_day(connection, kind="export", day=NOON.date())
        stats = {x.state: x for x in DailyStat.objects.filter(day=NOON.date())}
        told = {state: (x.runs, x.runs_with_errors, x.runs_failed) for state, x in stats.items()}
        assert told == {
            "completed": (1, 0, 0),
            "completed_with_errors": (1, 1, 0),
            "failed": (1, 0, 1),
        }
        assert {(x.total, x.succeeded, x.failed) for x in stats.values()} == {(10, 9, 1)}
        classes = [(i, n) for x in stats.values() for i, n in enumerate(x.durations) if n]
        assert sorted(classes) == [
            (DURATIONS.index(30), 1),
            (DURATIONS.index(45), 1),
            (len(DURATIONS), 1),
        ]
        assert DailyStat.objects.count() == 4


def test_a_run_that_goes_on_after_its_end_is_in_the_day_and_state_that_it_ends_in(
    connection: Connection,
) -> None:
    with scopes_disabled():
        run = ended(connection, at=NOON, state="failed")
        actions.reopen_run(run, now=NOON + TEN)
        assert not DailyStat.objects.exists()
        actions.end_run(run, state="completed", headline="", origin="", now=NOON + TEN)
        assert [x.state for x in DailyStat.objects.all()] == ["completed"]


def test_a_day_from_before_states_were_told_apart_is_replaced(connection: Connection) -> None:
    with scopes_disabled():
        DailyStat.objects.create(
            connection=connection, kind="export", day=NOON.date(), runs=7, durations=[0] * 19
        )
        ended(connection, at=NOON)
        assert [(x.state, x.runs) for x in DailyStat.objects.all()] == [("completed", 1)]


def test_pauses_for_a_rate_limit_are_counted_apart(connection: Connection) -> None:
    with scopes_disabled():
        run = actions.begin_run(connection=connection, kind="export", now=NOON)
        for is_limit, seconds in ((True, 40), (False, 300), (True, 20)):
            actions.pause_run(
                run,
                waiting_for="Tryton",
                until=NOON + timedelta(seconds=seconds),
                headline="Tryton takes no more calls from us for the moment.",
                origin="erp",
                is_limit=is_limit,
                now=NOON,
            )
        run.refresh_from_db()
    assert (run.waits, run.limit_waits, run.limit_seconds) == (3, 2, 60)
    assert (run.state, run.origin) == (Run.State.WAITING, Run.Origin.ERP)


def test_every_reason_of_a_job_says_where_it_is_mended() -> None:
    by_entries = {"validation_failure", "integration_unusable"}
    assert {kind for kind in JOB_TYPES if not origin_of_job(kind)} == by_entries
    places = {fix: origin_of_fix(fix) for fix in ("accounts", "posting", "pleo", "erp", "support")}
    assert list(places.values()) == ["mapping", "mapping", "pleo", "erp", "ours"]


def counts(job: ExportJob) -> tuple[int, ...]:
    run = Run.objects.get(pk=job.run_id)
    return run.total, run.succeeded, run.failed, run.tries


def test_an_export_leaves_its_counts_and_where_it_failed(desk: Desk, fake_erp: FakeErp) -> None:
    job = desk.export()
    count = job.number_of_items
    run = Run.objects.get(pk=job.run_id)
    failed = job.items.filter(status="failed").count()
    assert counts(job) == (count, count - failed, failed, 1)
    assert run.calls == run.attempts.get().calls.count() > 3
    assert failed
    fixes = job.items.filter(status="failed").values_list("fix", flat=True)
    assert sorted(origin_of_fix(fix) for fix in fixes) == ["mapping", "pleo"]
    assert run.origin == "mapping"  # of as many entries each, always the same is named
    stat = DailyStat.objects.get()
    assert (stat.runs, stat.total, stat.succeeded) == (1, count, count - failed)


def test_an_erp_that_is_away_is_named_as_the_origin(desk: Desk, fake_erp: FakeErp) -> None:
    fake_erp.fault("GET /accounts", status=503, times=3)
    job = desk.export()
    run = Run.objects.get(pk=job.run_id)
    assert (run.state, run.origin, run.finished_at) == ("waiting", "erp", None)
    assert not DailyStat.objects.exists()
