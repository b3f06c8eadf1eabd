"""A plan, item by item, to Pleo. What is sent is noted before, and what became of it after.

One record's trouble is that record's; what concerns all of them ends the attempt. An item that is
left as sent was answered by a contradiction, or not at all: Pleo is looked at before it is sent
again.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings

from erp_adapters.base import ErpAdapter
from erp_adapters.errors import NotAllowed, OutcomeUnknown, Rejected, RemoteError, Unavailable
from pleo_connector.catalog import storing
from pleo_connector.catalog.models import Entity, SyncPlan, SyncPlanItem, SyncSettings
from pleo_connector.catalog.records_out import RecordsOut
from pleo_connector.connections.lease import Lease
from pleo_connector.pleo.account_calls import ACCOUNTS_PER_CALL, ALREADY_THERE, REASONS, NewAccount
from pleo_connector.pleo.client import PleoClient
from pleo_connector.pleo.tag_calls import TAGS_PER_CALL

Action, State = SyncPlanItem.Action, SyncPlanItem.State
FILLS = (Action.CREATE, Action.UNARCHIVE)  # an active tag more
SWITCHED = (Action.ARCHIVE, Action.UNARCHIVE)
TOGETHER = 20  # single calls between two notes
CONTRADICTION = (404, 409)  # Pleo is not as it was read
UNANSWERED = 3  # in a row: it is not the record
FULL_AFTER = 3  # refusals in a row in one group, where Pleo's words do not tell it
FULL_WORDS = ("maximum", "too many", "limit")


class MakeWay(Exception):
    """Exports are due. Everything is noted; the sync goes on later."""


class Applier:
    def __init__(
        self,
        *,
        lease: Lease,
        plan: SyncPlan,
        pleo: PleoClient,
        erp: ErpAdapter,
        now: Callable[[], datetime],
    ) -> None:
        company_id = lease.connection.pleo_company_id
        assert company_id is not None
        self.company_id: UUID = company_id
        self.lease, self.plan, self.pleo, self.now = lease, plan, pleo, now
        self.one = RecordsOut(pleo=pleo, erp=erp, company_id=company_id)
        self.unanswered = 0
        self.refusals = Counter[str]()  # in a row, by group
        self.full = set[str]()  # groups
        chosen = SyncSettings.objects.filter(connection=lease.connection).first()
        self.refused_calls = set(chosen.refused_calls) if chosen else set()

    def apply(self) -> None:
        """All planned items, in order."""
        self._learn_groups()
        waiting: list[SyncPlanItem] = []
        while waiting := waiting or self._next():
            batch = self._batch(waiting)
            del waiting[: len(batch)]
            storing.note_sent(self.lease, batch)
            try:
                self._send(batch)
            finally:
                storing.note_outcomes(self.lease, self.plan, batch, now=self.now())
            waiting = [item for item in waiting if not self._is_shut_out(item)]
            if self.lease.is_wanted():
                raise MakeWay

    def _learn_groups(self) -> None:
        """Ids of groups that this plan has made."""
        made = self.plan.items.filter(
            entity=Entity.TAG_GROUP, action=Action.CREATE, state=State.DONE
        )
        self.one.groups |= {key.casefold(): x for key, x in made.values_list("key", "pleo_id")}

    def _next(self) -> list[SyncPlanItem]:
        rows = self.plan.items.filter(state=State.PLANNED).order_by("position")
        return list(rows[:ACCOUNTS_PER_CALL])

    def _batch(self, items: Sequence[SyncPlanItem]) -> list[SyncPlanItem]:
        """The first items that one call does, or a few that each need their own."""
        first = items[0]
        call = self._call_of(first)
        size = {"": TOGETHER, "archive_tags": TAGS_PER_CALL}.get(call, ACCOUNTS_PER_CALL)
        batch = []
        for item in items[:size]:
            same = self._call_of(item) == call and item.entity == first.entity
            if not same or (call and item.action != first.action):
                break
            batch.append(item)
        return batch

    def _call_of(self, item: SyncPlanItem) -> str:
        """The call for many records that does it; empty where it needs one of its own."""
        if item.entity == Entity.TAG and item.action in SWITCHED and not item.old_name:
            call, is_offered = "archive_tags", settings.PLEO_BULK_TAGS
        elif (item.entity, item.action) == (Entity.ACCOUNT, Action.CREATE):
            call, is_offered = "create_accounts", settings.PLEO_BATCH_ACCOUNTS
        else:
            return ""
        return call if is_offered and call not in self.refused_calls else ""

    def _send(self, batch: list[SyncPlanItem]) -> None:
        call = self._call_of(batch[0])
        if call and len(batch) > 1:
            many = {"archive_tags": self._archive_tags, "create_accounts": self._create_accounts}
            self._together(call, many[call], batch)
        else:
            self._each(batch)

    # -- Many at once -----------------------------------------------------------------------

    def _together(
        self,
        call: str,
        send: Callable[[Sequence[SyncPlanItem]], None],
        batch: Sequence[SyncPlanItem],
    ) -> None:
        try:
            send(batch)
        except OutcomeUnknown as error:
            self._no_answer(error)
        except NotAllowed:
            self._each(batch)
            self._refuse(call)
        except Rejected as error:
            self._each(batch)  # one of them may be at fault: each by itself tells which
            if error.status == 404 and all(item.state != State.SENT for item in batch):
                self._refuse(call)
        except Unavailable:
            _back(batch)
            raise

    def _refuse(self, call: str) -> None:
        """Pleo may not offer it to partners: it is done one by one from now on."""
        storing.refuse_call(self.lease, call, now=self.now())
        self.refused_calls.add(call)

    def _archive_tags(self, batch: Sequence[SyncPlanItem]) -> None:
        """What Pleo does not name in its answer is looked at again."""
        archived = batch[0].action == Action.ARCHIVE
        ids = [item.pleo_id for item in batch]
        done = self.pleo.archive_tags(self.company_id, ids, archived=archived)
        for item in batch:
            if item.pleo_id in done:
                item.state, item.problem = State.DONE, ""
            else:
                item.problem = "Pleo did not say that it was done."

    def _create_accounts(self, batch: Sequence[SyncPlanItem]) -> None:
        new = [
            NewAccount(external_id=x.key, code=x.more.get("code", ""), name=x.name) for x in batch
        ]
        made = self.pleo.create_accounts(self.company_id, new)
        there = []
        for item in batch:
            if account := made.accounts.get(item.key):
                item.pleo_id, item.state, item.problem = account.id, State.DONE, ""
            elif ALREADY_THERE in (reasons := made.refused.get(item.key, ())):
                there.append(item)
            elif reasons:
                words = ", ".join(REASONS.get(reason, reason) for reason in reasons)
                item.state, item.problem = State.FAILED, f"Pleo did not take it: {words}."
            else:
                item.problem = "Pleo did not say what became of it."
        self._each(there)

    # -- One by one -------------------------------------------------------------------------

    def _each(self, batch: Sequence[SyncPlanItem]) -> None:
        for place, item in enumerate(batch):
            if item.state != State.SENT:
                continue
            try:
                item.pleo_id = self.one.send(item) or item.pleo_id
            except OutcomeUnknown as error:
                item.problem = error.message[:500]
                try:
                    self._no_answer(error)
                except Unavailable:
                    _back(batch[place + 1 :])
                    raise
            except Rejected as error:
                self._refused(item, error, batch[place + 1 :])
            except RemoteError:  # it concerns all of them, and nothing of it was done
                _back(batch[place:])
                raise
            else:
                item.state, item.problem, self.unanswered = State.DONE, "", 0
                self.refusals[item.group] = 0

    def _no_answer(self, error: OutcomeUnknown) -> None:
        self.unanswered += 1
        if self.unanswered >= UNANSWERED:
            raise Unavailable(error.message, system=error.system, detail=error.detail)

    def _refused(self, item: SyncPlanItem, error: Rejected, rest: Sequence[SyncPlanItem]) -> None:
        self.unanswered = 0
        item.problem = error.message[:500]
        if error.system == "pleo" and error.status in CONTRADICTION:
            return
        item.state = State.FAILED
        if item.entity != Entity.TAG or item.action not in FILLS or error.status != 400:
            return
        self.refusals[item.group] += 1
        said = error.message.casefold()
        is_told = any(word in said for word in FULL_WORDS)
        if is_told or self.refusals[item.group] >= FULL_AFTER:
            self._shut(item.group, error, [item, *rest])

    def _shut(self, group: str, error: Rejected, batch: Sequence[SyncPlanItem]) -> None:
        """The group is full: nothing more is put into it by this run."""
        self.full.add(group)
        sentence = f"Pleo takes no more tags in {group}: {error.message}"[:500]
        for item in batch:
            if self._is_shut_out(item):
                item.state, item.problem = State.FAILED, sentence
        storing.give_up_on(
            self.lease,
            self.plan,
            sentence=sentence,
            entity=Entity.TAG,
            group=group,
            action__in=FILLS,
        )

    def _is_shut_out(self, item: SyncPlanItem) -> bool:
        return item.entity == Entity.TAG and item.group in self.full and item.action in FILLS


def _back(items: Sequence[SyncPlanItem]) -> None:
    """Nothing was sent of these."""
    for item in items:
        if item.state == State.SENT:
            item.state = State.PLANNED
