"""One expense line with its tax, in the three manners that ERPs know.

send_tax_lines   we send base and tax as lines of their own
server_computes  we send the base, and the ERP adds the tax
code_only        we send the gross amount with a code, and the ERP takes the tax out

Bases come from subtraction, never from division, so that no cent is lost.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from erp_adapters.ledger import LineTax, TaxCode, TaxRole
from pleo_connector.bookkeeping.accounts import Place, configured, usable
from pleo_connector.bookkeeping.amounts import LineAmount, half_up, percent, shown
from pleo_connector.bookkeeping.case import Case, Part
from pleo_connector.bookkeeping.dimensions import Values
from pleo_connector.bookkeeping.sides import Role
from pleo_connector.pleo.export_money import from_iso_units


@dataclass(slots=True)
class Expense:
    """A line whose amounts already have their side: positive is debit."""

    place: Place
    currency: str
    paid: int
    tax: int
    is_reverse: bool
    rate: Decimal  # the ERP's own where it states one, because it computes with that
    code: str | None
    line: LineAmount
    dimensions: Values = ()

    def part(self, amount: int, tax: LineTax | None = None) -> Part:
        place = self.place
        return Part("expense", place.account, amount, place.because, tax, self.dimensions)

    def line_tax(self, role: TaxRole, tax: int, base: int) -> LineTax | None:
        if self.code is None:
            return None
        return LineTax(
            code=self.code,
            role=role,
            tax_amount=from_iso_units(abs(tax), self.currency),
            base_amount=from_iso_units(abs(base), self.currency),
        )


def tax_inside(paid: int, rate: Decimal) -> int:
    """The tax that lies in a gross amount."""
    top, bottom = rate.as_integer_ratio()
    return half_up(paid, top, bottom + top)


def known_code(case: Case, code: str | None, *, of_rule: bool = False) -> TaxCode | None:
    """The catalog's tax code, refused where it is unknown or closed."""
    if code is None:
        return None
    mapped = code if of_rule else case.mapping.tax_codes.get(code, code)
    found = case.catalog.tax_code(mapped)
    if found and found.is_active:
        return found
    if not case.catalog.tax_codes and case.catalog.tax_manner == "send_tax_lines":
        return None  # an ERP without tax codes: the amounts say it all
    state = "is inactive" if found else "does not exist"
    case.refuse(
        "tax_code_unknown",
        f"tax code {mapped} {state} in the accounting system",
        "Choose another tax code in the rule."
        if of_rule
        else "Choose another tax code in Pleo, or one for it in the mapping.",
        "rules" if of_rule else "tax",
        code,
    )
    return None


def expense_parts(case: Case, expense: Expense) -> list[Part]:
    manner = case.catalog.tax_manner
    if expense.tax and expense.code is None and manner != "send_tax_lines":
        _refuse_missing_code(case, expense)
        return [expense.part(expense.paid)]
    if manner == "send_tax_lines":
        return _with_tax_lines(case, expense)
    if expense.is_reverse:
        tax = expense.line_tax("reverse", expense.tax, expense.paid)
        return [expense.part(expense.paid, tax)]
    if manner == "code_only":
        return _with_code(case, expense)
    return _with_added_tax(case, expense)


def _refuse_missing_code(case: Case, expense: Expense) -> None:
    tax = expense.line.line.tax
    known = bool(tax and tax.code)  # its code was refused already
    if not known:
        case.refuse(
            "missing_configuration",
            f"its tax at {percent(expense.rate)} has no tax code",
            "Give the tax code of the line a code in Pleo.",
            "pleo",
            "tax code",
        )


def _with_tax_lines(case: Case, expense: Expense) -> list[Part]:
    base = expense.paid if expense.is_reverse else expense.paid - expense.tax
    parts = [expense.part(base, expense.line_tax("base", expense.tax, base))] if base else []
    if not expense.tax:
        return parts
    tax = expense.line.line.tax
    ingoing = tax.ingoing_tax_account if tax else None
    outgoing = tax.outgoing_tax_account if tax else None
    if expense.is_reverse:
        parts.append(_tax_part(case, expense, "tax_reverse_in", ingoing, expense.tax))
        parts.append(_tax_part(case, expense, "tax_reverse_out", outgoing, -expense.tax))
    else:
        parts.append(_tax_part(case, expense, "tax_in", ingoing, expense.tax))
    return parts


def _tax_part(case: Case, expense: Expense, role: Role, own: str | None, amount: int) -> Part:
    label = f"tax code {expense.code}" if expense.code else f"tax at {percent(expense.rate)}"
    if own:
        hint = "Correct the account of the tax code in Pleo."
        account = usable(case, own, "pleo", hint)
    else:
        account = configured(case, role).account
        case.decide(
            "tax_account", f"In Pleo, {label} has no account; {account.code} is set for it."
        )
    dimensions = expense.dimensions if case.mapping.dimensions_on_counter_lines else ()
    base = expense.paid if expense.is_reverse else expense.paid - expense.tax
    tax = expense.line_tax("tax", expense.tax, base)
    return Part(role, account, amount, f"{label} → {account.code}", tax, dimensions)


def _with_code(case: Case, expense: Expense) -> list[Part]:
    """code_only: the ERP computes from the gross amount, so the gross amount must fit the tax."""
    base = expense.paid - expense.tax
    if tax_inside(expense.paid, expense.rate) == expense.tax:
        return [expense.part(expense.paid, expense.line_tax("included", expense.tax, base))]
    taxed = _taxed_base(case, expense)
    gross = taxed + expense.tax
    tax = expense.line_tax("included", expense.tax, taxed)
    return _present([expense.part(gross, tax), expense.part(expense.paid - gross)])


def _with_added_tax(case: Case, expense: Expense) -> list[Part]:
    """server_computes: the base carries its tax, stated or to be computed."""
    base = expense.paid - expense.tax
    computed = half_up(base, *expense.rate.as_integer_ratio())
    difference = expense.tax - computed
    states = case.catalog.capabilities.takes_tax_amount
    fits = base * expense.tax >= 0  # rounding may leave a line smaller than its tax
    if base and fits and (states or not difference or not expense.code):
        return [expense.part(base, expense.line_tax("added", expense.tax, base))]
    if base and not states and abs(difference) <= 1:
        return _with_rounded_tax(case, expense, base, computed)
    taxed = _taxed_base(case, expense)
    tax = expense.line_tax("added", expense.tax, taxed)
    return _present([expense.part(taxed, tax), expense.part(base - taxed)])


def _with_rounded_tax(case: Case, expense: Expense, base: int, computed: int) -> list[Part]:
    difference = expense.tax - computed
    case.decide(
        "rounding",
        f"The accounting system computes {shown(abs(computed), expense.currency)} of tax where "
        f"Pleo has {shown(abs(expense.tax), expense.currency)}; the difference is rounding.",
    )
    rest = expense.part(difference)
    if case.mapping.accounts.rounding:
        place = configured(case, "rounding")
        rest = replace(rest, role="rounding", account=place.account, because="tax rounding")
    return [expense.part(base, expense.line_tax("added", computed, base)), rest]


def _taxed_base(case: Case, expense: Expense) -> int:
    """The base that the stated tax belongs to; the rest of the line goes without a code."""
    top, bottom = expense.rate.as_integer_ratio()
    taxed = half_up(expense.tax, bottom, top) if top else 0
    case.decide(
        "tax_split",
        f"Tax of {shown(abs(expense.tax), expense.currency)} is not {percent(expense.rate)} of "
        f"the line; {shown(abs(taxed), expense.currency)} is booked with tax code "
        f"{expense.code}, the rest without.",
    )
    return taxed


def _present(parts: list[Part]) -> list[Part]:
    return [x for x in parts if x.amount]


def merged(parts: Iterable[Part], currency: str) -> list[Part]:
    """Tax lines of the same account, code and dimensions as one, each where its first stood."""
    result: list[Part] = []
    places: dict[tuple[object, ...], int] = {}
    for part in parts:
        if part.role not in ("tax_in", "tax_reverse_in", "tax_reverse_out"):
            result.append(part)
            continue
        key = (part.role, part.account.code, part.tax and part.tax.code, part.dimensions)
        if key in places:
            place = places[key]
            result[place] = _sum_of(result[place], part, currency)
        else:
            places[key] = len(result)
            result.append(part)
    return [x for x in result if x.amount or x.tax is None]


def _sum_of(one: Part, other: Part, currency: str) -> Part:
    total = one.amount + other.amount
    tax = one.tax
    if tax and other.tax:
        same_side = (one.amount < 0) == (other.amount < 0)
        base = other.tax.base_amount if same_side else -other.tax.base_amount
        tax = replace(
            tax,
            tax_amount=from_iso_units(abs(total), currency),
            base_amount=abs(tax.base_amount + base),
        )
    return replace(one, amount=total, tax=tax)
