"""What a job books: every entry in memory, before anything is sent.

The engine and the preview share it. It reads what earlier jobs booked, and writes nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from erp_adapters.base import Capabilities
from erp_adapters.ledger import Voucher
from pleo_connector.bookkeeping.book import book
from pleo_connector.bookkeeping.case import Case
from pleo_connector.bookkeeping.catalog import Catalog
from pleo_connector.bookkeeping.common import in_common
from pleo_connector.bookkeeping.exchange import asks_for_base
from pleo_connector.bookkeeping.facts import Facts, facts_in
from pleo_connector.bookkeeping.mapping import Mapping as BookkeepingMapping
from pleo_connector.bookkeeping.match import OFFERING, Counterparts, Half, Match, half_of
from pleo_connector.bookkeeping.match import halves_of as halves_of_vouchers
from pleo_connector.bookkeeping.result import Booking
from pleo_connector.connections.models import Connection
from pleo_connector.exports.halves import half_of_posting, hidden, keys_of, offering_postings
from pleo_connector.exports.models import ExportJobItem, Posting
from pleo_connector.pleo.export_items import ExportItem

# NotBookable says why; any other exception is a bug, which does not stop the other entries.
Outcome = Booking | Exception


@dataclass
class Planned:
    """An entry that is still to be booked, with the vouchers that do it."""

    item: ExportJobItem
    vouchers: tuple[Voucher, ...]
    halves: Mapping[int, Half] = field(default_factory=dict)  # by part


@dataclass
class Plan:
    outcomes: dict[str, Outcome]  # by entry
    late: list[ExportItem]  # payments that wait until a bill of this job is booked


@dataclass(kw_only=True)
class Planner:
    connection: Connection
    mapping: BookkeepingMapping
    catalog: Catalog
    capabilities: Capabilities
    export_date: date

    def plan(self, items: Sequence[ExportItem]) -> Plan:
        asking = {x.entry_id: x for x in items if asks_for_base(x, self.mapping)}
        outcomes = {x.entry_id: self.booked(x) for x in items if x.entry_id not in asking}
        plan = Plan(outcomes, [])
        wanting = {
            x.entry_id: hidden(self.connection, half)
            for x in items
            if (half := half_of(x, self.mapping.minor_units)) and half.role not in OFFERING
        }
        stored = offering_postings(self.connection, keys_of(wanting.values()))
        here = self._offered(items, outcomes)
        counterparts = Counterparts([*map(half_of_posting, stored), *here])
        matches = {entry_id: counterparts.matches(half) for entry_id, half in wanting.items()}
        for entry_id, item in asking.items():
            self._book_with_base(plan, item, matches[entry_id], stored, here)
        for entry_id, match in matches.items():
            self._settle(plan, entry_id, match)
        return plan

    def booked(self, item: ExportItem, *, bill_base: Decimal | None = None) -> Outcome:
        settings, day = self.mapping, self.export_date
        try:
            return book(item, settings, self.catalog, export_date=day, bill_base=bill_base)
        except Exception as error:  # noqa: BLE001  one entry's trouble does not stop the others
            return error

    def facts(self, item: ExportItem) -> list[Facts]:
        """What rules look at, line by line."""
        case = Case(item, self.mapping, self.catalog, self.export_date)
        try:
            return list(facts_in(case))
        except Exception:  # noqa: BLE001  booking meets the same, and it is told there
            return []

    def halves(self, item: ExportItem, vouchers: Sequence[Voucher]) -> dict[int, Half]:
        """What the vouchers of an entry are in a match, by part."""
        found = enumerate(halves_of_vouchers(item, vouchers, self.mapping.minor_units))
        return {part: hidden(self.connection, half) for part, half in found if half}

    def in_common(
        self,
        vouchers: Iterable[Voucher],
        *,
        with_files: Collection[str],
        job_id: str,
        first: int = 1,
    ) -> dict[str, Voucher]:
        """Shares of common vouchers by own reference. `with_files` are references of entries."""
        if self.mapping.journal_per == "entry":
            return {}
        few = self.capabilities.attachments_per_voucher is not None
        sharing = (x for x in vouchers if not (few and x.reference in with_files))
        return in_common(sharing, job_id=job_id, first=first)

    def _offered(self, items: Sequence[ExportItem], outcomes: Mapping[str, Outcome]) -> list[Half]:
        halves = (
            half_of(x, self.mapping.minor_units)
            for x in items
            if isinstance(done := outcomes.get(x.entry_id), Booking) and done.vouchers
        )
        return [hidden(self.connection, half) for half in halves if half and half.role in OFFERING]

    def _book_with_base(
        self,
        plan: Plan,
        item: ExportItem,
        match: Match,
        stored: Sequence[Posting],
        here: Sequence[Half],
    ) -> None:
        bill = next(iter(match.references), None)
        if bill and bill in {half.reference for half in here}:
            plan.late.append(item)
            return
        base = next((posting.owed for posting in stored if posting.reference == bill), None)
        plan.outcomes[item.entry_id] = self.booked(item, bill_base=base)

    def _settle(self, plan: Plan, entry_id: str, match: Match) -> None:
        """The match step says what is left open, where there is one."""
        booking = plan.outcomes.get(entry_id)
        if not isinstance(booking, Booking):
            return
        if match.decision and not self.capabilities.can_reconcile:
            booking = replace(booking, decisions=(*booking.decisions, match.decision))
        if match.references and booking.vouchers:
            *first, last = booking.vouchers
            last = replace(last, settles=last.settles + match.references)
            booking = replace(booking, vouchers=(*first, last))
        plan.outcomes[entry_id] = booking
