"""The book step of a run: per batch the intent committed, one call, the outcome committed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Protocol

from erp_adapters.base import ErpAdapter
from erp_adapters.errors import OutcomeUnknown, PeriodClosed, Rejected, RemoteError
from erp_adapters.ledger import PostedVoucher
from pleo_connector.bookkeeping.common import is_common, together
from pleo_connector.bookkeeping.mapping import Mapping as BookkeepingMapping
from pleo_connector.bookkeeping.vouchers import reference_of
from pleo_connector.connections.lease import Lease
from pleo_connector.exports import actions, once
from pleo_connector.exports.attachments import Attachments
from pleo_connector.exports.models import ExportJob, ExportJobItem
from pleo_connector.exports.plan import Planned
from pleo_connector.exports.translation import meaning_of, said_by, told

Status = ExportJobItem.Status
Results = dict[str, PostedVoucher | Rejected]  # by reference


class RunOf(Protocol):
    """What the step needs of the run that it is a part of."""

    job: ExportJob
    lease: Lease
    erp: ErpAdapter
    attachments: Attachments

    def now(self) -> datetime: ...


class Batches:
    def __init__(self, run: RunOf, mapping: BookkeepingMapping) -> None:
        self.run = run
        self.mapping = mapping

    def of(self, planned: Sequence[Planned]) -> Iterator[list[Planned]]:
        """As many vouchers as one call takes, and about as many entries.

        The vouchers of an entry stay together, in order, and so do the entries of a voucher.
        What cannot be looked up goes one by one: a person may have to, after a crash.
        """
        batch: list[Planned] = []
        can = self.run.erp.capabilities
        room = most = can.batch_size if can.can_find else 1
        for _, unit in groupby(planned, key=lambda entry: entry.vouchers[0].reference):
            entries = list(unit)
            size = max(len(entries), len(entries[0].vouchers))
            if batch and size > room:
                yield batch
                batch, room = [], most
            batch += entries
            room -= size
        if batch:
            yield batch

    def book(self, batch: list[Planned]) -> list[ExportJobItem]:
        """The entries of the batch that are booked now."""
        if self.mapping.missing_receipt == "fail":
            batch = self._with_receipts(batch)
        results = self._post_or_move(batch)
        for some in self.of(self._by_themselves(batch, results)):
            results |= self._post_or_move(some)
        booked = []
        for entry in batch:
            refused = [r for v in entry.vouchers if isinstance(r := results[v.reference], Rejected)]
            if refused:
                self._refuse(entry.item, refused[0])
            else:
                booked.append(entry.item)
        actions.save_items(self.run.lease, [entry.item for entry in batch])
        return booked

    def _refuse(self, item: ExportJobItem, refusal: Rejected) -> None:
        meaning, sentence = meaning_of(refusal), told(refusal, erp=self.run.erp.label)
        item.refuse(meaning.item_type, sentence, fix=meaning.fix, subject=refusal.message)

    def _post_or_move(self, batch: Sequence[Planned]) -> Results:
        results = self._post(batch)
        return results | self._post(self._moved_dates(batch, results))

    def _post(self, batch: Sequence[Planned]) -> Results:
        """Intent, call, outcome. After a crash in between, `once.recover` looks it up."""
        run = self.run
        vouchers = together(voucher for entry in batch for voucher in entry.vouchers)
        if not vouchers:
            return {}
        can_match = run.erp.capabilities.can_reconcile
        once.save_intents(run.lease, run.job, batch, can_match=can_match)
        try:
            answers = run.erp.post(vouchers)
        except OutcomeUnknown:
            once.mark_uncertain(run.lease, [voucher.reference for voucher in vouchers])
            raise
        except RemoteError:  # nothing was applied, and nobody could look it up later
            if not run.erp.capabilities.can_find:
                once.mark_not_booked(run.lease, [voucher.reference for voucher in vouchers])
            raise
        results = {v.reference: a for v, a in zip(vouchers, answers, strict=True)}
        once.save_outcomes(run.lease, vouchers, results, label=run.erp.label, now=run.now())
        for entry in batch:
            answers = [results[voucher.reference] for voucher in entry.vouchers]
            if all(isinstance(answer, PostedVoucher) for answer in answers):
                entry.item.status = Status.SUCCESSFUL
        return results

    def _moved_dates(
        self, batch: Sequence[Planned], results: Mapping[str, PostedVoucher | Rejected]
    ) -> list[Planned]:
        """Entries whose period turned out to be closed, once more with today's date."""
        if self.mapping.closed_period == "fail":
            return []
        today, again, decisions = self.run.now().date(), [], []
        for entry in batch:
            closed = [v for v in entry.vouchers if isinstance(results[v.reference], PeriodClosed)]
            if not closed or closed[0].posting_date == today:
                continue
            moved = tuple(replace(v, posting_date=today) for v in closed)
            again.append(replace(entry, vouchers=moved))
            was = closed[0].posting_date
            sentence = f"The period of {was} is closed, so the entry is booked on {today}."
            decisions.append((entry.item.accounting_entry_id, "date_moved", sentence))
        actions.save_decisions(self.run.lease, self.run.job, decisions, now=self.run.now())
        return again

    def _by_themselves(
        self, batch: Sequence[Planned], results: Mapping[str, PostedVoucher | Rejected]
    ) -> list[Planned]:
        """Entries whose common voucher was refused, each with a voucher of its own.

        So the one that is at fault is found, and the others are booked.
        """
        alone, decisions = [], []
        for entry in batch:
            share, entry_id = entry.vouchers[0], entry.item.accounting_entry_id
            refusal = results[share.reference]
            if not is_common(share.reference) or not isinstance(refusal, Rejected):
                continue
            entry.vouchers = (replace(share, reference=reference_of(str(entry_id))),)
            alone.append(entry)
            said = said_by(self.run.erp.label, refusal).rstrip(".")
            sentence = f"The common voucher of the export was refused ({said}); this is its own."
            decisions.append((entry_id, "own_voucher", sentence))
        actions.save_decisions(self.run.lease, self.run.job, decisions, now=self.run.now())
        return alone

    def _with_receipts(self, batch: list[Planned]) -> list[Planned]:
        """The entries whose receipts can all be attached; the others are refused unbooked.

        One of which a part is booked goes on: its other half is missing in the books.
        """
        whole = [x.item for x in batch if once.part_of(x.vouchers[0].reference) == 0]
        for item, refusal in self.run.attachments.refused(whole):
            item.refuse(refusal.type, refusal.sentence, fix=refusal.fix, subject=refusal.subject)
        actions.save_items(self.run.lease, [entry.item for entry in batch])
        return [entry for entry in batch if entry.item.status == Status.PENDING]
