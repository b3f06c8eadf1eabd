"""A plan as data: what has to change at Pleo, in which order, and of which twins one stays."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from django.utils.translation import gettext_noop as _

Action = Literal["create", "update", "unarchive", "archive", "adopt", "none"]
EntityName = Literal["tag_group", "tag", "account", "tax_code", "vendor"]
FEW = 3  # tags that may go from a small group, each as any closed value does
NOTHING: Mapping[str, Any] = {}


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
    active_in: dict[str, int] = field(default_factory=dict)  # tags, by group

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
        self.active_in |= other.active_in

    def share(self, *, besides: Collection[str] = ()) -> float:
        """The largest part of one entity's active records that would be archived, in percent.

        A tag group with more than FEW tags to archive counts by itself too. Groups `besides` do
        not count: a person took their dimension off.
        """
        gone, gone_in = Counter[str](), Counter[str]()
        for change in self.archive:
            if change.entity != "tag_group" or change.key.casefold() not in besides:
                gone[change.entity] += 1
            gone_in[change.group] += change.entity == "tag"
        shares = [100 * count / max(self.active.get(x, 0), 1) for x, count in gone.items()]
        for group, count in gone_in.items():
            if count > FEW:
                shares.append(100 * count / max(self.active_in.get(group, 0), 1))
        return max(shares, default=0.0)

    def strange_groups(self, *, known: Collection[str]) -> list[Change]:
        """Groups to archive of which the ERP has no dimension, not even a closed one."""
        groups = (change for change in self.archive if change.entity == "tag_group")
        return [change for change in groups if change.key.casefold() not in known]


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
