"""What an ERP may not book: the right error, the far side's words, and no harm to others."""

from datetime import date
from typing import Any

import pytest

from erp_adapters.base import ErpAdapter
from erp_adapters.errors import (
    AccountUnknown,
    DimensionValueUnknown,
    PeriodClosed,
    Rejected,
    TaxCodeUnknown,
    VendorUnknown,
)
from erp_adapters.ledger import PostedVoucher, Voucher
from tests.contract.adapters import chart
from tests.contract.adapters.chart import line, tax, voucher, with_first
from tests.contract.adapters.sandboxes import Sandbox


def taxed(code: str) -> Voucher:
    return with_first(tax=tax(code, "base", base="100", amount="25"))


BAD: dict[str, tuple[Any, type[Rejected]]] = {
    "unknown account": (lambda: with_first(account="0815"), AccountUnknown),
    "hostile account": (lambda: with_first(account="6100' or 1=1"), AccountUnknown),
    "inactive account": (lambda: with_first(account="6999"), AccountUnknown),
    "heading": (lambda: with_first(account="1000"), AccountUnknown),
    "unknown tax code": (lambda: taxed("I26"), TaxCodeUnknown),
    "inactive tax code": (lambda: taxed("X99"), TaxCodeUnknown),
    "unknown dimension": (lambda: with_first(dimensions=(("NO", "IT"),)), DimensionValueUnknown),
    "unknown value": (lambda: with_first(dimensions=(("DEP", "NO"),)), DimensionValueUnknown),
    "inactive value": (lambda: with_first(dimensions=(("DEP", "OLD"),)), DimensionValueUnknown),
    "value of another dimension": (
        lambda: with_first(dimensions=(("DEP", "P1"),)),
        DimensionValueUnknown,
    ),
    "unknown vendor": (lambda: with_first(account="2440", vendor="V0"), VendorUnknown),
    "inactive vendor": (lambda: with_first(account="2440", vendor="V9"), VendorUnknown),
    "no vendor": (lambda: with_first(account="2440"), VendorUnknown),
    "closed period": (lambda: voucher(posting_date=chart.CLOSED_DAY), PeriodClosed),
}


@pytest.mark.parametrize("name", BAD)
def test_one_bad_voucher_is_refused_and_the_others_are_booked(
    erp: ErpAdapter, sandbox: Sandbox, name: str
) -> None:
    make, kind = BAD[name]
    bad: Voucher = make()
    good = [voucher(), voucher(is_final=False)]
    first, refused, last = erp.post([good[0], bad, good[1]])
    assert type(refused) is kind
    assert refused.message
    assert refused.code
    assert (refused.system, refused.reference) == ("erp", bad.reference)
    assert [type(first), type(last)] == [PostedVoucher, PostedVoucher]
    assert sandbox.raw(bad.reference) == []
    assert erp.find_posted([bad.reference]) == {}
    assert len(sandbox.raw(*(x.reference for x in good))) == 2


def test_a_batch_of_bad_ones(erp: ErpAdapter, sandbox: Sandbox) -> None:
    bad = [make() for make, _ in BAD.values()]
    results = erp.post(bad)
    assert [type(result) for result in results] == [kind for _, kind in BAD.values()]
    assert sandbox.raw(*(x.reference for x in bad)) == []


def test_the_sentence_names_what_is_wrong(erp: ErpAdapter) -> None:
    (account,) = erp.post([with_first(account="0815")])
    (day,) = erp.post([voucher(posting_date=chart.CLOSED_DAY)])
    assert isinstance(account, Rejected)
    assert isinstance(day, Rejected)
    assert "0815" in account.message
    assert "2025-03-15" in day.message


def test_a_refused_voucher_can_be_booked_once_it_is_right(
    erp: ErpAdapter, sandbox: Sandbox
) -> None:
    reference = chart.reference()
    (refused,) = erp.post([voucher(reference=reference, posting_date=date(2025, 3, 1))])
    assert isinstance(refused, PeriodClosed)
    (posted,) = erp.post([voucher(reference=reference, posting_date=date(2025, 4, 1))])
    assert isinstance(posted, PostedVoucher)
    assert len(sandbox.raw(reference)) == 1


def test_a_draft_is_refused_for_the_same_reasons(erp: ErpAdapter, sandbox: Sandbox) -> None:
    lines = line("1000", "1.00"), line("5840", "-1.00")
    (refused,) = erp.post([voucher(*lines, is_final=False)])
    assert isinstance(refused, AccountUnknown)
