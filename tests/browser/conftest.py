"""The product in a real browser: the system's Chromium, headless."""

import os
import shutil
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from django_scopes import scope, scopes_disabled
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright
from pytest_django.live_server_helper import LiveServer

from demo.month import Demo
from demo.stack import Stack, passing_folder
from pleo_connector.connections.models import Connection
from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.members import invite
from pleo_connector.tenants.models import Tenant, User
from pleo_connector.tenants.tokens import create_token, revoke_token
from tests.app import factories
from tests.app.sync_factories import choose, make_schedules
from tests.app.test_web_roles import Place
from tests.conftest import ROOT
from tests.e2e.conftest import FAST

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
SHOTS = ROOT / "screenshots"
WIDTHS = (1440, 360)
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
# Nobody is killed here: no lease has to end soon, and no poll has to keep syncs waiting.
CALM = {"LEASE_SECONDS": "30", "POLL_SECONDS": "30", "SYNC_WAKE_SECONDS": "3"}
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        said = "No Chromium: install it from the system's packages (.ci/run does), or set CHROMIUM."
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    # The browser's own loop runs in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with passing_folder() as folder, Stack(folder, env=FAST | CALM) as running:
        yield running


@pytest.fixture(scope="module")
def demo(stack: Stack) -> Demo:
    return Demo(stack)


@pytest.fixture
def page(browser: Browser, stack: Stack) -> Iterator[Page]:
    """A fresh visitor; a script error on any page fails the test."""
    viewport: ViewportSize = {"width": 1440, "height": 900}
    context = browser.new_context(viewport=viewport, reduced_motion="reduce")
    context.set_default_timeout(15_000)
    visitor = context.new_page()
    errors: list[str] = []
    visitor.on("pageerror", lambda error: errors.append(str(error)))
    visitor.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield visitor
    context.close()
    assert not errors


@pytest.fixture
def place(live_server: LiveServer) -> Iterator[Place]:
    with scopes_disabled():
        tenant = factories.make_tenant()
        connection = factories.make_connection(tenant)
        other = factories.make_connection(tenant, name="Sydhavn Handelsbolag och Byggservice AB")
        factories.make_bare_connection(tenant)
        job = factories.make_job(connection, booked=28, failed=5)
        factories.make_job(connection, booked=3, ago=timedelta(days=2))
        factories.make_job(other, booked=4, pending=9)
        people = {role: factories.join(tenant, role) for role in ("owner", "viewer")}
        make_schedules(connection)
        choose(connection, "department")  # as the plan that waits says
        fill(tenant, connection, people["owner"])
        yield Place(tenant, connection, job, people)


def fill(tenant: Tenant, connection: Connection, owner: User) -> None:
    """Rows for the lists about people and programs."""
    now = timezone.now()
    seat = tenant.memberships.get(user=owner)
    for email, ago in (("accounting@a-rather-long-company-name.example", 20), ("x@b.example", 1)):
        sent = now - timedelta(days=ago)
        invite(tenant=tenant, email=email, role="viewer", actor=seat, now=sent)
    made: dict[str, Any] = {"tenant": tenant, "actor": owner}
    for name, days in (("Month-end reports", 90), ("Data warehouse", 3), ("Old script", -1)):
        ends = now + timedelta(days=days)
        scopes = ["exports:read", "exports:write"]
        token, _ = create_token(name=name, scopes=scopes, expires_at=ends, **made)
    revoke_token(
        token=create_token(name="Trial", scopes=scopes, expires_at=None, **made)[0],
        actor=owner,
        now=now,
    )
    with scope(tenant=tenant, token=token):
        record_audit(tenant=tenant, actor=None, action="paused", subject=str(connection))
    record_audit(tenant=tenant, actor=None, action="resumed", subject=str(connection))
    for number in range(60):
        subject = f"person-{number}@firm.example"
        record_audit(action="removed a member", subject=subject, role="viewer", **made)


@pytest.fixture
def visitor(browser: Browser, live_server: LiveServer, place: Place) -> Iterator[Page]:
    """The owner, logged in; a script error on any page fails the test."""
    client = Client()
    client.force_login(place.people["owner"])
    context = browser.new_context(base_url=live_server.url, reduced_motion="reduce")
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}]
    )
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert not errors


def shoot(
    page: Page, name: str, *, widths: Sequence[int] = WIDTHS, themes: Sequence[Theme] = THEMES
) -> None:
    """The page at these widths and in these themes, where SCREENSHOTS is set."""
    if not os.environ.get("SCREENSHOTS"):
        return
    Path(SHOTS).mkdir(exist_ok=True)
    for theme in themes:
        page.emulate_media(color_scheme=theme)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(
                path=SHOTS / f"{name}-{width}-{theme}.png", full_page=True, timeout=60_000
            )
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})
