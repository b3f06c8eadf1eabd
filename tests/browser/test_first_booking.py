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


def access_of(books: Any) -> dict[str, str]:
    """What is typed in, by field."""
    secrets = {f"secret_{name}": getattr(books, name) for name in ("key", "user", "password")}
    return {"base_url": books.base_url, "database": books.database, **secrets}


class Keys:
    """The keyboard alone, and how often it presses a button or a link."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.presses = 0

    def to(self, target: str | Locator) -> None:
        """By the tabulator."""
        there = self.page.locator(target) if isinstance(target, str) else target
        expect(there).to_be_visible()
        for _ in range(200):
            if there.evaluate("x => x === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"The keyboard does not reach {target}.")

    def press(self, target: str | Locator) -> None:
        self.to(target)
        self.page.keyboard.press("Enter")
        self.presses += 1

    def choose(self, target: str) -> None:
        self.to(target)
        self.page.keyboard.press("Space")
        self.presses += 1

    def write(self, target: str | Locator, text: str) -> None:
        self.to(target)
        self.page.keyboard.type(text)


def first_export(page: Page, connection: str) -> Locator:
    """Its link, for which the list of exports is read anew until it is there."""
    link = page.locator("main a[href^='/exports/']").first
    for _ in range(60):
        page.goto(connection + "exports/")
        if link.count():
            break
        page.wait_for_timeout(500)
    return link


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
    for name, value in access_of(access).items():
        page.fill(f"input[name={name}]", value)
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

    first_export(page, connection).click()
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


def test_by_keyboard_alone_twelve_presses_lead_from_sign_up_to_a_booked_entry(
    page: Page, stack: Stack, demo: Demo
) -> None:
    """Somebody who works in Pleo already. Every press of a button or link counts, Pleo's too."""
    company = next(c for c in stack.sim("GET", "/companies") if c["currency"] == "DKK")
    access = stack.books(company)
    bookkeeper = Keys(page.context.new_page())
    bookkeeper.page.goto(stack.simulator_url)
    bookkeeper.write("#login-email", company["login"]["email"])
    bookkeeper.write("#login-password", company["login"]["password"])
    bookkeeper.press("#login-submit")
    keys = Keys(page)
    page.goto(stack.web_url + "/accounts/signup/")
    keys.write("input[name=email]", "other@browser.example")
    keys.write("input[name=password1]", PASSWORD)
    keys.press("form:has(input[name=password1]) button")
    bookkeeper.presses = keys.presses = 0

    keys.write("input[name=name]", company["name"])
    keys.press("form[action*='company/new'] button")
    keys.press("form[action$='/pleo/connect/'] button")
    keys.press("#login-continue")
    keys.choose(f"#company-{company['id']}")
    keys.press("#company-submit")
    keys.press("#allow")
    keys.press("a[href$='/erp/tryton/']")
    for name, value in access_of(access).items():
        keys.write(f"input[name={name}]", value)
    keys.press("form:has(input[name=secret_key]) button.btn-primary")
    keys.press("form[action$='?confirm'] button.btn-primary")
    keys.press("form:has(select[name=out_of_pocket]) button.btn-primary")
    keys.press("form[action$='/go-live/'] button")
    expect(page).to_have_url(re.compile(r"connections/[^/]+/$"))
    bookkeeper.page.reload()
    bookkeeper.press("#export-button")
    assert keys.presses + bookkeeper.presses <= 12

    keys.press(first_export(page, page.url))
    expect(page.locator("[data-poll]")).to_have_count(0, timeout=60_000)
    expect(page.get_by_role("row").filter(has_text="Booked").first).to_be_visible()


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
    page.get_by_role("link", name="Choose an account for it").first.click()
    field = page.locator("input[name^='to:']")
    expect(field).to_have_count(1)
    shoot(page, "22-category")
    field.fill(str(page.locator("#targets option").last.get_attribute("value")))
    page.get_by_role("button", name="Save the").last.click()
    expect(page.locator("main")).to_contain_text("waited for this.")
    shoot(page, "23-offer")
    page.get_by_role("button", name=re.compile("^Export .* again$")).click()
    mapped_and_booked(page)


def test_a_mapping_is_fixed_by_keyboard_alone(page: Page, stack: Stack, demo: Demo) -> None:
    open_problem(page, stack, "other@browser.example")
    keys = Keys(page)
    keys.press(page.get_by_role("link", name="Choose an account for it").first)
    account = str(page.locator("#targets option").last.get_attribute("value"))
    keys.write("input[name^='to:']", account)
    page.keyboard.press("Escape")  # the list of accounts that opens by itself
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("waited for this.")
    keys.press(page.get_by_role("button", name=re.compile("^Export .* again$")))
    expect(page).to_have_url(re.compile("/exports/"))
    mapped_and_booked(page)
