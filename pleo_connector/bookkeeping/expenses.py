"""The expense side of an entry: one line per split line, with its tax and dimensions."""

from decimal import Decimal

from pleo_connector.bookkeeping.accounts import Place, category, configured, usable
from pleo_connector.bookkeeping.amounts import Amounts, LineAmount, half_up, percent, shown
from pleo_connector.bookkeeping.case import Case, Part
from pleo_connector.bookkeeping.dimensions import common, values_of
from pleo_connector.bookkeeping.mapping import MappingRule
from pleo_connector.bookkeeping.rules import rule_for
from pleo_connector.bookkeeping.tax import (
    Expense,
    expense_parts,
    known_code,
    merged,
    tax_inside,
)
from pleo_connector.bookkeeping.text import original_of


class Expenses:
    """What the lines became, and what their rules and tags mean for the rest of the voucher."""

    __slots__ = ("dimensions", "journal", "parts")

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.journal: str | None = None
        self.dimensions: tuple[tuple[str, str], ...] = ()


def read_expenses(case: Case, amounts: Amounts, side: int) -> Expenses:
    """`side` is 1 where expenses stand in debit, -1 where they come back."""
    found = Expenses()
    dimensions = []
    for line in amounts.lines:
        rule = rule_for(case, line.line, amounts.currency, line.paid)
        expense = _expense(case, line, rule, amounts.currency, side)
        dimensions.append(expense.dimensions)
        found.journal = found.journal or (rule.journal if rule else None)
        if not expense.paid and not expense.tax:
            case.decide("zero_line", "A line of zero is left out.")
            continue
        parts = expense_parts(case, expense)
        if parts:
            parts[0].original = original_of(case, line.line.amount, amounts.currency)
        found.parts += parts
    if amounts.difference:
        place = configured(case, "rounding")
        amount = amounts.difference * side
        found.parts.append(Part("rounding", place.account, amount, "rounding of the split"))
    if case.mapping.merge_tax_lines:
        found.parts = merged(found.parts, amounts.currency)
    if case.mapping.dimensions_on_counter_lines:
        found.dimensions = common(dimensions)
    return found


def _expense(
    case: Case, line: LineAmount, rule: MappingRule | None, currency: str, side: int
) -> Expense:
    own = line.line.tax
    rate, tax, is_reverse = line.rate, line.tax, line.is_reverse
    ruled = rule.tax_code if rule else None
    text = ruled or (own.code if own else None)
    code = known_code(case, text, of_rule=bool(ruled))
    if code and ruled and code.rate != rate:
        rate = code.rate
        tax = _recomputed(case, line, rate, currency)
    return Expense(
        place=_place(case, line, rule),
        currency=currency,
        paid=line.paid * side,
        tax=tax * side,
        is_reverse=is_reverse,
        rate=code.rate if code and code.rate else rate,
        code=code.code if code else text if not case.catalog.tax_codes else None,
        line=line,
        dimensions=values_of(case, line.line.tags, rule),
    )


def _recomputed(case: Case, line: LineAmount, rate: Decimal, currency: str) -> int:
    """A rule's tax code with another rate than Pleo's: Pleo's amount no longer holds."""
    if line.is_reverse:
        tax = half_up(line.paid, *rate.as_integer_ratio())
    else:
        tax = tax_inside(line.paid, rate)
    case.decide(
        "tax_computed",
        f"The rule's tax code has {percent(rate)}; the tax is {shown(abs(tax), currency)}.",
    )
    return tax


def _place(case: Case, line: LineAmount, rule: MappingRule | None) -> Place:
    if rule is None or rule.account is None:
        return category(case, line.line)
    hint = "Choose another account in the rule."
    account = usable(case, rule.account, "rules", hint)
    return Place(account, f"{rule.name or 'rule'} → {account.code}")
