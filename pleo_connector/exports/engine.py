"""One export job, from Pleo's list to Pleo's result.

    start     tell Pleo that the job is ours
    prepare   master data, job items and accounting payloads are read
    recover   what an earlier worker may have booked is looked up in the ERP
    plan      all entries are booked in memory; what cannot be booked is known before anything is
    book      per batch: intent committed, one call, outcome committed
    attach    receipts, each an idempotent step
    report    results to Pleo, at most 100 a call, which also keeps the job from expiring
    match     payments with what they pay, of this job and of earlier ones
    close     the closing event

A worker may die on any line: the next one starts at the top and finds each step's work done.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from erp_adapters.base import ErpAdapter
from erp_adapters.batches import chunks
from erp_adapters.errors import OutcomeUnknown, Rejected
from pleo_connector.bookkeeping.catalog import Catalog
from pleo_connector.bookkeeping.mapping import Mapping as BookkeepingMapping
from pleo_connector.catalog.actions import OtherCompany, fresh_catalog
from pleo_connector.connections.actions import mark_erp_problem
from pleo_connector.connections.lease import Lease
from pleo_connector.exports import actions, job_state, once, queries
from pleo_connector.exports.attachments import Attachments
from pleo_connector.exports.batches import Batches
from pleo_connector.exports.matching import Matching
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.exports.outcomes import Stop
from pleo_connector.exports.planning import Planning
from pleo_connector.exports.translation import job_type_of
from pleo_connector.mapping.actions import load_mapping
from pleo_connector.pleo.client import ITEMS_PER_UPDATE, ItemResult, Job, PleoClient
from pleo_connector.pleo.export_items import (
    ExportItem,
    MalformedItem,
    entry_id_of,
    parse_export_item,
)
from pleo_connector.pleo.export_money import Scale

Status = ExportJobItem.Status
# Each report is an action on the job, which dies at Pleo after an hour without one.
REPORT_AFTER = timedelta(minutes=10)


@dataclass
class JobRun:
    """What the steps of one attempt share. Collaborators are handed in."""

    job: ExportJob
    lease: Lease
    pleo: PleoClient
    erp: ErpAdapter
    now: Callable[[], datetime]
    remote: Job | None = None  # as Pleo listed it
    items: dict[UUID, ExportJobItem] = field(default_factory=dict)
    payloads: dict[UUID, ExportItem] = field(default_factory=dict)
    reported_at: datetime = field(init=False)
    attachments: Attachments = field(init=False)

    def run(self) -> None:
        """All steps. Raises Stop, Wait, LeaseLost or a RemoteError; the caller settles those."""
        with TemporaryDirectory(prefix="receipts-") as folder:
            self.attachments, self.reported_at = Attachments(self, Path(folder)), self.now()
            self.steps()

    def steps(self) -> None:
        self.start()
        mapping, catalog = self.prepare()
        once.recover(self.lease, self.erp, now=self.now())
        planning, batches = Planning(self, mapping, catalog), Batches(self, mapping)
        booked, planned = planning.plan()
        for entries in chunks(booked, ITEMS_PER_UPDATE):
            self.finish(entries)
        for batch in batches.of(planned):
            self.finish(batches.book(batch))
        for batch in batches.of(planning.plan_late()):
            self.finish(batches.book(batch))
        Matching(self).match()
        self.finish(self.attachments.once_more())
        self.close()

    # -- start and prepare ------------------------------------------------------------------

    def start(self) -> None:
        remote = self.remote or self.pleo.job(self.job.pleo_job_id)
        if remote.status == "pending":
            try:
                self.pleo.job_event(remote.id, "started")
            except (Rejected, OutcomeUnknown):  # somebody moved it, or the answer was lost
                remote = self.pleo.job(remote.id)
                if remote.status == "pending":
                    raise
        if remote.is_finished:
            raise Stop.finished_at_pleo(remote)
        job_state.job_started(self.lease, self.job)
        if not self.lease.connection.mapping_versions.exists():
            sentence = "It is not set yet how entries are booked. Choose the accounts first."
            raise Stop("missing_configuration", sentence, fix="accounts")
        if remote.vendor_based_bookkeeping and not self.erp.capabilities.vendor_ledger:
            sentence = f"{self.erp.label} keeps no vendor ledger. Turn off Vendor Tagging in Pleo."
            raise Stop("invalid_configuration", sentence, fix="pleo")

    def prepare(self) -> tuple[BookkeepingMapping, Catalog]:
        connection, label = self.lease.connection, self.erp.label
        try:
            catalog = fresh_catalog(connection=connection, erp=self.erp, now=self.now())
        except OtherCompany as error:
            mark_erp_problem(connection=connection, sentence=error.message)
            raise Stop("invalid_configuration", error.message, fix="erp") from error
        mapping = load_mapping(connection)
        if not catalog.accounts:
            sentence = f"{label} shows no accounts to this connection, so nothing can be booked."
            raise Stop("missing_configuration", sentence, fix="erp")
        if catalog.lock_date == date.max:
            sentence = f"No period is open in {label}, so nothing can be booked. Open one there."
            raise Stop("invalid_configuration", sentence, fix="erp")
        remote_items = self.pleo.job_items(self.job.pleo_job_id)
        self.items = actions.sync_items(self.lease, self.job, remote_items, now=self.now())
        self.read_payloads(mapping.minor_units)
        return mapping, catalog

    def read_payloads(self, scale: Scale) -> None:
        """Each read gives fresh links to the receipts."""
        for raw in self.pleo.export_items(self.job.pleo_job_id):
            entry_id = entry_id_of(raw)
            item = self.items.get(entry_id) if entry_id else None
            if entry_id is None or item is None:
                continue
            try:
                payload = parse_export_item(raw)
            except MalformedItem as error:
                sentence = (
                    f"Pleo's data of this entry could not be read: {error.field} {error.problem}."
                )
                if item.status == Status.PENDING:
                    item.refuse("validation_failure", sentence, fix="support", subject=error.field)
            else:
                self.payloads[entry_id] = payload
                item.describe(payload, scale=scale)

    # -- receipts ---------------------------------------------------------------------------

    def finish(self, entries: Sequence[ExportJobItem]) -> None:
        """Receipts of booked entries, then the results to Pleo."""
        self.attachments.attach(entries)
        self.report()

    def breathe(self) -> None:
        """Called while receipts take their time: neither the lease nor the job at Pleo may end."""
        self.lease.renew()
        if self.now() - self.reported_at > REPORT_AFTER:
            self.report()

    # -- report and close -------------------------------------------------------------------

    def report(self) -> None:
        """Every final result that Pleo does not have yet."""
        ready = [item for item in self.items.values() if item.is_unreported]
        postings = queries.postings_of(
            self.lease.connection, [item.accounting_entry_id for item in ready]
        )
        for batch in chunks(ready, ITEMS_PER_UPDATE):
            results = [result_of(item, postings, self.now()) for item in batch]
            refused = self.pleo.update_items(self.job.pleo_job_id, results)
            actions.note_reported(self.lease, self.job, batch, refused, now=self.now())
        self.reported_at = self.now()

    def close(self) -> None:
        """Tell Pleo how it ended. The items have the details."""
        self.report()
        failed = [item for item in self.items.values() if item.status == Status.FAILED]
        if failed and len(failed) == len(self.items):
            kind = job_type_of({item.failure_type for item in failed})
            raise Stop(kind, f"None of the {len(failed)} entries could be booked.")
        event = "completed_with_errors" if failed else "completed"
        try:
            self.pleo.job_event(self.job.pleo_job_id, event)
        except (Rejected, OutcomeUnknown):
            remote = self.pleo.job(self.job.pleo_job_id)
            if not remote.is_finished:
                raise
            raise Stop.finished_at_pleo(remote) from None
        job_state.job_over(self.lease, self.job, event, "", now=self.now())


def result_of(
    item: ExportJobItem, postings: Mapping[UUID, Sequence[Posting]], now: datetime
) -> ItemResult:
    if item.status == Status.FAILED:
        return ItemResult(
            accounting_entry_id=item.accounting_entry_id,
            status="failed",
            failure_type=item.failure_type,
            failure_reason=item.failure_reason[:1000],
        )
    posting = next(iter(postings.get(item.accounting_entry_id, ())), None)
    return ItemResult(
        accounting_entry_id=item.accounting_entry_id,
        status="successful",
        external_id=(posting.number or posting.erp_id) if posting else "",
        external_url=posting.url if posting else "",
        exported_at=(posting.settled_at if posting else None) or now,
    )
