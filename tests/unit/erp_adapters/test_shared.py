"""What adapters share: halving, drafts, rates, matching and look-ups, without any ERP."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from erp_adapters.base import Access, Capabilities, Settlement
from erp_adapters.batches import carry_out, each, unknown_after_a_write
from erp_adapters.currency import Currency, Rates
from erp_adapters.domains import DomainAdapter
from erp_adapters.drafts import DraftingAdapter, Plan, Standing
from erp_adapters.errors import (
    AccountUnknown,
    AuthenticationFailed,
    NotAllowed,
    OutcomeUnknown,
    PeriodClosed,
    Rejected,
    VendorUnknown,
)
from erp_adapters.ledger import Account, Company, PostedVoucher, TaxCode, Voucher
from erp_adapters.lookup import Lookup, Names, Period, one_company, open_period, pages
from erp_adapters.matching import MatchLine, match
from erp_adapters.sources import DomainSettings, DomainWire, Row, nested
from erp_adapters.text import clean, is_kept, stable_id
from tests.contract.adapters.chart import line, payment, voucher

DAY = date(2026, 11, 10)
TEN = Decimal(10)


class Counter:
    writes = 0


# Batches


def refuse(bad: set[int], seen: list[list[int]]) -> Callable[[Sequence[int]], list[str]]:
    def call(items: Sequence[int]) -> list[str]:
        seen.append(list(items))
        if bad & set(items):
            raise Rejected("no")
        return [f"done {x}" for x in items]

    return call


@pytest.mark.parametrize("bad", [set[int](), {0}, {7}, {3, 4}, set(range(8))])
def test_each_refuses_those_to_blame_and_no_other(bad: set[int]) -> None:
    seen: list[list[int]] = []
    answers = each(range(8), refuse(bad, seen))
    assert [isinstance(x, Rejected) for x in answers] == [n in bad for n in range(8)]
    assert [x for x in answers if isinstance(x, str)] == [
        f"done {n}" for n in range(8) if n not in bad
    ]
    assert len(seen) == 1 if not bad else len(seen) <= 15


def test_each_calls_nobody_for_nothing() -> None:
    assert each([], refuse(set(), [])) == []


def test_a_right_that_is_missing_for_one_is_no_voucher_s_fault() -> None:
    def call(items: Sequence[int]) -> list[int]:
        raise NotAllowed("no")

    with pytest.raises(NotAllowed):
        each([1, 2], call)


def test_carry_out_keeps_places_and_names_refusals() -> None:
    vouchers = [voucher() for _ in range(4)]

    def plan(of: Voucher) -> str:
        if of is vouchers[1]:
            raise Rejected("bad plan")
        return of.reference

    def call(plans: Sequence[str]) -> list[str | Rejected]:
        return [Rejected("bad call") if x == vouchers[2].reference else x for x in plans]

    first, second, third, last = carry_out(vouchers, plan, call)
    assert (first, last) == (vouchers[0].reference, vouchers[3].reference)
    assert isinstance(second, Rejected)
    assert isinstance(third, Rejected)
    assert (second.message, second.reference) == ("bad plan", vouchers[1].reference)
    assert (third.message, third.reference) == ("bad call", vouchers[2].reference)


@pytest.mark.parametrize("error", [AuthenticationFailed("x"), KeyError("x"), Rejected("x")])
def test_after_a_write_every_error_is_an_unknown_outcome(error: Exception) -> None:
    wire = Counter()
    with pytest.raises(type(error)), unknown_after_a_write(wire, label="ERP"):
        raise error
    with pytest.raises(OutcomeUnknown):
        write_and_fail(wire, error)


def write_and_fail(wire: Counter, error: Exception) -> None:
    with unknown_after_a_write(wire, label="ERP"):
        wire.writes += 1
        raise error


# Drafts


class Erp(DraftingAdapter):
    """Keeps what it is sent in memory; `twist` is what it makes of a voucher's shape."""

    kind, label = "memory", "Memory"
    capabilities = Capabilities(tax_manner="send_tax_lines")

    def __init__(self, access: Access | None = None) -> None:
        self.wire = Counter()
        self.rows: dict[str, tuple[Voucher, bool]] = {}
        self.twist: Callable[[Any, bool], Any] = lambda shape, is_final: shape
        self.refused: set[str] = set()  # references that cannot be made final
        self.next = 0

    def company(self) -> Company:
        raise NotImplementedError

    accounts = tax_codes = company  # type: ignore[assignment]

    def attach(self, *_: Any, **__: Any) -> None:
        raise NotImplementedError

    def planner(self, vouchers: Sequence[Voucher]) -> Callable[[Voucher], Plan]:
        return lambda x: Plan(voucher=x, values=x, shape=(x.posting_date, x.total))

    def drafted(self, plans: Sequence[Plan]) -> list[str]:
        ids = [str(self.next + n) for n in range(len(plans))]
        self.next += len(plans)
        for number, plan in zip(ids, plans, strict=True):
            self.rows[number] = plan.voucher, False
        self.wire.writes += 1
        return ids

    def finalise(self, ids: Sequence[str]) -> Sequence[str]:
        if any(self.rows[x][0].reference in self.refused for x in ids):
            raise Rejected("cannot be final")
        for number in ids:
            self.rows[number] = self.rows[number][0], True
        return ids

    def remove(self, number: str) -> None:
        del self.rows[number]

    def standing(
        self, *, ids: Sequence[str] = (), references: Sequence[str] = ()
    ) -> list[Standing]:
        return [
            self._standing(number, *row)
            for number, row in self.rows.items()
            if number in ids or row[0].reference in references
        ]

    def _standing(self, number: str, of: Voucher, is_final: bool) -> Standing:
        shape = self.twist((of.posting_date, of.total), is_final)
        posted = PostedVoucher(
            reference=of.reference,
            id=number,
            number=number,
            url="",
            is_final=is_final,
            posting_date=shape[0],
            total=shape[1],
        )
        return Standing(posted=posted, shape=shape)


def moved(shape: Any, is_final: bool) -> Any:
    return (date(2027, 1, 1), shape[1]) if is_final else shape


def changed(shape: Any, is_final: bool) -> Any:
    return (shape[0], shape[1] + 1)


@pytest.mark.parametrize("twist", [moved, changed])
@pytest.mark.parametrize("allow", [False, True])
def test_what_is_not_as_sent_does_not_stand_unless_it_may(twist: Any, allow: bool) -> None:
    erp, sent = Erp(), voucher(allow_changes=allow)
    erp.twist = twist
    (answer,) = erp.post([sent])
    assert isinstance(answer, PostedVoucher) == allow
    assert len(erp.rows) == allow
    if isinstance(answer, Rejected):
        assert (answer.code, answer.reference) == ("not_as_sent", sent.reference)


def test_what_cannot_be_made_final_does_not_stay_as_a_draft() -> None:
    erp, sent = Erp(), [voucher(), voucher(), voucher(is_final=False)]
    erp.refused = {sent[1].reference}
    first, refused, draft = erp.post(sent)
    assert isinstance(refused, Rejected)
    assert [x.is_final for x in (first, draft) if isinstance(x, PostedVoucher)] == [True, False]
    assert len(erp.rows) == 2


def test_finishing_keeps_one_under_each_reference() -> None:
    erp, sent = Erp(), voucher(is_final=False)
    first, second = erp.post([sent, sent])
    assert isinstance(first, PostedVoucher)
    assert isinstance(second, PostedVoucher)
    (final,) = erp.finish([second])
    assert isinstance(final, PostedVoucher)
    assert (final.id, final.is_final, len(erp.rows)) == (first.id, True, 1)


@pytest.mark.parametrize("allow", [False, True])
def test_finishing_what_a_crash_left_half_written(allow: bool) -> None:
    """Between two writes it is not what was sent yet; it goes, and is posted anew."""
    erp, sent = Erp(), voucher(allow_changes=allow)
    erp.drafted([erp.planner([sent])(sent)])
    erp.twist = changed
    (draft,) = erp.find_posted([sent.reference]).values()
    (answer,) = erp.finish([draft], sent=[sent])
    assert len(erp.rows) == allow
    if isinstance(answer, Rejected):
        assert (answer.code, answer.reference) == ("not_as_sent", sent.reference)
    else:
        assert answer.is_final


def test_finishing_what_is_as_it_was_sent() -> None:
    erp, sent = Erp(), voucher()
    erp.drafted([erp.planner([sent])(sent)])
    (answer,) = erp.finish([*erp.find_posted([sent.reference]).values()], sent=[sent])
    assert isinstance(answer, PostedVoucher)
    assert answer.is_final


def test_finishing_what_somebody_deleted() -> None:
    erp = Erp()
    (draft,) = erp.post([voucher(is_final=False)])
    assert isinstance(draft, PostedVoucher)
    erp.remove(draft.id)
    (gone,) = erp.finish([draft])
    assert isinstance(gone, Rejected)
    assert (gone.code, gone.reference) == ("gone", draft.reference)


# Currency

EUR = Currency(id=1, code="EUR", digits=2)


def rates(*listed: tuple[str, date, str]) -> Rates:
    found: dict[str, list[tuple[date, Decimal]]] = {}
    for code, day, rate in sorted(listed, key=lambda x: x[1], reverse=True):
        found.setdefault(code, []).append((day, Decimal(rate)))
    return Rates(label="ERP", own=EUR, listed={**found})


def amounts(known: Rates, sent: Voucher) -> list[Decimal]:
    return known.amounts([x.debit - x.credit for x in sent.lines], sent)


def test_amounts_come_to_zero_after_rounding() -> None:
    known = rates(("EUR", date(2000, 1, 1), "1"), ("DKK", date(2000, 1, 1), "7.46"))
    thirds = [line("6100", "33.33"), line("6200", "33.33"), line("6100", "33.34")]
    sent = voucher(*thirds, line("5840", "-100.00"), currency="DKK")
    found = amounts(known, sent)
    assert sum(found) == 0
    assert [str(x) for x in found] == ["4.47", "4.47", "4.47", "-13.41"]


@pytest.mark.parametrize("shares", [["0.5", "0.5"], ["1", "-1"], ["0.333", "0.333", "0.334"]])
@pytest.mark.parametrize("amount", ["0.01", "-0.05", "24.99"])
def test_what_is_split_comes_to_the_whole(amount: str, shares: list[str]) -> None:
    parts = [*EUR.split(Decimal(amount), map(Decimal, shares))]
    assert len(parts) == len(shares)
    assert sum(parts) == Decimal(amount) * sum(map(Decimal, shares))
    assert all(part == EUR.rounded(part) for part in parts)


def test_the_rate_is_that_of_the_day() -> None:
    first, second = date(2026, 1, 1), date(2026, 6, 1)
    known = rates(("EUR", first, "1"), ("USD", first, "2"), ("USD", second, "4"))
    lines = line("6100", "8.00"), line("5840", "-8.00")
    for day, expected in ((date(2026, 5, 31), 4), (second, 2)):
        sent = voucher(*lines, currency="USD", posting_date=day)
        assert amounts(known, sent)[0] == expected
    with pytest.raises(Rejected, match="2025-12-31"):
        amounts(known, voucher(*lines, currency="USD", posting_date=date(2025, 12, 31)))


def test_rates_are_read_only_where_something_is_foreign() -> None:
    asked: list[tuple[str, date, int]] = []

    def listed(code: str, until: date, most: int) -> list[tuple[date, Decimal]]:
        asked.append((code, until, most))
        return []

    Rates.read([voucher()], listed, own=EUR, label="ERP")
    assert asked == []
    foreign = [voucher(currency="USD", posting_date=date(2026, 11, day)) for day in (1, 10)]
    Rates.read([voucher(), *foreign], listed, own=EUR, label="ERP")
    assert asked == [("EUR", DAY, 10), ("USD", DAY, 10)]


# Matching


def standing(number: str) -> PostedVoucher:
    posted = Erp()._standing(number, payment(), True).posted
    return replace(posted, reference=f"ref {number}")


def test_whole_matches_only_what_comes_to_zero() -> None:
    pair = Settlement(payment=standing("1"), paid=(standing("2"),))
    made: list[list[int]] = []

    def call(groups: Sequence[list[MatchLine]]) -> Sequence[list[MatchLine]]:
        made.extend([line.id for line in group] for group in groups)
        return groups

    def lines(second: str, **more: Any) -> list[MatchLine]:
        return [
            MatchLine(id=1, voucher="1", account="2440", amount=Decimal(100)),
            MatchLine(id=2, voucher="2", account="2440", amount=Decimal(second), **more),
            MatchLine(id=3, voucher="2", account="6100", amount=Decimal(99)),
        ]

    assert match([pair], lines("-100"), call, whole=True) == [None]
    assert made == [[1, 2]]
    (refused,) = match([pair], lines("-99"), call, whole=True)
    assert isinstance(refused, Rejected)
    assert (refused.code, refused.reference) == ("difference", "ref 1")
    assert match([pair], lines("-99"), call, whole=False) == [None]
    (taken,) = match([pair], lines("-100", group="7", is_open=False), call, whole=True)
    assert isinstance(taken, Rejected)
    assert taken.code == "matched"


# Look-ups and texts


def account(code: str, **more: Any) -> Account:
    return Account(code=code, name=code, id=code, **more)


def test_what_cannot_be_booked_on_is_refused_by_name() -> None:
    known = Lookup(
        "ERP",
        accounts=[account("1", is_postable=False), account("2"), account("2"), account("3")],
    )
    for code in ("1", "2", "4"):
        with pytest.raises(AccountUnknown, match=code):
            known.account(code)
    assert known.account("3").id == "3"
    with pytest.raises(VendorUnknown, match="needs a vendor"):
        known.vendor(None, account("5", needs_vendor=True))
    assert known.vendor(None, account("5")) is None


def test_of_two_under_one_code_the_active_one_is_meant() -> None:
    rows = [account("1", is_active=False), replace(account("1"), id="new")]
    assert Lookup("ERP", accounts=rows).account("1").id == "new"
    gone = TaxCode(code="T", name="T", id="T", rate=Decimal(0), is_active=False)
    with pytest.raises(Rejected, match="no active tax T"):
        Lookup("ERP", tax_codes=[gone]).tax_code("T")


def test_names_are_those_that_vouchers_refer_to() -> None:
    lines = line("6100", "1.00", dimensions=(("DEP", "IT"),)), line("2440", "-1.00", vendor="V1")
    names = Names.of([voucher(*lines, vendor="V2"), voucher(currency="DKK")])
    assert names.accounts == ["2440", "5840", "6100"]
    assert (names.values, names.vendors, names.tax_codes) == (["IT"], ["V1", "V2"], [])
    assert names.currencies == ["DKK", "EUR"]


def test_the_open_period_of_a_day() -> None:
    periods = [
        Period("1", date(2026, 1, 1), date(2026, 1, 31)),
        Period("3", date(2026, 3, 1), date(2026, 3, 31)),
    ]
    assert open_period(periods, date(2026, 1, 31), label="ERP").id == "1"
    with pytest.raises(PeriodClosed, match="2026-03-01"):
        open_period(periods, date(2026, 2, 1), label="ERP")
    with pytest.raises(PeriodClosed, match="No later one"):
        open_period(periods, date(2026, 4, 1), label="ERP")


def test_a_company_is_named_where_there_are_several() -> None:
    companies = [Company(id=x, name=f"Company {x}", currency="EUR") for x in ("1", "2")]
    assert one_company(companies, "2").id == "2"
    assert one_company(companies, "Company 1").id == "1"
    with pytest.raises(Rejected, match="Company 1, Company 2"):
        one_company(companies, "")


def test_pages_end_with_the_first_that_is_not_full() -> None:
    rows = [{"id": n} for n in range(1, 1001)]
    asked: list[int] = []

    def read(last: int, size: int) -> list[dict[str, Any]]:
        asked.append(last)
        return [row for row in rows if row["id"] > last][:size]

    assert list(pages(read)) == rows
    assert asked == [0, 500, 1000]


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a b", True), ("", False), (" a", False), ("a\nb", False), ("\ud83d", False)],
)
def test_texts(text: str, kept: bool) -> None:
    assert is_kept(text) == kept
    assert is_kept(clean(text)) or not clean(text)


def test_the_id_of_a_thing_never_changes() -> None:
    """As what stands in an ERP bears it."""
    assert stable_id(1, "pleo:e1") == "0db795e2ac4f33a7c948cac22ffe3035a1a5eca8"
    assert len({stable_id(1, "pleo:e1"), stable_id(2, "pleo:e1"), stable_id(1, "pleo:e2")}) == 3


# Searches


def test_dotted_names_become_a_tree() -> None:
    assert nested(["code", "type.name", "type.of.code"]) == {
        "code": {},
        "type": {"fields": {"name": {}, "of": {"fields": {"code": {}}}}},
    }


class Asked(DomainWire):
    """Keeps what it is asked for."""

    def find(self, model: str, domain: list[Any], *fields: str, **more: Any) -> list[Row]:
        return [{"fields": list(fields)}]

    def either(self, clauses: list[Any]) -> list[Any]:
        return [["OR", *clauses]]


@pytest.fixture
def wire() -> Asked:
    settings = DomainSettings(base_url="https://erp.example")
    return Asked(Access(settings={}, secrets={}), name="ERP", settings=settings)


@pytest.mark.parametrize(
    ("domain", "asks"),
    [
        ([], True),
        ([["company", "=", 1]], True),
        ([["company", "=", 1], ["code", "in", []]], False),
        ([["OR", ["code", "in", []], ["name", "in", []]]], False),
        (["|", ["ref", "in", ["V1"]], ["id", "in", []]], True),
    ],
)
def test_nobody_is_asked_for_what_is_in_no_list(wire: Asked, domain: list[Any], asks: bool) -> None:
    assert bool(wire.search("model", domain, "code")) == asks


def test_what_an_installation_has_not_got_is_not_asked_for(wire: Asked) -> None:
    wire.missing = frozenset({"analytic.account", "analytic_lines"})
    assert wire.search("analytic.account", [], "code") == []
    found = wire.search("account.move", [], "number", "lines.analytic_lines.account")
    assert found == [{"fields": ["number"]}]


# Reversals


class MirroringErp(DomainAdapter):
    """Its wizard leaves a draft, and its period is closed."""

    label = "Memory"
    capabilities = Capabilities(tax_manner="send_tax_lines", can_reverse=True)

    def __init__(self) -> None:
        self.made: list[str] = []

    def mirrors(self, number: str) -> list[Standing]:
        draft = PostedVoucher(
            reference="", id="7", number="", url="", total=TEN, is_final=False, posting_date=DAY
        )
        return [Standing(posted=draft, shape=None) for _ in self.made]

    def mirror(self, number: str, reason: str) -> None:
        self.made.append(reason)

    def finalise(self, ids: Sequence[str]) -> Sequence[str]:
        raise PeriodClosed("The period is closed.")


def test_a_reversal_that_stays_a_draft_is_named() -> None:
    posted = PostedVoucher(
        reference="r", id="1", number="V-1", url="", total=TEN, is_final=True, posting_date=DAY
    )
    made: Any = MirroringErp
    erp, said = made(), r"a draft \(7\), and is not final: The period is closed"
    for _ in range(2):  # the draft that stands is not made twice
        with pytest.raises(Rejected, match=said):
            erp.reverse(posted, reason="wrong supplier")
    assert erp.made == ["wrong supplier"]


MirroringErp.__abstractmethods__ = frozenset()  # the rest of an adapter is not needed here
