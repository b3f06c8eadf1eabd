"""From sign-up to the first booked entry, as a person does it."""

import re

from playwright.sync_api import Page, expect

from demo.month import Demo
from demo.stack import Stack
from tests.browser.conftest import shoot


def log_in_at_pleo(page: Page, demo: Demo) -> None:
    page.fill("#login-email", demo.company["login"]["email"])
    page.fill("#login-password", demo.company["login"]["password"])
    page.click("#login-submit")


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
    page.fill("input[name=email]", "owner@browser.example")
    page.fill("input[name=password1]", "a-long-enough-pass-phrase")
    page.click("form:has(input[name=password1]) button")
    page.fill("input[name=name]", demo.company["name"])
    shoot(page, "03-company")
    page.click("form[action*='company/new'] button")
    shoot(page, "04-home-empty")
    page.click("form[action$='/connections/new/'] button")
    shoot(page, "05-setup")

    page.click("form[action$='/pleo/connect/'] button")
    log_in_at_pleo(page, demo)
    page.check(f"#company-{demo.company['id']}")
    page.click("#company-submit")
    shoot(page, "06-consent")
    page.click("#allow")
    expect(page).to_have_url(re.compile(r"/setup/"))

    page.goto(re.sub(r"setup/.*", "erp/", page.url))
    shoot(page, "07-erp-choose")
    page.click("a[href$='/erp/tryton/']")
    shoot(page, "08-erp-connect")
    page.fill("input[name=base_url]", access.base_url)
    page.fill("input[name=database]", access.database)
    page.fill("input[name=secret_key]", access.key)
    page.fill("input[name=secret_user]", access.user)
    page.fill("input[name=secret_password]", access.password)
    page.click("form:has(input[name=secret_key]) button.btn-primary")
    expect(page.locator("body")).to_contain_text(demo.company["name"])
    shoot(page, "09-erp-confirm")
    page.click("form[action$='?confirm'] button.btn-primary")
    expect(page).to_have_url(re.compile(r"/setup/"))
    setup = page.url

    page.goto(setup.replace("setup/", "accounts/"))
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
