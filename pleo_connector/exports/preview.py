"""What would be booked: the same plan as the engine's, with no write anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from erp_adapters.base import ErpAdapter
from pleo_connector.bookkeeping.book import book
from pleo_connector.bookkeeping.catalog import Catalog
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.bookkeeping.result import Decision, NotBookable, Reason
from pleo_connector.catalog.actions import fresh_catalog
from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.exports.voucher_json import voucher_to_json
from pleo_connector.mapping.actions import load_mapping
from pleo_connector.pleo.client import Job, PleoClient
from pleo_connector.pleo.export_items import ExportItem, MalformedItem, parse_export_item


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewedEntry:
    """One entry: its vouchers as they would be sent, or every reason why there are none."""

    entry_id: str
    item: ExportItem | None
    vouchers: tuple[dict[str, Any], ...] = ()  # as `voucher_to_json` gives them
    decisions: tuple[Decision, ...] = ()
    reasons: tuple[Reason, ...] = ()
    is_booked: bool = False  # by an earlier export; it would only be reported


def waiting_job(connection: Connection, pleo: PleoClient) -> Job | None:
    """The oldest job that Pleo has for this connection; a read."""
    assert connection.pleo_company_id is not None
    return next(iter(pleo.unfinished_jobs(connection.pleo_company_id)), None)


def preview(
    connection: Connection, job: Job, *, pleo: PleoClient, erp: ErpAdapter, now: datetime
) -> list[PreviewedEntry]:
    """All entries of an unfinished job, in Pleo's order. Nothing is sent to the ERP."""
    catalog = fresh_catalog(connection=connection, erp=erp, now=now)
    mapping = load_mapping(connection)
    raws = list(pleo.export_items(job.id))
    ids = [raw.get("accountingEntryId") for raw in raws]
    posted = Posting.objects.filter(
        connection=connection, accounting_entry_id__in=ids, state=Posting.State.POSTED
    )
    booked = {str(entry_id) for entry_id in posted.values_list("accounting_entry_id", flat=True)}
    entries = [_previewed(raw, mapping, catalog, now.date()) for raw in raws]
    return [replace(entry, is_booked=entry.entry_id in booked) for entry in entries]


def _previewed(
    raw: dict[str, Any], mapping: Mapping, catalog: Catalog, export_date: date
) -> PreviewedEntry:
    try:
        item = parse_export_item(raw)
    except MalformedItem as error:
        sentence = f"The entry could not be read: {error.field} {error.problem}."
        reason = Reason("validation_failure", sentence, "pleo", error.field)
        return PreviewedEntry(entry_id=str(error.entry_id), item=None, reasons=(reason,))
    try:
        booking = book(item, mapping, catalog, export_date=export_date)
    except NotBookable as refusal:
        return PreviewedEntry(entry_id=item.entry_id, item=item, reasons=refusal.reasons)
    return PreviewedEntry(
        entry_id=item.entry_id,
        item=item,
        vouchers=tuple(map(voucher_to_json, booking.vouchers)),
        decisions=booking.decisions,
    )


def booked_before(job: ExportJob) -> dict[ExportJobItem, Sequence[dict[str, Any]]]:
    """The vouchers of a past job, as they were sent: Pleo shows its entries no more."""
    items = list(job.items.all())
    rows: dict[Any, list[dict[str, Any]]] = {}
    for posting in Posting.objects.filter(
        connection=job.connection,
        accounting_entry_id__in=[item.accounting_entry_id for item in items],
    ).order_by("part"):
        rows.setdefault(posting.accounting_entry_id, []).append(posting.voucher)
    return {item: rows.get(item.accounting_entry_id, []) for item in items}
