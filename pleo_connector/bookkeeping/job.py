"""The entries of one export job together, so that payments find what they pay."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from pleo_connector.bookkeeping.book import book
from pleo_connector.bookkeeping.catalog import Catalog
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.bookkeeping.match import Counterparts, Match
from pleo_connector.bookkeeping.result import Booking, NotBookable
from pleo_connector.bookkeeping.vouchers import reference_of
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
    counterparts = Counterparts(x for x in items if x.entry_id in booked)
    return [
        with_settled(result, counterparts.matches(item)) if isinstance(result, Booking) else result
        for item, result in zip(items, results, strict=True)
    ]


def with_settled(booking: Booking, match: Match) -> Booking:
    """The booking with the references of what it pays on its last voucher."""
    decisions = booking.decisions + ((match.decision,) if match.decision else ())
    if not match.entry_ids or not booking.vouchers:
        return replace(booking, decisions=decisions)
    *first, last = booking.vouchers
    references = tuple(reference_of(x) for x in match.entry_ids)
    last = replace(last, settles=last.settles + references)
    return replace(booking, vouchers=(*first, last), decisions=decisions)
