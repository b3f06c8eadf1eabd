"""What has to change at Pleo, as data. Pure: ERP records and Pleo's in, a plan out.

One rule for all kinds: an active record of the ERP is active at Pleo under the ERP's name, and
nothing else is. Records are archived and never deleted, and come back instead of being made twice.
A second plan after the first was applied is empty.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_noop as _

from erp_adapters.ledger import Dimension, DimensionValue
from pleo_connector.catalog.changes import (
    NOTHING,
    Action,
    Change,
    Plan,
    by_code,
    chosen,
    in_order,
    left_out,
)
from pleo_connector.pleo.tag_calls import Tag, TagGroup

ONE_DAY = timedelta(days=1)


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
    active = sum(not tag.archived for tag in tags)
    return Plan(in_order(changes), {"tag": active}, {dimension: active})


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
