"""What staff do at night, by mouse and by keyboard alone, and how their pages look."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django_scopes import scopes_disabled
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from pleo_connector.connections.models import (
    Connection,
    PleoGrant,
    WebhookEvent,
    WebhookSubscription,
)
from pleo_connector.exports.models import ExportJob, Posting
from pleo_connector.history.models import DURATIONS, Attempt, DailyStat, RemoteCall, Run
from pleo_connector.tenants.models import AuditEntry, Tenant, User
from tests.app import factories
from tests.app.test_web_roles import TABLE, Place
from tests.browser.test_every_page import ONLY, look

PAGES = [
    name
    for name in TABLE
    if name.startswith("ops") and not name.endswith("-csv") and (ONLY == [""] or name in ONLY)
]
HOUR = timedelta(hours=1)


@pytest.fixture
def place(live_server: LiveServer) -> Iterator[Place]:
    """A night on which much goes wrong."""
    with scopes_disabled():
        tenant = factories.make_tenant()
        connection = factories.make_connection(tenant)
        job = factories.make_job(connection, booked=28, failed=5, pending=9)
        factories.make_job(connection, booked=4, failed=1, ago=HOUR)
        make_stuck(connection, job)
        make_trouble(tenant, job)
        staff = factories.make_user("staff")
        User.objects.filter(pk=staff.pk).update(is_staff=True)
        yield Place(tenant, connection, job, {"staff": staff})


def make_stuck(connection: Connection, job: ExportJob) -> None:
    now = timezone.now()
    began = now - 2 * HOUR
    Run.objects.filter(pk=job.run_id).update(started_at=began - HOUR / 6, moved_at=began)
    Attempt.objects.filter(run=job.run).update(started_at=began - HOUR / 6)
    Attempt.objects.filter(run=job.run, fence=2).update(started_at=began, worker="worker-4:1377")
    RemoteCall.objects.filter(attempt__run=job.run).update(began_at=began)
    WebhookSubscription.objects.create(connection=connection, pleo_id="sub_1", secret="whsec_x")
    Connection.objects.filter(pk=connection.pk).update(
        lease_holder="worker-4:1377",
        lease_fence=7,
        lease_since=now - 2 * HOUR,
        lease_until=now + HOUR,
    )


def make_trouble(tenant: Tenant, job: ExportJob) -> None:
    now = timezone.now()
    doubt = [x.pk for x in Posting.objects.filter(job=job).order_by("pk")[:3]]
    Posting.objects.filter(pk__in=doubt[:2]).update(state="uncertain", intended_at=now - HOUR)
    Posting.objects.filter(pk=doubt[2]).update(state="asked", intended_at=now - 9 * HOUR)
    other = factories.make_connection(tenant, name="Sydhavn Handelsbolag och Byggservice AB")
    reason = "Pleo has ended our authorisation."
    PleoGrant.objects.filter(connection=other).update(dead_since=now, dead_reason=reason)
    waiting = factories.make_connection(tenant, name="Skovgaard A/S", kind="odoo")
    Connection.objects.filter(pk=waiting.pk).update(
        wake_at=now - timedelta(minutes=4), erp_access_ends=now.date() + timedelta(days=5)
    )
    limited = factories.make_job(
        waiting, pending=30, booked=70, state="waiting", waiting_until=now + timedelta(minutes=9)
    )
    Run.objects.filter(pk=limited.run_id).update(is_limited=True, waiting_for="Odoo")
    for number in range(3):
        WebhookEvent.objects.create(
            connection=job.connection,
            webhook_id=f"msg_{number}",
            event_type="v1.export-job.created",
            received_at=now - number * HOUR,
            is_known=True,
        )
    DailyStat.objects.bulk_create(_day(job.connection, ago) for ago in range(30) if ago % 7 != 5)


def _day(connection: Connection, ago: int) -> DailyStat:
    durations = [0] * (len(DURATIONS) + 1)
    durations[6 + ago % 3] = 20
    durations[10 + ago % 4] = 2
    return DailyStat(
        connection=connection,
        kind="export",
        day=timezone.now().date() - timedelta(days=ago),
        runs=22,
        runs_with_errors=2,
        total=1000,
        succeeded=700 + 37 * (ago % 9),
        failed=(ago * 13) % 90,
        calls=300 + 11 * (ago % 5),
        limit_waits=ago % 3,
        limit_seconds=40 * (ago % 3),
        durations=durations,
    )


@pytest.fixture
def visitor(browser: Browser, live_server: LiveServer, place: Place) -> Iterator[Page]:
    client = Client()
    client.force_login(place.people["staff"])
    context = browser.new_context(base_url=live_server.url, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert not errors


def test_every_page_of_staff(visitor: Page, place: Place) -> None:
    wrong = []
    for name in PAGES:
        visitor.goto(place.url(name))
        for part in visitor.locator("details.days, details.more").all():
            part.evaluate("x => { x.open = true }")
        wrong += look(visitor, name)
    assert not wrong, "\n".join(wrong)


# -- A stuck run is found and released ----------------------------------------------------------


def lease_of(place: Place) -> tuple[int, str]:
    with scopes_disabled():
        row: Any = Connection.objects.get(pk=place.connection.pk)
    return row.lease_fence, row.lease_holder


def is_released(place: Place, page: Page) -> None:
    expect(page.get_by_role("status")).to_contain_text("The next free worker takes it over.")
    expect(page.locator("main")).to_contain_text("Nobody")
    assert lease_of(place) == (8, "")
    with scopes_disabled():
        entry = AuditEntry.objects.get(action="took a connection from its worker")
    assert (entry.tenant, entry.detail) == (place.tenant, {"worker": "worker-4:1377"})


def test_a_stuck_run_is_found_and_released(visitor: Page, place: Place) -> None:
    visitor.goto("/ops/")
    expect(visitor.get_by_role("heading", level=1)).to_contain_text("stuck")
    row = visitor.locator("#stuck").get_by_role("row").filter(has_text="worker-4:1377")
    row.get_by_role("link", name="Export").click()
    expect(visitor.locator(".headline-bad")).to_contain_text("does not get on")
    visitor.get_by_role("link", name="Take it from its worker").click()
    expect(visitor.locator("main")).to_contain_text("can neither write nor call")
    assert lease_of(place) == (7, "worker-4:1377")  # nothing was done by asking
    visitor.get_by_role("button", name="Take it from the worker").click()
    is_released(place, visitor)


def walk_to(page: Page, wanted: Locator) -> None:
    """By the tabulator key, as somebody without a mouse does."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if wanted.evaluate("x => x === document.activeElement"):
            return
    raise AssertionError("the keyboard does not reach it")


def test_a_stuck_run_is_found_and_released_by_keyboard(visitor: Page, place: Place) -> None:
    visitor.goto("/ops/")
    walk_to(visitor, visitor.locator("#stuck").get_by_role("link", name="Export"))
    visitor.keyboard.press("Enter")
    visitor.wait_for_url("**/ops/runs/**")
    walk_to(visitor, visitor.get_by_role("link", name="Take it from its worker"))
    visitor.keyboard.press("Enter")
    visitor.wait_for_url("**/release-lease/")
    walk_to(visitor, visitor.get_by_role("button", name="Take it from the worker"))
    visitor.keyboard.press("Enter")
    visitor.wait_for_url("**/ops/connections/**")
    is_released(place, visitor)
