"""What an ERP changed is told, and what it only adds for tax is not."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from erp_adapters.ledger import LedgerLine, LineTax, PostedVoucher, TaxRole, Voucher
from pleo_connector.bookkeeping.readback import differences

DAY = date(2026, 5, 2)


def sent(role: TaxRole | None = None, currency: str = "EUR") -> Voucher:
    tax = role and LineTax(code="I25", role=role, tax_amount=Decimal(25), base_amount=Decimal(100))
    total = Decimal(125) if role in ("added", "included") else Decimal(100)
    base = Decimal(125) if role == "included" else Decimal(100)
    return Voucher(
        reference="pleo:1",
        posting_date=DAY,
        currency=currency,
        is_final=True,
        lines=(
            LedgerLine(account="6100", debit=base, because="", tax=tax),
            LedgerLine(account="1940", credit=total, because=""),
        ),
    )


def told(voucher: Voucher, **changes: Any) -> list[str]:
    answer = PostedVoucher(
        reference=voucher.reference,
        id="1",
        number="V1",
        url="",
        is_final=True,
        posting_date=DAY,
        total=voucher.total,
        currency=voucher.currency,
        line_count=len(voucher.lines),
    )
    posted = replace(answer, **changes)
    return list(differences(voucher, posted, label="The ERP", company_currency="EUR"))


def test_what_stands_as_it_was_sent_is_not_worth_a_word() -> None:
    assert told(sent()) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"posting_date": date(2026, 7, 1)},
            "The ERP booked the entry on 2026-07-01, not on 2026-05-02.",
        ),
        ({"is_final": False}, "The ERP holds the voucher as a draft."),
        (
            {"total": Decimal("1100.01")},
            "The ERP shows a total of EUR 1,100.01; EUR 100 was sent.",
        ),
        ({"line_count": 3}, "The ERP holds 3 lines; 2 were sent."),
        ({"line_count": 1}, "The ERP holds 1 line; 2 were sent."),
    ],
    ids=["date", "state", "total", "line more", "line less"],
)
def test_a_change_is_told(change: dict[str, Any], sentence: str) -> None:
    assert told(sent(), **change) == [sentence]


def test_changes_are_told_together() -> None:
    assert len(told(sent(), posting_date=date(2026, 7, 1), line_count=4)) == 2


@pytest.mark.parametrize(
    ("role", "total", "lines"),
    [("added", 125, 3), ("included", 125, 3), ("reverse", 100, 2), ("reverse", 125, 4)],
)
def test_tax_that_the_erp_computes_is_no_change(role: TaxRole, total: int, lines: int) -> None:
    assert told(sent(role), total=Decimal(total), line_count=lines) == []


def test_a_suspense_line_shows_even_where_tax_lines_are_added() -> None:
    assert told(sent("added"), line_count=4) == ["The ERP holds 4 lines; 2 were sent."]


def test_a_total_in_another_currency_says_nothing() -> None:
    assert told(sent(currency="USD"), total=Decimal(92), currency="EUR") == []
    assert told(sent(currency="USD"), total=Decimal(92), currency="") == []


def test_lines_that_an_erp_does_not_count_say_nothing() -> None:
    assert told(sent(), line_count=None) == []
