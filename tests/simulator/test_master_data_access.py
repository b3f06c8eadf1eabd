"""Scopes per resource, the rate limit, the admin's reading, and the bookkeeper's pages."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from .support import Company, Forms, Pleo, Simulator

SOME_ID = "99999999-0000-4000-8000-000000000009"
SCOPED: list[tuple[str, str, str]] = [
    ("GET", "/v0/tag-groups", "tag-group:read"),
    ("POST", "/v0/tag-groups", "tag-group:write"),
    ("GET", f"/v0/tag-groups/{SOME_ID}", "tag-group:read"),
    ("PUT", f"/v0/tag-groups/{SOME_ID}", "tag-group:write"),
    ("DELETE", f"/v0/tag-groups/{SOME_ID}", "tag-group:write"),
    ("GET", f"/v0/tag-groups/{SOME_ID}/usage", "tag-group:read"),
    ("GET", "/v0/aggregations/tag-groups", "tag-group:read"),
    ("GET", f"/v0/tag-groups/{SOME_ID}/tags", "tag-group:read"),
    ("POST", f"/v0/tag-groups/{SOME_ID}/tags", "tag-group:write"),
    ("GET", "/v0/tags", "tag-group:read"),
    ("DELETE", "/v0/tags", "tag-group:write"),
    ("POST", "/v0/tags/archive", "tag-group:write"),
    ("POST", "/v0/tags:search", "tag-group:read"),
    ("GET", f"/v0/tags/{SOME_ID}", "tag-group:read"),
    ("PUT", f"/v0/tags/{SOME_ID}", "tag-group:write"),
    ("DELETE", f"/v0/tags/{SOME_ID}", "tag-group:write"),
    ("POST", "/v0/aggregations/tags", "tag-group:read"),
    ("POST", "/v1/chart-of-accounts", "accounts:write"),
    ("POST", "/v1/chart-of-accounts/batch", "accounts:write"),
    ("GET", f"/v1/chart-of-accounts/{SOME_ID}", "accounts:read"),
    ("PUT", f"/v1/chart-of-accounts/{SOME_ID}", "accounts:write"),
    ("DELETE", f"/v1/chart-of-accounts/{SOME_ID}", "accounts:write"),
    ("POST", "/v1/chart-of-accounts:search", "accounts:read"),
    ("POST", "/v0/tax-codes", "tax-codes:write"),
    ("GET", f"/v0/tax-codes/{SOME_ID}", "tax-codes:read"),
    ("PUT", f"/v0/tax-codes/{SOME_ID}", "tax-codes:write"),
    ("DELETE", f"/v0/tax-codes/{SOME_ID}", "tax-codes:write"),
    ("POST", "/v0/tax-codes:search", "tax-codes:read"),
    ("POST", "/v0/tax-codes:calculate-tax-amounts", "tax-codes:read"),
    ("POST", "/v1/vendors", "vendors:write"),
    ("GET", f"/v1/vendors/{SOME_ID}", "vendors:read"),
    ("PUT", f"/v1/vendors/{SOME_ID}", "vendors:write"),
    ("POST", f"/v1/vendors/{SOME_ID}:activate", "vendors:write"),
    ("POST", f"/v1/vendors/{SOME_ID}:archive", "vendors:write"),
    ("POST", "/v1/vendors:search", "vendors:read"),
    ("GET", "/v2/employees", "users:read"),
    ("GET", f"/v2/employees/{SOME_ID}", "users:read"),
]
EVERY_SCOPE = {scope for _, _, scope in SCOPED}


def test_each_call_needs_its_own_scope(simulator: Simulator, company: Company) -> None:
    only = {scope: simulator.api_key(company, scopes=[scope]) for scope in EVERY_SCOPE}
    without = {
        scope: simulator.api_key(company, scopes=sorted(EVERY_SCOPE - {scope}))
        for scope in EVERY_SCOPE
    }
    for method, path, scope in SCOPED:
        body: Any = {} if method in ("POST", "PUT") else None
        refused = without[scope].call(method, path, json=body, valid=False)
        resource, _, verb = scope.partition(":")
        assert refused.status_code == 403, path
        assert refused.json()["message"] == (
            f"Required permission '{verb.upper()}' on resource '{resource}'"
        )
        allowed = only[scope].call(method, path, json=body, valid=False)
        assert allowed.status_code in (200, 400, 404), path


@pytest.mark.parametrize(
    ("counts", "second", "stranger"),
    [("credential", 200, 200), ("client", 429, 429), ("company", 429, 200)],
)
def test_whose_calls_the_limit_counts_is_switched(
    simulator: Simulator,
    company: Company,
    other_company: Company,
    counts: str,
    second: int,
    stranger: int,
) -> None:
    simulator.admin("POST", "/sim/clock", {"set": "2026-11-20T10:00:05Z"})
    simulator.switch(rate_limit_per_minute=1, rate_limit_counts=counts)
    keys = [simulator.api_key(company), simulator.api_key(company)]
    other = simulator.api_key(other_company)
    statuses = [key.call("GET", "/v2/employees").status_code for key in (*keys, other)]
    assert statuses == [200, second, stranger]


def test_each_company_has_master_data_of_its_own(
    simulator: Simulator, company: Company, other_company: Company
) -> None:
    before = simulator.master_data(other_company)
    everything: dict[str, Any] = {
        kind: []
        for kind in ("tagGroups", "accounts", "taxCodes", "vendors", "categories", "employees")
    }
    assert simulator.seed(company, {}) == everything
    assert simulator.master_data(other_company) == before
    wish = {"accounts": [{"externalId": "n" * 255, "name": "n" * 255}]}
    path = f"/sim/companies/{company.id}/master-data"
    (account,) = simulator.admin("POST", path, wish)["accounts"]
    assert (account["categoryIds"], account["madeBy"]) == ([], "seed")


def test_a_seed_that_is_not_whole_changes_nothing(simulator: Simulator, company: Company) -> None:
    before = simulator.master_data(company)
    path = f"/sim/companies/{company.id}/master-data"
    for wish in (
        {"accounts": [{"name": "No id"}]},
        {"tagGroups": [{"code": "A"}]},
        {"categories": [{"name": "C", "account": "unknown"}]},
    ):
        simulator.admin("PUT", path, wish, status=400)
        assert simulator.master_data(company) == before


def test_a_person_changes_records_by_the_same_rules(
    simulator: Simulator, pleo: Pleo, company: Company
) -> None:
    group = simulator.master_data(company)["tagGroups"][0]
    path = f"/sim/companies/{company.id}/tags:create"
    made = simulator.admin("POST", path, {"groupId": group["id"], "code": "HR", "name": "People"})
    assert made["madeBy"] == "person"
    simulator.admin("POST", path, {"groupId": group["id"], "code": "hr"}, status=409)
    change = f"/sim/master-data/tags/{made['id']}"
    assert simulator.admin("PUT", change, {"archived": True})["archived"] is True
    assert pleo.get(f"/v0/tags/{made['id']}")["data"]["archived"] is True
    simulator.admin("PUT", change, {"code": "SALES"}, status=409)
    category = simulator.master_data(company)["categories"][0]
    change = f"/sim/master-data/categories/{category['id']}"
    moved = simulator.admin("PUT", change, {"account": "gl-6540"})
    accounts = {row["externalId"]: row for row in simulator.master_data(company)["accounts"]}
    assert moved["accountId"] == accounts["gl-6540"]["id"]
    assert category["id"] in accounts["gl-6540"]["categoryIds"]


# The pages


@pytest.fixture
def browser(simulator: Simulator, company: Company) -> Iterator["Browser"]:
    with requests.Session() as session:
        form = {"email": company.email, "password": company.password}
        session.post(f"{simulator.url}/login", data=form, timeout=10)
        yield Browser(simulator.url, session)


class Browser:
    def __init__(self, url: str, session: requests.Session) -> None:
        self.url = url
        self.session = session

    def read(self, path: str, **query: Any) -> str:
        answer = self.session.get(self.url + path, params=query, timeout=10)
        assert answer.status_code == 200, path
        return answer.text

    def send(self, path: str, **fields: str) -> str:
        answer = self.session.post(self.url + path, data=fields, timeout=10)
        assert answer.status_code == 200, answer.status_code
        return answer.text


def test_a_person_keeps_tags_by_hand(
    simulator: Simulator, company: Company, browser: Browser
) -> None:
    assert "Tag group Region created." in browser.send("/tags", code="REG", name="Region")
    group = simulator.master_data(company)["tagGroups"][-1]
    path = f"/tags/{group['id']}"
    assert "Tag created." in browser.send(path, action="add", code="N", name="North")
    assert "A tag with this code exists." in browser.send(path, action="add", code="n", name="n")
    tag = simulator.master_data(company)["tagGroups"][-1]["tags"][0]
    browser.send(f"{path}/{tag['id']}", action="rename", name="Far north")
    assert "Far north" in browser.send(f"{path}/{tag['id']}", action="archive")
    browser.send(path, action="archive")
    browser.send(path, action="rename", name="Regions")
    known = simulator.master_data(company)["tagGroups"][-1]
    assert (known["name"], known["archived"], known["madeBy"]) == ("Regions", True, "person")
    assert (known["tags"][0]["name"], known["tags"][0]["archived"]) == ("Far north", True)


def test_a_long_group_is_shown_in_pieces_and_searched(
    simulator: Simulator, company: Company, browser: Browser
) -> None:
    wish = {"tagGroups": [{"code": "BIG", "name": "Big", "tagCount": 450}]}
    path = f"/tags/{simulator.seed(company, wish)['tagGroups'][0]['id']}"
    assert "1 to 200 of 450" in browser.read(path)
    assert "401 to 450 of 450" in browser.read(path, page=2)
    text = browser.read(path, q="tag 44")
    assert "T00444" in text
    assert "T00001" not in text


def test_accounts_show_which_category_uses_them(
    simulator: Simulator, company: Company, browser: Browser
) -> None:
    simulator.seed(
        company,
        {
            "accounts": [
                {"externalId": "a", "code": "1", "name": "One"},
                {"externalId": "b", "code": "2", "name": "Two"},
            ],
            "categories": [{"name": "Trips"}],
        },
    )
    text = browser.read("/accounts")
    assert "1 category leads to no account" in text
    assert text.count("No category uses it yet") == 2
    known = simulator.master_data(company)
    forms = Forms(text).forms
    assert any(form["fields"].get("category_id") == known["categories"][0]["id"] for form in forms)
    fields = {
        "category_id": known["categories"][0]["id"],
        "account_id": known["accounts"][1]["id"],
    }
    text = browser.send("/accounts/categories", **fields)
    assert text.count("No category uses it yet") == 1
    browser.send("/accounts/categories", name="Fuel", account_id=known["accounts"][0]["id"])
    accounts = simulator.master_data(company)["accounts"]
    assert [len(row["categoryIds"]) for row in accounts] == [1, 1]


def test_a_person_creates_a_vendor(
    simulator: Simulator, company: Company, browser: Browser
) -> None:
    text = browser.send("/vendors", name="New Cafe", currency="EUR", country="DE", tax_number="")
    assert "1 draft waits to be created in the accounting system" in text
    made = simulator.master_data(company)["vendors"][-1]
    assert (made["name"], made["state"], made["country"]) == ("New Cafe", "DRAFT", "DE")
    assert simulator.admin("GET", "/sim/calls")["calls"] == [], "a page is no call of the API"
    assert "wrong form" in browser.send("/vendors", name="Other", currency="euro")


def test_a_person_chooses_category_and_tags_of_an_entry(
    simulator: Simulator, company: Company, browser: Browser, pleo: Pleo
) -> None:
    tags = [{"code": "NORTH", "name": "North"}]
    known = simulator.seed(
        company,
        {
            "tagGroups": [
                {"code": "REG", "name": "Region", "tags": tags},
                {"code": "BIG", "name": "Big", "tagCount": 201},
            ],
            "accounts": [{"externalId": "erp-1", "code": "6001", "name": "Travel"}],
            "categories": [{"name": "Trips", "account": "erp-1"}],
        },
    )
    region, big = known["tagGroups"]
    entry_id = simulator.entries(company, "queue")[0]["accountingEntryId"]
    path = f"/entries/{entry_id}/choices"
    assert path in browser.read(f"/entries/{entry_id}")
    assert "NORTH North" in browser.read(path)
    fields = {f"tag-{region['id']}": "NORTH", f"tag-{big['id']}": "nothing"}
    assert "Big has no tag nothing." in browser.send(path, **fields)
    fields |= {f"tag-{big['id']}": "t00007", "category_id": known["categories"][0]["id"]}
    assert "Saved." in browser.send(path, **fields)
    job = simulator.export(company, entryIds=[entry_id])
    (item,) = pleo.get("/v3/export-items", job_id=job["id"])["data"]
    for line in item["accountingEntryLines"]:
        assert [(tag["groupCode"], tag["code"]) for tag in line["tags"]] == [
            ("REG", "NORTH"),
            ("BIG", "T00007"),
        ]
        assert line["account"]["identifier"] == "erp-1"
    assert browser.session.get(browser.url + path, timeout=10).status_code == 404, "it is locked"


def test_pages_of_another_company_are_not_found(
    simulator: Simulator, other_company: Company, browser: Browser
) -> None:
    known = simulator.master_data(other_company)
    group = known["tagGroups"][0]
    for path, fields in (
        (f"/tags/{group['id']}", {"action": "archive"}),
        (f"/tags/{group['id']}/{group['tags'][0]['id']}", {"action": "archive"}),
        ("/accounts/categories", {"category_id": known["categories"][0]["id"]}),
        ("/accounts/categories", {"name": "x", "account_id": known["accounts"][0]["id"]}),
    ):
        answer = browser.session.post(browser.url + path, data=fields, timeout=10)
        assert answer.status_code == 404
    assert simulator.master_data(other_company) == known
