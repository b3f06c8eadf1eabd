"""What must hold for any entry, not only for the worked ones."""

import json
from collections.abc import Callable, Iterable
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp_adapters.ledger import LedgerLine, Voucher
from pleo_connector.bookkeeping.book import Booking, NotBookable, book
from pleo_connector.bookkeeping.catalog import Catalog
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.bookkeeping.sides import JOURNAL, PAYABLE
from pleo_connector.pleo.export_items import MalformedItem, parse_export_item

EXPORT_DATE = date(2026, 6, 3)
MANNERS = ("send_tax_lines", "server_computes", "code_only")
SPEND = ("card_purchase", "card_invoice", "fee", "out_of_pocket", "mileage", "per_diem", "invoice")
RETURNS = ("refund", "chargeback", "cashback")
CODES = {"0.25": "I25", "0.2": "I20", "0.12": "I12", "0": "Z0"}
WALLET = {"1940"}
TAX_ACCOUNTS = {"2640", "2645", "2614"}
quick = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def lines(draw: st.DrawFn) -> dict[str, Any]:
    paid = draw(st.integers(-200_000, 1_000_000))
    line: dict[str, Any] = {"paid": paid, "account": draw(st.sampled_from(["6100 A", "6200 B"]))}
    kind = draw(st.sampled_from(["", "inclusive", "reverse"]))
    if kind:
        rate = draw(st.sampled_from(sorted(CODES)))
        tax = draw(st.integers(0, abs(paid))) if rate != "0" else 0
        code = "R25" if kind == "reverse" else CODES[rate]
        line["tax"] = f"{kind} {rate} {tax} {code}"
    return line


@st.composite
def specs(draw: st.DrawFn, types: Iterable[str] = SPEND + RETURNS) -> dict[str, Any]:
    kind = draw(st.sampled_from(list(types)))
    split = draw(st.lists(lines(), min_size=1, max_size=6))
    slack = draw(st.integers(-len(split), len(split)))
    total = sum(x["paid"] for x in split) + slack
    spec = {"type": kind, "lines": split, "total": total}
    if kind in PAYABLE and draw(st.booleans()):
        spec |= {"method": "accounts_payable", "vendor": {"code": "V100"}}
    return spec


class Office:
    """The small company of the other tests, with or without a rounding account."""

    def __init__(self, accounts: dict[str, Any], catalog_from: Callable[..., Catalog]) -> None:
        self.catalogs = {name: catalog_from(name) for name in MANNERS}
        insisting = catalog_from("server_computes", takes_tax_amount=False)
        self.catalogs["insists"] = insisting
        self.exact = Mapping.from_json({"accounts": accounts})
        self.rounding = Mapping.from_json({"accounts": {**accounts, "rounding": "3740"}})

    def book(self, raw: dict[str, Any], manner: str, *, rounding: bool = True) -> Booking:
        mapping = self.rounding if rounding else self.exact
        item = parse_export_item(raw)
        return book(item, mapping, self.catalogs[manner], export_date=EXPORT_DATE)


@pytest.fixture(scope="module")
def office(settings: dict[str, Any], catalog_from: Callable[..., Catalog]) -> Office:
    return Office(settings, catalog_from)


def net(line: LedgerLine) -> Decimal:
    return line.debit - line.credit


def balance(voucher: Voucher) -> Decimal:
    added = sum((x.added_tax if x.debit else -x.added_tax for x in voucher.lines), Decimal(0))
    return sum((net(x) for x in voucher.lines), Decimal(0)) + added


def ledger(booking: Booking) -> dict[str, Decimal]:
    """What stands afterwards: taxes that the ERP adds or takes out included."""
    result: dict[str, Decimal] = {}
    for line in (x for v in booking.vouchers for x in v.lines):
        tax = line.tax
        sign = 1 if line.debit else -1
        moves = {line.account: net(line)}
        if tax and tax.role == "added":
            moves["2640"] = sign * tax.tax_amount
        elif tax and tax.role == "included":
            moves[line.account] -= sign * tax.tax_amount
            moves["2640"] = sign * tax.tax_amount
        elif tax and tax.role == "reverse":
            moves |= {"2645": sign * tax.tax_amount, "2614": -sign * tax.tax_amount}
        for account, amount in moves.items():
            result[account] = result.get(account, Decimal(0)) + amount
    return {account: amount for account, amount in result.items() if amount}


@quick
@given(specs(), st.sampled_from([*MANNERS, "insists"]), st.booleans())
def test_every_voucher_balances_and_the_wallet_moves_by_the_amount(
    office: Office, item_from: Any, spec: dict[str, Any], manner: str, rounding: bool
) -> None:
    booking = office.book(item_from(spec), manner, rounding=rounding)
    assert all(balance(voucher) == 0 for voucher in booking.vouchers)
    counter = {"out_of_pocket": "2890", "mileage": "2890", "per_diem": "2890"}
    account = counter.get(spec["type"], "1940")
    if spec["type"] == "invoice":
        account = "2441" if "method" in spec else "2440"
    moved = ledger(booking).get(account, Decimal(0))
    expected = Decimal(spec["total"]) / 100
    if spec["type"] in RETURNS:
        assert moved == abs(expected)
    else:
        assert moved == -expected
    effects = [x.amount for x in booking.effects if x.account == account]
    assert sum(effects, Decimal(0)) == moved


@quick
@given(specs(), st.booleans())
def test_the_three_manners_leave_the_same_ledger(
    office: Office, item_from: Any, spec: dict[str, Any], rounding: bool
) -> None:
    raw = item_from(spec)
    first, *others = [ledger(office.book(raw, x, rounding=rounding)) for x in MANNERS]
    assert all(other == first for other in others)


@quick
@given(specs())
def test_no_stated_tax_is_lost(office: Office, item_from: Any, spec: dict[str, Any]) -> None:
    found = ledger(office.book(item_from(spec), "code_only")).get("2640", Decimal(0))
    paid = sum(x["paid"] for x in spec["lines"])
    stated = 0
    for line in spec["lines"]:
        kind, _, amount, _ = line.get("tax", "none 0 0 x").split()
        if kind == "inclusive":
            stated += -int(amount) if line["paid"] < 0 else int(amount)
    follows = -1 if paid < 0 else 1
    outward = spec["type"] in RETURNS or spec["total"] < 0
    assert found == Decimal(stated * follows * (-1 if outward else 1)) / 100


@quick
@given(specs(), st.sampled_from(MANNERS))
def test_booking_is_deterministic(
    office: Office, item_from: Any, spec: dict[str, Any], manner: str
) -> None:
    raw = item_from(spec)
    assert office.book(raw, manner) == office.book(deepcopy(raw), manner)


def turned(spec: dict[str, Any]) -> dict[str, Any]:
    lines_ = [line | {"paid": -line["paid"]} for line in spec["lines"]]
    return spec | {"lines": lines_, "total": -spec["total"]}


@quick
@given(specs(types=RETURNS), st.sampled_from(MANNERS))
def test_the_sign_of_a_return_says_nothing(
    office: Office, item_from: Any, spec: dict[str, Any], manner: str
) -> None:
    one, other = (office.book(item_from(x), manner) for x in (spec, turned(spec)))
    if sum(x["paid"] for x in spec["lines"]):
        assert one.vouchers == other.vouchers


@quick
@given(specs(types=SPEND), st.sampled_from(MANNERS))
def test_negative_spend_undoes_positive_spend(
    office: Office, item_from: Any, spec: dict[str, Any], manner: str
) -> None:
    if not spec["total"] or not sum(x["paid"] for x in spec["lines"]):
        return
    there, back = (ledger(office.book(item_from(x), manner)) for x in (spec, turned(spec)))
    assert back == {account: -amount for account, amount in there.items()}


@quick
@given(st.sampled_from(sorted(JOURNAL)), st.integers(-(10**12), 10**12))
def test_every_type_and_subtype_balances(
    office: Office, item_from: Any, sides: tuple[str, str], value: int
) -> None:
    kind, sub = sides
    raw = item_from({"type": kind, "sub": sub if sub not in ("", "*") else None, "paid": value})
    booking = office.book(raw, "send_tax_lines")
    assert bool(booking.vouchers) == bool(value)
    assert all(balance(voucher) == 0 for voucher in booking.vouchers)


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=True, allow_infinity=True)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["EUR", "2026-05-02", "9999-12-31T23:59:59-14:00", "inclusive", "exclusive"])
)
anything = st.recursive(
    scalars,
    lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=8), x, max_size=3),
    max_leaves=6,
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterable[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value)
    for key, member in members:
        yield (*at, key)
        if isinstance(member, dict | list):
            yield from paths(member, (*at, key))


def tried(office: Office, raw: Any, manner: str) -> None:
    """Reads and books; any other error than the two announced ones fails the test."""
    told: str | tuple[object, ...]
    try:
        told = parse_export_item(raw).entry_id
        booking = office.book(raw, manner)
        assert booking.entry_id == told
    except MalformedItem as error:
        told = error.field and error.problem
    except NotBookable as error:
        told = error.reasons
    assert told


@quick
@given(anything)
def test_any_json_is_read_or_refused(office: Office, raw: Any) -> None:
    tried(office, raw, "send_tax_lines")


FULL: dict[str, Any] = {
    "type": "card_invoice",
    "method": "accounts_payable",
    "vendor": {"code": "V100", "externalId": "77", "taxRegistrationNumber": "SE556000"},
    "lines": [
        {"paid": 12500, "tax": "inclusive 0.25 2500 I25", "tags": ["cc 10"]},
        {"paid": 10000, "tax": "reverse 0.25 2500 R25"},
        {"paid": 5000, "tax": "exclusive 0.25 1000 I25"},
    ],
    "more": {
        "reconciledEntries": ["1"],
        "attendees": ["Guest"],
        "invoiceInformation": {"invoiceNumber": "A", "invoiceDate": "2026-05-01", "status": "paid"},
    },
}


@settings(quick, max_examples=600)
@given(st.data())
def test_any_spoiled_member_is_booked_or_refused(
    office: Office, item_from: Any, data: st.DataObject
) -> None:
    raw = deepcopy(item_from(FULL))
    kinds = sorted({kind for kind, _ in JOURNAL})
    raw["type"] = data.draw(st.sampled_from(kinds))
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(sorted(paths(raw), key=repr)))
        place: Any = raw
        for step in way:
            place = place[step]
        place[last] = data.draw(anything)
    tried(office, raw, data.draw(st.sampled_from([*MANNERS, "insists"])))


def test_the_full_item_is_bookable(office: Office, item_from: Any) -> None:
    raw = item_from(FULL)
    assert json.dumps(raw, default=str)
    assert len(office.book(raw, "send_tax_lines").vouchers) == 2
