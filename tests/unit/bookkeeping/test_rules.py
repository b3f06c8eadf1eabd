"""Each condition of a rule on its own, their order, and all that a rule may set."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from erp_adapters.ledger import Voucher
from pleo_connector.bookkeeping.book import Booking, book
from pleo_connector.bookkeeping.catalog import Catalog
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.pleo.export_items import parse_export_item

Book = Callable[..., Booking]
ENTRY: dict[str, Any] = {
    "type": "card_purchase",
    "paid": 12500,
    "account": "6100 Travel",
    "vendor": {"code": "V100", "name": "Acme"},
    "raw": {
        "supplier": {"name": "OVERLAND RAIL WEB", "code": "S9"},
        "team": {"id": "t", "name": "Sales", "code": "SAL"},
    },
}
OTHER = "6540"


@pytest.fixture
def booked(
    item_from: Callable[[dict[str, Any]], dict[str, Any]],
    catalog_from: Callable[..., Catalog],
    settings: dict[str, Any],
) -> Book:
    def run(*rules: dict[str, Any], **entry: Any) -> Booking:
        mapping = Mapping.from_json({"accounts": settings, "rules": list(rules)})
        item = parse_export_item(item_from({**ENTRY, **entry}))
        return book(item, mapping, catalog_from(), export_date=date(2026, 6, 3))

    return run


def expense(booking: Booking) -> str:
    (voucher,) = booking.vouchers
    return voucher.lines[0].account


HOLDS: list[dict[str, Any]] = [
    {"types": ["fee", "card_purchase"]},
    {"category": "6100"},
    {"supplier": "overland rail"},
    {"supplier": "s9"},
    {"supplier": "acme"},
    {"supplier": "V100"},
    {"team": "sales"},
    {"team": "SAL"},
    {"currency": "EUR"},
    {"min_amount": "125.00"},
    {"max_amount": "125.00"},
    {"min_amount": "100", "max_amount": "200", "types": ["card_purchase"], "team": "Sales"},
]
HOLDS_NOT: list[dict[str, Any]] = [
    {"types": ["fee"]},
    {"category": "6200"},
    {"supplier": "ferry"},
    {"team": "sal es"},
    {"currency": "USD"},
    {"min_amount": "125.01"},
    {"max_amount": "124.99"},
    {"types": ["card_purchase"], "team": "Finance"},
]


@pytest.mark.parametrize("when", HOLDS, ids=str)
def test_a_rule_applies_where_all_its_conditions_hold(booked: Book, when: dict[str, Any]) -> None:
    assert expense(booked({**when, "account": OTHER})) == OTHER


@pytest.mark.parametrize("when", HOLDS_NOT, ids=str)
def test_a_rule_does_not_apply_where_one_condition_fails(
    booked: Book, when: dict[str, Any]
) -> None:
    assert expense(booked({**when, "account": OTHER})) == "6100"


def test_the_first_rule_that_applies_wins(booked: Book) -> None:
    rules = [{"team": "Finance", "account": "6200"}, {"team": "Sales", "account": OTHER}]
    later = {"category": "6100", "account": "6400"}
    assert expense(booked(*rules, later)) == OTHER
    assert expense(booked(later, *rules)) == "6400"


def test_each_line_of_a_split_has_its_own_rule(booked: Book) -> None:
    lines = [{"paid": 10000, "account": "6100 Travel"}, {"paid": 2500, "account": "6200 Meals"}]
    booking = booked({"category": "6200", "account": OTHER}, lines=lines, total=12500)
    assert [x.account for x in booking.vouchers[0].lines] == ["6100", OTHER, "1940"]


def test_a_rule_sets_account_tax_code_dimension_and_journal(booked: Book) -> None:
    rule = {"account": OTHER, "tax_code": "I12", "dimensions": {"CC": "10"}, "journal": "CAR"}
    booking = booked({"name": "Cars", **rule}, paid=11200)
    voucher: Voucher = booking.vouchers[0]
    first = voucher.lines[0]
    assert (first.account, first.dimensions) == (OTHER, (("CC", "10"),))
    assert first.tax is not None
    assert (first.tax.code, voucher.journal) == ("I12", "CAR")
    told = [x.sentence for x in booking.decisions if x.kind == "rule"]
    assert told == ["Cars applies: account 6540, tax code I12, CC 10, journal CAR."]
