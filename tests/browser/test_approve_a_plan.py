"""The first plans of a new customer: seen, decided and watched, by mouse and by keyboard alone."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from demo.month import EMAIL, PASSWORD, Demo
from demo.stack import Stack
from tests.browser.conftest import shoot

HAND_MADE = [
    {"code": code, "name": name, "archived": False, "tags": []}
    for code, name in (("REGION", "Region"), ("SEASON", "Season"))
]
PATIENCE = 180_000  # a lease of a few seconds is lost now and then on a busy machine


@pytest.fixture(scope="module")
def customer(demo: Demo) -> str:
    """The path of a connection that just went live, with two tag groups in Pleo made by hand."""
    stack, company = demo.stack, demo.company["id"]
    stack.sim("POST", f"/companies/{company}/master-data", tagGroups=HAND_MADE)
    demo.connect(stack.books(demo.company))
    found = re.search(r"/connections/[0-9a-f-]+/", demo.state.read_text())
    assert found
    return found.group()


def log_in(page: Page, stack: Stack) -> None:
    page.goto(stack.web_url + "/accounts/login/")
    page.fill("input[name=login]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.click("form:has(input[name=password]) button")


def kind_section(page: Page, name: str) -> Locator:
    return page.locator("section.sync").filter(has=page.get_by_role("heading", name=name))


def see(page: Page, section: Locator, words: str) -> None:
    """The page is read again until it says so."""
    for _ in range(120):
        if words in section.inner_text():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError(f"{words!r} is not in:\n{section.inner_text()}")


def is_archived(demo: Demo, code: str) -> bool:
    everything = demo.stack.sim("GET", f"/companies/{demo.company['id']}/master-data")
    return any(x["archived"] for x in everything["tagGroups"] if x["code"] == code)


def test_a_plan_is_approved_and_what_is_kept_stays(
    page: Page, stack: Stack, demo: Demo, customer: str
) -> None:
    log_in(page, stack)
    page.goto(stack.web_url + customer)
    page.get_by_role("link", name="Tags and accounts").click()
    tags = kind_section(page, "Tags")
    see(page, tags, "A plan waits for approval")
    shoot(page, "22-syncs-waiting")
    tags.get_by_role("link", name="Look at the plan").click()
    expect(page.locator("h1")).to_contain_text("in Pleo wait")
    page.get_by_label("Pick Region").check()
    page.get_by_role("button", name="Keep the picked ones").click()
    expect(page.locator("main")).to_contain_text("1 record is kept in Pleo")
    shoot(page, "23-plan")
    page.get_by_role("link", name="Archive 1 tag group").click()
    shoot(page, "24-plan-question")
    page.locator("main form button.btn-danger, main form button.btn-primary").click()
    # The page reaches its end by itself, without a reload.
    expect(page.locator("h1")).to_contain_text("made in Pleo", timeout=PATIENCE)
    expect(page.locator("[data-poll]")).to_have_count(0, timeout=PATIENCE)
    shoot(page, "25-plan-made")
    assert is_archived(demo, "SEASON")
    assert not is_archived(demo, "REGION")

    page.goto(stack.web_url + customer + "syncs/")
    before = tags.inner_text()
    assert "as Tryton has them" in before
    tags.get_by_role("button", name="Sync now").click()
    expect(page.locator("main")).to_contain_text("Both sides are being compared now.")
    see(page, tags, "as Tryton has them")
    page.goto(stack.web_url + customer + "syncs/kept/")
    expect(page.locator("main")).to_contain_text("Region")
    assert not is_archived(demo, "REGION")


def test_a_plan_is_approved_by_keyboard_alone(
    page: Page, stack: Stack, demo: Demo, customer: str
) -> None:
    log_in(page, stack)
    page.goto(stack.web_url + customer + "syncs/")
    accounts = kind_section(page, "Accounts")
    see(page, accounts, "A plan waits for approval")
    tab_to(page, accounts.get_by_role("link", name="Look at the plan"))
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("in Pleo wait")
    tab_to(page, page.locator("#progress a.btn-primary"))
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Change Pleo like this?")
    tab_to(page, page.locator("main form button"))
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("made in Pleo", timeout=PATIENCE)


def tab_to(page: Page, target: Locator) -> None:
    """As somebody without a mouse gets there."""
    for _ in range(80):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} cannot be reached by the Tab key.")


def test_a_missing_permission_is_named_and_the_tags_go_on(
    page: Page, stack: Stack, customer: str
) -> None:
    log_in(page, stack)
    match = {"method": "POST", "path": "/v1/chart-of-accounts:search"}
    stack.sim("POST", "/faults", match=match, effect={"status": 403})
    page.goto(stack.web_url + customer + "syncs/")
    page.get_by_role("button", name="Sync all now").click()
    expect(page.locator("main")).to_contain_text("Both sides are being compared now.")
    accounts, tags = kind_section(page, "Accounts"), kind_section(page, "Tags")
    see(page, accounts, "Pleo does not show us its accounts.")
    expect(accounts.get_by_role("button", name="Reconnect Pleo")).to_be_visible()
    see(page, tags, "as Tryton has them")
    shoot(page, "26-syncs-permission")
    stack.sim("DELETE", "/faults")
