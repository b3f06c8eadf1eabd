"""Pleo's tags as the ERP's dimension values."""

from collections.abc import Iterable, Sequence

from erp_adapters.ledger import Dimension
from pleo_connector.bookkeeping.case import Case
from pleo_connector.bookkeeping.mapping import MappingRule
from pleo_connector.bookkeeping.result import Fix
from pleo_connector.pleo.export_types import ExportTag

Values = tuple[tuple[str, str], ...]


def values_of(case: Case, tags: Sequence[ExportTag], rule: MappingRule | None = None) -> Values:
    """The line's dimension values; a rule's values win over tags."""
    found: dict[str, str] = {}
    if rule:
        for name, code in rule.dimensions.items():
            _put(case, found, case.catalog.dimension(name), name, code, from_rule=True)
    for tag in tags:
        target = _target(case, tag.group_code)
        axis = case.catalog.dimension(target) if target else None
        if axis is None or not axis.is_active:
            _to_text(case, tag.group_code, tag.code)
        elif axis.code not in found:
            _put(case, found, axis, tag.group_code, tag.code, from_rule=False)
        elif not (rule and axis.code in rule.dimensions):
            _to_text(case, tag.group_code, tag.code)
    return _within_limit(case, found)


def common(values: Iterable[Values]) -> Values:
    """What all lines share, for the lines that stand opposite to them."""
    found = list(values)
    if not found:
        return ()
    return tuple(x for x in found[0] if all(x in other for other in found[1:]))


def _target(case: Case, group: str) -> str | None:
    explicit = case.mapping.dimensions
    if group in explicit:
        return explicit[group]
    folded = group.casefold()
    for name, target in explicit.items():
        if name.casefold() == folded:
            return target
    return group


def _put(
    case: Case,
    found: dict[str, str],
    axis: Dimension | None,
    label: str,
    code: str,
    *,
    from_rule: bool,
) -> None:
    value = case.catalog.dimension_value(axis.code, code) if axis else None
    if axis and value and value.is_active and value.is_postable:
        found[axis.code] = value.code
        return
    state = "is blocked" if value else "does not exist"
    fix: Fix = "dimensions"
    hint = "Choose another tag in Pleo, or add the value in the accounting system."
    if from_rule:
        fix = "rules"
        hint = "Choose another value in the rule, or add it in the accounting system."
    why = f"{label} {code} {state} in the accounting system"
    case.refuse("tag_unknown", why, hint, fix, f"{label} {code}")


def _to_text(case: Case, group: str, code: str) -> None:
    told = f"{group}: {code}"
    if told not in case.loose_tags:
        case.loose_tags.append(told)
        case.decide("tag_to_text", f"Tag {told} has no dimension of its own; the text names it.")


def _within_limit(case: Case, found: dict[str, str]) -> Values:
    limit = case.catalog.capabilities.max_dimensions
    values = tuple(found.items())
    if limit is None or len(values) <= limit:
        return values
    for name, code in values[limit:]:
        _to_text(case, name, code)
    return values[:limit]
