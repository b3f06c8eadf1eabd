"""Which claims a reimbursement pays, and which bill an invoice payment pays.

Keys are plain texts, so that they can be stored and asked for when the counterpart arrives in
another job. A payment is never matched by its amount alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pleo_connector.bookkeeping.result import Decision
from pleo_connector.bookkeeping.sides import BOUNCED, RETURNED, TO_COMPANY
from pleo_connector.pleo.export_types import ExportItem

CLAIMS = frozenset({"out_of_pocket", "mileage", "per_diem", "personal_spend", "atm_withdrawal"})
REIMBURSEMENTS = frozenset({"direct_reimbursement", "external_reimbursement"})
# These undo a payment; what they reopen is for a person to say.
_UNDOING = frozenset({BOUNCED, TO_COMPANY, RETURNED})


@dataclass(frozen=True, slots=True)
class Match:
    entry_ids: tuple[str, ...] = ()
    decision: Decision | None = None


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


class Counterparts:
    """The claims and bills among the items at hand."""

    def __init__(self, items: Iterable[ExportItem]) -> None:
        self._by_key: dict[str, list[ExportItem]] = {}
        for item in items:
            for key in offered_keys(item):
                self._by_key.setdefault(key, []).append(item)

    def matches(self, item: ExportItem) -> Match:
        if item.type in REIMBURSEMENTS:
            return self._claims(item)
        for key in wanted_keys(item):
            found = self._by_key.get(key, [])
            if len(found) == 1:
                return _agreed(item, found[0])
            if found:
                return Match(decision=_left_open(f"{len(found)} invoices fit the payment"))
        return Match()

    def _claims(self, item: ExportItem) -> Match:
        found = [self._by_key.get(key, []) for key in wanted_keys(item)]
        if any(len(x) > 1 for x in found):
            return Match(decision=_left_open("several entries share a reconciliation id"))
        return Match(tuple(x[0].entry_id for x in found if x))


def _agreed(payment: ExportItem, bill: ExportItem) -> Match:
    if supplier_total(payment) != supplier_total(bill):
        return Match(decision=_left_open("the payment and its invoice differ in amount"))
    return Match((bill.entry_id,))


def _left_open(why: str) -> Decision:
    return Decision("left_open", f"The payment is not matched: {why}.")
