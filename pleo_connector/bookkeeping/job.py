"""The entries of one export job together, so that payments find what they pay."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from pleo_connector.bookkeeping.book import book
from pleo_connector.bookkeeping.catalog import Catalog
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.bookkeeping.match import OFFERING, Counterparts, Match, half_of
from pleo_connector.bookkeeping.result import Booking, NotBookable
from pleo_connector.pleo.export_types import ExportItem


def book_job(
    items: Sequence[ExportItem], mapping: Mapping, catalog: Catalog, export_date: date
) -> list[Booking | NotBookable]:
    """In the order of `items`. One entry that cannot be booked does not stop the others."""
    results: list[Booking | NotBookable] = []
    for item in items:
        try:
            results.append(book(item, mapping, catalog, export_date=export_date))
        except NotBookable as refusal:
            results.append(refusal)
    booked = {x.entry_id for x in results if isinstance(x, Booking) and x.vouchers}
    halves = {x.entry_id: half for x in items if (half := half_of(x)) and x.entry_id in booked}
    counterparts = Counterparts(x for x in halves.values() if x.role in OFFERING)
    return [
        with_settled(result, counterparts.matches(half))
        if isinstance(result, Booking)
        and (half := halves.get(item.entry_id))
        and half.role not in OFFERING
        else result
        for item, result in zip(items, results, strict=True)
    ]


def with_settled(booking: Booking, match: Match) -> Booking:
    """The booking with the references of what it pays on its last voucher."""
    decisions = booking.decisions + ((match.decision,) if match.decision else ())
    if not match.references or not booking.vouchers:
        return replace(booking, decisions=decisions)
    *first, last = booking.vouchers
    last = replace(last, settles=last.settles + match.references)
    return replace(booking, vouchers=(*first, last), decisions=decisions)
