"""Accounts, by Pleo's published example; tax codes and vendors."""

from dataclasses import replace
from decimal import Decimal

import pytest

from pleo_connector.catalog.changes import Plan
from pleo_connector.catalog.plan_records import plan_accounts, plan_tax_codes
from pleo_connector.catalog.plan_vendors import plan_vendors
from pleo_connector.pleo.vendor_calls import PleoVendor
from tests.unit.catalog.records import (
    account,
    pleo_account,
    pleo_tax_code,
    pleo_vendor,
    shape,
    tax_code,
    vendor,
)

# -- Accounts -----------------------------------------------------------------------------------


def test_accounts_of_the_published_example() -> None:
    plan = plan_accounts(
        [
            account("ext-1000", "Office Supplies"),
            account("ext-2000", "Travel"),
            account("ext-3000", "Software"),
            account("ext-4000", "Marketing"),
            account("ext-5000", "Entertainment", is_active=False),
        ],
        [
            pleo_account("ext-1000", "Office Supplies"),
            pleo_account("ext-2000", "Travel", archived=True),
            pleo_account("ext-4000", "Advertising"),
            pleo_account("ext-5000", "Entertainment"),
        ],
    )
    assert shape(plan) == [
        ("archive", "ext-5000", "Entertainment"),
        ("unarchive", "ext-2000", "Travel"),
        ("update", "ext-4000", "Marketing"),
        ("create", "ext-3000", "Software"),
    ]
    assert plan.active == {"account": 3}


def test_an_account_is_known_by_its_id_whatever_its_code_and_name() -> None:
    (change,) = plan_accounts(
        [account("7", "Software", code="6540")],
        [pleo_account("7", "Software", code="6000", tax_code="I25", metadata={"a": 1})],
    ).changes
    assert (change.action, change.pleo_id) == ("update", "id-7")
    assert change.more == {"code": "6540", "tax_code": "I25", "metadata": {"a": 1}}


def test_headings_and_closed_accounts_are_left_out() -> None:
    accounts = [
        account("1", "Assets", is_postable=False),
        account("2", "Old", is_active=False),
    ]
    assert plan_accounts(accounts, []).changes == []


def test_accounts_that_pleo_cannot_show_are_named_and_long_names_shortened() -> None:
    accounts = [
        account("x" * 256, "Long id"),
        account("1", " "),
        account("2", "n" * 300, code="c" * 300),
    ]
    plan = plan_accounts(accounts, [])
    assert len(plan.problems) == 2
    (made,) = plan.create
    assert (len(made.name), len(made.more["code"])) == (255, 255)
    assert "shows the first part" in made.reason


def test_kept_accounts_stay() -> None:
    assert plan_accounts([], [pleo_account("1", "Mine")], kept={"id-1"}).changes == []


# -- Tax codes ----------------------------------------------------------------------------------


def test_tax_codes_are_joined_by_code_and_keep_their_type() -> None:
    plan = plan_tax_codes(
        [tax_code("i25", "0.25"), tax_code("RC", "0.25"), tax_code("OLD", "0", is_active=False)],
        [
            pleo_tax_code("I25", "0.2500", "i25"),
            pleo_tax_code("RC", "0.24", type="reverse", ingoing_account="2645"),
            pleo_tax_code("OLD", "0"),
        ],
    )
    assert shape(plan) == [("archive", "OLD", "OLD"), ("update", "RC", "RC")]
    assert plan.update[0].more == {
        "rate": "0.25",
        "type": "reverse",
        "ingoing_account": "2645",
        "outgoing_account": None,
    }


def test_a_rate_that_pleo_does_not_take_is_named() -> None:
    (problem,) = plan_tax_codes([tax_code("X", "1.5")], []).problems
    assert problem.problem == "Its rate of 150.00 % is none that Pleo takes."


# -- Vendors ------------------------------------------------------------------------------------


def vendors_plan(*there: PleoVendor, can_create: bool = True) -> Plan:
    vendors = [
        vendor("V1", "Paper & Co", tax_number="DK 12345678"),
        vendor("V2", "Rail", is_active=False),
    ]
    return plan_vendors(vendors, there, currency="DKK", can_create=can_create)


def test_a_new_vendor_is_created_in_the_companys_currency() -> None:
    (change,) = vendors_plan().changes
    assert (change.action, change.key) == ("create", "V1")
    assert change.more["currency"] == "DKK"
    assert change.more["external_id"] == "V1"


PAPER = pleo_vendor("Paper & Co", external_id="V1", code="V1", tax_number="DK 12345678")


@pytest.mark.parametrize(
    ("there", "action"),
    [
        (PAPER, None),
        (replace(PAPER, name="Paper"), "update"),
        (replace(PAPER, external_id=""), "update"),
        (replace(PAPER, external_id="", code=""), "update"),
        (replace(PAPER, external_id="", code="", tax_number="dk12345678"), "update"),
        (replace(PAPER, state="ARCHIVED"), "unarchive"),
        (replace(PAPER, external_id="", code="", state="DRAFT"), "update"),
    ],
)
def test_a_vendor_is_found_by_id_code_and_tax_number(there: PleoVendor, action: str | None) -> None:
    changes = vendors_plan(there).changes
    assert [(x.action, x.pleo_id) for x in changes] == ([(action, there.id)] if action else [])


def test_a_vendor_of_another_id_is_not_taken_for_this_one() -> None:
    """While the ERP has both."""
    other = replace(PAPER, external_id="V9")
    vendors = [vendor("V1", "Paper & Co"), vendor("V9", "Pulp")]
    plan = plan_vendors(vendors, [other], currency="DKK")
    assert shape(plan) == [("update", "V9", "Pulp"), ("create", "V1", "Paper & Co")]


def test_a_vendor_with_an_id_that_the_erp_does_not_have_is_found_by_its_code() -> None:
    """As after moving to other books: Pleo takes a code only once."""
    (change,) = vendors_plan(replace(PAPER, external_id="V9")).changes
    assert (change.action, change.pleo_id) == ("update", PAPER.id)
    assert change.more["external_id"] == "V1"


def test_what_the_erp_has_closed_is_archived_and_a_draft_is_not() -> None:
    rail = pleo_vendor("Rail", external_id="V2", code="V2")
    cafe = pleo_vendor("New cafe", state="DRAFT", tax_number="DK99")
    plan = vendors_plan(PAPER, rail, cafe)
    assert [(x.action, x.name) for x in plan.changes] == [
        ("archive", "Rail"),
        ("adopt", "New cafe"),
    ]
    assert plan.active == {"vendor": 2}


def test_a_draft_is_a_persons_task_where_the_erp_takes_no_new_vendors() -> None:
    plan = vendors_plan(PAPER, pleo_vendor("New cafe", state="DRAFT"), can_create=False)
    (problem,) = plan.changes
    assert problem.problem.startswith("It was made in Pleo.")


def test_numbers_are_compared_and_not_their_digits() -> None:
    assert Decimal("0.2500") == Decimal("0.25")
    there = [pleo_tax_code("A", "0.250")]
    assert plan_tax_codes([tax_code("A", "0.25")], there).changes == []
