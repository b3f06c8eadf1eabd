"""A viewer joins, looks at everything and can change nothing: by mouse, and by keyboard."""

import re
from collections.abc import Callable, Iterator

import pytest
from django.core import mail
from django.urls import reverse
from django_scopes import scopes_disabled
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from pleo_connector.connections.models import Connection
from tests.app import factories
from tests.app.test_web_roles import Place

PASSWORD = "a-long-password"
GUEST = "accountant@office.example"


@pytest.fixture
def place(live_server: LiveServer) -> Iterator[Place]:
    with scopes_disabled():
        tenant = factories.make_tenant()
        connection = factories.make_connection(tenant)
        job = factories.make_job(connection, booked=3, failed=2)
        yield Place(tenant, connection, job, {"owner": factories.owner_of(tenant)})


@pytest.fixture
def visit(browser: Browser, live_server: LiveServer) -> Iterator[Callable[[], Page]]:
    """Each a person with a browser of their own."""
    contexts = []

    def come() -> Page:
        context = browser.new_context(base_url=live_server.url, reduced_motion="reduce")
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    yield come
    for context in contexts:
        context.close()


# -- Hands: the same walk by mouse and by keyboard ----------------------------------------------


class Mouse:
    def press(self, there: Locator) -> None:
        there.click()

    def write(self, there: Locator, text: str) -> None:
        there.click()
        there.fill(text)

    def choose(self, there: Locator) -> None:
        there.check()


class Keyboard:
    """Tab until the place has the focus, which shows; then keys alone."""

    def go(self, there: Locator) -> Page:
        page = there.page
        for _ in range(80):
            page.keyboard.press("Tab")
            if there.evaluate("it => it === document.activeElement"):
                assert there.evaluate("it => getComputedStyle(it).outlineStyle") != "none"
                return page
        raise AssertionError(f"the keyboard does not reach {there}")

    def press(self, there: Locator) -> None:
        self.go(there).keyboard.press("Enter")

    def write(self, there: Locator, text: str) -> None:
        self.go(there).keyboard.type(text)

    def choose(self, there: Locator) -> None:
        """One of a group of radio buttons: the focus comes to the one that is checked."""
        group = there.page.locator(f"input[name='{there.get_attribute('name')}']:checked")
        page = self.go(group)
        for _ in range(5):
            if there.is_checked():
                return
            page.keyboard.press("ArrowDown")
        raise AssertionError("the arrow keys do not reach it")


Hands = Mouse | Keyboard


def log_in(page: Page, hands: Hands, email: str) -> None:
    page.goto(reverse("account_login"))
    hands.write(page.get_by_label("E-mail address"), email)
    hands.write(page.get_by_label("Password"), PASSWORD)
    hands.press(page.get_by_role("button", name="Log in"))


def invite(page: Page, hands: Hands) -> str:
    """The link of the letter."""
    hands.press(page.get_by_role("link", name="Members"))
    hands.write(page.get_by_label("E-mail address"), GUEST)
    hands.choose(page.get_by_label("Viewer: looks, and changes nothing"))
    hands.press(page.get_by_role("button", name="Send the invitation"))
    expect(page.get_by_role("status")).to_contain_text("on its way")
    expect(page.get_by_role("row").filter(has_text=GUEST)).to_contain_text("Viewer")
    found = re.search(r"/invitation/\S+", str(mail.outbox[-1].body))
    assert found
    return found[0]


def join(page: Page, hands: Hands, link: str) -> None:
    page.goto(link)
    hands.press(page.get_by_role("link", name="Sign up to accept"))
    expect(page.get_by_label("E-mail address")).to_have_value(GUEST)
    hands.write(page.get_by_label("Password"), PASSWORD)
    hands.press(page.get_by_role("button", name="Sign up"))
    hands.press(page.get_by_role("button", name="Accept the invitation"))
    expect(page.get_by_role("status")).to_contain_text("You are a member of Nordhavn ApS.")


BUTTONS = "main form[method=post] button:enabled"


@pytest.mark.parametrize("hands", [Mouse(), Keyboard()], ids=["mouse", "keyboard"])
def test_a_viewer_looks_and_changes_nothing(
    visit: Callable[[], Page], place: Place, hands: Hands
) -> None:
    owner, guest = visit(), visit()
    log_in(owner, hands, place.people["owner"].email)
    join(guest, hands, invite(owner, hands))

    hands.press(guest.get_by_role("link", name="Nordhavn ApS").first)
    expect(guest.locator("h1")).to_be_visible()
    for label in ("Exports", "Mapping", "Posting", "Members", "API tokens", "Audit log"):
        hands.press(guest.get_by_role("navigation").get_by_role("link", name=label))
        expect(guest.locator("main")).to_be_visible()
        expect(guest.locator(BUTTONS)).to_have_count(0)
    expect(guest.locator("main")).to_contain_text(f"Invited {GUEST} as Viewer")

    # Who sends the form all the same is told who can.
    guest.goto(place.url("connection"))
    token = guest.locator("input[name=csrfmiddlewaretoken]").first.get_attribute("value")
    posted: dict[str, str | float | bool] = {"csrfmiddlewaretoken": str(token)}
    for name in ("pause", "accounts", "export-again", "members", "tokens"):
        reply = guest.request.post(place.url(name), form=posted, headers={"Referer": guest.url})
        assert reply.status == 403, name
        assert "An owner or admin can do it." in reply.text()
    connection = Connection.objects.get(pk=place.connection.pk)
    assert connection.state == Connection.State.LIVE

    expect(owner.locator(BUTTONS)).not_to_have_count(0)
    owner.reload()
    expect(owner.get_by_role("row").filter(has_text=GUEST)).to_contain_text("Viewer")
