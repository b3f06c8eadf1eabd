"""What rules look at: of an entry on the desk, as stored with it, or as a person types it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pleo_connector.bookkeeping.amounts import read_amounts
from pleo_connector.bookkeeping.case import Case
from pleo_connector.bookkeeping.sides import JOURNAL
from pleo_connector.pleo.export_money import from_iso_units
from pleo_connector.pleo.export_types import ExportItem, ExportLine

WITH_LINES = frozenset(
    name for (name, _), sides in JOURNAL.items() if "expense" in (sides.debit, sides.credit)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One line, or an entry whose type has no category to look at."""

    type: str
    currency: str
    amount: Decimal  # without sign
    category: str | None = None
    supplier_codes: tuple[str, ...] = ()  # of the supplier and of the vendor
    supplier_names: tuple[str, ...] = ()
    team: tuple[str, ...] = ()  # code and name


def facts_of(item: ExportItem, line: ExportLine | None, currency: str, units: int) -> Facts:
    sellers = (item.supplier, item.vendor)
    return Facts(
        type=item.type,
        currency=currency,
        amount=from_iso_units(abs(units), currency),
        category=line.account.code if line and line.account else None,
        supplier_codes=tuple(x.code for x in sellers if x and x.code),
        supplier_names=tuple(x.name for x in sellers if x and x.name),
        team=tuple(x for x in (item.team.code, item.team.name) if x) if item.team else (),
    )


def facts_in(case: Case) -> Iterator[Facts]:
    """Of each line of an entry, as its rules will see them."""
    item = case.item
    amounts = read_amounts(case, with_lines=item.type in WITH_LINES)
    for line in amounts.lines:
        yield facts_of(item, line.line, amounts.currency, line.paid)
    if item.type not in WITH_LINES:
        yield facts_of(item, None, amounts.currency, amounts.total)


def facts_to_json(facts: Facts) -> dict[str, Any]:
    """Without what is empty."""
    written = {
        "type": facts.type,
        "currency": facts.currency,
        "amount": str(facts.amount),
        "category": facts.category,
        "supplier_codes": list(facts.supplier_codes),
        "supplier_names": list(facts.supplier_names),
        "team": list(facts.team),
    }
    return {name: value for name, value in written.items() if value}


def facts_from_json(row: dict[str, Any]) -> Facts:
    lists = ("supplier_codes", "supplier_names", "team")
    return Facts(
        type=row["type"],
        currency=row["currency"],
        amount=Decimal(row["amount"]),
        category=row.get("category"),
        **{name: tuple(row.get(name, ())) for name in lists},
    )
