"""Vendors both ways, employees, and the way from a chosen tag to the export."""

import json
from typing import Any

import pytest

from tests.contract.validate import check_schema

from .receiver import Receiver
from .support import Company, Pleo, Simulator

SOME_ID = "99999999-0000-4000-8000-000000000009"


def vendor(company: Company, **more: Any) -> dict[str, Any]:
    body = {"companyId": company.id, "name": "Quay Supplies", "defaultCurrency": "EUR"}
    return {**body, **more}


def search(pleo: Pleo, company: Company, **wish: Any) -> list[str]:
    reply = pleo.call("POST", "/v1/vendors:search", json=wish, company_id=company.id)
    assert reply.status_code == 200, reply.text
    return [row["name"] for row in reply.json()["data"]]


def subscribe(pleo: Pleo, receiver: Receiver) -> None:
    events = ["v1.export-job.created", "v1.vendor.created"]
    body = {"endpointUrl": receiver.url, "eventTypes": events}
    assert pleo.call("POST", "/v1/subscriptions", json=body).status_code == 200


def test_a_vendor_of_the_accounting_system_is_active_at_once(pleo: Pleo, company: Company) -> None:
    body = vendor(company, externalId="v-1", code="V1", country="DE")
    reply = pleo.call("POST", "/v1/vendors", json=body)
    made = reply.json()["data"]
    assert (reply.status_code, made["state"]) == (201, "ACTIVE")
    path = f"/v1/vendors/{made['id']}"
    change = body | {"name": "Quay Ltd", "state": "ACTIVE"}
    assert pleo.call("PUT", path, json=change).json()["data"]["name"] == "Quay Ltd"
    assert pleo.call("POST", f"{path}:archive").status_code == 204
    assert pleo.get(path)["data"]["state"] == "ARCHIVED"
    back = {"externalId": "v-1", "code": "V1"}
    assert pleo.call("POST", f"{path}:activate", json=back).status_code == 204
    assert pleo.get(path)["data"]["state"] == "ACTIVE"
    pleo.refused(400, "PUT", path, json=vendor(company, state="ACTIVE"))
    pleo.refused(404, "GET", f"/v1/vendors/{SOME_ID}")


def test_identifiers_of_vendors_are_taken_once(
    simulator: Simulator, pleo: Pleo, company: Company
) -> None:
    first = vendor(company, externalId="v-1", code="V1")
    assert pleo.call("POST", "/v1/vendors", json=first).status_code == 201
    same_code = vendor(company, externalId="v-2", code="V1")
    pleo.refused(409, "POST", "/v1/vendors", json=first)
    pleo.refused(409, "POST", "/v1/vendors", json=same_code)
    simulator.switch(vendor_uniqueness="external_id")
    other = pleo.call("POST", "/v1/vendors", json=same_code).json()["data"]
    change = vendor(company, externalId="v-1", state="ACTIVE")
    pleo.refused(409, "PUT", f"/v1/vendors/{other['id']}", json=change)
    pleo.refused(400, "POST", f"/v1/vendors/{other['id']}:activate", json={"externalId": "v-1"})
    simulator.switch(vendor_uniqueness="nothing")
    assert pleo.call("POST", "/v1/vendors", json=first).status_code == 201


def test_the_state_of_a_new_vendor_is_switched(
    simulator: Simulator, pleo: Pleo, company: Company
) -> None:
    for rule, state in (("by_identifier", "DRAFT"), ("ACTIVE", "ACTIVE"), ("DRAFT", "DRAFT")):
        simulator.switch(vendor_state_on_create=rule)
        reply = pleo.call("POST", "/v1/vendors", json=vendor(company))
        assert reply.json()["data"]["state"] == state


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        ({"states": ["DRAFT"]}, ["New"]),
        ({"codes": ["V1", "V9"]}, ["One"]),
        ({"externalIds": ["v-2"]}, ["Two"]),
        ({"countries": ["DK"]}, ["Two"]),
        ({"taxRegistrationNumbers": ["DK1"]}, ["Two"]),
        ({"accountingSystems": ["x"]}, []),
        ({"name": "tw"}, ["Two"]),
        ({"ids": [SOME_ID]}, []),
        ({}, ["One", "Two", "New"]),
    ],
)
def test_vendors_are_searched(
    simulator: Simulator, pleo: Pleo, company: Company, wish: dict[str, Any], found: list[str]
) -> None:
    money = {"defaultCurrency": "EUR"}
    rows = [
        {"name": "One", "externalId": "v-1", "code": "V1", **money},
        {"name": "Two", "externalId": "v-2", "country": "DK", "taxRegistrationNumber": "DK1"},
        {"name": "New", **money},
    ]
    simulator.seed(company, {"vendors": [money | row for row in rows]})
    assert search(pleo, company, **wish) == found
    pleo.refused(400, "POST", "/v1/vendors:search", json=wish)


def test_a_vendor_born_in_pleo_is_a_draft_and_is_announced(
    simulator: Simulator, pleo: Pleo, company: Company, receiver: Receiver
) -> None:
    subscribe(pleo, receiver)
    wish = {"name": "New Cafe", "defaultCurrency": "DKK", "country": "DK"}
    path = f"/sim/companies/{company.id}/vendors:create"
    made = simulator.admin("POST", path, wish)
    assert (made["state"], made["madeBy"]) == ("DRAFT", "person")
    event = json.loads(receiver.next().body)
    check_schema("VendorCreatedEvent", event)
    assert event["eventType"] == "v1.vendor.created"
    assert (event["data"]["id"], event["data"]["name"]) == (made["id"], "New Cafe")
    assert "externalId" not in event["data"]
    link = {"externalId": "v-9", "code": "V9"}
    assert pleo.call("POST", f"/v1/vendors/{made['id']}:activate", json=link).status_code == 204
    assert search(pleo, company, states=["DRAFT"]) == []


def test_a_draft_of_an_app_is_announced_unless_switched(
    simulator: Simulator, pleo: Pleo, company: Company, receiver: Receiver
) -> None:
    subscribe(pleo, receiver)
    pleo.call("POST", "/v1/vendors", json=vendor(company))
    assert json.loads(receiver.next().body)["data"]["state"] == "DRAFT"
    simulator.switch(vendor_drafts_of_apps_announced=False)
    pleo.call("POST", "/v1/vendors", json=vendor(company))
    pleo.call("POST", "/v1/vendors", json=vendor(company, code="V7"))
    assert len(simulator.admin("GET", "/sim/webhooks")) == 1


def test_the_announcement_of_a_vendor_can_be_sent_again_and_spoiled(
    simulator: Simulator, pleo: Pleo, company: Company, receiver: Receiver
) -> None:
    subscribe(pleo, receiver)
    made = simulator.master_data(company)["vendors"][0]
    wish = {"companyId": company.id, "vendorId": made["id"]}
    for variant in ("valid", "duplicate", "bad_signature", "unknown_event"):
        simulator.admin("POST", "/sim/webhooks:send", wish | {"variant": variant})
    events = [json.loads(receiver.next().body) for _ in range(4)]
    assert {event["data"]["id"] for event in events} == {made["id"]}
    log = simulator.admin("GET", "/sim/webhooks")
    assert log[0]["webhookId"] == log[1]["webhookId"] != log[2]["webhookId"]
    simulator.admin("POST", "/sim/webhooks:send", wish | {"vendorId": SOME_ID}, status=404)


def test_archiving_may_need_a_scope_of_its_own(simulator: Simulator, company: Company) -> None:
    made = simulator.master_data(company)["vendors"][0]
    simulator.switch(vendor_archive_scope="vendors:delete")
    writer = simulator.api_key(company, scopes=["vendors:write"])
    writer.refused(403, "POST", f"/v1/vendors/{made['id']}:archive")
    deleter = simulator.api_key(company, scopes=["vendors:delete"])
    reply = deleter.call("POST", f"/v1/vendors/{made['id']}:archive")
    assert reply.status_code == 204


def test_employees_are_read(pleo: Pleo, company: Company) -> None:
    found = pleo.get("/v2/employees", companyId=company.id, limit=4)["data"]
    assert [row["code"] for row in found] == ["E01", "E02", "E03", "E04"]
    (one,) = pleo.get("/v2/employees", code="E02")["data"]
    assert pleo.get(f"/v2/employees/{one['id']}")["data"] == one
    assert pleo.get("/v2/employees", email=one["email"])["data"] == [one]
    pleo.refused(400, "GET", "/v2/employees", company_id=company.id)
    pleo.refused(404, "GET", f"/v2/employees/{SOME_ID}")


# From Pleo's choice to the export


@pytest.fixture
def synced(simulator: Simulator, pleo: Pleo, company: Company) -> dict[str, Any]:
    """A group with a tag, and an account, made over the API; a person's category uses it."""
    simulator.seed(company, {"tagGroups": [], "accounts": [], "categories": [], "vendors": []})
    group = {"code": "DEPT", "name": "Department", "archived": False}
    group = pleo.call("POST", "/v0/tag-groups", json=group, company_id=company.id).json()["data"]
    tag = {"code": "ENG", "name": "Engineering", "archived": False}
    tag = pleo.call("POST", f"/v0/tag-groups/{group['id']}/tags", json=tag).json()["data"]
    account = {"externalId": "erp-77", "code": "6001", "name": "Travel", "archived": False}
    body = {"companyId": company.id, **account}
    account = pleo.call("POST", "/v1/chart-of-accounts", json=body).json()["data"]
    path = f"/sim/companies/{company.id}/categories:create"
    wish = {"name": "Trips", "account": "erp-77", "taxCode": "I19"}
    category = simulator.admin("POST", path, wish)
    return {"group": group, "tag": tag, "account": account, "category": category}


def exported(simulator: Simulator, pleo: Pleo, company: Company, entry_id: str) -> dict[str, Any]:
    job = simulator.export(company, entryIds=[entry_id], vendorBasedBookkeeping=True)
    (item,) = pleo.get("/v3/export-items", job_id=job["id"])["data"]
    return dict(item)


def test_what_was_chosen_in_pleo_is_exported_as_synced(
    simulator: Simulator, pleo: Pleo, company: Company, synced: dict[str, Any]
) -> None:
    vendor_id = simulator.admin(
        "POST",
        f"/sim/companies/{company.id}/vendors:create",
        {"name": "New Cafe", "defaultCurrency": "EUR"},
    )["id"]
    choices = {"tagIds": [synced["tag"]["id"]], "categoryId": synced["category"]["id"]}
    wish = {"entries": [{"choices": choices, "vendorId": vendor_id}]}
    (entry,) = simulator.admin("POST", f"/sim/companies/{company.id}/entries", wish)
    # What changes after the choice is exported as it is at the export.
    body = {"code": "6002", "name": "Travel", "archived": False}
    pleo.call("PUT", f"/v1/chart-of-accounts/{synced['account']['id']}", json=body)
    link = {"externalId": "v-9", "code": "V9"}
    pleo.call("POST", f"/v1/vendors/{vendor_id}:activate", json=link)
    item = exported(simulator, pleo, company, entry["accountingEntryId"])
    (line,) = item["accountingEntryLines"]
    assert line["tags"] == [{"id": synced["tag"]["id"], "code": "ENG", "groupCode": "DEPT"}]
    assert line["account"] == {
        "id": synced["category"]["id"],
        "name": "Trips",
        "code": "6002",
        "identifier": "erp-77",
    }
    assert line["tax"]["code"] == "I19", "the category's default tax code"
    assert (item["vendor"]["code"], item["vendor"]["externalId"]) == ("V9", "v-9")
    usage = pleo.get(f"/v0/tag-groups/{synced['group']['id']}/usage")["data"]["usages"]
    assert usage == [{"id": synced["tag"]["id"], "count": 1}]


def test_a_bookkeeper_changes_the_tags_before_the_export(
    simulator: Simulator, pleo: Pleo, company: Company, synced: dict[str, Any]
) -> None:
    path = f"/sim/companies/{company.id}/entries"
    (entry,) = simulator.admin("POST", path, {"entries": [{"template": "card_purchase"}]})
    entry_id = entry["accountingEntryId"]
    tag_id = synced["tag"]["id"]
    simulator.admin("PUT", f"/sim/entries/{entry_id}", {"choices": {"tagIds": [tag_id]}})
    simulator.admin("DELETE", f"/sim/master-data/tags/{tag_id}")
    item = exported(simulator, pleo, company, entry_id)
    assert item["accountingEntryLines"][0]["tags"] == []
    wrong = {"choices": {"tagIds": [SOME_ID]}}
    simulator.admin("PUT", f"/sim/entries/{entry_id}", wrong, status=400)
    many = {"choices": {"tagIds": [tag_id] * 6}}
    simulator.admin("PUT", f"/sim/entries/{entry_id}", many, status=400)


def test_what_expenses_use_can_be_kept_from_deletion(
    simulator: Simulator, pleo: Pleo, company: Company, synced: dict[str, Any]
) -> None:
    simulator.switch(delete_what_is_used="refuse")
    choices = {"tagIds": [synced["tag"]["id"]], "categoryId": synced["category"]["id"]}
    path = f"/sim/companies/{company.id}/entries"
    simulator.admin("POST", path, {"entries": [{"choices": choices}]})
    tax_codes = {row["code"]: row for row in simulator.master_data(company)["taxCodes"]}
    for path in (
        f"/v0/tags/{synced['tag']['id']}",
        f"/v0/tag-groups/{synced['group']['id']}",
        f"/v0/tax-codes/{tax_codes['I19']['id']}",
    ):
        pleo.refused(400, "DELETE", path)
