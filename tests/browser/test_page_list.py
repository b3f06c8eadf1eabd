"""No page goes unseen: each address that answers a GET with a page is looked at in a browser."""

from django.urls import get_resolver

from tests.app.test_web_roles import API, MOVE, TABLE, names_of
from tests.browser.test_every_page import ENTRANCES, PAGES
from tests.browser.test_staff_pages import PAGES as STAFF_PAGES
from tests.browser.test_states import STATES

# What a GET there is instead of a page.
NO_PAGE = {
    **dict.fromkeys(API, "data for programs"),
    **dict.fromkeys((name for name in TABLE if TABLE[name][0] == MOVE), "a button"),
    **dict.fromkeys((name for name in TABLE if name.endswith("-csv")), "a file"),
    **dict.fromkeys(("health", "health-live", "health-ready", "metrics"), "for monitoring"),
    **dict.fromkeys(("api-schema", "api-nowhere", "pleo-webhook"), "for programs"),
    **dict.fromkeys(("export-progress", "plan-progress"), "a part of a page"),
    "account_email": "leads to the settings",
    "connection-new": "a button",
    "entry-receipts": "a button",
    "mfa_download_recovery_codes": "a file",
    "pleo-settings": "leads to the connection",
    "webhook-test": "a button",
    # Nobody has a log-in without a password, or logs in by a code that is mailed.
    "account_confirm_login_code": "not in use",
    "account_set_password": "not in use",
}


def test_each_page_is_looked_at() -> None:
    looked = {*PAGES, *STAFF_PAGES, *ENTRANCES, *(name for name, _ in STATES.values())}
    every = set(names_of(get_resolver()))
    assert every - looked - {*NO_PAGE} == set()
    assert {*NO_PAGE} & looked == set()
    assert {*NO_PAGE} | looked == every
