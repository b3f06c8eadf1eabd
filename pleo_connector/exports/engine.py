"""One export job, from Pleo's list to Pleo's result.

    start     tell Pleo that the job is ours
    prepare   master data, job items and accounting payloads are read
    recover   what an earlier worker may have booked is looked up in the ERP
    plan      all entries are booked in memory; what cannot be booked is known before anything is
    book      per batch: intent committed, one call, outcome committed
    attach    receipts, each an idempotent step
    report    results to Pleo, at most 100 a call, which also keeps the job from expiring
    close     the closing event

A worker may die on any line: the next one starts at the top and finds each step's work done.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from erp_adapters.base import ErpAdapter
from erp_adapters.errors import OutcomeUnknown, PeriodClosed, Rejected
from erp_adapters.ledger import PostedVoucher, Voucher
from pleo_connector.bookkeeping.book import book
from pleo_connector.bookkeeping.catalog import Catalog
from pleo_connector.bookkeeping.mapping import Mapping as BookkeepingMapping
from pleo_connector.bookkeeping.result import NotBookable
from pleo_connector.catalog.actions import fresh_catalog
from pleo_connector.connections.lease import Lease
from pleo_connector.exports import actions, queries
from pleo_connector.exports.actions import chunks
from pleo_connector.exports.attachments import Attachments
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.exports.outcomes import Stop
from pleo_connector.exports.translation import job_type_of, meaning_of, told
from pleo_connector.mapping.actions import load_mapping
from pleo_connector.pleo.client import ITEMS_PER_UPDATE, ItemResult, Job, PleoClient
from pleo_connector.pleo.export_items import ExportItem, MalformedItem, parse_export_item

Status = ExportJobItem.Status
# Each report is an action on the job, which dies at Pleo after an hour without one.
REPORT_AFTER = timedelta(minutes=10)


@dataclass
class Planned:
    """An entry that is still to be booked, with the vouchers that do it."""

    item: ExportJobItem
    vouchers: tuple[Voucher, ...]


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
        actions.recover(self.lease, self.erp, now=self.now())
        booked, planned = self.plan(mapping, catalog)
        for entries in chunks(booked, ITEMS_PER_UPDATE):
            self.finish(entries)
        for batch in self.batches(planned):
            self.finish(self.book(batch, mapping))
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
        actions.job_started(self.lease, self.job)
        if not self.lease.connection.mapping_versions.exists():
            sentence = "It is not set yet how entries are booked. Choose the accounts first."
            raise Stop("missing_configuration", sentence)
        if remote.vendor_based_bookkeeping and not self.erp.capabilities.vendor_ledger:
            sentence = f"{self.erp.label} keeps no vendor ledger. Turn off Vendor Tagging in Pleo."
            raise Stop("invalid_configuration", sentence)

    def prepare(self) -> tuple[BookkeepingMapping, Catalog]:
        connection = self.lease.connection
        catalog = fresh_catalog(connection=connection, erp=self.erp, now=self.now())
        mapping = load_mapping(connection)
        if not catalog.accounts:
            raise Stop(
                "missing_configuration",
                f"{self.erp.label} shows no accounts to this connection, so nothing can be booked.",
            )
        remote_items = self.pleo.job_items(self.job.pleo_job_id)
        self.items = actions.sync_items(self.lease, self.job, remote_items, now=self.now())
        self.read_payloads()
        return mapping, catalog

    def read_payloads(self) -> None:
        """Each read gives fresh links to the receipts."""
        for raw in self.pleo.export_items(self.job.pleo_job_id):
            entry_id = UUID(str(raw.get("accountingEntryId")))
            item = self.items.get(entry_id)
            if item is None:
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
                item.describe(payload)

    # -- plan -------------------------------------------------------------------------------

    def plan(
        self, mapping: BookkeepingMapping, catalog: Catalog
    ) -> tuple[list[ExportJobItem], list[Planned]]:
        """(booked by an earlier run, to be booked); refusals and decisions are committed."""
        postings = queries.postings_of(self.lease.connection, list(self.items))
        booked, planned = [], []
        decisions: list[tuple[UUID, str, str]] = []
        for entry_id, item in self.items.items():
            known = postings.get(entry_id, [])
            if known and all(posting.state == Posting.State.POSTED for posting in known):
                item.book(before=known[0].job_id != self.job.pk)
                booked.append(item)
            if item.status != Status.PENDING:
                continue
            vouchers, made = self.plan_item(item, mapping, catalog)
            decisions += [(entry_id, decision.kind, decision.sentence) for decision in made]
            done = {posting.part for posting in known if posting.state == Posting.State.POSTED}
            todo = tuple(v for part, v in enumerate(vouchers) if part not in done)
            if todo:
                planned.append(Planned(item, todo))
        actions.save_plan(self.lease, self.job, self.items.values(), decisions, now=self.now())
        return booked, planned

    def plan_item(
        self, item: ExportJobItem, mapping: BookkeepingMapping, catalog: Catalog
    ) -> tuple[tuple[Voucher, ...], Sequence[Any]]:
        payload = self.payloads.get(item.accounting_entry_id)
        if payload is None:
            item.refuse(
                "validation_failure", "Pleo sent no accounting data for this entry.", fix="support"
            )
            return (), ()
        try:
            booking = book(payload, mapping, catalog, export_date=self.now().date())
        except NotBookable as refusal:
            first = refusal.reasons[0]
            item.refuse(first.type, str(refusal), fix=first.fix, subject=first.subject)
            return (), ()
        except Exception as error:  # noqa: BLE001  a bug on one entry does not stop the others
            actions.log_bug(error, item)
            item.refuse(
                "unexpected_failure",
                "Something went wrong on our side. We have been told and look into it.",
                fix="support",
            )
            return (), ()
        if not booking.vouchers:
            item.status = Status.SUCCESSFUL
        return booking.vouchers, booking.decisions

    def batches(self, planned: Sequence[Planned]) -> Iterator[list[Planned]]:
        """As many vouchers as one call takes; those of an entry stay together, in order."""
        batch: list[Planned] = []
        room = self.erp.capabilities.batch_size
        for entry in planned:
            if batch and len(entry.vouchers) > room:
                yield batch
                batch, room = [], self.erp.capabilities.batch_size
            batch.append(entry)
            room -= len(entry.vouchers)
        if batch:
            yield batch

    # -- book -------------------------------------------------------------------------------

    def book(self, batch: list[Planned], mapping: BookkeepingMapping) -> list[ExportJobItem]:
        if mapping.missing_receipt == "fail":
            batch = self.with_receipts(batch)
        results = self.post(batch)
        again = self.moved_dates(batch, results, mapping)
        if again:
            results |= self.post(again)
        booked = []
        for entry in batch:
            refused = [r for v in entry.vouchers if isinstance(r := results[v.reference], Rejected)]
            if refused:
                meaning = meaning_of(refused[0])
                sentence = told(refused[0], erp=self.erp.label)
                entry.item.refuse(
                    meaning.item_type, sentence, fix=meaning.fix, subject=refused[0].message
                )
            else:
                booked.append(entry.item)
        actions.save_items(self.lease, [entry.item for entry in batch])
        return booked

    def post(self, batch: Sequence[Planned]) -> dict[str, PostedVoucher | Rejected]:
        """Intent, call, outcome. After a crash in between, `actions.recover` looks it up."""
        vouchers = [voucher for entry in batch for voucher in entry.vouchers]
        if not vouchers:
            return {}
        actions.save_intents(self.lease, self.job, [(e.item, e.vouchers) for e in batch])
        try:
            answers = self.erp.post(vouchers)
        except OutcomeUnknown:
            actions.mark_uncertain(self.lease, [voucher.reference for voucher in vouchers])
            raise
        results = {v.reference: a for v, a in zip(vouchers, answers, strict=True)}
        actions.save_outcomes(
            self.lease, self.job, vouchers, results, label=self.erp.label, now=self.now()
        )
        for entry in batch:
            answers = [results[voucher.reference] for voucher in entry.vouchers]
            if all(isinstance(answer, PostedVoucher) for answer in answers):
                entry.item.status = Status.SUCCESSFUL
        return results

    def moved_dates(
        self,
        batch: Sequence[Planned],
        results: Mapping[str, PostedVoucher | Rejected],
        mapping: BookkeepingMapping,
    ) -> list[Planned]:
        """Entries whose period turned out to be closed, once more with today's date."""
        if mapping.closed_period == "fail":
            return []
        today, again, decisions = self.now().date(), [], []
        for entry in batch:
            closed = [v for v in entry.vouchers if isinstance(results[v.reference], PeriodClosed)]
            if not closed or closed[0].posting_date == today:
                continue
            moved = tuple(replace(v, posting_date=today) for v in closed)
            again.append(Planned(entry.item, moved))
            was = closed[0].posting_date
            sentence = f"The period of {was} is closed, so the entry is booked on {today}."
            decisions.append((entry.item.accounting_entry_id, "date_moved", sentence))
        actions.save_decisions(self.lease, self.job, decisions, now=self.now())
        return again

    # -- receipts ---------------------------------------------------------------------------

    def with_receipts(self, batch: list[Planned]) -> list[Planned]:
        """The entries whose receipts can all be attached; the others are refused unbooked.

        One of which a part is booked goes on: its other half is missing in the books.
        """
        whole = [x.item for x in batch if actions.part_of(x.vouchers[0].reference) == 0]
        for item, refusal in self.attachments.refused(whole):
            item.refuse(refusal.type, refusal.sentence, fix=refusal.fix, subject=refusal.subject)
        actions.save_items(self.lease, [entry.item for entry in batch])
        return [entry for entry in batch if entry.item.status == Status.PENDING]

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
            results = [_result(item, postings, self.now()) for item in batch]
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
        actions.job_over(self.lease, self.job, event, "", now=self.now())


def _result(
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
