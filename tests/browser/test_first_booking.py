"""From sign-up to the first booked entry, as a person does it."""

import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from demo.month import Demo
from demo.stack import Stack
from tests.browser.conftest import shoot

Company = dict[str, Any]
OWNER, PASSWORD = "owner@browser.example", "a-long-enough-pass-phrase"


def log_in_at_pleo(page: Page, demo: Demo, company: Company | None = None) -> None:
    login = (company or demo.company)["login"]
    page.fill("#login-email", login["email"])
    page.fill("#login-password", login["password"])
    page.click("#login-submit")


def sign_up(page: Page, stack: Stack, email: str) -> None:
    page.goto(stack.web_url + "/accounts/signup/")
    page.fill("input[name=email]", email)
    page.fill("input[name=password1]", PASSWORD)
    page.click("form:has(input[name=password1]) button")


def log_in(page: Page, stack: Stack, email: str) -> None:
    page.goto(stack.web_url + "/accounts/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", PASSWORD)
    page.click("form:has(input[name=password]) button")


def type_access(page: Page, access: Any) -> None:
    page.fill("input[name=base_url]", access.base_url)
    page.fill("input[name=database]", access.database)
    page.fill("input[name=secret_key]", access.key)
    page.fill("input[name=secret_user]", access.user)
    page.fill("input[name=secret_password]", access.password)


class Hand:
    """Presses what a person has to press, and counts."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.clicks = 0

    def click(self, selector: str, on: Page | None = None) -> None:
        (on or self.page).click(selector)
        self.clicks += 1


def tab_to(page: Page, target: Locator) -> None:
    """By the tabulator alone."""
    expect(target).to_be_visible()
    for _ in range(200):
        if target.evaluate("x => x === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"The keyboard does not reach {target}.")


def open_first_export(page: Page, connection: str) -> None:
    """The list of exports is read anew until the export is in it."""
    link = page.locator("main a[href^='/exports/']").first
    for _ in range(60):
        page.goto(connection + "exports/")
        if link.count():
            break
        page.wait_for_timeout(500)
    link.click()


def test_a_new_customer_connects_and_books(page: Page, stack: Stack, demo: Demo) -> None:
    access = stack.books(demo.company)
    page.goto(stack.web_url)
    shoot(page, "01-log-in")
    page.goto(stack.web_url + "/accounts/signup/")
    shoot(page, "02-sign-up")
    sign_up(page, stack, OWNER)
    page.fill("input[name=name]", demo.company["name"])
    shoot(page, "03-company")
    page.click("form[action*='company/new'] button")
    shoot(page, "05-setup")

    page.click("form[action$='/pleo/connect/'] button")
    log_in_at_pleo(page, demo)
    page.check(f"#company-{demo.company['id']}")
    page.click("#company-submit")
    shoot(page, "06-consent")
    page.click("#allow")
    expect(page).to_have_url(re.compile(r"/erp/"))
    shoot(page, "07-erp-choose")
    page.click("a[href$='/erp/tryton/']")
    shoot(page, "08-erp-connect")
    type_access(page, access)
    page.click("form:has(input[name=secret_key]) button.btn-primary")
    expect(page.locator("body")).to_contain_text(demo.company["name"])
    shoot(page, "09-erp-confirm")
    page.click("form[action$='?confirm'] button.btn-primary")
    expect(page).to_have_url(re.compile(r"/accounts/"))
    setup = page.url.replace("accounts/", "setup/")
    shoot(page, "10-accounts")
    page.click("form:has(select[name=out_of_pocket]) button.btn-primary")
    page.goto(setup.replace("setup/", "dimensions/"))
    shoot(page, "11-dimensions")
    page.click("form:has(button.btn-primary) button.btn-primary")
    page.goto(setup.replace("setup/", "posting/"))
    page.check("input[name=posting_behaviour][value=final]")
    shoot(page, "12-posting")
    page.click("form:has(input[name=posting_behaviour]) button.btn-primary")
    page.goto(setup)
    shoot(page, "13-setup-done")
    page.click("form[action$='/go-live/'] button")
    connection = setup.replace("setup/", "")
    page.goto(connection)
    shoot(page, "14-connection")

    bookkeeper = page.context.new_page()
    bookkeeper.goto(stack.simulator_url)
    log_in_at_pleo(bookkeeper, demo)
    shoot(bookkeeper, "15-pleo-queue")
    bookkeeper.click("#export-button")

    open_first_export(page, connection)
    shoot(page, "16-export-running")
    # The page reaches its end by itself, without a reload.
    expect(page.locator("main")).to_contain_text("2 of 42 entries", timeout=60_000)
    expect(page.locator("[data-poll]")).to_have_count(0, timeout=60_000)
    page.wait_for_load_state("load")
    shoot(page, "17-export-done")
    page.get_by_role("row").filter(has_text="2026/0").first.get_by_role("link").first.click()
    expect(page.locator("main")).to_contain_text("Debit")
    shoot(page, "18-entry")
    page.goto(stack.web_url)
    shoot(page, "19-home")
    page.goto(stack.web_url + "/history/")
    shoot(page, "20-history")
    bookkeeper.reload()
    shoot(bookkeeper, "21-pleo-results")


def test_at_most_twelve_clicks_from_sign_up_to_a_booked_entry(
    page: Page, stack: Stack, demo: Demo
) -> None:
    """Somebody who works in Pleo already. Every press of a button or link counts, Pleo's too."""
    company = next(c for c in stack.sim("GET", "/companies") if c["currency"] == "DKK")
    access = stack.books(company)
    pleo = page.context.new_page()
    pleo.goto(stack.simulator_url)
    log_in_at_pleo(pleo, demo, company)
    sign_up(page, stack, "other@browser.example")

    hand = Hand(page)
    page.fill("input[name=name]", company["name"])
    hand.click("form[action*='company/new'] button")
    hand.click("form[action$='/pleo/connect/'] button")
    hand.click("#login-continue")
    hand.click(f"#company-{company['id']}")
    hand.click("#company-submit")
    hand.click("#allow")
    hand.click("a[href$='/erp/tryton/']")
    type_access(page, access)
    hand.click("form:has(input[name=secret_key]) button.btn-primary")
    hand.click("form[action$='?confirm'] button.btn-primary")
    hand.click("form:has(select[name=out_of_pocket]) button.btn-primary")
    hand.click("form[action$='/go-live/'] button")
    pleo.reload()
    hand.click("#export-button", on=pleo)

    connection = re.sub(r"(connections/[^/]+/).*", r"\1", page.url)
    open_first_export(page, connection)
    expect(page.locator("[data-poll]")).to_have_count(0, timeout=60_000)
    expect(page.get_by_role("row").filter(has_text="Booked").first).to_be_visible()
    assert hand.clicks <= 12


def open_problem(page: Page, stack: Stack, email: str) -> None:
    """The export in which an account is not known."""
    log_in(page, stack, email)
    page.goto(stack.web_url + "/history/")
    failed = page.get_by_role("row").filter(has_text="could not be booked")
    failed.get_by_role("link").first.click()
    page.wait_for_load_state("load")


def mapped_and_booked(page: Page) -> None:
    """The new export, of only what waited, is over, and all of it is booked."""
    booked = re.compile(r"The entry is booked in|All \d+ entries are booked in")
    link = page.locator("main a[href^='/exports/']").first
    for _ in range(60):
        page.goto(page.url)
        newest = page.locator("main tbody tr").first
        if link.count() and booked.search(newest.inner_text()):
            return
        page.wait_for_timeout(500)
    raise AssertionError(page.locator("main").inner_text())


def test_a_mapping_is_fixed_from_a_failed_entry(page: Page, stack: Stack, demo: Demo) -> None:
    open_problem(page, stack, OWNER)
    page.get_by_role("link", name="Choose its account").first.click()
    field = page.locator("input[name^='to:']")
    expect(field).to_have_count(1)
    shoot(page, "22-category")
    field.fill(str(page.locator("#targets option").last.get_attribute("value")))
    page.get_by_role("button", name="Save").last.click()
    expect(page.locator("main")).to_contain_text("waited for this.")
    shoot(page, "23-offer")
    page.get_by_role("button", name=re.compile("^Export .* again$")).click()
    mapped_and_booked(page)


def test_a_mapping_is_fixed_by_keyboard_alone(page: Page, stack: Stack, demo: Demo) -> None:
    open_problem(page, stack, "other@browser.example")
    tab_to(page, page.get_by_role("link", name="Choose its account").first)
    page.keyboard.press("Enter")
    tab_to(page, page.locator("input[name^='to:']"))
    page.keyboard.type(str(page.locator("#targets option").last.get_attribute("value")))
    page.keyboard.press("Escape")  # the list of accounts that opens by itself
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("waited for this.")
    again = page.get_by_role("button", name=re.compile("^Export .* again$"))
    tab_to(page, again)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/exports/"))
    mapped_and_booked(page)
