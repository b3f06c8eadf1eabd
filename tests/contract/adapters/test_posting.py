"""Booking what is right: it stands in the ERP as we asked, and is found again."""

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from erp_adapters.base import ErpAdapter
from erp_adapters.errors import Rejected
from erp_adapters.ledger import Money, PostedVoucher, Voucher
from tests.contract.adapters import chart
from tests.contract.adapters.chart import line, tax, voucher
from tests.contract.adapters.sandboxes import Raw, Sandbox

HOSTILE = {
    "quotes": """pleo'"`´’ OR 1=1; --""",
    "wildcards": "100%_of\\%_all",
    "domain": """["description", "!=", null]""",
    "json": '{"__class__": "Decimal", "decimal": "1"}',
    "markup": "<b>&amp;</b><!-- -->",
    "unicode": "Ægir Ødegård naïve ﬁ Straße",
    "emoji": "🧾👩‍👩‍👧‍👦🏳️‍🌈",
    "right to left": "שלום \u202eعربي",
    "spaces": "two  spaces and a non-breaking one",
    "long": "x" * 200,
}


def booked(erp: ErpAdapter, *vouchers: Voucher) -> list[PostedVoucher]:
    results = erp.post(vouchers)
    refused = [result for result in results if isinstance(result, Rejected)]
    assert not refused, refused
    return [result for result in results if isinstance(result, PostedVoucher)]


def only(sandbox: Sandbox, reference: str) -> Raw:
    (raw,) = sandbox.raw(reference)
    return raw


def balances(raw: Raw) -> dict[str, Decimal]:
    """Debit - credit per account, whatever the number of lines."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for account, debit, credit, _ in raw.lines:
        found[account] += debit - credit
    return {account: amount for account, amount in found.items() if amount}


def amounts(raw: Raw) -> list[tuple[str, Decimal, Decimal]]:
    return sorted((account, debit, credit) for account, debit, credit, _ in raw.lines)


def test_final_voucher(erp: ErpAdapter, sandbox: Sandbox) -> None:
    sent = voucher()
    (posted,) = booked(erp, sent)
    assert posted.is_final
    assert posted.reference == sent.reference
    assert posted.number
    assert posted.url.startswith("http")
    assert (posted.posting_date, posted.total) == (chart.DAY, Decimal("100.00"))
    assert (posted.currency, posted.line_count) == ("EUR", 2)
    raw = only(sandbox, sent.reference)
    assert (raw.is_final, raw.number, raw.day) == (True, posted.number, chart.DAY)
    assert amounts(raw) == [("5840", 0, Decimal(100)), ("6100", Decimal(100), 0)]


@pytest.mark.needs("supports_draft")
def test_draft_voucher(erp: ErpAdapter, sandbox: Sandbox) -> None:
    sent = voucher(is_final=False)
    (posted,) = booked(erp, sent)
    assert not posted.is_final
    assert not only(sandbox, sent.reference).is_final


def test_numbers_differ(erp: ErpAdapter) -> None:
    numbers = [posted.number for posted in booked(erp, *(voucher() for _ in range(5)))]
    assert len(set(numbers)) == 5


def test_a_batch_keeps_its_order(erp: ErpAdapter) -> None:
    drafts = erp.capabilities.supports_draft
    sent = [voucher(is_final=bool(number % 3) or not drafts) for number in range(12)]
    posted = booked(erp, *sent)
    assert [x.reference for x in posted] == [x.reference for x in sent]
    assert [x.is_final for x in posted] == [x.is_final for x in sent]


def test_the_same_batch_is_found_as_it_was_answered(erp: ErpAdapter, sandbox: Sandbox) -> None:
    drafts = erp.capabilities.supports_draft
    sent = [voucher(is_final=bool(number % 2) or not drafts) for number in range(6)]
    posted = booked(erp, *sent)
    found = sandbox.adapter().find_posted([x.reference for x in sent])
    assert found == {x.reference: x for x in posted}


def test_a_full_batch(erp: ErpAdapter, sandbox: Sandbox) -> None:
    sent = [voucher() for _ in range(min(erp.capabilities.batch_size, 100))]
    posted = booked(erp, *sent)
    references = [x.reference for x in sent]
    assert len(sandbox.raw(*references)) == len(sent)
    assert len(sandbox.adapter().find_posted(references)) == len(posted)


def test_nothing_is_found_under_an_unknown_reference(erp: ErpAdapter) -> None:
    assert erp.find_posted([chart.reference()]) == {}
    assert erp.find_posted([]) == {}


def test_more_references_than_one_search_takes(erp: ErpAdapter) -> None:
    (posted,) = booked(erp, voucher())
    asked = [*(chart.reference() for _ in range(250)), posted.reference]
    assert erp.find_posted(asked) == {posted.reference: posted}


def test_references_that_begin_alike_are_not_mixed_up(erp: ErpAdapter) -> None:
    root = chart.reference()
    names = [root, f"{root}1", f"{root}12", f"{root} 1", f"{root.upper()}"]
    posted = booked(erp, *(voucher(reference=name) for name in names[1:]))
    assert erp.find_posted([root]) == {}
    assert erp.find_posted(names) == {x.reference: x for x in posted}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_reference(erp: ErpAdapter, sandbox: Sandbox, name: str) -> None:
    reference = f"{chart.reference()[-12:]} {HOSTILE[name]}"
    (posted,) = booked(erp, voucher(reference=reference))
    assert erp.find_posted([reference, HOSTILE[name]]) == {reference: posted}
    assert len(sandbox.raw(reference)) == 1


@pytest.mark.parametrize("reference", ["two\nlines", " edges ", "tab\tbed", "nul\x00", ""])
def test_a_reference_that_would_not_be_found_is_not_booked(
    erp: ErpAdapter, sandbox: Sandbox, reference: str
) -> None:
    """Either it is refused, or it is found exactly: nothing may be booked and then lost."""
    (result,) = erp.post([voucher(reference=reference)])
    if isinstance(result, PostedVoucher):
        assert reference in erp.find_posted([reference])
    else:
        assert not sandbox.raw(reference, reference.strip())


@pytest.mark.parametrize("name", [*HOSTILE, "lines", "controls", "surrogate"])
def test_hostile_text(erp: ErpAdapter, sandbox: Sandbox, name: str) -> None:
    more = {"lines": "one\r\ntwo\n", "controls": "a\x00b\x07\tc", "surrogate": "half \ud83d"}
    text = {**HOSTILE, **more}[name]
    lines = line("6100", "5.00", text=text), line("5840", "-5.00", text=text)
    sent = voucher(*lines, text=text, document_number=text)
    booked(erp, sent)
    assert len(only(sandbox, sent.reference).lines) == 2


@pytest.mark.parametrize("amount", ["0.01", "0.10", "1234.56", "999999999.99"])
def test_amounts_to_the_cent(erp: ErpAdapter, sandbox: Sandbox, amount: str) -> None:
    sent = voucher(line("6100", amount), line("5840", f"-{amount}"))
    (posted,) = booked(erp, sent)
    assert posted.total == Decimal(amount)
    raw = only(sandbox, sent.reference)
    assert amounts(raw) == [("5840", 0, Decimal(amount)), ("6100", Decimal(amount), 0)]


@pytest.mark.parametrize("amount", ["1.005", "0.001", "99999999999999999.99"])
def test_an_amount_that_does_not_fit_is_refused_or_kept_to_the_last_digit(
    erp: ErpAdapter, sandbox: Sandbox, amount: str
) -> None:
    sent = voucher(line("6100", amount), line("5840", f"-{amount}"))
    first, result, last = erp.post([voucher(), sent, voucher()])
    assert [type(first), type(last)] == [PostedVoucher, PostedVoucher]
    if isinstance(result, Rejected):
        assert result.reference == sent.reference
        assert sandbox.raw(sent.reference) == []
    else:
        assert result.total == Decimal(amount)
        assert balances(only(sandbox, sent.reference))["6100"] == Decimal(amount)


def test_a_line_of_nothing(erp: ErpAdapter, sandbox: Sandbox) -> None:
    sent = voucher(line("6100", "5.00"), line("6200", "0.00"), line("5840", "-5.00"))
    booked(erp, sent)
    assert balances(only(sandbox, sent.reference)) == {"6100": 5, "5840": -5}


def test_the_search_finds_at_once_what_was_booked(erp: ErpAdapter, sandbox: Sandbox) -> None:
    """`settle_seconds` is about a write whose answer is lost; one that was answered is found."""
    assert erp.capabilities.settle_seconds >= 0
    assert erp.capabilities.reference_place
    for _ in range(3):
        (posted,) = booked(erp, voucher())
        assert sandbox.adapter().find_posted([posted.reference]) == {posted.reference: posted}


def test_a_reference_of_full_length_is_found(erp: ErpAdapter) -> None:
    length = min(erp.capabilities.reference_length, 250)
    reference = chart.reference().ljust(length, "x")
    (posted,) = booked(erp, voucher(reference=reference))
    assert erp.find_posted([reference, reference[:-1]]) == {reference: posted}


def test_a_text_of_full_length(erp: ErpAdapter, sandbox: Sandbox) -> None:
    text = "ü" * (erp.capabilities.text_length + 1)
    sent = voucher(line("6100", "5.00", text=text), line("5840", "-5.00"), text=text)
    booked(erp, sent)
    assert len(only(sandbox, sent.reference).lines) == 2


def test_many_lines(erp: ErpAdapter, sandbox: Sandbox) -> None:
    parts = [line("6100" if n % 2 else "6200", "0.07") for n in range(60)]
    sent = voucher(*parts, line("5840", "-4.20"))
    (posted,) = booked(erp, sent)
    assert (posted.total, posted.line_count) == (Decimal("4.20"), 61)
    assert len(only(sandbox, sent.reference).lines) == 61


@pytest.mark.needs("max_dimensions")
def test_dimensions_stand_on_their_line(erp: ErpAdapter, sandbox: Sandbox) -> None:
    both = (("DEP", "SALES"), ("PRJ", "P1"))
    sent = voucher(
        line("6100", "60.00", dimensions=both),
        line("6200", "40.00", dimensions=(("DEP", "IT"),)),
        line("5840", "-100.00"),
    )
    booked(erp, sent)
    found = {account: axes for account, _, _, axes in only(sandbox, sent.reference).lines}
    assert found == {"6100": dict(both), "6200": {"DEP": "IT"}, "5840": {}}


@pytest.mark.parametrize("sign", ["", "-"], ids=["purchase", "refund"])
@pytest.mark.parametrize("is_final", [True, False], ids=["final", "draft"])
def test_tax_in_the_erp_s_manner(
    erp: ErpAdapter, sandbox: Sandbox, sign: str, is_final: bool
) -> None:
    lines = chart.taxed(erp.capabilities.tax_manner, sign=sign)
    is_final = is_final or not erp.capabilities.supports_draft
    (posted,) = booked(erp, sent := voucher(*lines, is_final=is_final))
    assert posted.total == sent.total == 100
    way = Decimal(-1 if sign else 1)
    expected = {"6100": 80 * way, "2610": 20 * way, "5840": -100 * way}
    assert balances(only(sandbox, sent.reference)) == expected


def test_reverse_charge(erp: ErpAdapter, sandbox: Sandbox) -> None:
    (posted,) = booked(erp, sent := voucher(*chart.reverse_charged(erp.capabilities.tax_manner)))
    assert posted.total in (80, 100)
    expected = {"6100": 80, "2610": 20, "2611": -20, "5840": -80}
    assert balances(only(sandbox, sent.reference)) == expected


def test_tax_of_no_percent(erp: ErpAdapter, sandbox: Sandbox) -> None:
    role = {"send_tax_lines": "base", "server_computes": "added", "code_only": "included"}
    none = tax("Z0", role[erp.capabilities.tax_manner], base="10", amount="0")
    (posted,) = booked(erp, voucher(line("6100", "10.00", tax=none), line("5840", "-10.00")))
    assert posted.total == 10


@pytest.mark.needs("vendor_ledger")
@pytest.mark.parametrize("kind", ["bill", "credit_note"])
def test_a_supplier_s_document(erp: ErpAdapter, sandbox: Sandbox, kind: Any) -> None:
    (posted,) = booked(erp, sent := chart.bill("125.00", kind=kind))
    assert (posted.is_final, posted.total, posted.currency) == (True, Decimal(125), "EUR")
    assert erp.find_posted([sent.reference]) == {sent.reference: posted}
    way = -1 if kind == "credit_note" else 1
    assert balances(only(sandbox, sent.reference)) == {"6100": 125 * way, "2440": -125 * way}


@pytest.mark.needs("vendor_ledger")
def test_the_payment_of_a_bill_is_booked_with_it(erp: ErpAdapter, sandbox: Sandbox) -> None:
    owed = chart.bill()
    posted = booked(erp, owed, sent := chart.payment(owed))
    assert [x.is_final for x in posted] == [True, True]
    assert balances(only(sandbox, sent.reference)) == {"2440": 100, "5840": -100}


@pytest.mark.needs("vendor_ledger")
def test_a_vendor_on_a_sub_ledger_line(erp: ErpAdapter, sandbox: Sandbox) -> None:
    sent = voucher(line("6100", "10.00"), line("2440", "-10.00", vendor="V1"))
    booked(erp, sent)
    assert ("2440", Decimal(0), Decimal(10)) in amounts(only(sandbox, sent.reference))


@pytest.mark.needs("vendor_ledger")
def test_a_vendor_named_where_none_is_needed(erp: ErpAdapter) -> None:
    booked(erp, voucher(line("6100", "10.00", vendor="V1"), line("5840", "-10.00"), vendor="V2"))


def test_what_the_supplier_charged_may_be_another_currency(erp: ErpAdapter) -> None:
    dollars = Money(Decimal("110.00"), "USD")
    pounds_nobody_set_up = Money(Decimal("12.00"), "GBP")
    sent = voucher(
        line("6100", "100.00", original=dollars),
        line("6200", "14.00", original=pounds_nobody_set_up),
        line("5840", "-114.00"),
    )
    (posted,) = booked(erp, sent)
    assert (posted.total, posted.currency) == (Decimal(114), "EUR")


@pytest.mark.needs("foreign_currency")
def test_a_voucher_in_another_currency(erp: ErpAdapter, sandbox: Sandbox) -> None:
    thirds = (line("6100", "33.33"), line("6200", "33.33"), line("6100", "33.34"))
    sent = voucher(*thirds, line("5840", "-100.00"), currency="DKK")
    (posted,) = booked(erp, sent)
    lines = only(sandbox, sent.reference).lines
    debit = sum((x[1] for x in lines), Decimal(0))
    assert debit == sum((x[2] for x in lines), Decimal(0)) == posted.total
    expected = {"DKK": Decimal(100), "EUR": Decimal("13.40")}  # at 7.46, rounded line by line
    assert abs(posted.total - expected[posted.currency]) <= Decimal("0.02")


@pytest.mark.needs("supports_draft")
def test_drafts_are_finished_and_stay_so(erp: ErpAdapter, sandbox: Sandbox) -> None:
    sent = [voucher(is_final=False) for _ in range(3)]
    drafts = booked(erp, *sent)
    finished = erp.finish(drafts)
    assert [x.is_final for x in finished if isinstance(x, PostedVoucher)] == [True] * 3
    assert erp.finish(drafts) == finished
    assert erp.find_posted([x.reference for x in sent]) == {
        x.reference: x for x in finished if isinstance(x, PostedVoucher)
    }


@pytest.mark.needs("supports_draft")
def test_surplus_drafts_are_removed_and_final_ones_kept(erp: ErpAdapter, sandbox: Sandbox) -> None:
    """A create that was given up may still arrive: finishing leaves one voucher, not two."""
    late, done = voucher(is_final=False), voucher()
    (draft, _, final, _) = booked(erp, late, late, done, replace(done, is_final=False))
    found = erp.find_posted([late.reference, done.reference])
    assert found == {late.reference: draft, done.reference: final}
    results = erp.finish([draft, final])
    assert [x.id for x in results if isinstance(x, PostedVoucher)] == [draft.id, final.id]
    assert [x.is_final for x in sandbox.raw(late.reference, done.reference)] == [True, True]


@pytest.mark.needs("can_reverse")
def test_a_reversal_mirrors_the_voucher_once(erp: ErpAdapter, sandbox: Sandbox) -> None:
    (posted,) = booked(erp, voucher())
    mirror = erp.reverse(posted, reason="Booked by mistake")
    assert (mirror.total, mirror.is_final) == (posted.total, True)
    assert mirror.id != posted.id
    assert sandbox.adapter().reverse(posted, reason="Booked by mistake") == mirror
    assert erp.find_posted([posted.reference]) == {posted.reference: posted}
