"""The customer's own rules: which one applies to a line. The first match wins."""

from collections.abc import Sequence
from decimal import Decimal

from pleo_connector.bookkeeping.case import Case
from pleo_connector.bookkeeping.mapping import MappingRule
from pleo_connector.pleo.export_money import from_iso_units
from pleo_connector.pleo.export_types import ExportItem, ExportLine


def rule_for(case: Case, line: ExportLine | None, currency: str, units: int) -> MappingRule | None:
    """`line` is None where the type has no category to look at."""
    if not case.mapping.rules:
        return None
    amount = from_iso_units(abs(units), currency)
    category = line.account.code if line and line.account else None
    for number, rule in enumerate(case.mapping.rules, start=1):
        if _applies(rule, case.item, category, currency, amount):
            case.decide("rule", f"{rule.name or f'Rule {number}'} applies: {_told(rule)}.")
            return rule
    return None


def _applies(
    rule: MappingRule, item: ExportItem, category: str | None, currency: str, amount: Decimal
) -> bool:
    return (
        (not rule.types or item.type in rule.types)
        and (rule.category is None or rule.category == category)
        and (rule.currency is None or rule.currency == currency)
        and (rule.min_amount is None or amount >= rule.min_amount)
        and (rule.max_amount is None or amount <= rule.max_amount)
        and (rule.supplier is None or _is_supplier(rule.supplier, item))
        and (rule.team is None or _is_team(rule.team, item))
    )


def _is_supplier(wanted: str, item: ExportItem) -> bool:
    codes: list[str | None] = []
    names: list[str | None] = []
    if item.supplier:
        codes.append(item.supplier.code)
        names.append(item.supplier.name)
    if item.vendor:
        codes.append(item.vendor.code)
        names.append(item.vendor.name)
    wanted = wanted.casefold()
    return any(x and x.casefold() == wanted for x in codes) or any(
        x and wanted in x.casefold() for x in names
    )


def _is_team(wanted: str, item: ExportItem) -> bool:
    known: Sequence[str | None] = (item.team.code, item.team.name) if item.team else ()
    return any(x and x.casefold() == wanted.casefold() for x in known)


def _told(rule: MappingRule) -> str:
    parts = [
        f"account {rule.account}" if rule.account else "",
        f"tax code {rule.tax_code}" if rule.tax_code else "",
        *(f"{name} {value}" for name, value in rule.dimensions.items()),
        f"journal {rule.journal}" if rule.journal else "",
    ]
    return ", ".join(x for x in parts if x)
