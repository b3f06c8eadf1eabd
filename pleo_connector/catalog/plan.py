"""What has to change at Pleo, as data. Pure: ERP records and Pleo's in, a plan out.

One rule for all kinds: an active record of the ERP is active at Pleo under the ERP's name, and
nothing else is. Records are archived and never deleted, and come back instead of being made twice.
A second plan after the first was applied is empty.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal, Protocol, TypeVar

from django.utils.translation import gettext_noop as _

from erp_adapters.ledger import Dimension, DimensionValue
from pleo_connector.pleo.tag_calls import Tag, TagGroup

Action = Literal["create", "update", "unarchive", "archive", "adopt", "none"]
EntityName = Literal["tag_group", "tag", "account", "tax_code", "vendor"]
NOTHING: Mapping[str, Any] = {}
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """`key` is the code, of an account its external id. `problem` says why it cannot be made."""

    action: Action
    entity: EntityName
    key: str
    name: str
    reason: str
    old_name: str = ""
    group: str = ""  # of a tag: its dimension's code
    group_id: str = ""  # empty where the group is yet to be created
    pleo_id: str = ""  # empty of a create
    more: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    problem: str = ""


@dataclass(slots=True)
class Plan:
    """In the order in which it is applied: what is archived makes room first."""

    changes: list[Change] = field(default_factory=list)
    active: dict[str, int] = field(default_factory=dict)  # now at Pleo, by entity

    def of(self, action: Action) -> list[Change]:
        return [change for change in self.changes if change.action == action]

    @property
    def create(self) -> list[Change]:
        return self.of("create")

    @property
    def update(self) -> list[Change]:
        return self.of("update")

    @property
    def unarchive(self) -> list[Change]:
        return self.of("unarchive")

    @property
    def archive(self) -> list[Change]:
        return self.of("archive")

    @property
    def problems(self) -> list[Change]:
        return self.of("none")

    def add(self, other: "Plan") -> None:
        self.changes += other.changes
        for entity, count in other.active.items():
            self.active[entity] = self.active.get(entity, 0) + count

    def share(self, *, besides: Collection[str] = ()) -> float:
        """The largest part of one entity's active records that would be archived, in percent.

        Groups `besides` do not count: a person took their dimension off.
        """
        gone: dict[str, int] = defaultdict(int)
        for change in self.archive:
            if change.entity != "tag_group" or change.key.casefold() not in besides:
                gone[change.entity] += 1
        shares = (100 * count / max(self.active.get(x, 0), 1) for x, count in gone.items())
        return max(shares, default=0.0)


class Archivable(Protocol):
    """A record of Pleo's that is joined by its code."""

    @property
    def id(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def archived(self) -> bool: ...
    @property
    def created_at(self) -> str: ...


T = TypeVar("T", bound=Archivable)
ORDER: dict[str, int] = {"none": 0, "archive": 1, "unarchive": 2, "update": 3, "create": 4}


def in_order(changes: Iterable[Change]) -> list[Change]:
    return sorted(changes, key=lambda change: ORDER.get(change.action, 5))


def plan_groups(
    dimensions: Sequence[Dimension], groups: Sequence[TagGroup], *, kept: Collection[str] = ()
) -> Plan:
    """`dimensions` are the selected, active ones. Groups of no dimension are archived."""
    matched, rest = by_code(groups, [x.code for x in dimensions])
    changes = []
    for dimension in dimensions:
        found = matched[dimension.code.casefold()]
        if not found:
            reason = _("Pleo has no tag group for this dimension yet.")
            changes.append(_group("create", dimension.code, dimension.name, reason))
            continue
        best = chosen(found, dimension.name)
        rest += [group for group in found if group is not best]
        if best.archived:
            reason = _("The dimension is selected, and its tag group was archived.")
            changes.append(_of_group("unarchive", best, dimension.name, reason))
        elif best.name != dimension.name:
            reason = _("The dimension has another name in the accounting system.")
            changes.append(_of_group("update", best, dimension.name, reason))
    wanted = {dimension.code.casefold() for dimension in dimensions}
    for group in rest:
        if not group.archived and group.id not in kept:
            reason = _("No selected dimension has this code.")
            if group.code.casefold() in wanted:
                reason = _("Another tag group has the same code.")
            changes.append(_of_group("archive", group, group.name, reason))
    active = sum(not group.archived for group in groups)
    return Plan(in_order(changes), {"tag_group": active})


def plan_tags(
    values: Sequence[DimensionValue],
    tags: Sequence[Tag],
    *,
    dimension: str,
    group_id: str = "",
    today: date,
    kept: Collection[str] = (),
    may_archive: bool = True,
) -> Plan:
    """The tags of one group. `may_archive` is False where the ERP's list may be cut short."""
    usable, changes = _usable(values, dimension, today)
    matched, rest = by_code(tags, usable)

    def change(action: Action, tag: Tag | None, name: str, key: str, reason: str) -> Change:
        return Change(
            action=action,
            entity="tag",
            key=tag.code if tag else key,
            name=name,
            old_name=tag.name if tag and tag.name != name else "",
            group=dimension,
            group_id=group_id,
            pleo_id=tag.id if tag else "",
            reason=reason,
        )

    for value in usable.values():
        found = matched[value.code.casefold()]
        if not found:
            changes.append(change("create", None, value.name or value.code, value.code, NEW_VALUE))
            continue
        name = value.name or value.code
        best = chosen(found, name)
        rest += [tag for tag in found if tag is not best]
        if best.archived:
            changes.append(change("unarchive", best, name, "", BACK))
        elif best.name != name:
            changes.append(change("update", best, name, "", RENAMED))
    inactive = {value.code.casefold() for value in values}
    for tag in rest if may_archive else ():
        if not tag.archived and tag.id not in kept:
            reason = _why_archived(tag.code.casefold(), usable, inactive)
            changes.append(change("archive", tag, tag.name, "", reason))
    return Plan(in_order(changes), {"tag": sum(not tag.archived for tag in tags)})


NEW_VALUE = _("The accounting system has this value, and Pleo has no tag for it.")
BACK = _("The value is in use in the accounting system, and its tag was archived.")
RENAMED = _("The value has another name in the accounting system.")


def _why_archived(code: str, usable: Collection[str], known: Collection[str]) -> str:
    if code in usable:
        return _("Another tag has the same code.")
    if code in known:
        return _("The value is closed in the accounting system.")
    return _("The accounting system does not have this value.")


def _usable(
    values: Sequence[DimensionValue], dimension: str, today: date
) -> tuple[dict[str, DimensionValue], list[Change]]:
    """By code, ignoring case: what may be used today; and what Pleo cannot show."""
    usable: dict[str, DimensionValue] = {}
    problems: list[Change] = []
    for value in values:
        if not is_in_use(value, today):
            continue
        key = value.code.casefold()
        if not key.strip():
            sentence = _("It has no code in the accounting system, and Pleo needs one.")
        elif key in usable:
            sentence = f"{usable[key].name} has the same code in the accounting system."
        else:
            usable[key] = value
            continue
        problems.append(left_out("tag", value.code, value.name, sentence, group=dimension))
    return usable, problems


def is_in_use(value: DimensionValue, today: date) -> bool:
    """No heading or total, open, and today is one of its days."""
    return (
        value.is_active
        and value.is_postable
        and (value.valid_from is None or value.valid_from <= today)
        and (value.valid_until is None or today <= value.valid_until)
    )


def turns_on(values: Iterable[DimensionValue], today: date) -> date | None:
    """The next day on which a value begins, or is over, by its own dates."""
    values = list(values)
    days = [x.valid_from for x in values if x.valid_from and x.valid_from > today]
    days += [x.valid_until + ONE_DAY for x in values if x.valid_until and x.valid_until >= today]
    return min(days, default=None)


def left_out(entity: EntityName, key: str, name: str, problem: str, *, group: str = "") -> Change:
    reason = _("The accounting system's record cannot be shown in Pleo.")
    return Change(
        action="none",
        entity=entity,
        key=key,
        name=name,
        group=group,
        reason=reason,
        problem=problem,
    )


def chosen(twins: Sequence[T], name: str) -> T:
    """Of records with one code: the active one with that name, else the oldest active one.

    The same of archived ones, where none is active. The order is the same at every run.
    """
    active = [twin for twin in twins if not twin.archived]
    choice = active or twins
    named = [twin for twin in choice if twin.name == name]
    return min(named if len(named) == 1 else choice, key=lambda twin: (twin.created_at, twin.id))


def by_code(records: Sequence[T], codes: Iterable[str]) -> tuple[Mapping[str, list[T]], list[T]]:
    """Records by those codes, ignoring case, and the others."""
    wanted = {code.casefold() for code in codes}
    matched: dict[str, list[T]] = defaultdict(list)
    rest = []
    for record in records:
        key = record.code.casefold()
        if key in wanted:
            matched[key].append(record)
        else:
            rest.append(record)
    return matched, rest


def _group(action: Action, key: str, name: str, reason: str, **more: Any) -> Change:
    return Change(action=action, entity="tag_group", key=key, name=name, reason=reason, **more)


def _of_group(action: Action, group: TagGroup, name: str, reason: str) -> Change:
    return _group(
        action,
        group.code,
        name,
        reason,
        old_name=group.name if group.name != name else "",
        pleo_id=group.id,
        more={"metadata": dict(group.metadata)} if group.metadata else NOTHING,
    )
