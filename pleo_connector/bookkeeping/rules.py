"""The customer's own rules: which one applies to a line. The first match wins."""

from collections.abc import Iterator
from typing import Literal

from pleo_connector.bookkeeping.case import Case
from pleo_connector.bookkeeping.facts import Facts, facts_of
from pleo_connector.bookkeeping.mapping import MappingRule
from pleo_connector.pleo.export_types import ExportLine

Condition = Literal["types", "category", "supplier", "team", "currency", "min_amount", "max_amount"]


def rule_for(case: Case, line: ExportLine | None, currency: str, units: int) -> MappingRule | None:
    """`line` is None where the type has no category to look at."""
    if not case.mapping.rules:
        return None
    facts = facts_of(case.item, line, currency, units)
    for number, rule in enumerate(case.mapping.rules, start=1):
        if applies(rule, facts):
            case.decide("rule", f"{rule.name or f'Rule {number}'} applies: {_told(rule)}.")
            return rule
    return None


def applies(rule: MappingRule, facts: Facts) -> bool:
    return next(unmet(rule, facts), None) is None


def unmet(rule: MappingRule, facts: Facts) -> Iterator[Condition]:
    """The conditions of the rule that do not hold."""
    if rule.types and facts.type not in rule.types:
        yield "types"
    if rule.category is not None and rule.category != facts.category:
        yield "category"
    if rule.supplier is not None and not _is_supplier(rule.supplier, facts):
        yield "supplier"
    if rule.team is not None and not _is_named(rule.team, facts.team):
        yield "team"
    if rule.currency is not None and rule.currency != facts.currency:
        yield "currency"
    if rule.min_amount is not None and facts.amount < rule.min_amount:
        yield "min_amount"
    if rule.max_amount is not None and facts.amount > rule.max_amount:
        yield "max_amount"


def _is_supplier(wanted: str, facts: Facts) -> bool:
    part = wanted.casefold()
    in_name = any(part in name.casefold() for name in facts.supplier_names)
    return in_name or _is_named(wanted, facts.supplier_codes)


def _is_named(wanted: str, known: tuple[str, ...]) -> bool:
    return any(x.casefold() == wanted.casefold() for x in known)


def _told(rule: MappingRule) -> str:
    parts = [
        f"account {rule.account}" if rule.account else "",
        f"tax code {rule.tax_code}" if rule.tax_code else "",
        *(f"{name} {value}" for name, value in rule.dimensions.items()),
        f"journal {rule.journal}" if rule.journal else "",
    ]
    return ", ".join(x for x in parts if x)
