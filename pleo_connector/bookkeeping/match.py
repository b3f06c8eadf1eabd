"""Which claims a reimbursement pays, and which bill an invoice payment pays.

Keys are plain texts, so that they can be stored and asked for when the counterpart arrives in
another job. A payment is never matched by its amount alone, and not where amounts differ.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from erp_adapters.ledger import Voucher
from pleo_connector.bookkeeping.result import Decision
from pleo_connector.bookkeeping.sides import BOUNCED, RETURNED, TO_COMPANY
from pleo_connector.bookkeeping.vouchers import reference_of
from pleo_connector.pleo.export_money import MinorMoney, Scale, to_iso_units
from pleo_connector.pleo.export_types import ExportItem

CLAIMS = frozenset({"out_of_pocket", "mileage", "per_diem", "personal_spend", "atm_withdrawal"})
REIMBURSEMENTS = frozenset({"direct_reimbursement", "external_reimbursement"})
_MONEY_TO_EMPLOYEE = frozenset({"personal_spend", "atm_withdrawal"})
# These undo a payment; what they reopen is for a person to say.
_UNDOING = frozenset({BOUNCED, TO_COMPANY, RETURNED})

HalfRole = Literal["claim", "bill", "reimbursement", "payment", "undoing"]
OFFERING: frozenset[HalfRole] = frozenset({"claim", "bill"})
NOUNS: dict[HalfRole, tuple[str, str]] = {
    "claim": ("expense", "expenses"),
    "bill": ("invoice", "invoices"),
    "reimbursement": ("reimbursement", "reimbursements"),
    "payment": ("payment", "payments"),
    "undoing": ("payment", "payments"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """A voucher that is paid, or one that pays. `units` is its effect on what the two share."""

    reference: str
    role: HalfRole
    keys: tuple[str, ...]  # under which it is found, or for which it looks, best first
    currency: str
    units: int  # minor units, debit positive


@dataclass(frozen=True, slots=True)
class Match:
    """`references` is empty where nothing, or too much, was found."""

    references: tuple[str, ...] = ()
    missing: int = 0  # named, but not booked here
    why: str = ""  # why a person has to match it

    @property
    def is_whole(self) -> bool:
        return bool(self.references) and not self.missing and not self.why

    @property
    def decision(self) -> Decision | None:
        return left_open(self.why) if self.why else None


def left_open(why: str) -> Decision:
    return Decision("left_open", f"The payment is not matched: {why}.")


# -- Keys ---------------------------------------------------------------------------------------


def offered_keys(item: ExportItem) -> tuple[str, ...]:
    """The keys under which a claim or a bill can be found."""
    if item.type in CLAIMS:
        return (f"claim {item.reconciliation_id}",)
    if item.type == "invoice":
        return (f"invoice {item.reconciliation_id}", *_invoice_keys(item))
    return ()


def wanted_keys(item: ExportItem) -> tuple[str, ...]:
    """The keys to look for, best first. A reimbursement pays all that are found."""
    if item.sub_type in _UNDOING:
        return ()
    if item.type in REIMBURSEMENTS:
        return tuple(f"claim {x}" for x in item.reconciled_entries)
    if item.type == "invoice_payment":
        own = tuple(f"invoice {x}" for x in item.reconciled_entries)
        return (*own, *_invoice_keys(item))
    return ()


def supplier_total(item: ExportItem) -> str:
    """A bill and its payment must agree on what the supplier charged."""
    money = item.amount.in_supplier_currency
    return f"{money.currency} {abs(money.value)}"


def _invoice_keys(item: ExportItem) -> tuple[str, ...]:
    number = _plain(item.invoice.number) if item.invoice else ""
    if not number:
        return ()
    keys: list[str] = []
    if item.vendor:
        vendor = item.vendor
        known = vendor.code or vendor.external_id or vendor.tax_registration_number or vendor.id
        keys += [f"vendor {_plain(known)} {number}"] if known else []
    if item.supplier:
        supplier = item.supplier
        known = supplier.code or supplier.account or supplier.tax_identifier
        keys += [f"supplier {_plain(known)} {number}"] if known else []
        if supplier.name:
            keys.append(f"name {_plain(supplier.name)} {number} {supplier_total(item)}")
    return tuple(keys)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


# -- Halves -------------------------------------------------------------------------------------


def halves_of(
    item: ExportItem, vouchers: Sequence[Voucher], scale: Scale = "iso"
) -> list[Half | None]:
    """What each voucher of an entry is in a match. A bill and its payment find each other."""
    if len(vouchers) == 1:
        return [half_of(item, scale)]
    return [_of_one_entry(item, voucher) for voucher in vouchers]


def _of_one_entry(item: ExportItem, voucher: Voucher) -> Half:
    return Half(
        reference=voucher.reference,
        role="payment" if voucher.settles else "bill",
        keys=(f"entry {item.entry_id}",),
        currency=voucher.currency,
        units=0,  # the two amounts come from one item
    )


def half_of(item: ExportItem, scale: Scale = "iso") -> Half | None:
    role = _role(item)
    if role is None:
        return None
    amount = item.amount
    of_supplier = item.type in ("invoice", "invoice_payment")
    money = amount.in_supplier_currency if of_supplier else amount.in_wallet_currency
    return Half(
        reference=reference_of(item.entry_id),
        role=role,
        keys=offered_keys(item) if role in OFFERING else wanted_keys(item),
        currency=money.currency,
        units=_effect(item, role, _units(money, scale)),
    )


def _units(money: MinorMoney, scale: Scale) -> int:
    try:
        return to_iso_units(money, scale)
    except ValueError:  # the entry is refused for it
        return money.value


def _role(item: ExportItem) -> HalfRole | None:
    if item.type in CLAIMS:
        return "claim"
    if item.type == "invoice":
        return "bill"
    if item.type not in REIMBURSEMENTS and item.type != "invoice_payment":
        return None
    if item.sub_type in _UNDOING:
        return "undoing"
    return "reimbursement" if item.type in REIMBURSEMENTS else "payment"


def _effect(item: ExportItem, role: HalfRole, value: int) -> int:
    """Spend counts with its sign; for all else the type decides, as in the books."""
    if role in OFFERING and item.type not in _MONEY_TO_EMPLOYEE:
        return -value
    return abs(value)


# -- Finding ------------------------------------------------------------------------------------


class Counterparts:
    """The claims and bills at hand."""

    def __init__(self, halves: Iterable[Half]) -> None:
        self._by_key: dict[str, list[Half]] = {}
        for half in halves:
            for key in half.keys:
                self._by_key.setdefault(key, []).append(half)

    def matches(self, half: Half) -> Match:
        if half.role == "undoing":
            return Match(why="it came back, and what it reopens is for a person to say")
        if not half.keys:
            return Match(why="Pleo does not say what it pays")
        return self._claims(half) if half.role == "reimbursement" else self._bill(half)

    def _bill(self, half: Half) -> Match:
        for key in half.keys:
            found = self._by_key.get(key, [])
            if len(found) > 1:
                return Match(why=f"{len(found)} invoices fit the payment")
            if found and not _is_even([half, *found]):
                return Match(why="the payment and its invoice differ in amount")
            if found:
                return Match((found[0].reference,))
        return Match(missing=1)

    def _claims(self, half: Half) -> Match:
        named = [self._by_key.get(key, []) for key in half.keys]
        if any(len(x) > 1 for x in named):
            return Match(why="several entries share a reconciliation id")
        found = [x[0] for x in named if x]
        references = tuple(x.reference for x in found)
        missing = len(named) - len(found)
        if not missing and not _is_even([half, *found]):
            return Match(references, why="it and the expenses that it pays differ in amount")
        return Match(references, missing)


def _is_even(halves: Sequence[Half]) -> bool:
    return len({x.currency for x in halves}) == 1 and not sum(x.units for x in halves)
