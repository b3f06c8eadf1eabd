"""One kind of master data, from the ERP to Pleo.

    look      both sides are read and compared; an ERP that has not changed ends it here
    store     the plan is stored before anything of it is done
    wait      for a person: the first time, and where more would be archived than they allow
    apply     record by record, or many by one call; what was sent is noted before it is
    look again    where Pleo contradicted or did not answer; nothing is repeated blindly
    close     the outcome, what is still wrong, and when to look next

A worker may die on any line: the next one looks again, and does what is left of the stored plan.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.conf import settings

from erp_adapters.base import ErpAdapter
from erp_adapters.errors import Unavailable
from pleo_connector.catalog import closing, storing
from pleo_connector.catalog.actions import confirm_company
from pleo_connector.catalog.apply import Applier
from pleo_connector.catalog.changes import Plan
from pleo_connector.catalog.compare import Comparison
from pleo_connector.catalog.models import SyncKind, SyncPlan, SyncPlanItem, SyncSchedule
from pleo_connector.catalog.queries import sync_settings
from pleo_connector.catalog.source import CATALOG_KINDS, marked, read_records
from pleo_connector.connections.lease import Lease
from pleo_connector.history.models import Run
from pleo_connector.pleo.client import PleoClient
from pleo_connector.pleo.vendor_calls import DRAFT

Action, State = SyncPlanItem.Action, SyncPlanItem.State
FRESH = timedelta(minutes=10)  # so long after a worker's last note its plan is as true as it was
LOOKS = 2  # again, in one attempt


@dataclass(frozen=True, slots=True)
class Found:
    """What a look came to. `mark` is that of the ERP's records, by which a change is seen."""

    plan: Plan
    mark: str
    turns_on: date | None
    dimensions: frozenset[str]  # codes that the ERP has, closed ones too


@dataclass
class SyncRun:
    """What the steps of one attempt share. Collaborators are handed in."""

    schedule: SyncSchedule
    run: Run
    plan: SyncPlan | None
    lease: Lease
    pleo: PleoClient
    erp: ErpAdapter
    now: Callable[[], datetime]
    is_confirmed: bool = False  # whether the ERP was seen to have the books that were connected
    is_writing: bool = False  # which permission is missing, where one is
    compared: Comparison = field(init=False)

    def __post_init__(self) -> None:
        self.compared = Comparison(
            kind=self.schedule.kind,
            lease=self.lease,
            run=self.run,
            pleo=self.pleo,
            erp=self.erp,
            now=self.now,
            only=self.plan.only if self.plan and not self.waits else self.schedule.only,
        )

    @property
    def waits(self) -> bool:
        return self.plan is not None and self.plan.state == SyncPlan.State.WAITING

    def execute(self) -> None:
        """All steps. Raises MakeWay, NothingToDo, LeaseLost or a RemoteError; see `settle`."""
        if not self.is_confirmed:
            confirm_company(connection=self.lease.connection, erp=self.erp)
            self.is_confirmed = True
        if not self._goes_on():
            found = self.look()
            if found is None:
                closing.unchanged(self)
                return
            self.store(found)
        assert self.plan is not None
        if self.waits:
            closing.waits(self, self.plan)
            return
        storing.approved(self.lease, self.plan, self.schedule, now=self.now())
        self.apply(self.plan)
        closing.over(self, self.plan)

    def _goes_on(self) -> bool:
        """Whether a plan that was left a moment ago is simply continued."""
        if self.plan is None or self.waits or self.now() - self.plan.touched_at > FRESH:
            return False
        return not self.plan.items.filter(state=State.SENT).exists()

    # -- Look -------------------------------------------------------------------------------

    def look(self) -> Found | None:
        """None where the ERP has not changed since all was compared."""
        told = self.erp.fingerprint(CATALOG_KINDS[self.schedule.kind])
        mark = marked(told) if told else ""
        if mark and self._is_known(mark):
            return None
        source = read_records(self.erp, self.schedule.kind)
        is_tags = self.schedule.kind == SyncKind.TAGS
        dimensions = self.compared.select(source) if is_tags else []
        if not mark:
            mark = source.mark()
            if self._is_known(mark):
                return None
        plan = self.compared.plan(source, dimensions)
        known = frozenset(x.code.casefold() for x in source.records) if is_tags else frozenset()
        return Found(plan, mark, source.turns_on(self.now().date()), known)

    def _is_known(self, mark: str) -> bool:
        row, now = self.schedule, self.now()
        if self.plan or row.asked_at or row.fingerprint != mark or row.compared_at is None:
            return False
        if now - row.compared_at >= timedelta(hours=settings.SYNC_COMPARE_HOURS):
            return False
        if row.turns_on and row.turns_on <= now.date():
            return False
        return row.kind != SyncKind.VENDORS or not self.pleo.vendors(
            self.compared.company_id, states=[DRAFT]
        )

    # -- Store ------------------------------------------------------------------------------

    def store(self, found: Found) -> None:
        now, row = self.now(), self.plan
        is_new = row is None or row.state == SyncPlan.State.WAITING
        if row is None:
            row = SyncPlan(run=self.run, connection=self.lease.connection, kind=self.run.kind)
        row.fingerprint, row.turns_on = found.mark, found.turns_on
        if is_new:
            why, only = self._why(found), self.compared.only
            storing.store_plan(self.lease, row, plan=found.plan, why=why, only=only, now=now)
        else:
            storing.merge_plan(self.lease, row, plan=found.plan, now=now)
        self.plan = row

    def _why(self, found: Found) -> str:
        """It waits for a person; empty where it does not."""
        plan, chosen = found.plan, sync_settings(self.lease.connection)
        off = {code.casefold() for code in chosen.taken_off}
        if self.schedule.approved_at is None and len(plan.problems) < len(plan.changes):
            return SyncPlan.Why.FIRST
        if plan.strange_groups(known=found.dimensions | off):
            return SyncPlan.Why.STRANGE
        return SyncPlan.Why.MANY if plan.share(besides=off) > chosen.archive_limit else ""

    # -- Apply ------------------------------------------------------------------------------

    def apply(self, row: SyncPlan) -> None:
        """And look again, as long as Pleo's answers ask for it."""
        self.is_writing = True
        for left in reversed(range(LOOKS + 1)):
            Applier(lease=self.lease, plan=row, pleo=self.pleo, erp=self.erp, now=self.now).apply()
            sent = row.items.filter(state=State.SENT)
            if not sent.exists():
                return
            if not left:
                break
            self._let_settle(sent.filter(action=Action.ADOPT).exists())
            self.compared.forget()
            if (found := self.look()) is not None:
                self.store(found)
        sentence = "Pleo's answers contradict each other."
        storing.give_up_on(self.lease, row, sentence=sentence)

    def _let_settle(self, is_adopted: bool) -> None:
        """What the ERP was asked to create may be seen there a while later."""
        seconds = self.erp.capabilities.settle_seconds
        if is_adopted and seconds:
            sentence = f"Checking in {self.erp.label} what was created."
            raise Unavailable(sentence, retry_after=seconds)
