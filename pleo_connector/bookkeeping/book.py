"""From an export item to the vouchers that book it. Pure: no clock, no network, no database.

The order is that of the specification: type, method, currency and sign, sides, tax, rounding,
dimensions, dates and text, catalog. Everything that stands against an entry is told at once.
"""

from datetime import date
from decimal import Decimal

from pleo_connector.bookkeeping.amounts import Amounts, read_amounts
from pleo_connector.bookkeeping.case import Case
from pleo_connector.bookkeeping.catalog import Catalog
from pleo_connector.bookkeeping.checks import check_parts, check_receipt, is_final
from pleo_connector.bookkeeping.dates import posting_day
from pleo_connector.bookkeeping.desk import Desk
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.bookkeeping.result import Booking, Decision, Effect, NotBookable, Reason
from pleo_connector.bookkeeping.sides import NAMES, Sides, documents, sides_of, swapped
from pleo_connector.bookkeeping.text import voucher_text
from pleo_connector.bookkeeping.vendors import check_method, employee_vendor, route_of
from pleo_connector.bookkeeping.vouchers import Heading, effects_of, reference_of, voucher_of
from pleo_connector.pleo.export_types import ExportItem

__all__ = ["Booking", "Decision", "Effect", "NotBookable", "Reason", "book", "reference_of"]


def book(
    item: ExportItem,
    mapping: Mapping,
    catalog: Catalog,
    *,
    export_date: date,
    bill_base: Decimal | None = None,
) -> Booking:
    """The vouchers of one entry; NotBookable with all reasons where there can be none.

    `bill_base` is what the bill that an invoice payment settles stands at in the company's
    currency, where that is known; only the setting `fx_difference` = line asks for it.
    """
    case = Case(item, mapping, catalog, export_date, bill_base)
    sides = _known_sides(case)
    check_method(case)
    if sides is None:
        raise NotBookable(case.reasons, item.entry_id)
    amounts = read_amounts(case, with_lines="expense" in (sides.debit, sides.credit))
    if amounts.is_nothing and not case.reasons:
        case.decide("zero", "The amount is zero; there is nothing to book.")
        return Booking(item.entry_id, (), tuple(case.decisions))
    return _booked(case, sides, amounts)


def _known_sides(case: Case) -> Sides | None:
    item = case.item
    sides = sides_of(item.type, item.sub_type)
    if sides is None:
        known = item.type in NAMES
        name = f"subtype {item.sub_type} of {item.type}" if known else f"type {item.type}"
        case.refuse(
            "validation_failure",
            f"{name} is not known",
            "Book it by hand, and tell support that Pleo sends it.",
            "pleo",
            (item.sub_type or "") if known else item.type,
        )
    return sides


def _booked(case: Case, sides: Sides, amounts: Amounts) -> Booking:
    item = case.item
    route = route_of(case)
    reversal = amounts.is_negative and sides.sign == "spend"
    sides = _turned(case, sides, amounts)
    staff = employee_vendor(case) if "out_of_pocket" in (sides.debit, sides.credit) else None
    papers = documents(
        item.type,
        sides,
        route.method,
        employee_kind=staff is not None and item.method not in ("journal", "none"),
        reversal=reversal,
    )
    desk = Desk(case, amounts, route, staff)
    drafts = [desk.parts(paper) for paper in papers]
    for parts in drafts:
        check_parts(case, parts)
    check_receipt(case)
    heading = Heading(
        day=posting_day(case),
        currency=amounts.currency,
        text=voucher_text(case, amounts.currency),
        is_final=is_final(case),
        journal=desk.journal(),
    )
    case.stop_if_refused()
    pairs = enumerate(zip(papers, drafts, strict=True))
    vouchers = tuple(voucher_of(case, heading, p, parts, n) for n, (p, parts) in pairs if parts)
    effects = effects_of(amounts.currency, drafts)
    return Booking(item.entry_id, vouchers, tuple(case.decisions), effects)


def _turned(case: Case, sides: Sides, amounts: Amounts) -> Sides:
    """Spend turns with its sign; for all else the type has already decided."""
    if not amounts.is_negative:
        return sides
    name = NAMES[case.item.type]
    if sides.sign == "spend":
        case.decide("reversal", f"{name} is negative; its sides are swapped.")
        return swapped(sides)
    case.decide("sign", f"{name} is negative; its type decides the sides.")
    return sides
