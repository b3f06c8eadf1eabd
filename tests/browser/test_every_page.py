"""Every page of the table of roles, and those to get in: nothing grave by axe, nothing cut off.

A new page joins by being in that table.
"""

import os
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from django.conf import settings
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse
from django.utils import timezone
from django_scopes import scopes_disabled
from playwright.sync_api import Page

from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import Posting
from pleo_connector.tenants.models import Tenant, User
from tests.app import factories
from tests.app.test_web_roles import TABLE, Place
from tests.app.test_web_second_step import code_of
from tests.browser.conftest import THEMES, WIDTHS, shoot

ONLY = os.environ.get("ONLY", "").split(",")  # names of pages, where not all are to be looked at
PAGES = [
    name
    for name in TABLE
    if TABLE[name][0][0] in (200, 400)
    and not name.endswith(("-csv", "-progress"))
    and (ONLY == [""] or name in ONLY)
]
GRAVE = ("serious", "critical")
# A theme that is turned on shows from the next frame, and no colour may still be on its way to it.
SETTLED = """() => new Promise(requestAnimationFrame)
    .then(() => Promise.allSettled(document.getAnimations().map(one => one.finished)))"""
ANYBODY = ("guest", "person")
ENTRANCES: dict[str, tuple[str, ...]] = {  # the pages about a log-in, and who gets to them
    "account_login": ("guest",),
    "account_signup": ("guest",),
    "account_inactive": ANYBODY,
    "account_confirm_email": ANYBODY,
    "account_email_verification_sent": ANYBODY,
    "account_reset_password": ANYBODY,
    "account_reset_password_done": ANYBODY,
    "account_reset_password_from_key": ANYBODY,
    "account_reset_password_from_key_done": ANYBODY,
    "api-docs": ANYBODY,
    "account_change_password": ("person",),
    "account_logout": ("person",),
    "account_reauthenticate": ("person",),
    "mfa_index": ("person",),
    "mfa_activate_totp": ("second step",),
    "mfa_authenticate": ("second step",),
    "mfa_deactivate_totp": ("second step",),
    "mfa_generate_recovery_codes": ("second step",),
    "mfa_reauthenticate": ("second step",),
    "mfa_view_recovery_codes": ("second step",),
    "second-step": ("second step",),
}


def findings(page: Page) -> list[str]:
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{x['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for x in found
        if x["impact"] in GRAVE
        for node in x["nodes"]
    ]


def is_too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def look(page: Page, name: str, *, widths: tuple[int, ...] = WIDTHS) -> list[str]:
    """What is wrong with the page, over the widths and both themes."""
    wrong = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        page.evaluate(SETTLED)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            said = findings(page)
            if is_too_wide(page):
                said.append("wider than the screen")
            wrong += [f"{name} {theme} {width}: {x}" for x in said]
    if os.environ.get("SCREENSHOTS"):
        shoot(page, f"page-{name}")
    return wrong


look_at = look


def test_every_page(visitor: Page, place: Place) -> None:
    wrong = []
    for name in PAGES:
        visitor.goto(place.url(name))
        assert url_name(visitor) == name
        wrong += look(visitor, name)
    assert not wrong, "\n".join(wrong)


def url_name(page: Page) -> str:
    """Which page it is by the table of addresses."""
    return str(resolve(urlsplit(page.url).path).url_name)


def test_every_page_as_a_viewer(visitor: Page, place: Place) -> None:
    """Without buttons the same holds. One width each is enough: the parts are the same."""
    log_in(visitor, place.people["viewer"])
    wrong = []
    for number, name in enumerate(PAGES):
        url = place.url(name)
        reply = visitor.request.get(url)
        if reply.ok and "<html" in reply.text():
            visitor.goto(url)
            wrong += look(visitor, f"viewer-{name}", widths=(WIDTHS[number % 2],))
    assert not wrong, "\n".join(wrong)


def test_every_page_of_a_company_with_nothing_in_it(visitor: Page, place: Place) -> None:
    with scopes_disabled():
        tenant = factories.make_tenant("Sydhavn AB")
        bare = factories.make_bare_connection(tenant)
    wrong = []
    for number, name in enumerate(PAGES):
        url = address(name, bare)
        log_in(visitor, factories.owner_of(tenant))
        reply = visitor.request.get(url)
        if reply.ok and "<html" in reply.text():
            visitor.goto(url)
            wrong += look(visitor, f"empty-{name}", widths=(WIDTHS[number % 2],))
    with scopes_disabled():
        bare.delete()
    visitor.goto("/")
    wrong += look(visitor, "empty-home-first")
    assert not wrong, "\n".join(wrong)


def address(name: str, connection: Connection) -> str:
    """Of a page of the company or of the connection; nowhere for one of what it has not."""
    for args in ((), (connection.public_id,), (connection.public_id, "tryton")):
        try:
            return reverse(name, args=args)
        except NoReverseMatch:
            continue
    return "/nowhere/"


def test_the_pages_about_what_did_not_work(visitor: Page, place: Place, monkeypatch: Any) -> None:
    wrong = []
    visitor.goto("/nowhere/")
    assert "There is nothing here" in visitor.content()
    wrong += look(visitor, "error-404")
    visitor.goto("/invitation/guessed/")
    wrong += look(visitor, "error-invitation")
    visitor.goto(place.url("settings"))
    visitor.evaluate("document.querySelector('main input[name=csrfmiddlewaretoken]').remove()")
    visitor.get_by_role("button", name="Save").click()
    assert "The form was too old" in visitor.content()
    wrong += look(visitor, "error-csrf")
    log_in(visitor, place.people["viewer"])
    visitor.goto(place.url("hand-over"))
    assert "This is not yours to change" in visitor.content()
    wrong += look(visitor, "error-403")

    def fail(tenant: Tenant) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr("pleo_connector.web.views.home._rows", fail)
    visitor.goto("/")
    assert "Something went wrong on our side" in visitor.content()
    wrong += look(visitor, "error-500")
    assert not wrong, "\n".join(wrong)


def test_a_token_is_shown_and_copied(visitor: Page, place: Place) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.goto(place.url("tokens"))
    visitor.get_by_label("Name").fill("Reports")
    visitor.get_by_label("See connections").check()
    visitor.get_by_role("button", name="Make the token").click()
    assert look(visitor, "token-made") == []
    visitor.get_by_role("button", name="Copy").click()
    shown = visitor.locator(".secret code").inner_text()
    assert shown.startswith("pec_")
    assert visitor.evaluate("navigator.clipboard.readText()") == shown


def test_the_pages_of_the_second_step(visitor: Page, place: Place) -> None:
    user = place.people["owner"]
    seen = set()

    def look(page: Page, name: str) -> list[str]:
        seen.add(url_name(page))
        return look_at(page, name)

    visitor.goto(reverse("settings"))
    visitor.get_by_role("link", name="Set up the second step").click()
    wrong = look(visitor, "second-step-none")
    visitor.get_by_role("link", name="Set up the second step").click()
    wrong += look(visitor, "reauthenticate")
    visitor.get_by_label("Password").fill("a-long-password")
    visitor.get_by_role("button", name="Go on").click()
    wrong += look(visitor, "second-step-app")
    visitor.get_by_label("Code of six digits").fill(
        code_of(visitor.locator(".secret-key").inner_text())
    )
    visitor.get_by_role("button", name="Turn the second step on").click()
    wrong += look(visitor, "recovery-codes")
    for name in (
        "mfa_index",
        "mfa_reauthenticate",
        "mfa_deactivate_totp",
        "mfa_generate_recovery_codes",
    ):
        visitor.goto(reverse(name))
        wrong += look(visitor, name)
    Tenant.objects.update(second_step_from=timezone.now() + timedelta(days=9))
    visitor.goto(reverse("second-step-rule"))
    wrong += look(visitor, "second-step-stop")
    visitor.context.clear_cookies()
    visitor.goto(reverse("account_login"))
    visitor.get_by_label("E-mail address").fill(user.email)
    visitor.get_by_label("Password").fill("a-long-password")
    visitor.get_by_role("button", name="Log in").click()
    wrong += look(visitor, "second-step-log-in")
    Authenticator.objects.all().delete()
    log_in(visitor, user)
    for shut in (False, True):
        if shut:
            Tenant.objects.update(second_step_from=timezone.now())
        visitor.goto("/")
        wrong += look(visitor, f"second-step-{'shut' if shut else 'grace'}")
    assert not wrong, "\n".join(wrong)
    assert seen >= {name for name in ENTRANCES if "second step" in ENTRANCES[name]}


def log_in(page: Page, user: User) -> None:
    """Without its pages."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    kept = [x["domain"] for x in page.context.cookies() if x.get("name") == name]
    host = kept[0] if kept else urlsplit(page.url).hostname
    value = client.cookies[name].value
    page.context.add_cookies([{"name": name, "value": value, "url": f"http://{host}"}])


def test_the_pages_about_a_log_in(visitor: Page, place: Place) -> None:
    """As a person who is logged in, and as one who is not."""
    wrong = []
    for who in ("person", "guest"):
        if who == "guest":
            visitor.context.clear_cookies()
        for name in [name for name in ENTRANCES if who in ENTRANCES[name]]:
            visitor.goto(entrance(name))
            assert url_name(visitor) == name
            wrong += look(visitor, f"{who}-{name}")
    assert not wrong, "\n".join(wrong)


def entrance(name: str) -> str:
    for args in ((), ("no-such-key",), ("abc", "no-such-key")):
        try:
            return reverse(name, args=args)
        except NoReverseMatch:
            continue
    return ""


def test_an_entry_that_is_booked(visitor: Page, place: Place) -> None:
    item = place.job.items.filter(status="successful")[0]
    visitor.goto(reverse("entry", args=[place.job.public_id, item.public_id]))
    assert look(visitor, "entry-booked") == []


def test_an_entry_that_somebody_has_to_look_up(visitor: Page, place: Place) -> None:
    item = place.job.items.filter(status="successful")[0]
    item.refuse("accounting_system_timeout", "No answer came.", fix="look_up")
    item.save()
    asked = Posting.objects.filter(accounting_entry_id=item.accounting_entry_id)
    asked.update(state=Posting.State.ASKED, number="")
    entry = reverse("entry", args=[place.job.public_id, item.public_id])
    for name, url in (("entry", entry), ("export", place.url("export"))):
        visitor.goto(url)
        assert visitor.get_by_role("button", name="It is not booked").is_visible()
        assert look(visitor, f"{name}-asked") == []
