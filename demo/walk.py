"""A person in front of the product's pages, over plain HTTP and without JavaScript."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import mechanicalsoup

from demo import consent


class Person:
    """Signs up, connects Pleo and the ERP, and goes live. RuntimeError where a page says no."""

    def __init__(self, url: str, *, email: str, password: str) -> None:
        self.url = url
        self.email = email
        self.password = password
        self.browser = mechanicalsoup.StatefulBrowser()
        self.connection = ""  # path of the connection's page

    def sign_up(self) -> None:
        self._open("/accounts/signup/")
        self._submit("form:has(input[name=password1])", email=self.email, password1=self.password)

    def log_in(self) -> bool:
        self._open("/accounts/login/")
        self._submit("form:has(input[name=password])", login=self.email, password=self.password)
        return "/accounts/login/" not in self.browser.url

    def name_company(self, name: str) -> None:
        """The first company's connection is begun with it."""
        self._open("/company/new/")
        self._submit("form[action*='company/new']", name=name)
        found = re.search(r"/connections/[0-9a-f-]+/", self.browser.url)
        if not found:
            raise RuntimeError(f"No connection was started at {self.browser.url}.")
        self.connection = found.group()

    def connect_pleo(self, company: Mapping[str, Any]) -> None:
        self._open(self.connection + "setup/")
        self._submit("form[action$='/pleo/connect/']")
        login = company["login"]
        consent.allow(
            self.browser,
            email=login["email"],
            password=login["password"],
            company_id=company["id"],
        )
        if urlsplit(self.browser.url).netloc != urlsplit(self.url).netloc:
            raise RuntimeError(f"Pleo did not send us back: {self.browser.url}")

    def connect_erp(
        self, kind: str, settings: Mapping[str, str], secrets: Mapping[str, str]
    ) -> None:
        self._open(self.connection + f"erp/{kind}/")
        secret = {f"secret_{name}": value for name, value in secrets.items()}
        self._submit(f"form[action*='/erp/{kind}/']", **settings, **secret)
        self._submit("form[action$='?confirm']")

    def choose_accounts(self) -> None:
        """As suggested, for the roles that the suggestions found."""
        self._open(self.connection + "accounts/")
        self._submit("form:has(select[name=out_of_pocket])")

    def choose_dimensions(self) -> None:
        self._open(self.connection + "dimensions/")
        self._submit("form:has(button.btn-primary)")

    def book_finally(self) -> None:
        self._open(self.connection + "posting/")
        self._submit("form:has(input[name=posting_behaviour])", posting_behaviour="final")

    def go_live(self) -> None:
        self._open(self.connection + "setup/")
        self._submit("form[action$='/go-live/']")

    def waiting_plans(self) -> list[str]:
        """Addresses of the plans for Pleo's master data that wait for somebody."""
        self._open(self.connection + "syncs/")
        links = self.browser.page.select(".sync-actions a[href*='/plans/']")
        return [str(x["href"]) for x in links if x.get_text().startswith("Look at the plan")]

    def kinds_in_step(self) -> int:
        """Of tags, accounts, tax codes and vendors."""
        self._open(self.connection + "syncs/")
        return len(self.browser.page.select(".sync-state.sync-ok"))

    def approve(self, plan: str) -> str:
        """What the button promised, such as "Create 12 tags"."""
        self._open(f"{plan}approve/")
        self.browser.select_form("form.button-row")
        promise = self.browser.page.select_one("form.button-row button").get_text(strip=True)
        self._check(self.browser.submit_selected())
        return str(promise)

    def _open(self, path: str) -> None:
        self._check(self.browser.open(self.url + path))

    def _submit(self, form: str, **values: str) -> None:
        if self.browser.page.select_one(form) is None:
            raise RuntimeError(f"{self.browser.url} has no {form}:\n{self._said()}")
        self.browser.select_form(form)
        for name, value in values.items():
            self.browser[name] = value
        self._check(self.browser.submit_selected())

    def _check(self, reply: Any) -> None:
        if not reply.ok:
            raise RuntimeError(f"{reply.url} answered {reply.status_code}:\n{self._said()}")

    def _said(self) -> str:
        page = self.browser.page
        return page.get_text(" ", strip=True)[:1500] if page else ""
