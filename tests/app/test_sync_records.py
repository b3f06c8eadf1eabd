"""Accounts, tax codes and vendors, end to end over HTTP."""

from typing import Any

import pytest

from erp_adapters.base import Access
from erp_adapters.fake.adapter import FakeAdapter
from pleo_connector.catalog.decisions import choose_tax_kinds
from pleo_connector.connections.models import PleoGrant
from pleo_connector.history.models import Problem
from tests.app.conftest import Desk, FakeErp
from tests.app.sync_desk import SyncDesk

pytestmark = pytest.mark.django_db


def account(code: str, name: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "name": name, "kind": "expense", **more}


def pleo_account(code: str, name: str, *, archived: bool = False) -> dict[str, Any]:
    return {"externalId": code, "code": code, "name": name, "archived": archived}


@pytest.fixture
def house(desk: Desk, fake_erp: FakeErp) -> SyncDesk:
    made = SyncDesk(desk, fake_erp)
    desk.work()
    made.seed_erp(dimensions=[], accounts=[], taxCodes=[], vendors=[])
    made.seed_pleo()
    return made


# -- Accounts -----------------------------------------------------------------------------------


def published_example(house: SyncDesk) -> None:
    house.seed_erp(
        accounts=[
            account("1000", "Office Supplies"),
            account("2000", "Travel"),
            account("3000", "Software"),
            account("4000", "Marketing"),
            account("5000", "Entertainment", isActive=False),
        ]
    )
    house.seed_pleo(
        accounts=[
            pleo_account("1000", "Office Supplies"),
            pleo_account("2000", "Travel", archived=True),
            pleo_account("4000", "Advertising"),
            pleo_account("5000", "Entertainment"),
        ]
    )


def test_pleos_published_example(house: SyncDesk) -> None:
    house.only("accounts")
    published_example(house)
    run = house.sync_and_approve("accounts")
    assert (run.state, run.total, run.succeeded) == ("completed", 4, 4)
    assert house.active_accounts() == {
        "1000": ("1000", "Office Supplies"),
        "2000": ("2000", "Travel"),
        "3000": ("3000", "Software"),
        "4000": ("4000", "Marketing"),
    }
    house.forget_calls()
    assert house.sync("accounts").state == "completed"
    assert house.writes() == []


@pytest.mark.parametrize("default", ["both", "active"])
def test_archived_accounts_are_seen_however_pleo_searches(house: SyncDesk, default: str) -> None:
    house.simulator("PUT", "/switches", account_search_default=default)
    house.only("accounts")
    published_example(house)
    house.sync_and_approve("accounts")
    assert len(house.pleo("accounts")) == 5
    assert len(house.active_accounts()) == 4


@pytest.mark.parametrize("answer", ["open", "403", "404"])
def test_accounts_are_created_by_one_call_where_pleo_offers_it(
    house: SyncDesk, answer: str
) -> None:
    house.simulator("PUT", "/switches", account_batch_calls=answer)
    house.only("accounts")
    house.seed_erp(accounts=[account(str(code), f"Account {code}") for code in range(1000, 1030)])
    house.sync("accounts")
    house.forget_calls()
    assert house.approve("accounts").state == "completed"
    assert len(house.active_accounts()) == 30
    assert len(house.writes()) == (1 if answer == "open" else 31)


def test_of_a_batch_the_others_are_created_and_one_that_is_there_is_changed(
    house: SyncDesk,
) -> None:
    house.only("accounts")
    house.seed_erp(accounts=[account("1", "One"), account("2", "Two"), account("3", "n" * 300)])
    house.sync("accounts")
    house.seed_pleo(accounts=[pleo_account("2", "By hand", archived=True)])
    run = house.approve("accounts")
    assert run.state == "completed"
    assert house.active_accounts() == {
        "1": ("1", "One"),
        "2": ("2", "Two"),
        "3": ("3", "n" * 255),
    }


@pytest.mark.parametrize("answer", ["200_if_same", "200", "409"])
def test_an_account_that_is_there_meanwhile_is_changed(house: SyncDesk, answer: str) -> None:
    house.simulator("PUT", "/switches", account_exists_answer=answer)
    house.only("accounts")
    house.seed_erp(accounts=[account("1", "One")])
    house.sync("accounts")
    house.seed_pleo(accounts=[pleo_account("1", "By hand", archived=True)])
    assert house.approve("accounts").state == "completed"
    assert house.active_accounts() == {"1": ("1", "One")}
    assert len(house.pleo("accounts")) == 1


def test_an_empty_chart_archives_nothing(house: SyncDesk) -> None:
    house.only("accounts")
    published_example(house)
    house.sync_and_approve("accounts")
    house.seed_erp(accounts=[])
    run = house.sync("accounts")
    assert run.state == "completed_with_errors"
    assert len(house.active_accounts()) == 4


# -- Rights -------------------------------------------------------------------------------------


def grant_without(house: SyncDesk, *areas: str) -> None:
    """The customer's consent lacks these scopes."""
    scopes = [
        f"{area}:{how}"
        for area in ("tag-group", "accounts", "tax-codes", "vendors", "export-jobs")
        for how in ("read", "write")
        if area not in areas
    ]
    path = f"/companies/{house.company_id}/api-keys"
    key = house.simulator("POST", path, scopes=[*scopes, "export-items:read"])["key"]
    PleoGrant.objects.filter(connection=house.connection).update(
        api_key=None, access_token=None, refresh_token=None, expires_at=None
    )
    grant = PleoGrant.objects.get(connection=house.connection)
    grant.api_key = key
    grant.save()


def test_a_missing_permission_is_named_and_stops_its_kind_only(house: SyncDesk) -> None:
    grant_without(house, "accounts")
    house.seed_erp(
        accounts=[account("1", "One")],
        dimensions=[
            {"code": "D", "name": "Department", "values": [{"code": "A", "name": "Sales"}]}
        ],
    )
    house.seed_pleo(tagGroups=[{"code": "D", "name": "Department", "archived": False, "tags": []}])
    house.only("accounts", "tags")
    house.ask("")
    house.work()
    house.approve("tags")
    assert house.active_groups() == {"D": {"A": "Sales"}}
    run = house.run("accounts")
    assert run.state == "failed"
    assert run.headline == (
        "Pleo does not let us see accounts: the permission accounts:read is missing. "
        "Reconnect Pleo and allow it."
    )
    assert house.schedule("accounts").missing_permission == "accounts:read"
    problem = Problem.objects.get(kind="accounts")
    assert (problem.fix, problem.state) == ("pleo_access", "open")
    grant_without(house)
    house.sync_and_approve("accounts")
    problem.refresh_from_db()
    assert problem.state == "resolved"
    assert house.schedule("accounts").missing_permission == ""
    assert set(house.active_accounts()) == {"1"}


def test_exports_go_on_without_the_rights_of_master_data(house: SyncDesk) -> None:
    grant_without(house, "tag-group", "accounts", "tax-codes", "vendors")
    house.seed_erp(**house.simulator.chart(house.desk.company))
    house.ask("")
    house.work()
    ids = house.simulator.add(house.desk.company, "card_purchase", files=0)
    assert house.desk.export(entryIds=ids).status == "completed"


# -- Tax codes ----------------------------------------------------------------------------------


def test_tax_codes_follow_the_erp(house: SyncDesk) -> None:
    house.only("tax_codes")
    house.seed_erp(
        taxCodes=[
            {"code": "I25", "name": "Input 25 %", "rate": "0.25"},
            {"code": "RC", "name": "Reverse", "rate": "0.25"},
            {"code": "I12", "name": "Input 12 %", "rate": "0.12"},
        ]
    )
    house.seed_pleo(
        taxCodes=[
            {"code": "i25", "name": "Old", "rate": 0.2, "type": "inclusive", "archived": True},
            {"code": "RC", "name": "Reverse", "rate": 0.25, "type": "reverse", "archived": False},
            {"code": "X", "name": "Gone", "rate": 0.1, "type": "inclusive", "archived": False},
        ]
    )
    assert house.sync_and_approve("tax_codes").state == "completed"
    active = {x["code"]: x for x in house.pleo("taxCodes") if not x["archived"]}
    assert {code: (x["name"], x["rate"], x["type"]) for code, x in active.items()} == {
        "i25": ("Input 25 %", 0.25, "inclusive"),
        "RC": ("Reverse", 0.25, "reverse"),
        "I12": ("Input 12 %", 0.12, "inclusive"),
    }
    house.forget_calls()
    house.sync("tax_codes")
    assert house.writes() == []


def test_a_tax_code_has_the_kind_that_a_person_chose(house: SyncDesk) -> None:
    house.only("tax_codes")
    rows = [("I25", "Input 25 %"), ("RC", "Reverse"), ("RX", "Reverse abroad")]
    codes = [{"code": code, "name": name, "rate": "0.25"} for code, name in rows]
    house.seed_erp(taxCodes=codes[:2])
    house.seed_pleo()
    choose_tax_kinds(
        connection=house.connection, kinds={"rc": "reverse"}, actor=None, now=house.now()
    )
    house.sync_and_approve("tax_codes")
    assert kinds_at_pleo(house) == {"I25": "inclusive", "RC": "reverse"}
    told = house.plan("tax_codes").items.values_list("key", "reason")
    assert {key for key, why in told if "Nobody chose its kind" in why} == {"I25"}
    house.seed_erp(taxCodes=codes)
    choose_tax_kinds(
        connection=house.connection,
        kinds={"I25": "reverse", "RC": "", "RX": "reverse"},
        actor=None,
        now=house.now(),
    )
    house.work()
    assert kinds_at_pleo(house) == {"I25": "reverse", "RC": "reverse", "RX": "reverse"}
    house.forget_calls()
    house.sync("tax_codes")
    assert house.writes() == []


def kinds_at_pleo(house: SyncDesk) -> dict[str, str]:
    return {x["code"]: x["type"] for x in house.pleo("taxCodes") if not x["archived"]}


# -- Vendors ------------------------------------------------------------------------------------


def vendors(house: SyncDesk) -> dict[str, tuple[str, str, str]]:
    return {
        x["name"]: (x["state"], x.get("externalId") or "", x.get("code") or "")
        for x in house.pleo("vendors")
    }


def erp_vendor(code: str, name: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "name": name, "taxNumber": "", **more}


def test_vendors_follow_the_erp(house: SyncDesk) -> None:
    house.only("vendors")
    house.seed_erp(
        vendors=[
            erp_vendor("V1", "Paper & Co"),
            erp_vendor("V2", "Rail A/S"),
            erp_vendor("V3", "Cafe"),
            erp_vendor("V4", "Closed", isActive=False),
            erp_vendor("V5", "Returned"),
        ]
    )
    known = {"defaultCurrency": "DKK", "state": "ACTIVE"}
    house.seed_pleo(
        vendors=[
            known | {"name": "Rail", "externalId": "V2", "code": "V2"},
            known | {"name": "Cafe", "code": "V3"},
            known | {"name": "Closed", "externalId": "V4", "code": "V4"},
            known | {"name": "Returned", "externalId": "V5", "code": "V5", "state": "ARCHIVED"},
        ]
    )
    run = house.sync_and_approve("vendors")
    assert (run.state, run.headline) == ("completed", "")
    assert vendors(house) == {
        "Paper & Co": ("ACTIVE", "V1", "V1"),
        "Rail A/S": ("ACTIVE", "V2", "V2"),
        "Cafe": ("ACTIVE", "V3", "V3"),
        "Closed": ("ARCHIVED", "V4", "V4"),
        "Returned": ("ACTIVE", "V5", "V5"),
    }
    house.forget_calls()
    house.sync("vendors")
    assert house.writes() == []


def born_in_pleo(house: SyncDesk, name: str, **more: Any) -> None:
    path = f"/companies/{house.company_id}/vendors:create"
    house.simulator("POST", path, name=name, defaultCurrency="DKK", **more)


def erp_vendors(house: SyncDesk) -> list[str]:
    access = Access(
        settings={"base_url": house.erp.url}, secrets={"key": "fake-key"}, allow_private=True
    )
    return sorted(x.name for x in FakeAdapter(access).vendors())


@pytest.mark.parametrize("drop", ["", "before", "after"])
def test_a_vendor_born_in_pleo_is_created_in_the_erp_once(house: SyncDesk, drop: str) -> None:
    house.only("vendors")
    house.seed_erp(vendors=[erp_vendor("V1", "Paper & Co")])
    house.sync_and_approve("vendors")
    born_in_pleo(house, "New cafe", taxRegistrationNumber="DK123")
    if drop:
        house.erp.fault("POST /vendors$", drop=drop)
        house.fault("POST", ":activate$", drop=drop)
    run = house.sync_and_approve("vendors")
    assert (run.state, run.headline) == ("completed", "")
    assert erp_vendors(house) == ["New cafe", "Paper & Co"]
    assert vendors(house)["New cafe"][0] == "ACTIVE"
    house.forget_calls()
    house.sync("vendors")
    assert house.writes() == []


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_draft_that_nothing_names_but_our_reference_is_one_vendor_on_both_sides(
    house: SyncDesk, drop: str
) -> None:
    """After a call without an answer the ERP may list it, and nobody sees that it is the draft."""
    house.only("vendors")
    house.seed_erp(vendors=[erp_vendor("V1", "Paper & Co")])
    house.sync_and_approve("vendors")
    born_in_pleo(house, "New cafe")
    house.erp.fault("POST /vendors$", drop=drop)
    house.sync_and_approve("vendors")
    assert erp_vendors(house) == ["New cafe", "Paper & Co"]
    assert sorted(x["name"] for x in house.pleo("vendors")) == ["New cafe", "Paper & Co"]
    assert vendors(house)["New cafe"][0] == "ACTIVE"


def test_a_draft_is_found_though_the_erp_has_not_changed(house: SyncDesk) -> None:
    house.only("vendors")
    house.seed_erp(vendors=[erp_vendor("V1", "Paper & Co")])
    house.sync_and_approve("vendors")
    born_in_pleo(house, "New cafe")
    house.later(26)
    assert vendors(house)["New cafe"][0] == "ACTIVE"


def test_a_draft_with_the_tax_number_of_the_erps_vendor_is_that_vendor(house: SyncDesk) -> None:
    house.only("vendors")
    house.seed_erp(vendors=[erp_vendor("V1", "Paper & Co", taxNumber="DK 1234")])
    born_in_pleo(house, "Paper", taxRegistrationNumber="dk1234")
    house.sync_and_approve("vendors")
    assert erp_vendors(house) == ["Paper & Co"]
    assert vendors(house) == {"Paper & Co": ("ACTIVE", "V1", "V1")}
