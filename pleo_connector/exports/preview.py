"""What would be booked: the same plan as the engine's, with no write anywhere."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from erp_adapters.base import ErpAdapter
from pleo_connector.bookkeeping.result import Booking, Decision, NotBookable, Reason
from pleo_connector.bookkeeping.vouchers import reference_of
from pleo_connector.catalog.actions import fresh_catalog
from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.exports.plan import Outcome, Planner
from pleo_connector.exports.queries import postings_of
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
    planner = Planner(
        connection=connection,
        mapping=load_mapping(connection),
        catalog=fresh_catalog(connection=connection, erp=erp, now=now),
        capabilities=erp.capabilities,
        export_date=now.date(),
    )
    read = [_read(raw) for raw in pleo.export_items(job.id)]
    booked = _booked(connection, [entry.entry_id for entry in read])
    items = {x.item.entry_id: x.item for x in read if x.item and x.entry_id not in booked}
    outcomes = _outcomes(planner, list(items.values()), str(job.id))
    return [
        previewed(planner, entry, outcomes, is_booked=entry.entry_id in booked) for entry in read
    ]


def _read(raw: dict[str, Any]) -> PreviewedEntry:
    try:
        item = parse_export_item(raw)
    except MalformedItem as error:
        sentence = f"The entry could not be read: {error.field} {error.problem}."
        reason = Reason("validation_failure", sentence, "pleo", error.field)
        return PreviewedEntry(entry_id=str(error.entry_id), item=None, reasons=(reason,))
    return PreviewedEntry(entry_id=item.entry_id, item=item)


def _booked(connection: Connection, entry_ids: Sequence[str]) -> set[str]:
    """What an earlier export has booked, in all of its parts."""
    found = postings_of(connection, [UUID(entry_id) for entry_id in entry_ids])
    posted = Posting.State.POSTED
    return {str(key) for key, rows in found.items() if all(row.state == posted for row in rows)}


def _outcomes(planner: Planner, items: Sequence[ExportItem], job_id: str) -> dict[str, Outcome]:
    plan = planner.plan(items)
    single = [
        done.vouchers[0]
        for done in plan.outcomes.values()
        if isinstance(done, Booking) and len(done.vouchers) == 1
    ]
    with_files = {reference_of(item.entry_id) for item in items if item.files}
    shares = planner.in_common(single, with_files=with_files, job_id=job_id)
    for entry_id, done in plan.outcomes.items():
        if isinstance(done, Booking):
            vouchers = tuple(shares.get(voucher.reference, voucher) for voucher in done.vouchers)
            plan.outcomes[entry_id] = replace(done, vouchers=vouchers)
    return plan.outcomes | {item.entry_id: _late(planner, item) for item in plan.late}


def _late(planner: Planner, item: ExportItem) -> Outcome:
    """What its bill stands at is known once that is booked."""
    done = planner.booked(item)
    if not isinstance(done, Booking):
        return done
    sentence = "The exchange difference is booked once it is known what the invoice stands at."
    others = (x for x in done.decisions if x.kind != "exchange")
    return replace(done, decisions=(*others, Decision("exchange", sentence)))


def previewed(
    planner: Planner,
    entry: PreviewedEntry,
    outcomes: dict[str, Outcome],
    *,
    is_booked: bool,
) -> PreviewedEntry:
    """A booked entry is shown as it would be booked today, though it is only reported."""
    if entry.item is None:
        return entry
    done = outcomes.get(entry.entry_id) or planner.booked(entry.item)
    if isinstance(done, NotBookable):
        return replace(entry, reasons=done.reasons, is_booked=is_booked)
    if not isinstance(done, Booking):
        raise done
    vouchers = tuple(map(voucher_to_json, done.vouchers))
    return replace(entry, vouchers=vouchers, decisions=done.decisions, is_booked=is_booked)


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
