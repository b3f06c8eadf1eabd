"""The chart of accounts and tax codes: rules, switches, batch, search, categories."""

from typing import Any

import pytest

from .support import Company, Pleo, Simulator

SOME_ID = "99999999-0000-4000-8000-000000000009"
CHART = "/v1/chart-of-accounts"


@pytest.fixture
def chart(simulator: Simulator, company: Company) -> dict[str, Any]:
    """Two accounts, one of them archived; a category leads to the first."""
    wish = {
        "accounts": [
            {"externalId": "gl-1", "code": "6000", "name": "Travel"},
            {"externalId": "gl-2", "code": "6100", "name": "Meals", "archived": True},
        ],
        "categories": [{"name": "Trips", "account": "gl-1"}],
    }
    return simulator.seed(company, wish)


def item(external_id: str, **more: Any) -> dict[str, Any]:
    return {"externalId": external_id, "name": f"Account {external_id}", "archived": False, **more}


def create(pleo: Pleo, company: Company, external_id: str, **more: Any) -> Any:
    body = {"companyId": company.id, **item(external_id, **more)}
    return pleo.call("POST", CHART, json=body)


def search(pleo: Pleo, company: Company, **more: Any) -> list[str]:
    body = {
        "companyId": company.id,
        "excludeIfAssignedToCategory": False,
        "excludeIfAssignedToContraAccount": False,
        **more,
    }
    reply = pleo.call("POST", f"{CHART}:search", json=body)
    assert reply.status_code == 200, reply.text
    return [row["externalId"] for row in reply.json()["data"]]


def test_an_account_is_created_changed_and_archived(pleo: Pleo, company: Company) -> None:
    reply = create(pleo, company, "gl-9", code="9000", taxCodeExternalId="V25")
    assert reply.status_code == 201
    account = reply.json()["data"]
    path = f"{CHART}/{account['id']}"
    changed = pleo.call("PUT", path, json={"name": "Fuel", "archived": True}).json()["data"]
    assert changed == account | {"name": "Fuel", "archived": True}
    assert pleo.get(path)["data"] == changed
    pleo.refused(400, "PUT", path, json={"name": "Fuel", "archived": True, "externalId": "x"})
    pleo.refused(404, "PUT", f"{CHART}/{SOME_ID}", json={"name": "Fuel", "archived": True})


def test_put_can_clear_what_is_left_out(
    simulator: Simulator, pleo: Pleo, chart: dict[str, Any]
) -> None:
    simulator.switch(put_omitted_members="clear")
    path = f"{CHART}/{chart['accounts'][0]['id']}"
    changed = pleo.call("PUT", path, json={"name": "Travel", "archived": False}).json()["data"]
    assert changed["code"] is None


@pytest.mark.parametrize(
    ("rule", "same", "other"), [("200_if_same", 200, 409), ("200", 200, 200), ("409", 409, 409)]
)
def test_a_known_external_id_matches_or_conflicts(
    simulator: Simulator,
    pleo: Pleo,
    company: Company,
    chart: dict[str, Any],
    rule: str,
    same: int,
    other: int,
) -> None:
    simulator.switch(account_exists_answer=rule)
    known = create(pleo, company, "gl-1", code="6000", name="Travel")
    assert known.status_code == same
    assert create(pleo, company, "gl-1", code="6000", name="Trips").status_code == other
    assert len(simulator.master_data(company)["accounts"]) == 2


def test_texts_of_255_characters_fit_and_256_do_not(pleo: Pleo, company: Company) -> None:
    long = "n" * 255
    assert create(pleo, company, long, name=long, code=long).status_code == 201
    for name in ("externalId", "name", "code"):
        body = {"companyId": company.id, **item("x"), name: "n" * 256}
        pleo.refused(400, "POST", CHART, json=body)


def test_a_batch_takes_what_it_can(
    pleo: Pleo, company: Company, chart: dict[str, Any], simulator: Simulator
) -> None:
    items = [
        item("gl-7"),
        item("gl-7"),
        item("gl-1"),
        item("", name=""),
        item("e" * 256, name="n" * 256, code="c" * 256),
    ]
    body = {"companyId": company.id, "items": items}
    reply = pleo.call("POST", f"{CHART}/batch", json=body, valid=False)
    assert reply.status_code == 201
    result = reply.json()["data"]
    assert [row["externalId"] for row in result["created"]] == ["gl-7"]
    assert [(row["request"], row["reasons"]) for row in result["failed"]] == [
        (items[1], ["EXTERNAL_ID_ALREADY_EXISTS"]),
        (items[2], ["EXTERNAL_ID_ALREADY_EXISTS"]),
        (items[3], ["EXTERNAL_ID_EMPTY", "NAME_EMPTY"]),
        (items[4], ["EXTERNAL_ID_TOO_LONG", "NAME_TOO_LONG", "CODE_TOO_LONG"]),
    ]


def test_a_batch_holds_one_to_a_thousand(
    simulator: Simulator, pleo: Pleo, company: Company
) -> None:
    items = [item(f"b-{number}") for number in range(1001)]
    for wrong in ([], items):
        body = {"companyId": company.id, "items": wrong}
        pleo.refused(400, "POST", f"{CHART}/batch", json=body)
    body = {"companyId": company.id, "items": items[:1000]}
    created = pleo.call("POST", f"{CHART}/batch", json=body).json()["data"]["created"]
    assert len(created) == 1000
    simulator.switch(account_batch_calls="403")
    pleo.refused(403, "POST", f"{CHART}/batch", json=body)


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        ({}, ["gl-1", "gl-2"]),
        ({"archived": None, "codes": None}, ["gl-1", "gl-2"]),
        ({"archived": True}, ["gl-2"]),
        ({"archived": False}, ["gl-1"]),
        ({"externalId": "gl-2"}, ["gl-2"]),
        ({"codes": ["6100", "1"]}, ["gl-2"]),
        ({"code": "6000"}, ["gl-1"]),
        ({"name": "Meals"}, ["gl-2"]),
        ({"name": "eal"}, []),
        ({"ids": [SOME_ID]}, []),
        ({"excludeIfAssignedToCategory": True}, ["gl-2"]),
    ],
)
def test_accounts_are_searched(
    pleo: Pleo, company: Company, chart: dict[str, Any], wish: dict[str, Any], found: list[str]
) -> None:
    assert search(pleo, company, **wish) == found


def test_the_search_can_be_stricter_than_the_guide(
    simulator: Simulator, pleo: Pleo, company: Company, chart: dict[str, Any]
) -> None:
    guide = {"companyId": company.id, "includeArchived": True}
    reply = pleo.call("POST", f"{CHART}:search", json=guide, valid=False)
    assert len(reply.json()["data"]) == 2
    pleo.refused(400, "POST", f"{CHART}:search", json={})
    simulator.switch(account_search_strict=True, account_search_default="active")
    pleo.refused(400, "POST", f"{CHART}:search", json=guide)
    pleo.refused(400, "POST", f"{CHART}:search", json={"companyId": company.id})
    assert search(pleo, company) == ["gl-1"]
    simulator.switch(account_search_name="partial")
    assert search(pleo, company, name="RAVE") == ["gl-1"]


def test_wallet_accounts_can_be_left_out(pleo: Pleo, company: Company) -> None:
    every = set(search(pleo, company, codes=["1940", "6100"]))
    rest = search(pleo, company, codes=["1940", "6100"], excludeIfAssignedToContraAccount=True)
    assert every - set(rest) == {"gl-1940"}


def test_an_account_that_entries_reach_is_not_deleted(
    simulator: Simulator, pleo: Pleo, company: Company, chart: dict[str, Any]
) -> None:
    used, free = chart["accounts"]
    entry = {"choices": {"categoryId": chart["categories"][0]["id"]}}
    simulator.admin("POST", f"/sim/companies/{company.id}/entries", {"entries": [entry]})
    pleo.refused(409, "DELETE", f"{CHART}/{used['id']}")
    assert pleo.call("DELETE", f"{CHART}/{free['id']}").status_code == 204
    pleo.refused(404, "DELETE", f"{CHART}/{free['id']}")


def test_accounts_and_categories_have_their_own_ids(simulator: Simulator, company: Company) -> None:
    known = simulator.master_data(company)
    ids = {kind: {row["id"] for row in known[kind]} for kind in ("accounts", "categories")}
    assert ids["accounts"].isdisjoint(ids["categories"])
    on_entries = {
        line["account"]["id"]
        for entry in simulator.entries(company)
        for line in entry["accountingEntryLines"]
        if line["account"]
    }
    assert on_entries.isdisjoint(ids["accounts"])
    assert on_entries & ids["categories"]


def test_a_tax_code_of_an_account_is_a_mere_reference_unless_switched(
    simulator: Simulator, pleo: Pleo, company: Company
) -> None:
    assert create(pleo, company, "a", taxCodeExternalId="none").status_code == 201
    simulator.switch(account_tax_code_must_exist=True)
    assert create(pleo, company, "b", taxCodeExternalId="none").status_code == 400
    assert create(pleo, company, "b", taxCodeExternalId="I19").status_code == 201


# Tax codes


def tax_code(company: Company, **more: Any) -> dict[str, Any]:
    body = {"name": "Standard", "code": "S", "rate": 0.25, "type": "inclusive", "archived": False}
    return {"companyId": company.id, **body, **more}


def test_a_tax_code_is_created_replaced_found_and_deleted(
    pleo: Pleo, company: Company, simulator: Simulator
) -> None:
    made = pleo.call("POST", "/v0/tax-codes", json=tax_code(company)).json()["data"]
    path = f"/v0/tax-codes/{made['id']}"
    body = tax_code(company, archived=True, rate=0.2)
    changed = pleo.call("PUT", path, json=body).json()["data"]
    assert (changed["archived"], changed["rate"], changed["code"]) == (True, 0.2, "S")
    assert pleo.get(path)["data"] == changed
    for wish, count in (({}, 5), ({"archived": True}, 1), ({"archived": False}, 4)):
        reply = pleo.call("POST", "/v0/tax-codes:search", json=wish, company_id=company.id)
        assert len(reply.json()["data"]) == count
    reply = pleo.call("POST", "/v0/tax-codes:search", company_id=company.id)
    assert len(reply.json()["data"]) == 5, "the body may be absent"
    assert pleo.call("DELETE", path).status_code == 204
    pleo.refused(404, "GET", path)


def test_what_pleo_says_about_tax_codes_is_switched(
    simulator: Simulator, pleo: Pleo, company: Company
) -> None:
    exclusive = tax_code(company, type="exclusive")
    pleo.refused(400, "POST", "/v0/tax-codes", json=exclusive)
    pleo.refused(400, "POST", "/v0/tax-codes", json=tax_code(company, type="odd"))
    pleo.refused(400, "POST", "/v0/tax-codes", json=tax_code(company, rate=25))
    simulator.switch(exclusive_tax_codes="accept", created_status="201")
    assert pleo.call("POST", "/v0/tax-codes", json=exclusive).status_code == 201
    simulator.switch(tax_code_codes_unique=True)
    pleo.refused(400, "POST", "/v0/tax-codes", json=tax_code(company))


@pytest.mark.parametrize(
    ("code", "gross", "tax"), [("I19", 10_000, 1_900), ("R19", 11_900, 2_261), ("Z0", 11_900, 0)]
)
def test_tax_amounts_are_calculated(
    simulator: Simulator, pleo: Pleo, company: Company, code: str, gross: int, tax: int
) -> None:
    known = {row["code"]: row["id"] for row in simulator.master_data(company)["taxCodes"]}
    amount = {"currency": "EUR", "minors": 11_900}
    path = "/v0/tax-codes:calculate-tax-amounts"
    body = {"amountsByTaxCodeId": {known[code]: [{"id": "a", "amount": amount}]}}
    (row,) = pleo.call("POST", path, json=body).json()["data"]["taxes"][known[code]]
    parts = {name: money["minors"] for name, money in row["amountTaxBreakdown"].items()}
    assert parts == {"gross": gross, "net": 11_900, "tax": tax}
    pleo.refused(400, "POST", path, json={"amountsByTaxCodeId": {SOME_ID: []}})
