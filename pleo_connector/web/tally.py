"""What a plan holds, summed up, and how many records are called."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pleo_connector.catalog.models import Entity, SyncPlanItem
from pleo_connector.catalog.queries import Counts
from pleo_connector.web.words import counted

Action, State = SyncPlanItem.Action, SyncPlanItem.State
CHANGES = (Action.CREATE, Action.UPDATE, Action.UNARCHIVE, Action.ARCHIVE, Action.ADOPT)


def records(entity: str, count: int) -> str:
    """214 tags"""
    sentences = {
        Entity.TAG_GROUP: ngettext("%(count)s tag group", "%(count)s tag groups", count),
        Entity.TAG: ngettext("%(count)s tag", "%(count)s tags", count),
        Entity.ACCOUNT: ngettext("%(count)s account", "%(count)s accounts", count),
        Entity.TAX_CODE: ngettext("%(count)s tax code", "%(count)s tax codes", count),
        Entity.VENDOR: ngettext("%(count)s vendor", "%(count)s vendors", count),
    }
    return counted(sentences[Entity(entity)], count)


def both(parts: list[str]) -> str:
    """3 tag groups and 12 tags"""
    if len(parts) < 2:
        return "".join(parts)
    joined = _("%(first)s and %(last)s")
    return joined % {"first": ", ".join(parts[:-1]), "last": parts[-1]}


@dataclass(frozen=True, slots=True)
class Tally:
    """What a plan holds, summed up."""

    counts: Counts

    def of(self, action: str, *, state: str = "", entity: str = "") -> int:
        """Without those that a person keeps, unless they are asked for."""
        return sum(
            count
            for (its_entity, its_action, its_state), count in self.counts.items()
            if its_action == action
            and (its_state == state if state else its_state != State.KEPT)
            and entity in ("", its_entity)
        )

    @property
    def changes(self) -> int:
        return sum(self.of(action) for action in CHANGES)

    def in_state(self, *states: str) -> int:
        return sum(self.of(action, state=state) for action in CHANGES for state in states)

    @property
    def done(self) -> int:
        return self.in_state(State.DONE, State.FAILED, State.DROPPED)

    @property
    def made(self) -> int:
        return self.in_state(State.DONE)

    @property
    def failed(self) -> int:
        return self.in_state(State.FAILED)

    @property
    def kept(self) -> int:
        return self.of(Action.ARCHIVE, state=State.KEPT)

    @property
    def left_out(self) -> int:
        return self.of(Action.NONE)

    def keeping(self) -> "Tally":
        """As it becomes when all that would be archived is kept."""
        kept: Counts = {}
        for (entity, action, state), count in self.counts.items():
            if action == Action.ARCHIVE and state == State.PLANNED:
                state = State.KEPT.value
            kept[entity, action, state] = kept.get((entity, action, state), 0) + count
        return Tally(kept)

    def records_of(self, action: str, *, state: str = "") -> str:
        """3 tag groups and 12 tags"""
        found = ((x, self.of(action, state=state, entity=x)) for x in Entity)
        return both([records(entity, count) for entity, count in found if count])

    def active_after(self, before: Mapping[str, int]) -> dict[str, int]:
        """Active records at Pleo, by entity, once the plan is over."""
        grows = (Action.CREATE, Action.UNARCHIVE, Action.ADOPT)
        return {
            x.value: before.get(x, 0)
            + sum(self.of(action, state=State.DONE, entity=x) for action in grows)
            - self.of(Action.ARCHIVE, state=State.DONE, entity=x)
            for x in Entity
        }
