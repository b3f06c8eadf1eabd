"""A person at Pleo's authorize page, over plain HTTP."""

import mechanicalsoup


def allow(
    browser: mechanicalsoup.StatefulBrowser,
    *,
    email: str,
    password: str,
    company_id: str,
    decision: str = "allow",
) -> None:
    """From the log-in page, where `browser` stands, to wherever Pleo sends it back."""
    browser.select_form("form")
    browser["email"], browser["password"] = email, password
    browser.submit_selected()
    browser.select_form("form:has(input[name=company_id][type=radio])")
    browser["company_id"] = company_id
    browser.submit_selected()
    form = browser.select_form("form:has(button[name=decision])")
    form.choose_submit(browser.page.select_one(f"button[value={decision}]"))
    browser.submit_selected()
