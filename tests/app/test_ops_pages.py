"""What staff see over all companies: what is stuck, where, since when, and how the days went."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled

from pleo_connector.connections.limits import shared_windows
from pleo_connector.connections.models import Connection, PleoGrant
from pleo_connector.exports.models import Posting
from pleo_connector.history.models import DURATIONS, DailyStat, Run
from pleo_connector.ops import queries
from pleo_connector.ops.charts import Series, bar_chart, line_chart
from pleo_connector.ops.stats import percentile
from pleo_connector.tenants.models import ApiToken, User
from tests.app import factories

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def connection() -> Iterator[Connection]:
    with scopes_disabled():
        yield factories.make_connection(factories.make_tenant())


@pytest.fixture
def staff(db: None) -> User:
    user = factories.make_user("staff")
    user.is_staff = True
    user.save()
    return user


@pytest.fixture
def client(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def change(connection: Connection, **fields: Any) -> None:
    Connection.objects.filter(pk=connection.pk).update(**fields)


def dashboard(client: Client, **query: Any) -> Any:
    return client.get(reverse("ops"), query)


def rows_of(client: Client) -> dict[str, int]:
    sections = dashboard(client).context["sections"]
    return {section.name: len(section.table.rows) for section in sections}


def test_nothing_is_stuck(client: Client, connection: Connection) -> None:
    factories.make_job(connection, booked=2)
    assert set(rows_of(client).values()) == {0}
    assert "Nothing is stuck" in dashboard(client).content.decode()


def test_a_run_that_does_not_get_on_is_found(client: Client, connection: Connection) -> None:
    now = timezone.now()
    job = factories.make_job(connection, pending=3, booked=1)
    Run.objects.filter(pk=job.run_id).update(moved_at=now - HOUR)
    change(connection, lease_holder="worker-9:1", lease_since=now - HOUR, lease_until=now + HOUR)
    page = dashboard(client).content.decode()
    assert "1 run is stuck." in page
    assert "worker-9:1 holds it and does not get on." in page
    its_page = client.get(reverse("ops-connection", args=[connection.public_id])).content.decode()
    assert "A run is stuck: no step for 1 h." in its_page
    assert "worker-9:1 holds it and does not get on." in its_page
    change(connection, lease_until=now - HOUR)
    assert "Nobody works on it." in dashboard(client).content.decode()
    Run.objects.filter(pk=job.run_id).update(
        state="waiting", waiting_until=now - HOUR, waiting_for="Tryton"
    )
    assert "Its wait is over" in dashboard(client).content.decode()
    run = client.get(reverse("ops-run", args=[job.run.public_id])).content.decode()
    assert "Its wait is over" in run
    assert "run-now" in run  # nobody holds it
    change(connection, state="paused")  # nobody is meant to work on it
    assert rows_of(client)["stuck"] == 0


def test_a_run_that_gets_on_or_waits_its_time_is_not_stuck(
    client: Client, connection: Connection
) -> None:
    now = timezone.now()
    change(connection, lease_holder="w", lease_until=now + HOUR)
    job = factories.make_job(connection, pending=3)
    Run.objects.filter(pk=job.run_id).update(moved_at=now - timedelta(minutes=20))
    Run.objects.create(
        connection=connection,
        state="waiting",
        waiting_for="reconnect",
        started_at=now - 9 * HOUR,
    )
    assert rows_of(client)["stuck"] == 0


def test_queue_leases_and_access_are_shown(client: Client, connection: Connection) -> None:
    now = timezone.now()
    change(connection, wake_at=now - timedelta(minutes=3))
    held = factories.make_connection(connection.tenant, name="Sydhavn AB")
    change(held, lease_holder="worker-7:3", lease_since=now - HOUR, lease_until=now + HOUR)
    dead = factories.make_connection(connection.tenant, name="Skovgaard A/S", kind="odoo")
    change(dead, erp_access_ends=(now + timedelta(days=3)).date())
    PleoGrant.objects.filter(connection=dead).update(
        dead_since=now, dead_reason="Pleo has ended our authorisation."
    )
    ApiToken.objects.create(
        tenant=connection.tenant,
        name="Payroll",
        prefix="pec_1",
        hash="x",
        scopes=[],
        expires_at=now + timedelta(days=2),
    )
    found = rows_of(client)
    assert found == {
        "stuck": 0,
        "doubt": 0,
        "reconnect": 1,
        "queue": 1,
        "leases": 1,
        "limits": 0,
        "keys": 2,
    }
    page = dashboard(client).content.decode()
    for text in ("worker-7:3", "3 min", "Pleo has ended our authorisation.", "Payroll", "Odoo"):
        assert text in page


def test_vouchers_in_doubt_are_those_that_nobody_books_right_now(
    client: Client, connection: Connection
) -> None:
    factories.make_job(connection, booked=3)
    first, second, third = Posting.objects.order_by("pk")
    Posting.objects.filter(pk=first.pk).update(state="uncertain", intended_at=timezone.now() - HOUR)
    Posting.objects.filter(pk=second.pk).update(state="asked")
    Posting.objects.filter(pk=third.pk).update(state="intent")  # this very moment
    (doubt,) = queries.doubtful(timezone.now())
    assert (doubt.connection, doubt.looked_up, doubt.asked) == (connection, 1, 1)
    page = client.get(reverse("ops-connection", args=[connection.public_id])).content.decode()
    assert first.reference in page
    assert second.reference in page


def test_what_waits_for_a_rate_limit_is_shown(client: Client, connection: Connection) -> None:
    until = timezone.now() + HOUR
    job = factories.make_job(connection, pending=2, state="waiting", waiting_until=until)
    Run.objects.filter(pk=job.run_id).update(is_limited=True, waiting_for="Tryton")
    assert rows_of(client)["limits"] == 1
    assert rows_of(client)["stuck"] == 0


def test_pauses_are_read_from_redis(client: Client, connection: Connection, settings: Any) -> None:
    shared = shared_windows(settings.REDIS_URL).shared
    shared.pause(f"erp:{connection.public_id}", 30)
    pauses = queries.pauses()
    assert pauses is not None
    found = [x for x in pauses if x.connection == connection.public_id]
    assert [x.system for x in found] == ["erp"]
    assert 20 < found[0].seconds <= 30
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    assert queries.pauses() is None
    assert "Redis is away" in dashboard(client).content.decode()


def test_runs_are_narrowed_over_all_companies(client: Client, connection: Connection) -> None:
    other = factories.make_tenant("Skovgaard A/S")
    factories.make_job(connection, booked=1)
    factories.make_job(factories.make_connection(other, kind="odoo"), failed=1)
    url = reverse("ops-runs")

    def count(**query: str) -> int:
        return len(client.get(url, query).context["table"].rows)

    assert count() == 2
    assert count(tenant="skov") == count(erp="odoo") == count(origin="mapping") == 1
    assert count(tenant="nowhere") == count(kind="tags") == 0
    assert count(state="completed") == 1
    response = client.get(reverse("ops-runs-csv"), {"tenant": "Skov"})
    text = b"".join(response).decode("utf-8-sig")
    head, line = csv.reader(io.StringIO(text))
    assert line[0] == "Skovgaard A/S"
    assert len(head) == len(line) == 17
    client.get(reverse("ops-connections"), {"trouble": "dead", "state": "live", "erp": "odoo"})
    response = client.get(reverse("ops-connections-csv"))
    assert len(list(csv.reader(io.StringIO(b"".join(response).decode())))) == 3


# -- Days ---------------------------------------------------------------------------------------


def stat(connection: Connection, *, ago: int = 0, **fields: Any) -> DailyStat:
    durations = [0] * (len(DURATIONS) + 1)
    durations[DURATIONS.index(30)] = 10
    made: DailyStat = DailyStat.objects.create(
        connection=connection,
        day=timezone.now().date() - timedelta(days=ago),
        **({"kind": "export", "durations": durations, "runs": 10} | fields),
    )
    return made


def test_days_are_summed_by_what_is_chosen(client: Client, connection: Connection) -> None:
    other = factories.make_connection(factories.make_tenant("Skovgaard"), kind="odoo")
    stat(connection, succeeded=90, failed=10, calls=7, limit_waits=2, limit_seconds=80)
    stat(connection, kind="tags", succeeded=5)
    stat(connection, ago=20, succeeded=1)
    stat(other, succeeded=100)

    def days(**query: str) -> list[Any]:
        return list(dashboard(client, **query).context["days"])

    (today, *_), month = days()[:1], days()
    assert (today.succeeded, today.failed, len(month)) == (195, 10, 30)
    assert sum(x.succeeded for x in month) == 196
    assert len(days(days="7")) == 7
    assert days(tenant="nordhavn")[0].succeeded == 95
    assert days(erp="odoo")[0].success == 100
    stat(connection, state="failed", runs=2, runs_failed=2, calls=3)
    failed = days(state="failed")[0]
    assert (failed.runs, failed.runs_failed, failed.calls) == (2, 2, 3)
    assert days(state="running")[0].runs == days()[0].runs  # has no end yet: no choice of the list
    chosen = days(kind="export", tenant="Nordhavn")[0]
    assert (chosen.success, chosen.calls, chosen.limit_seconds) == (90, 10, 80)
    assert 20 < chosen.half < chosen.most < 30
    page = dashboard(client).content.decode()
    assert page.count('role="img"') == 5
    assert "19 of 20 took less than" in page
    assert "style=" not in page  # the policy would refuse it


def test_days_are_made_anew_from_runs(connection: Connection) -> None:
    factories.make_job(connection, booked=3)
    factories.make_job(connection, failed=2, ago=timedelta(days=3))
    for _ in range(2):
        call_command("fold_days", verbosity=0)
        assert [x.succeeded for x in DailyStat.objects.order_by("day")] == [0, 3]


@pytest.mark.parametrize(
    ("counts", "share", "expected"),
    [
        ({}, 0.5, None),
        ({0: 10}, 0.5, 0.5),
        ({0: 10}, 1.0, 1.0),
        ({5: 1, 10: 1}, 0.5, 12.0),
        ({len(DURATIONS): 4}, 0.95, 3600),
    ],
)
def test_percentiles_come_from_classes(
    counts: dict[int, int], share: float, expected: float | None
) -> None:
    durations = [counts.get(i, 0) for i in range(len(DURATIONS) + 1)]
    assert percentile(durations, share) == expected


def test_shapes_stay_in_their_box() -> None:
    days = [timezone.now().date()] * 3
    series = [Series("a", "chart-1", [1, 0, 3]), Series("b", "chart-bad", [1, 0, 1])]
    bars = bar_chart("n", "t", "s", days=days, series=series, written=str).bars
    assert len(bars) == 4
    assert all(x.y >= 0 and x.y + x.height <= 40.01 and x.x + x.width <= 100 for x in bars)
    gap = [Series("a", "chart-1", [50, None, 100])]
    (line,) = line_chart("n", "t", "s", days=days, series=gap, written=str, top=100).lines
    assert line.stretches == ["0.00,20.00 33.33,20.00", "66.67,0.00 100.00,0.00"]
    empty = [Series("a", "chart-1", [None, None])]
    (line,) = line_chart("n", "t", "s", days=days[:2], series=empty, written=str).lines
    assert line.stretches == []


# -- Who gets in --------------------------------------------------------------------------------


def test_staff_need_a_second_step_where_the_settings_say_so(
    client: Client, staff: User, settings: Any
) -> None:
    settings.STAFF_NEED_SECOND_STEP = True
    assert dashboard(client)["Location"] == reverse("mfa_activate_totp")
    TOTP.activate(staff, generate_totp_secret())
    assert dashboard(client).status_code == 200


def test_staff_without_a_company_have_a_menu(client: Client) -> None:
    page = dashboard(client).content.decode()
    for name in ("ops", "ops-runs", "ops-connections"):
        assert f'href="{reverse(name)}"' in page


# -- For monitors -------------------------------------------------------------------------------


def test_metrics_ask_for_their_token(client: Client, connection: Connection, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "a-token"
    assert client.get("/metrics").status_code == 401
    wrong = {"Authorization": "Bearer other"}
    assert client.get("/metrics", headers=wrong).status_code == 401
    stat(connection, succeeded=9, failed=1, runs_failed=2)
    change(connection, wake_at=timezone.now() - timedelta(seconds=100))
    page = client.get("/metrics", headers={"Authorization": "Bearer a-token"})
    text = page.content.decode()
    assert page["Content-Type"].startswith("text/plain")
    for line in (
        "connector_due_connections 1.0",
        'connector_connections{state="live"} 1.0',
        "connector_redis_up 1.0",
        'connector_runs_today_total{kind="export",result="completed"} 8.0',
        'connector_records_today_total{kind="export",result="succeeded"} 9.0',
        'connector_run_seconds_today_bucket{kind="export",le="30"} 10.0',
    ):
        assert line in text, line
    assert "Nordhavn" not in text


def test_health_tells_life_from_readiness(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get(reverse("health-live")).json() == {"ok": True}
    found = client.get(reverse("health-ready")).json()
    assert found == {"ok": True, "database": True, "redis": True}
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    assert client.get(reverse("health")).json() == {"ok": True, "database": True, "redis": False}
    monkeypatch.setattr("pleo_connector.ops.views.health._database", lambda: False)
    assert client.get(reverse("health-ready")).status_code == 503
