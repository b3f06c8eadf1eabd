"""Entries that share a voucher: which of them do, under which name, and that nothing is lost."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from erp_adapters.ledger import ZERO, LedgerLine, LineTax, Voucher
from pleo_connector.bookkeeping.common import (
    MOST_LINES,
    common_number,
    in_common,
    is_common,
    together,
)

JOB = "aaaaaaaa-0000-4000-8000-000000000001"
DAY = date(2026, 5, 2)


def line(account: str, amount: Decimal, tax: LineTax | None = None) -> LedgerLine:
    debit, credit = max(amount, ZERO), max(-amount, ZERO)
    return LedgerLine(account=account, debit=debit, credit=credit, because="", tax=tax)


def voucher(number: int, amount: int = 100, lines: int = 1, **changes: Any) -> Voucher:
    """`amount` in cents; negative for money that comes back."""
    each = Decimal(amount) / 100
    tax = LineTax(code="R25", role="base", tax_amount=ZERO, base_amount=abs(each))
    made = Voucher(
        reference=f"pleo:{number}",
        posting_date=DAY,
        currency="EUR",
        text=f"Pleo {number}",
        lines=(*[line("6100", each, tax)] * lines, line("1940", -each * lines)),
    )
    return replace(made, **changes)


def shared(vouchers: Iterable[Voucher], first: int = 1) -> dict[str, str]:
    found = in_common(vouchers, job_id=JOB, first=first)
    return {own: share.reference.removeprefix(f"pleo:job:{JOB}:") for own, share in found.items()}


def test_two_of_a_kind_share() -> None:
    assert shared([voucher(1), voucher(2)]) == {"pleo:1": "1", "pleo:2": "1"}


def test_one_alone_keeps_its_own() -> None:
    assert shared([voucher(1)]) == {}


def test_numbers_go_on_after_those_in_use() -> None:
    assert shared([voucher(1), voucher(2)], first=4) == {"pleo:1": "4", "pleo:2": "4"}


def test_what_a_voucher_has_once_is_not_mixed() -> None:
    others: list[dict[str, Any]] = [
        {"posting_date": date(2026, 5, 3)},
        {"currency": "USD"},
        {"journal": "CARD"},
        {"is_final": True},
    ]
    pairs = [voucher(n) for n in (1, 2)]
    for number, change in enumerate(others, start=2):
        pairs += [voucher(10 * number + n, **change) for n in (1, 2)]
    assert list(shared(pairs).values()) == ["1", "1", "2", "2", "3", "3", "4", "4", "5", "5"]


def test_returns_stand_apart() -> None:
    assert shared([voucher(1), voucher(2, -100), voucher(3), voucher(4, -100)]) == {
        "pleo:1": "1",
        "pleo:3": "1",
        "pleo:2": "2",
        "pleo:4": "2",
    }


def test_documents_keep_their_own() -> None:
    apart = [voucher(3, document_number="A-1"), voucher(4, kind="bill")]
    assert shared([voucher(1), voucher(2), *apart]).keys() == {"pleo:1", "pleo:2"}


def test_many_lines_make_several_vouchers() -> None:
    found = shared(voucher(n, lines=99) for n in range(12))
    assert list(found.values()) == ["1"] * 5 + ["2"] * 5 + ["3"] * 2
    assert MOST_LINES == 500


def test_names_are_told_apart() -> None:
    name = f"pleo:job:{JOB}:7"
    assert is_common(name)
    assert common_number(name, JOB) == 7
    assert common_number(name, "another") == 0
    assert not is_common("pleo:1")
    assert common_number("pleo:1", JOB) == 0


def test_each_line_says_what_its_voucher_would_have_said() -> None:
    shares = in_common([voucher(1), voucher(2)], job_id=JOB, first=1).values()
    (one,) = together(shares)
    assert one.text == "Pleo export, 2 entries"
    assert [x.text for x in one.lines] == ["Pleo 1"] * 2 + ["Pleo 2"] * 2


def test_a_share_left_alone_is_still_a_common_voucher() -> None:
    share, _ = in_common([voucher(1), voucher(2)], job_id=JOB, first=1).values()
    (one,) = together([share])
    assert (one.text, one.reference) == ("Pleo export, 1 entry", f"pleo:job:{JOB}:1")


def sums(vouchers: Iterable[Voucher]) -> dict[tuple[str, str, date], Decimal]:
    found: dict[tuple[str, str, date], Decimal] = defaultdict(Decimal)
    for each in vouchers:
        for x in each.lines:
            found[x.account, each.currency, each.posting_date] += x.debit - x.credit
    return dict(found)


amounts = st.integers(-(10**9), 10**9).filter(bool)
kinds = st.fixed_dictionaries(
    {},
    optional={
        "currency": st.sampled_from(["EUR", "USD"]),
        "journal": st.sampled_from(["CARD", None]),
        "posting_date": st.dates(date(2026, 5, 1), date(2026, 5, 4)),
        "document_number": st.sampled_from(["A-1", ""]),
    },
)


@given(st.lists(st.tuples(amounts, st.integers(1, 40), kinds), max_size=60))
def test_nothing_is_lost_or_booked_twice(
    wishes: list[tuple[int, int, dict[str, Any]]],
) -> None:
    vouchers = [voucher(n, a, lines, **more) for n, (a, lines, more) in enumerate(wishes)]
    shares = in_common(vouchers, job_id=JOB, first=1)
    sent = together(shares.get(x.reference, x) for x in vouchers)
    assert sums(sent) == sums(vouchers)
    assert sum(len(x.lines) for x in sent) == sum(len(x.lines) for x in vouchers)
    assert len({x.reference for x in sent}) == len(sent)
