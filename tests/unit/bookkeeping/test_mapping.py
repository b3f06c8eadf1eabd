from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest

from pleo_connector.bookkeeping.mapping import Accounts, Mapping, MappingRule

FULL: dict[str, Any] = {
    "accounts": {
        "wallet": {"EUR": "1940"},
        "wallet_source": "configured",
        "out_of_pocket": "2890",
        "rounding": None,
        "default_expense": {"fee": "6400"},
    },
    "posting_behaviour": "final",
    "closed_period": "fail",
    "journals": {"fee": "BANK"},
    "generic_vendor": "V900",
    "employee_ledger": "vendor",
    "default_employee_vendor": "E8",
    "legacy_supplier_ap": True,
    "dimensions": {"team": "CC", "trip": None},
    "dimensions_on_counter_lines": True,
    "merge_tax_lines": True,
    "minor_units": "hundredths",
    "invoice_currency": "wallet",
    "fx_difference": "line",
    "time_zone": "Europe/Copenhagen",
    "missing_receipt": "fail",
    "erp_changes": "accept",
    "journal_per": "job",
    "account_codes": {"Taxi": "6100"},
    "tax_codes": {"DK25": "I25"},
    "rules": [
        {
            "name": "Fuel",
            "types": ["card_purchase"],
            "category": "6100",
            "supplier": "shell",
            "team": "IT",
            "currency": "EUR",
            "min_amount": "10.50",
            "max_amount": "900",
            "account": "5611",
            "tax_code": "I25",
            "dimensions": {"CC": "10"},
            "journal": "CAR",
        }
    ],
}


def test_an_empty_object_is_the_defaults() -> None:
    assert Mapping.from_json({}) == Mapping()
    assert Mapping().posting_behaviour == "draft"
    assert Mapping().closed_period == "next_open_day"


def test_every_setting_is_read() -> None:
    mapping = Mapping.from_json(FULL)
    assert set(FULL) == {x.name for x in fields(Mapping)}
    assert mapping.rules[0].min_amount == Decimal("10.50")
    assert mapping.accounts.wallet == {"EUR": "1940"}


def test_what_is_written_reads_back_the_same() -> None:
    mapping = Mapping.from_json(FULL)
    assert Mapping.from_json(mapping.to_json()) == mapping
    assert Mapping.from_json(Mapping().to_json()) == Mapping()
    assert set(mapping.to_json()["accounts"]) == {x.name for x in fields(Accounts)}
    assert set(mapping.to_json()["rules"][0]) == {x.name for x in fields(MappingRule)}


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ([], "The mapping is []. Give an object."),
        (
            {"colour": 1},
            "colour is not a setting. Remove it, or use one of: account_codes, accounts, ",
        ),
        ({"accounts": {"walet": {}}}, "accounts.walet is not a setting."),
        ({"accounts": []}, "accounts is []. Give an object."),
        ({"accounts": {"transfer": 1999}}, "accounts.transfer is 1999. Give a text"),
        ({"accounts": {"transfer": " "}}, "accounts.transfer is ' '. Give a text"),
        ({"accounts": {"wallet": "1940"}}, "accounts.wallet is '1940'. Give an object"),
        ({"accounts": {"wallet": {"eur": "1"}}}, "key is 'eur'. Give a currency code, such as EUR"),
        ({"accounts": {"wallet": {"EUR": 1}}}, "accounts.wallet.EUR is 1. Give a text"),
        ({"accounts": {"default_expense": {"x": "1"}}}, "key is 'x'. Give one of: atm_withdrawal"),
        ({"posting_behaviour": "maybe"}, "Give one of: draft, final."),
        ({"closed_period": None}, "Give one of: next_open_day, export_date, fail."),
        ({"merge_tax_lines": "yes"}, "merge_tax_lines is 'yes'. Give true or false."),
        ({"time_zone": "Mars/Base"}, "time_zone is 'Mars/Base'. Give a time zone name"),
        ({"time_zone": "../etc"}, "Give a time zone name"),
        ({"journals": {"fee": 3}}, "journals.fee is 3. Give a text"),
        ({"dimensions": {"team": 3}}, "dimensions.team is 3. Give a text"),
        ({"rules": {}}, "rules is {}. Give a list of rules."),
        ({"rules": [{}]}, "rules[0] sets nothing. Give an account, tax_code"),
        ({"rules": [{"account": "1", "if": 2}]}, "rules[0].if is not a setting."),
        ({"rules": [{"account": "1", "types": "fee"}]}, "rules[0].types is 'fee'. Give a list"),
        ({"rules": [{"account": "1", "types": ["x"]}]}, "rules[0].types[0] is 'x'. Give one of"),
        ({"rules": [{"account": "1", "min_amount": "ten"}]}, "rules[0].min_amount is 'ten'."),
        ({"rules": [{"account": "1", "min_amount": 1.5}]}, "Give an amount as a text"),
        ({"rules": [{"account": "1", "min_amount": True}]}, "Give an amount as a text"),
        ({"rules": [{"account": "1", "max_amount": "-1"}]}, "Give an amount as a text"),
        (
            {"rules": [{"account": "1", "min_amount": "5", "max_amount": "4"}]},
            "rules[0].max_amount is below min_amount. Give a larger max_amount.",
        ),
        ({"rules": [{"account": "1", "currency": "euro"}]}, "rules[0].currency is 'euro'."),
        ({"rules": [{"dimensions": {"CC": 1}}]}, "rules[0].dimensions.CC is 1. Give a text"),
    ],
)
def test_a_wrong_setting_is_named_with_its_fix(raw: Any, told: str) -> None:
    with pytest.raises(ValueError) as caught:
        Mapping.from_json(raw)
    assert told in str(caught.value)
