"""What an ERP may not book: the right error, the far side's words, and no harm to others."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from erp_adapters.base import ErpAdapter, TaxManner
from erp_adapters.errors import (
    AccountUnknown,
    DimensionValueUnknown,
    NotAllowed,
    PeriodClosed,
    Rejected,
    TaxCodeUnknown,
    VendorUnknown,
)
from erp_adapters.ledger import PostedVoucher, Voucher
from tests.contract.adapters import chart
from tests.contract.adapters.chart import line, voucher, with_first
from tests.contract.adapters.proxy import Proxy
from tests.contract.adapters.sandboxes import Sandbox

DIMENSIONS, LEDGER = "max_dimensions", "vendor_ledger"


Make = Callable[[TaxManner], Voucher]


def plain(**changes: Any) -> Make:
    return lambda manner: with_first(**changes)


def taxed(code: str) -> Make:
    return lambda manner: voucher(*chart.taxed(manner, code=code))


# name -> what is wrong, the refusal, and what an ERP must have for it
BAD: dict[str, tuple[Make, type[Rejected], str]] = {
    "unknown account": (plain(account="0815"), AccountUnknown, ""),
    "hostile account": (plain(account="6100' or 1=1"), AccountUnknown, ""),
    "inactive account": (plain(account="6999"), AccountUnknown, ""),
    "heading": (plain(account="1000"), AccountUnknown, ""),
    "unknown tax code": (taxed("I26"), TaxCodeUnknown, ""),
    "hostile tax code": (taxed("I25%"), TaxCodeUnknown, ""),
    "inactive tax code": (taxed("X99"), TaxCodeUnknown, ""),
    "unknown dimension": (plain(dimensions=(("NO", "IT"),)), DimensionValueUnknown, DIMENSIONS),
    "unknown value": (plain(dimensions=(("DEP", "NO"),)), DimensionValueUnknown, DIMENSIONS),
    "inactive value": (plain(dimensions=(("DEP", "OLD"),)), DimensionValueUnknown, DIMENSIONS),
    "value of another dimension": (
        plain(dimensions=(("DEP", "P1"),)),
        DimensionValueUnknown,
        DIMENSIONS,
    ),
    "mandatory dimension": (plain(account="6300"), DimensionValueUnknown, "mandatory"),
    "unknown vendor": (plain(account="2440", vendor="V0"), VendorUnknown, LEDGER),
    "inactive vendor": (plain(account="2440", vendor="V9"), VendorUnknown, LEDGER),
    "no vendor": (plain(account="2440"), VendorUnknown, LEDGER),
    "unknown vendor of a bill": (lambda manner: chart.bill(vendor="V0"), VendorUnknown, LEDGER),
    "closed period": (lambda manner: voucher(posting_date=chart.CLOSED_DAY), PeriodClosed, ""),
}
EACH = [
    pytest.param(name, marks=[pytest.mark.needs(need)] if need else [])
    for name, (_, _, need) in BAD.items()
]


def assert_refused(result: PostedVoucher | Rejected, bad: Voucher, kind: type[Rejected]) -> None:
    assert type(result) is kind
    assert result.message
    assert result.code
    assert (result.system, result.reference) == ("erp", bad.reference)


@pytest.mark.parametrize("name", EACH)
def test_one_bad_voucher_is_refused_and_the_others_are_booked(
    erp: ErpAdapter, sandbox: Sandbox, name: str
) -> None:
    make, kind, _ = BAD[name]
    bad = make(erp.capabilities.tax_manner)
    good = [voucher(), voucher(is_final=not erp.capabilities.supports_draft)]
    first, refused, last = erp.post([good[0], bad, good[1]])
    assert_refused(refused, bad, kind)
    assert [type(first), type(last)] == [PostedVoucher, PostedVoucher]
    assert sandbox.raw(bad.reference) == []
    assert erp.find_posted([bad.reference]) == {}
    assert len(sandbox.raw(*(x.reference for x in good))) == 2


@pytest.mark.parametrize("name", EACH)
def test_a_refusal_in_another_language_is_the_same(
    erp: ErpAdapter, network: Proxy, name: str
) -> None:
    make, kind, _ = BAD[name]
    bad = make(erp.capabilities.tax_manner)
    network.speak_another_language()
    good, refused = erp.post([voucher(), bad])
    assert isinstance(good, PostedVoucher)
    assert_refused(refused, bad, kind)


def test_a_batch_of_bad_ones(erp: ErpAdapter, sandbox: Sandbox) -> None:
    rows = [x for x in BAD.values() if not x[2] or not sandbox.lacks(x[2])]
    bad = [make(erp.capabilities.tax_manner) for make, _, _ in rows]
    results = erp.post(bad)
    for result, sent, (_, kind, _) in zip(results, bad, rows, strict=True):
        assert_refused(result, sent, kind)
    assert sandbox.raw(*(x.reference for x in bad)) == []


@pytest.mark.needs("without_rights")
@pytest.mark.parametrize("foreign", [False, True], ids=["english", "another language"])
def test_a_user_without_the_right_to_book(
    erp: ErpAdapter, sandbox: Sandbox, network: Proxy, foreign: bool
) -> None:
    """No voucher's fault: the connection stops, instead of each entry being refused."""
    if foreign:
        network.speak_another_language()
    with sandbox.without_rights():
        for sent in ([voucher()], [voucher(), voucher()]):
            with pytest.raises(NotAllowed):
                sandbox.adapter().post(sent)
            assert sandbox.raw(*(x.reference for x in sent)) == []


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


@pytest.mark.needs("supports_draft")
def test_a_draft_is_refused_for_the_same_reasons(erp: ErpAdapter, sandbox: Sandbox) -> None:
    lines = line("1000", "1.00"), line("5840", "-1.00")
    (refused,) = erp.post([voucher(*lines, is_final=False)])
    assert isinstance(refused, AccountUnknown)
