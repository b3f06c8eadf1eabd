"""When syncs run, who comes first, and how two workers share."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.db import transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scope

from pleo_connector.catalog import decisions, restart, schedules, tasks, wakes
from pleo_connector.catalog.keeping import NotPossible
from pleo_connector.catalog.models import SyncKind, SyncSchedule
from pleo_connector.catalog.sync import SyncRun
from pleo_connector.connections.actions import check_now
from pleo_connector.connections.lease import claim, claim_idle
from pleo_connector.connections.models import Connection, WebhookSubscription
from pleo_connector.tenants.models import AuditEntry
from tests.app.conftest import Desk, FakeErp
from tests.app.factories import make_connection, make_tenant
from tests.app.sync_desk import SyncDesk
from tests.app.test_webhooks import Pleo

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Connections that beat sent to workers."""
    ids: list[int] = []
    monkeypatch.setattr(
        tasks.sync_pending, "delay", lambda *, connection_id: ids.append(connection_id)
    )
    return ids


@pytest.fixture
def house(desk: Desk, fake_erp: FakeErp) -> SyncDesk:
    desk.work()
    return SyncDesk(desk, fake_erp)


def test_a_connection_that_went_live_is_looked_at_at_once(house: SyncDesk, sent: list[int]) -> None:
    tasks.wake_due()
    assert sent == [house.connection.pk]
    rows = SyncSchedule.objects.filter(connection=house.connection)
    assert {row.kind: row.hours for row in rows} == {
        "tags": 1,
        "accounts": 24,
        "tax_codes": 24,
        "vendors": 24,
    }
    house.work()
    assert {row.state for row in house.connection.runs.exclude(kind="export")} <= {
        "waiting",
        "completed",
    }


def test_due_work_is_sent_once_and_again_where_the_message_was_lost(
    house: SyncDesk, sent: list[int]
) -> None:
    tasks.wake_due()
    tasks.wake_due()
    assert sent == [house.connection.pk]
    SyncSchedule.objects.update(sent_at=timezone.now() - timedelta(minutes=2))
    tasks.wake_due()
    assert sent == [house.connection.pk] * 2


def test_what_was_missed_is_made_up_once(house: SyncDesk) -> None:
    schedules.ensure_schedules([house.connection], now=timezone.now() - timedelta(days=9))
    house.work()
    for kind in SyncKind:
        next_at = house.schedule(kind).next_run_at
        assert next_at is not None
        assert next_at > timezone.now() + timedelta(minutes=50)
    runs = house.connection.runs.exclude(kind="export")
    assert runs.count() == 4


def test_schedules_lie_apart_and_near_their_hour() -> None:
    now = timezone.now()
    tenant = make_tenant()
    with scope(tenant=tenant):
        made = [make_connection(tenant) for _ in range(8)]
        schedules.ensure_schedules(made, now=now)
        rows = SyncSchedule.objects.filter(kind="tags")
        times = {schedules.next_run_at(row, now) - now for row in rows}
    assert len(times) == 8
    assert all(timedelta(minutes=56) < x < timedelta(minutes=64) for x in times)


def test_due_work_is_found_by_one_indexed_query(sent: list[int]) -> None:
    with CaptureQueriesContext(database) as queries:
        assert schedules.take_due() == []
    assert len([x for x in queries if "sync" in x["sql"]]) == 1
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        rows = SyncSchedule._base_manager.filter(is_paused=False, next_run_at__lte=timezone.now())
        assert "schedules_by_time" in rows.explain()


def test_a_paused_kind_does_not_run_until_it_is_resumed(house: SyncDesk, sent: list[int]) -> None:
    actor, now = house.desk.user, timezone.now()
    schedules.ensure_schedules([house.connection], now=now)
    for kind in SyncKind:
        decisions.pause_schedule(connection=house.connection, kind=kind, actor=actor)
    tasks.wake_due()
    assert sent == []
    decisions.resume_schedule(connection=house.connection, kind="tags", actor=actor, now=now)
    tasks.wake_due()
    assert sent == [house.connection.pk]
    assert AuditEntry.objects.filter(action="paused a schedule").count() == 4


def test_exports_come_first(house: SyncDesk) -> None:
    check_now(connection=house.connection)
    assert claim_idle(house.connection.pk) is None
    house.desk.work()
    assert claim_idle(house.connection.pk) is not None


def test_a_sync_makes_way_for_an_export_and_goes_on_afterwards(
    house: SyncDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.only("accounts")
    house.seed_erp(accounts=[{"code": str(x), "name": f"A {x}"} for x in range(60)])
    house.seed_pleo()
    monkeypatch.setattr("pleo_connector.catalog.apply.ACCOUNTS_PER_CALL", 20)
    house.sync("accounts")
    calls = []

    def wanted(lease: Any) -> bool:
        calls.append(1)
        return len(calls) == 1

    monkeypatch.setattr("pleo_connector.connections.lease.Lease.is_wanted", wanted)
    house.approve("accounts")
    assert 0 < len(house.active_accounts()) < 60
    run = house.run("accounts")
    assert (run.state, run.succeeded, run.total) == ("running", 20, 60)
    house.forget_calls()
    house.later(0.05)
    run.refresh_from_db()
    assert run.state == "completed"
    assert len(house.active_accounts()) == 60
    assert house.writes() == [("POST", "/v1/chart-of-accounts/batch")] * 2
    assert [x for x in house.calls() if x[1].endswith(":search")] == []


def test_the_time_at_which_exports_look_next_is_given_back(house: SyncDesk) -> None:
    before = Connection.objects.get(pk=house.connection.pk).wake_at
    lease = claim_idle(house.connection.pk)
    assert lease is not None
    assert not lease.is_wanted()
    lease.hand_back()
    assert Connection.objects.get(pk=house.connection.pk).wake_at == before
    again = claim_idle(house.connection.pk)
    assert again is not None
    check_now(connection=house.connection)
    assert again.is_wanted()
    again.hand_back()
    wake_at = Connection.objects.get(pk=house.connection.pk).wake_at
    assert wake_at is not None
    assert wake_at <= timezone.now()


def test_only_one_worker_is_at_a_connection(house: SyncDesk) -> None:
    assert claim_idle(house.connection.pk) is not None
    assert claim_idle(house.connection.pk) is None
    assert claim(house.connection.pk) is None


def test_somebody_who_asks_while_it_runs_is_heard(
    house: SyncDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.only("accounts")
    house.seed_erp(accounts=[{"code": "1", "name": "One"}])
    house.seed_pleo()
    real = SyncRun.execute

    def asked_meanwhile(run: Any) -> None:
        house.ask("accounts")
        real(run)

    monkeypatch.setattr(SyncRun, "execute", asked_meanwhile)
    house.sync("accounts")
    schedule = house.schedule("accounts")
    assert schedule.asked_at is not None
    assert schedule.next_run_at is not None
    assert schedule.next_run_at <= timezone.now()


def test_a_plan_is_decided_once(house: SyncDesk) -> None:
    house.only("accounts")
    house.seed_erp(accounts=[{"code": "1", "name": "One"}])
    house.sync("accounts")
    plan = house.plan("accounts")
    now: datetime = timezone.now()
    decisions.approve_plan(plan=plan, actor=house.desk.user, now=now)
    with pytest.raises(NotPossible):
        decisions.approve_plan(plan=plan, actor=house.desk.user, now=now)


def start_over(house: SyncDesk) -> None:
    with transaction.atomic():
        restart.start_over(connection=house.connection, now=timezone.now())


def test_other_books_begin_with_a_plan_for_a_person_again(house: SyncDesk) -> None:
    """What was approved is of the books that were left."""
    house.only("accounts")
    house.seed_erp(accounts=[{"code": "1", "name": "One"}])
    house.sync_and_approve("accounts")
    house.seed_erp(accounts=[{"code": "2", "name": "Two"}])
    start_over(house)
    house.sync("accounts")
    plan = house.plan("accounts")
    assert (plan.state, plan.why) == ("waiting", "first")
    start_over(house)
    plan.refresh_from_db()
    assert plan.state == "over"
    assert not plan.items.filter(state__in=["planned", "sent"]).exists()
    assert house.run("accounts").state == "failed"
    with pytest.raises(NotPossible):
        decisions.approve_plan(plan=plan, actor=house.desk.user, now=timezone.now())


def test_a_paused_kind_that_is_asked_for_says_so(house: SyncDesk) -> None:
    house.only("accounts")
    with pytest.raises(NotPossible, match="paused"):
        house.ask("tags")


def test_a_vendor_that_is_born_in_pleo_wakes_the_vendors_only(house: SyncDesk) -> None:
    house.work_all()
    subscription = WebhookSubscription.objects.get(connection=house.connection)
    before = Connection.objects.get(pk=house.connection.pk).woken_at
    for _ in range(2):
        reply = Pleo(subscription).send(event_type="v1.vendor.created", webhook_id="msg_1")
        assert reply.status_code == 200
    due = [kind for kind in SyncKind if house.schedule(kind).is_due(timezone.now())]
    assert due == [SyncKind.VENDORS]
    assert Connection.objects.get(pk=house.connection.pk).woken_at == before


def test_access_that_is_given_anew_is_tried_at_once(house: SyncDesk) -> None:
    house.work_all()
    assert not house.schedule("tags").is_due(timezone.now())
    wakes.retry_after_reconnect(connection=house.connection, now=timezone.now())
    assert all(house.schedule(kind).is_due(timezone.now()) for kind in SyncKind)


def test_dead_access_waits_for_a_person(house: SyncDesk) -> None:
    house.work_all()
    house.simulator("POST", f"/companies/{house.company_id}/disconnect")
    run = house.sync("accounts")
    assert (run.state, run.waiting_for) == ("waiting", "reconnect")
    assert not house.schedule("accounts").is_due(timezone.now() + timedelta(hours=23))


def test_other_books_than_the_confirmed_ones_change_nothing(house: SyncDesk) -> None:
    house.only("tax_codes")
    house.sync("tax_codes")  # a plan that waits must not hide the others from the look
    SyncSchedule.objects.update(is_paused=False)
    Connection.objects.filter(pk=house.connection.pk).update(erp_company_id="another")
    house.connection.refresh_from_db()
    house.forget_calls()
    run = house.sync("accounts")
    assert run.state == "failed"
    assert "opens the books of" in run.headline
    assert house.calls() == []
    house.connection.refresh_from_db()
    assert "opens the books of" in house.connection.erp_problem
