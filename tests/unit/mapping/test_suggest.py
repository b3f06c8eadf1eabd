"""Which account or tax code is suggested for a code of Pleo, and why."""

from decimal import Decimal

import pytest

from erp_adapters.ledger import Account, TaxCode
from pleo_connector.mapping.suggest import suggest_account, suggest_tax_code

ACCOUNTS = [
    Account(code="1920", name="Pleo wallet", id="1", kind="asset"),
    Account(code="5800", name="Travel and lodging", id="2", kind="expense"),
    Account(code="5810", name="Travel", id="3", kind="expense"),
    Account(code="6000", name="Office expenses", id="4", kind="expense", is_postable=False),
    Account(code="6100", name="Office supplies", id="5", kind="expense"),
    Account(code="6110", name="Stationery", id="6", kind="expense", is_active=False),
    Account(code="3000", name="Travel sold", id="7", kind="revenue"),
]
CODES = [
    TaxCode(code="I25", name="Input 25 %", id="1", rate=Decimal("0.25")),
    TaxCode(code="O25", name="Old", id="2", rate=Decimal("0.12"), is_active=False),
    TaxCode(code="N12", name="Food", id="3", rate=Decimal("0.12")),
    TaxCode(code="X6", name="Books", id="4", rate=Decimal("0.06")),
    TaxCode(code="Y6", name="Culture", id="5", rate=Decimal("0.06")),
]


@pytest.mark.parametrize(
    ("key", "name", "kind", "expected"),
    [
        ("06100", "Anything", "category", ("6100", "number", "")),
        ("61-00", "", "category", ("6100", "number", "")),
        ("610000", "", "category", ("6100", "number", "")),
        ("7000", "OFFICE  supplies", "category", ("6100", "name", "")),
        ("Travel", "Travel", "category", ("5810", "name", "")),
        ("7000", "Business travels", "category", ("5810", "word", "travels")),
        ("7000", "Pleo card", "contra", ("1920", "word", "pleo")),
        ("7000", "Pleo card", "category", None),  # no expense account
        ("7000", "Other expenses", "category", None),  # words of nearly every account
        ("7000", "", "category", None),
        ("6110", "Stationery", "category", None),  # it is inactive, and no other is like it
        ("6", "", "category", None),
    ],
)
def test_accounts(key: str, name: str, kind: str, expected: tuple[str, str, str] | None) -> None:
    found = suggest_account(key, name, kind, ACCOUNTS)
    assert (found and (found.code, found.why, found.word)) == expected


@pytest.mark.parametrize(
    ("key", "rate", "expected"),
    [
        ("i-25", None, ("I25", "number")),
        ("Food", None, ("N12", "name")),
        ("U25", "0.250000", ("I25", "rate")),
        ("U12", "0.12", ("N12", "rate")),  # the other one is inactive
        ("U6", "0.06", None),  # two have it
        ("U7", "0.07", None),
        ("U", None, None),
    ],
)
def test_tax_codes(key: str, rate: str | None, expected: tuple[str, str] | None) -> None:
    found = suggest_tax_code(key, Decimal(rate) if rate else None, CODES)
    assert (found and (found.code, found.why)) == expected
