"""What a person reads on the voucher, and how it is made to fit."""

from decimal import Context, Decimal

from erp_adapters.ledger import Money
from pleo_connector.bookkeeping.case import Case
from pleo_connector.pleo.export_money import (
    MinorMoney,
    is_money,
    to_decimal,
)
from pleo_connector.pleo.export_types import Amount

SEPARATOR = " · "
_SIX_DIGITS = Context(prec=6)


def original_of(case: Case, amount: Amount, currency: str) -> Money | None:
    """What the supplier charged, where that is another currency than the booking's."""
    charged = amount.in_supplier_currency
    if charged.currency == currency or not is_money(charged.currency) or not charged.value:
        return None
    return Money(abs(to_decimal(charged, case.mapping.minor_units)), charged.currency)


def voucher_text(case: Case, currency: str) -> str:
    """The reconciliation id stands last and survives any cut."""
    limit = case.catalog.capabilities.text_length
    tail = _tail(case)
    text = SEPARATOR.join([*_head(case, currency, initials=False), tail])
    if len(text) <= limit:
        return text
    case.decide("text_cut", f"The text is longer than {limit} characters and is cut.")
    head = SEPARATOR.join(_head(case, currency, initials=True))
    room = limit - len(tail) - len(SEPARATOR)
    if room < 2:
        return tail[:limit]
    return f"{cut(head, room)}{SEPARATOR}{tail}"


def line_text(case: Case) -> str:
    item = case.item
    parts = [_supplier(case), item.user.name if item.user else "", item.note or ""]
    return cut(SEPARATOR.join(filter(None, parts)), case.catalog.capabilities.text_length)


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def _head(case: Case, currency: str, *, initials: bool) -> list[str]:
    item = case.item
    person = item.user.name if item.user else ""
    if initials:
        person = "".join(x[0] for x in person.split())
    parts = [
        _supplier(case),
        person,
        item.note or "",
        f"with {', '.join(item.attendees)}" if item.attendees else "",
        *case.loose_tags,
        _charged(case, currency),
    ]
    return [x for x in parts if x]


def _tail(case: Case) -> str:
    item = case.item
    settled = ", ".join(item.reconciled_entries)
    return f"Pleo {item.reconciliation_id}" + (f" for {settled}" if settled else "")


def _supplier(case: Case) -> str:
    item = case.item
    if item.supplier and item.supplier.name:
        return item.supplier.name
    return item.vendor.name if item.vendor else ""


def _charged(case: Case, currency: str) -> str:
    """The original amount, and the rate that Pleo's two amounts imply."""
    charged = original_of(case, case.item.amount, currency)
    if charged is None:
        return ""
    wallet = case.item.amount.in_wallet_currency
    told = f"{charged.currency} {charged.amount:,f}"
    if wallet.currency != currency or not wallet.value:
        return told
    rate = _SIX_DIGITS.divide(abs(_wallet_amount(case, wallet)), charged.amount)
    return f"{told} at {rate.normalize():f}"


def _wallet_amount(case: Case, wallet: MinorMoney) -> Decimal:
    return to_decimal(wallet, case.mapping.minor_units)
