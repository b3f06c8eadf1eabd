"""Old rows go, recent ones stay, and nothing that could book an entry twice is ever among them."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone
from django_scopes import scopes_disabled

from pleo_connector.bookkeeping.codes import PleoCode
from pleo_connector.connections.models import Connection, WebhookEvent
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.history import retention
from pleo_connector.history.actions import fold_day
from pleo_connector.history.models import (
    Attempt,
    DailyStat,
    Decision,
    Message,
    Problem,
    ProblemEvent,
    RemoteCall,
    Run,
)
from pleo_connector.history.problems import Found, mute, note_problems, note_seen
from pleo_connector.history.retention import KINDS, delete_old
from pleo_connector.history.tasks import delete_old_rows
from pleo_connector.mapping.actions import note_codes
from pleo_connector.mapping.models import SeenCode
from tests.app import factories

pytestmark = pytest.mark.django_db
OF_HISTORY = (RemoteCall, Attempt, Decision, WebhookEvent)
MANY = 1_000_000


@pytest.fixture(autouse=True)
def _all_tenants() -> Iterator[None]:
    with scopes_disabled():
        yield


@pytest.fixture
def connection() -> Connection:
    return factories.make_connection(factories.make_tenant())


def add_history(connection: Connection, at: datetime, *, kind: str = "export") -> Run:
    """A run with two attempts of three calls each, two decisions, and a notification."""
    run: Run = Run.objects.create(
        connection=connection, kind=kind, state="completed", started_at=at, finished_at=at
    )
    for number in range(2):
        attempt = Attempt.objects.create(run=run, fence=number, worker="w", started_at=at)
        calls = [
            RemoteCall(attempt=attempt, system="erp", method="GET", is_write=False, began_at=at)
            for _ in range(3)
        ]
        RemoteCall.objects.bulk_create(calls)
        Decision.objects.create(run=run, kind="k", sentence=f"{number}", made_at=at)
    WebhookEvent.objects.create(
        connection=connection, webhook_id=str(run.pk), received_at=at, is_known=True
    )
    return run


def counts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in (*OF_HISTORY, Run)}


def test_old_rows_go_and_recent_ones_stay(connection: Connection) -> None:
    now = timezone.now()
    add_history(connection, now - timedelta(days=4000))
    add_history(connection, now - timedelta(days=4000), kind="catalog")
    before = add_history(connection, now - timedelta(days=20), kind="catalog")
    gone = delete_old(now=now)
    assert {name: count for name, count in gone.items() if count} == {
        "remote calls": 12,
        "attempts": 4,
        "decisions": 4,
        "runs": 1,
        "webhook events": 2,
    }
    assert counts() == {
        "RemoteCall": 6,
        "Attempt": 2,
        "Decision": 2,
        "WebhookEvent": 1,
        "Run": 2,  # the recent one, and that of an export
    }
    assert Run.objects.filter(pk=before.pk).exists()
    assert set(delete_old(now=now).values()) == {0}


@pytest.mark.parametrize(
    ("setting", "kind"), [(x.days, x.name) for x in KINDS.values() if x.model in (*OF_HISTORY, Run)]
)
def test_each_kind_has_its_own_days_and_may_be_kept_for_good(
    connection: Connection, settings: Any, setting: str, kind: str
) -> None:
    now = timezone.now()
    for other in KINDS.values():
        setattr(settings, other.days, 0)
    add_history(connection, now - timedelta(days=9), kind="catalog")
    assert delete_old(now=now) == {}
    if kind in ("attempts", "runs"):  # what they are made of goes first
        settings.KEEP_CALLS_DAYS = settings.KEEP_DECISIONS_DAYS = 1
    setattr(settings, setting, 10)
    assert delete_old(now=now)[kind] == 0
    setattr(settings, setting, 8)
    assert delete_old(now=now)[kind] > 0


def test_an_attempt_stays_as_long_as_its_calls(connection: Connection, settings: Any) -> None:
    settings.KEEP_CALLS_DAYS, settings.KEEP_ATTEMPTS_DAYS = 0, 1
    add_history(connection, timezone.now() - timedelta(days=9))
    delete_old(now=timezone.now())
    assert counts()["Attempt"] == 2


def test_postings_jobs_and_entries_are_never_deleted(connection: Connection) -> None:
    factories.make_job(connection, booked=3, failed=2, ago=timedelta(days=9000))
    kept = {model: model.objects.count() for model in (Posting, ExportJob, ExportJobItem, Run)}
    assert kept[Posting] == 3
    delete_old(now=timezone.now() + timedelta(days=9000))
    assert {model: model.objects.count() for model in kept} == kept
    assert Posting not in {kind.model for kind in KINDS.values()}
    assert not Attempt.objects.exists()


def test_a_crash_in_between_harms_nothing_and_the_next_run_goes_on(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = timezone.now()
    add_history(connection, now - timedelta(days=4000))
    delete, calls = retention._delete_rows, iter(range(1, 100))

    def die(model: Any, ids: list[int]) -> int:
        if next(calls) == 2:
            raise KeyboardInterrupt
        return delete(model, ids)

    monkeypatch.setattr(retention, "_delete_rows", die)
    with pytest.raises(KeyboardInterrupt):
        delete_old(now=now, batch=4)
    assert counts() == {
        "RemoteCall": 2,
        "Attempt": 2,
        "Decision": 2,
        "WebhookEvent": 1,
        "Run": 1,
    }
    delete_old(now=now, batch=4)
    assert counts() == {"RemoteCall": 0, "Attempt": 0, "Decision": 0, "WebhookEvent": 0, "Run": 1}


def test_a_run_has_a_bound_and_the_next_goes_on(connection: Connection) -> None:
    now = timezone.now()
    add_history(connection, now - timedelta(days=4000))
    assert [delete_old(now=now, batch=2, batches=2)["remote calls"] for _ in range(3)] == [4, 2, 0]


def test_the_task_says_what_went(connection: Connection, caplog: Any) -> None:
    add_history(connection, timezone.now() - timedelta(days=4000))
    with caplog.at_level("INFO"):
        delete_old_rows()
    assert "'remote calls': 6" in caplog.text


def test_a_million_rows_are_found_by_their_age(connection: Connection) -> None:
    now = timezone.now()
    run = add_history(connection, now)
    attempt = run.attempts.all()[0]
    with database.cursor() as cursor:
        cursor.execute(
            "INSERT INTO history_remotecall (attempt_id, correlation_id, system, method, template,"
            " is_write, began_at, excerpt) SELECT %s, gen_random_uuid(), 'erp', 'GET', '/', false,"
            " now() - n * interval '1 minute', '' FROM generate_series(1, %s) n",
            [attempt.pk, MANY],
        )
        cursor.execute("ANALYZE history_remotecall")
    due = KINDS["remote calls"].due(now)
    assert due.count() > MANY / 2
    plan = due.values_list("pk", flat=True)[: retention.BATCH].explain()
    assert "calls_by_age" in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan


# -- Problems, charts and codes -------------------------------------------------------------------


def resolved(connection: Connection, at: datetime, *, subject: str) -> Problem:
    """Found with an entry, seen by somebody, and resolved a minute later."""
    entry, cause = uuid.uuid4(), {"origin": "mapping", "type": "account_unknown"}
    found = Found(sentence="6110 is inactive.", subject=subject, entries=[entry], **cause)
    note_problems(connection=connection, kind="export", found=[found], now=at)
    note_problems(
        connection=connection,
        kind="export",
        found=[],
        booked=[entry],
        now=at + timedelta(minutes=1),
    )
    problem: Problem = Problem.objects.get(subject=subject)
    note_seen(problem=problem, actor=factories.make_user(), now=at)
    return problem


def test_problems_go_a_while_after_they_were_resolved(connection: Connection) -> None:
    now, old = timezone.now(), timezone.now() - timedelta(days=500)
    resolved(connection, old, subject="old")
    resolved(connection, now, subject="recent")
    mute(
        problem=resolved(connection, old, subject="muted for good"), actor=None, until=None, now=old
    )
    found = Found(origin="erp", type="locked", sentence="Locked.", subject="still open")
    note_problems(connection=connection, kind="export", found=[found], now=old, is_whole=False)
    gone = delete_old(now=now)
    assert {x.subject for x in Problem.objects.all()} == {"recent", "muted for good", "still open"}
    assert [gone[x] for x in ("entries of problems", "events of problems", "problems")] == [2, 3, 1]
    assert set(delete_old(now=now).values()) == {0}
    assert ProblemEvent.objects.filter(problem__subject="still open", kind="opened").exists()


def test_a_problem_that_comes_back_after_it_went_is_told_anew(connection: Connection) -> None:
    resolved(connection, timezone.now() - timedelta(days=500), subject="6110")
    delete_old(now=timezone.now())
    resolved(connection, timezone.now(), subject="6110")
    assert Problem.objects.get().opening == 1
    assert ProblemEvent.objects.filter(kind="opened", passed_on_at=None).count() == 1


def test_an_event_stays_as_long_as_what_was_sent_of_it(
    connection: Connection, settings: Any
) -> None:
    settings.KEEP_MESSAGES_DAYS = 0
    old = timezone.now() - timedelta(days=500)
    event = resolved(connection, old, subject="old").events.get(kind="opened")
    Message.objects.create(
        tenant=connection.tenant, event=event, kind="problem.opened", created_at=old
    )
    delete_old(now=timezone.now())
    assert Message.objects.get().event == event
    settings.KEEP_MESSAGES_DAYS = 90
    delete_old(now=timezone.now())  # the message goes last
    delete_old(now=timezone.now())
    assert not Problem.objects.exists()


def test_days_of_charts_go(connection: Connection) -> None:
    now = timezone.now()
    for days in (1200, 1000):
        at = now - timedelta(days=days)
        add_history(connection, at)
        fold_day(connection, kind="export", day=at.astimezone(UTC).date())
    assert delete_old(now=now)["days of charts"] == 1
    assert DailyStat.objects.get().day == (now - timedelta(days=1000)).astimezone(UTC).date()


def test_codes_that_pleo_sends_no_more_go_unless_an_entry_waits(connection: Connection) -> None:
    now, old = timezone.now(), timezone.now() - timedelta(days=500)
    SeenCode.objects.all().delete()
    code = PleoCode(kind="category", key="6110", name="Stationery")
    note_codes(connection=connection, codes=[code], now=old)
    note_codes(connection=connection, codes=[replace(code, key="5800")], now=now)
    waits = Found(origin="mapping", type="x", sentence="x", entries=[uuid.uuid4()])
    note_problems(connection=connection, kind="export", found=[waits], now=now)
    assert delete_old(now=now)["codes of Pleo"] == 0
    note_problems(connection=connection, kind="export", found=[], booked=waits.entries, now=now)
    assert delete_old(now=now)["codes of Pleo"] == 1
    assert SeenCode.objects.get().key == "5800"


@pytest.mark.parametrize("kind", ["entries of problems", "problems", "days of charts"])
def test_what_is_old_is_found_by_an_index(connection: Connection, kind: str) -> None:
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    rows = KINDS[kind].due(timezone.now()).values_list("pk", flat=True)[: retention.BATCH]
    index = {"problems": "problems_by_age", "entries of problems": "problem_entries_by_age"}
    assert index.get(kind, "stats_by_day") in rows.explain()
