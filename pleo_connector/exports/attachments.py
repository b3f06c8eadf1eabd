"""The attach step of a run: receipts of booked entries into the ERP, each an idempotent step."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from erp_adapters.base import ErpAdapter
from erp_adapters.errors import NotAllowed, OutcomeUnknown, Rejected
from erp_adapters.ledger import Attachment
from pleo_connector.bookkeeping.result import OPENING, Reason
from pleo_connector.connections.lease import Lease
from pleo_connector.exports import actions, once, queries
from pleo_connector.exports.models import AttachmentUpload, ExportJob, ExportJobItem, Posting
from pleo_connector.exports.outcomes import Wait
from pleo_connector.exports.receipt_files import Limits
from pleo_connector.exports.receipts import ALL, Receipt, Receipts, Wanted
from pleo_connector.exports.translation import said_by
from pleo_connector.pleo.client import PleoClient
from pleo_connector.pleo.export_items import entry_id_of, parse_export_item
from pleo_connector.pleo.export_types import ExportFile, ExportItem

FAILED = AttachmentUpload.State.FAILED
UPLOAD, DOWNLOAD = actions.UPLOAD, "receipt_download_failure"
TRIES = 2  # in the job that books the entry; each later job has one more
MEND = (
    "Mend the receipt in Pleo and export the entry again, or let entries be booked without their "
    "receipts in the posting settings."
)


class RunOf(Protocol):
    """What the step needs of the run that it is a part of."""

    job: ExportJob
    lease: Lease
    pleo: PleoClient
    erp: ErpAdapter
    items: dict[UUID, ExportJobItem]
    payloads: dict[UUID, ExportItem]

    def now(self) -> datetime: ...

    def breathe(self) -> None: ...


class Attachments:
    def __init__(self, run: RunOf, folder: Path) -> None:
        can = run.erp.capabilities
        self.run = run
        self.receipts = Receipts(
            folder,
            pleo=run.pleo,
            limits=Limits(
                who=run.erp.label,
                types=can.attachment_types,
                max_bytes=can.attachment_max_bytes,
                per_voucher=can.attachments_per_voucher,
            ),
            fresh_links=self._fresh_links,
            breathe=run.breathe,
        )
        self.kept: dict[UUID, list[Receipt]] = {}  # fetched before booking, waiting on disk
        self.again: dict[UUID, ExportJobItem] = {}  # failed for a reason that may pass
        self.unknown_at: datetime | None = None  # when an upload was last left without an answer
        self.has_fresh_links = False

    # -- Before booking ---------------------------------------------------------------------

    def refused(self, items: Sequence[ExportJobItem]) -> Iterator[tuple[ExportJobItem, Reason]]:
        """Entries with a receipt that cannot be attached. The files of the others are kept."""
        wanted = self._wanted(items, {})
        with closing(self.receipts.each(wanted, keep=True)) as found:
            for want, receipts in zip(wanted, found, strict=True):
                problem = next((receipt for receipt in receipts if receipt.problem), None)
                if problem:
                    self.receipts.forget(want.entry_id)
                    yield self.run.items[want.entry_id], _reason(problem)
                else:
                    self.kept[want.entry_id] = receipts
                self.run.breathe()

    # -- After booking ----------------------------------------------------------------------

    def attach(self, items: Sequence[ExportJobItem]) -> None:
        """What is not in the ERP yet. Problems become rows, decisions and a second try."""
        posted = queries.first_postings(self.run.lease.connection, items)
        done = queries.uploaded_numbers(posted.values())
        kept, self.kept = self.kept, {}
        others = [i for i in items if i.accounting_entry_id in posted.keys() - kept.keys()]
        wanted = self._wanted(others, done)
        touched = [posted[i] for i in [*kept, *(w.entry_id for w in wanted)] if i in posted]
        actions.note_attaching(self.run.lease, touched, now=self.run.now())
        for entry_id, receipts in kept.items():
            if entry_id in posted:
                self._entry(posted[entry_id], receipts)
            self.receipts.forget(entry_id)
        with closing(self.receipts.each(wanted)) as found:
            for want, receipts in zip(wanted, found, strict=True):
                self._entry(posted[want.entry_id], receipts)
                self.run.breathe()

    def leave(self, items: Sequence[ExportJobItem]) -> None:
        """What booked entries lack when a run ends early: each a row that may be tried again.

        Of a receipt that was tried, it is known why.
        """
        posted = queries.first_postings(self.run.lease.connection, items)
        done = queries.uploaded_numbers(posted.values())
        tried = queries.failed_uploads(posted.values())
        booked = [item for item in items if item.accounting_entry_id in posted]
        decisions = []
        for want in self._wanted(booked, done):
            for known in map(want.receipt, want.numbers):
                row = tried.get((want.entry_id, known.number))
                if row is None:
                    problem = f"Receipt {known.number} was not attached before the export ended."
                    left = replace(known, problem=problem, failure_type=UPLOAD)
                    row = self._one(posted[want.entry_id], left)
                decisions.append(_booked_without(want.entry_id, row))
        actions.save_decisions(self.run.lease, self.run.job, decisions, now=self.run.now())

    def once_more(self) -> list[ExportJobItem]:
        """Entries to be attached a second time, once the ERP knows what came of the first."""
        erp, again, self.again = self.run.erp, self.again, {}
        if self.unknown_at:
            rest = self.unknown_at + once.settle_time(erp) - self.run.now()
            if rest.total_seconds() > 0:
                sentence = f"Checking in {erp.label} what was attached."
                raise Wait(rest.total_seconds(), erp.label, sentence)
        return list(again.values())

    def _wanted(
        self, items: Sequence[ExportJobItem], done: Mapping[UUID, set[int]]
    ) -> list[Wanted]:
        wanted = [
            Wanted.of(payload, frozenset(done.get(item.accounting_entry_id, ())))
            for item in items
            if (payload := self.run.payloads.get(item.accounting_entry_id))
        ]
        return [want for want in wanted if want.numbers]

    def _entry(self, posting: Posting, receipts: Sequence[Receipt]) -> None:
        entry_id = posting.accounting_entry_id
        rows = [self._one(posting, receipt) for receipt in receipts]
        is_complete = any(row.number == ALL and row.state != FAILED for row in rows)
        decisions = [(entry_id, "receipt_changed", r.change) for r in receipts if r.change]
        for row in rows:
            if row.state != FAILED:
                continue
            if row.failure_type in (UPLOAD, DOWNLOAD) and row.tries < TRIES and not is_complete:
                self.again[entry_id] = self.run.items[entry_id]
            else:
                decisions.append(_booked_without(entry_id, row))
        actions.save_decisions(self.run.lease, self.run.job, decisions, now=self.run.now())

    def _one(self, posting: Posting, receipt: Receipt) -> AttachmentUpload:
        problem, failure_type = receipt.problem, receipt.failure_type
        if receipt.path:
            problem = self._upload(posting, receipt, receipt.path)
            failure_type = UPLOAD if problem else ""
        return actions.note_upload(
            self.run.lease,
            posting,
            receipt.number,
            name=receipt.name,
            problem=problem,
            failure_type=failure_type,
            size=receipt.path.stat().st_size if receipt.path else 0,
        )

    def _upload(self, posting: Posting, receipt: Receipt, path: Path) -> str:
        """Empty when attached, else the problem as a sentence."""
        file = Attachment(
            name=receipt.name, content_type=receipt.content_type, content=path.read_bytes()
        )
        try:
            may_exist = posting.attaching_at is not None
            self.run.erp.attach(queries.posted_voucher(posting), file, may_exist=may_exist)
        except (Rejected, NotAllowed, OutcomeUnknown) as error:
            if isinstance(error, OutcomeUnknown):
                self.unknown_at = self.run.now()
            return said_by(self.run.erp.label, error)
        return ""

    def _fresh_links(self, entry_id: UUID) -> Sequence[ExportFile]:
        """Each read of the items gives new links; one read a run is enough for all."""
        if not self.has_fresh_links:
            self.has_fresh_links = True
            for raw in self.run.pleo.export_items(self.run.job.pleo_job_id):
                found = entry_id_of(raw)
                if found and found in self.run.payloads:
                    self.run.payloads[found] = parse_export_item(raw)
        return self.run.payloads[entry_id].files


def _booked_without(entry_id: UUID, row: AttachmentUpload) -> tuple[UUID, str, str]:
    """A decision."""
    return entry_id, "receipt_missing", f"{row.problem} The entry is booked without {row.name}."


def _reason(receipt: Receipt) -> Reason:
    problem = receipt.problem[0].lower() + receipt.problem[1:]
    return Reason(receipt.failure_type, f"{OPENING}{problem} {MEND}", "pleo", "receipt")
