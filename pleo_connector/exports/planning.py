"""The plan step of a run: what is still to be booked, with refusals and decisions committed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from erp_adapters.base import ErpAdapter
from erp_adapters.ledger import Voucher
from pleo_connector.bookkeeping.catalog import Catalog
from pleo_connector.bookkeeping.codes import PleoCode, codes_of
from pleo_connector.bookkeeping.common import common_number
from pleo_connector.bookkeeping.mapping import Mapping as BookkeepingMapping
from pleo_connector.bookkeeping.result import Booking, NotBookable
from pleo_connector.bookkeeping.vouchers import reference_of
from pleo_connector.connections.lease import Lease
from pleo_connector.exports import actions, queries
from pleo_connector.exports.asked import refuse
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.exports.plan import Outcome, Planned, Planner
from pleo_connector.exports.retired import renamed, retired_counts
from pleo_connector.exports.reversal import refuse as refuse_reversed
from pleo_connector.exports.voucher_json import voucher_from_json
from pleo_connector.pleo.export_types import ExportItem

Status = ExportJobItem.Status
UNDONE = (Posting.State.REVERSING, Posting.State.REVERSED)
HALF_BOOKED = (
    "A part of this entry is booked as {number}. The entry, or how entries are booked, has changed "
    "since, so that the rest does not fit that part. Undo the change and export it again, or "
    "correct {number} by hand and book the rest there."
)


class RunOf(Protocol):
    """What the step needs of the run that it is a part of."""

    job: ExportJob
    lease: Lease
    erp: ErpAdapter
    items: dict[UUID, ExportJobItem]
    payloads: dict[UUID, ExportItem]

    def now(self) -> datetime: ...


class Planning:
    def __init__(self, run: RunOf, mapping: BookkeepingMapping, catalog: Catalog) -> None:
        self.run = run
        self.planner = Planner(
            connection=run.lease.connection,
            mapping=mapping,
            catalog=catalog,
            capabilities=run.erp.capabilities,
            export_date=run.now().date(),
        )
        self.late: list[ExportItem] = []
        self.stale: list[Posting] = []
        self.codes: list[PleoCode] = []

    def plan(self) -> tuple[list[ExportJobItem], list[Planned]]:
        """(booked by an earlier run, to be booked)."""
        postings = self._postings(list(self.run.items))
        booked, payloads = [], []
        for entry_id, item in self.run.items.items():
            known = postings.get(entry_id, [])
            if _all_in(known):
                item.book(before=known[0].job_id != self.run.job.pk)
                booked.append(item)
            elif asked := [posting for posting in known if posting.state == Posting.State.ASKED]:
                refuse(item, asked[0], self.run.erp)
            elif undone := [posting for posting in known if posting.state in UNDONE]:
                refuse_reversed(item, undone[0], self.run.erp)
            elif item.status == Status.PENDING and (payload := self._payload(item)):
                payloads.append(payload)
        plan = self.planner.plan(payloads)
        self.late = plan.late
        planned, decisions = self._planned(plan.outcomes, postings)
        self._share(planned, postings)
        self._save(list(self.run.items.values()), decisions)
        return booked, _in_order(planned)

    def plan_late(self) -> list[Planned]:
        """Payments whose bills had to be booked first."""
        if not self.late:
            return []
        outcomes = self.planner.plan(self.late).outcomes
        items = [self.run.items[UUID(key)] for key in outcomes]
        postings = self._postings([item.accounting_entry_id for item in items])
        planned, decisions = self._planned(outcomes, postings)
        self._save(items, decisions)
        return planned

    def _postings(self, entry_ids: Sequence[UUID]) -> dict[UUID, list[Posting]]:
        return queries.postings_of(self.run.lease.connection, entry_ids)

    def _save(
        self, items: Sequence[ExportJobItem], decisions: Sequence[tuple[UUID, str, str]]
    ) -> None:
        run = self.run
        actions.save_plan(
            run.lease,
            run.job,
            items,
            decisions,
            codes=self.codes,
            stale=self.stale,
            now=run.now(),
        )

    def _payload(self, item: ExportJobItem) -> ExportItem | None:
        payload = self.run.payloads.get(item.accounting_entry_id)
        if payload is None:
            item.refuse(
                "validation_failure", "Pleo sent no accounting data for this entry.", fix="support"
            )
        else:
            codes = codes_of(payload)
            item.note_facts(self.planner.facts(payload), codes)
            self.codes += codes
        return payload

    def _planned(
        self, outcomes: Mapping[str, Outcome], postings: Mapping[UUID, Sequence[Posting]]
    ) -> tuple[list[Planned], list[tuple[UUID, str, str]]]:
        """What is still to be booked of each entry, and the decisions made for it."""
        planned, decisions = [], []
        again = retired_counts(self.run.lease.connection, [UUID(key) for key in outcomes])
        half = [key for key, rows in postings.items() if _number_in(rows) and not _all_in(rows)]
        sent = queries.vouchers_of(self.run.lease.connection, half)
        for key, outcome in outcomes.items():
            entry_id = UUID(key)
            item, known = self.run.items[entry_id], postings.get(entry_id, [])
            if not isinstance(outcome, Booking):
                _refuse(item, outcome)
                continue
            number = _number_in(known)
            if number and not _fits(sent.get(entry_id, ()), outcome.vouchers):
                item.refuse(
                    "invalid_configuration",
                    HALF_BOOKED.format(number=number),
                    fix="posting",
                    subject="partly booked",
                )
                continue
            # Of earlier settings, which made more vouchers of it: none of these stands in the ERP.
            self.stale += [x for x in known if x.part >= len(outcome.vouchers)]
            decisions += [(entry_id, x.kind, x.sentence) for x in outcome.decisions]
            if not outcome.vouchers:
                item.status = Status.SUCCESSFUL
            done = {posting.part for posting in known if posting.state == Posting.State.POSTED}
            todo = tuple(v for part, v in enumerate(outcome.vouchers) if part not in done)
            if times := again.get(entry_id):
                todo = tuple(renamed(voucher, entry_id, times) for voucher in todo)
            if todo:
                halves = self.planner.halves(self.run.payloads[entry_id], outcome.vouchers)
                planned.append(Planned(item, todo, halves))
        return planned, decisions

    def _share(
        self, planned: Sequence[Planned], postings: Mapping[UUID, Sequence[Posting]]
    ) -> None:
        """Where the customer wants one journal per job. A number is never used twice."""
        job_id = str(self.run.job.pleo_job_id)
        used = (common_number(x.reference, job_id) for rows in postings.values() for x in rows)
        single = {
            x.vouchers[0].reference: x
            for x in planned
            if len(x.vouchers) == 1
            and x.vouchers[0].reference == reference_of(str(x.item.accounting_entry_id))
        }
        shares = self.planner.in_common(
            (x.vouchers[0] for x in single.values()),
            with_files={
                reference
                for reference, x in single.items()
                if self.run.payloads[x.item.accounting_entry_id].files
            },
            job_id=job_id,
            first=max(used, default=0) + 1,
        )
        for reference, share in shares.items():
            single[reference].vouchers = (share,)


def _all_in(postings: Sequence[Posting]) -> bool:
    """Whether the whole entry is booked."""
    return bool(postings) and all(x.state == Posting.State.POSTED for x in postings)


def _number_in(postings: Sequence[Posting]) -> str:
    """The number of a part that is booked; empty where none is."""
    booked = (x.number or x.erp_id or "?" for x in postings if x.state == Posting.State.POSTED)
    return next(booked, "")


def _fits(known: Sequence[Posting], vouchers: Sequence[Voucher]) -> bool:
    """Whether what is left to book completes what is booked: both come from one plan."""
    sent = [x.voucher for x in known if x.state != Posting.State.RETIRED]
    was = [_kind_and_total(voucher_from_json(x)) for x in sent if x["lines"]]
    return was == [_kind_and_total(x) for x in vouchers]


def _kind_and_total(voucher: Voucher) -> tuple[str, str, Decimal]:
    return voucher.kind, voucher.currency, voucher.total


def _refuse(item: ExportJobItem, outcome: Exception) -> None:
    if isinstance(outcome, NotBookable):
        first = outcome.reasons[0]
        item.refuse(first.type, str(outcome), fix=first.fix, subject=first.subject)
        return
    actions.log_bug(outcome, item)
    item.refuse(
        "unexpected_failure",
        "Something went wrong on our side. We have been told and look into it.",
        fix="support",
    )


def _in_order(planned: Sequence[Planned]) -> list[Planned]:
    """As Pleo has them; the entries of a common voucher stand where the first of them does."""
    by_reference: dict[str, list[Planned]] = {}
    for entry in planned:
        by_reference.setdefault(entry.vouchers[0].reference, []).append(entry)
    return [entry for entries in by_reference.values() for entry in entries]
