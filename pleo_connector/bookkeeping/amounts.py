"""What was paid, per line and in total, freed from sign conventions."""

from dataclasses import dataclass
from decimal import Decimal

from pleo_connector.bookkeeping.case import Case
from pleo_connector.pleo.export_money import (
    MinorMoney,
    from_iso_units,
    is_money,
    minor_units,
    to_iso_units,
)
from pleo_connector.pleo.export_types import Amount, ExportLine, ExportTax

NO_RATE = Decimal(0)


@dataclass(slots=True)
class LineAmount:
    """Positive follows the direction of the entry; a discount is negative, its tax too."""

    line: ExportLine
    paid: int
    tax: int = 0
    is_reverse: bool = False
    rate: Decimal = NO_RATE


@dataclass(slots=True)
class Amounts:
    currency: str
    total: int  # never negative
    is_negative: bool  # as it arrived
    lines: list[LineAmount]
    difference: int = 0  # what the lines lack, for the rounding account

    @property
    def is_nothing(self) -> bool:
        return not self.total and not any(x.paid or x.tax for x in self.lines)


def booking_side(case: Case, amount: Amount) -> MinorMoney:
    """Only a supplier's invoice is booked in what the supplier charged."""
    if case.item.type == "invoice" and case.mapping.invoice_currency == "supplier":
        return amount.in_supplier_currency
    return amount.in_wallet_currency


def read_amounts(case: Case, *, with_lines: bool) -> Amounts:
    money = booking_side(case, case.item.amount)
    _check_currency(case, money.currency)
    units = _units(case, money, money.currency)
    lines = [_line(case, line, money.currency) for line in case.item.lines] if with_lines else []
    amounts = Amounts(money.currency, abs(units), units < 0, lines)
    if with_lines and units and not lines:
        case.refuse(
            "validation_failure",
            "it has no lines",
            "Open the entry in Pleo, choose a category and export it again.",
            "pleo",
            "lines",
        )
    elif with_lines:
        _orient(amounts)
        _settle_exclusive(case, amounts)
        _settle_difference(case, amounts)
    return amounts


def shown(units: int, currency: str) -> str:
    return f"{currency} {from_iso_units(units, currency):,f}"


def half_up(units: int, top: int, bottom: int) -> int:
    """units × top ÷ bottom in whole units, half away from zero; exact, unlike a division."""
    found = (2 * abs(units) * top + bottom) // (2 * bottom)
    return -found if units < 0 else found


def _check_currency(case: Case, currency: str) -> None:
    if not is_money(currency):
        case.refuse(
            "validation_failure",
            f"its currency is {currency}",
            "Correct the currency in Pleo and export it again.",
            "pleo",
            currency,
        )
    elif currency != case.catalog.company_currency and not (
        case.catalog.capabilities.foreign_currency
    ):
        base = case.catalog.company_currency
        hint = f"Book it by hand, or use a wallet in {base}."
        if case.item.type == "invoice" and case.mapping.invoice_currency == "supplier":
            hint = "Set the currency of invoices to the wallet's currency."
        case.refuse(
            "invalid_configuration",
            f"it is in {currency}, and the accounting system books in {base} only",
            hint,
            "posting",
            currency,
        )


def _units(case: Case, money: MinorMoney, currency: str) -> int:
    if money.currency != currency:
        case.refuse(
            "validation_failure",
            f"it is in {currency}, and one of its lines is in {money.currency}",
            "Check the amounts in Pleo and export it again.",
            "pleo",
            money.currency,
        )
    try:
        return to_iso_units(money, case.mapping.minor_units)
    except ValueError:
        case.refuse(
            "validation_failure",
            f"{money.currency} {money.value} in hundredths has more than "
            f"{minor_units(money.currency)} decimals",
            "Check how Pleo sends currencies without decimals in the posting settings.",
            "posting",
            money.currency,
        )
        return money.value


def _line(case: Case, line: ExportLine, currency: str) -> LineAmount:
    paid = _units(case, booking_side(case, line.amount), currency)
    tax = line.tax
    if tax is None:
        return LineAmount(line, paid)
    side = booking_side(case, tax.amount)
    stated = abs(_units(case, side, currency)) if side.value else 0
    if tax.type not in ("inclusive", "exclusive", "reverse") or not tax.rate:
        if stated:
            _refuse_tax(case, tax, f"tax of {shown(stated, currency)} at {percent(tax.rate)}")
        return LineAmount(line, paid)
    is_reverse = tax.type == "reverse"
    if is_reverse and not stated:
        stated = half_up(abs(paid), *tax.rate.as_integer_ratio())
        case.decide(
            "tax_computed",
            f"The reverse charge came without an amount; {percent(tax.rate)} of "
            f"{shown(abs(paid), currency)} is {shown(stated, currency)}.",
        )
    if not is_reverse and stated > abs(paid):
        _refuse_tax(case, tax, f"tax of {shown(stated, currency)} is more than the line itself")
    return LineAmount(line, paid, -stated if paid < 0 else stated, is_reverse, tax.rate)


def percent(rate: Decimal) -> str:
    return f"{(rate * 100).normalize():f} %"


def _refuse_tax(case: Case, tax: ExportTax, what: str) -> None:
    case.refuse(
        "validation_failure",
        f"{what} (tax type {tax.type}) does not add up",
        "Correct the tax of the line in Pleo and export it again.",
        "pleo",
        tax.code or tax.type,
    )


def _orient(amounts: Amounts) -> None:
    """Lines count relative to the sign of their own sum."""
    if sum(x.paid for x in amounts.lines) < 0:
        for line in amounts.lines:
            line.paid, line.tax = -line.paid, -line.tax


def _settle_exclusive(case: Case, amounts: Amounts) -> None:
    """The total is the only witness of whether exclusive tax lies in the lines or on top."""
    exclusive = [x for x in amounts.lines if x.line.tax and x.line.tax.type == "exclusive"]
    on_top = sum(x.tax for x in exclusive)
    if not on_top:
        return
    allowed = len(amounts.lines)
    inside = abs(amounts.total - sum(x.paid for x in amounts.lines))
    added = abs(inside_total(amounts) + on_top - amounts.total)
    if added < inside and added <= allowed:
        for line in exclusive:
            line.paid += line.tax
    elif inside > allowed:
        case.refuse(
            "validation_failure",
            f"its total of {shown(amounts.total, amounts.currency)} is neither the sum of its "
            "lines nor that sum with tax",
            "Check the amounts and the tax in Pleo and export it again.",
            "pleo",
            "tax",
        )
        amounts.total = inside_total(amounts)


def inside_total(amounts: Amounts) -> int:
    return sum(x.paid for x in amounts.lines)


def _settle_difference(case: Case, amounts: Amounts) -> None:
    """The wallet moved by the total; a cent per line may be rounding, more is an error."""
    difference = amounts.total - inside_total(amounts)
    if not difference:
        return
    if abs(difference) > len(amounts.lines):
        case.refuse(
            "validation_failure",
            f"its lines add up to {shown(inside_total(amounts), amounts.currency)}, and its total "
            f"is {shown(amounts.total, amounts.currency)}",
            "Check the split in Pleo and export it again.",
            "pleo",
            "total",
        )
    elif case.mapping.accounts.rounding:
        amounts.difference = difference
    else:
        max(amounts.lines, key=lambda x: abs(x.paid)).paid += difference
    case.decide(
        "rounding",
        f"The lines differ from the total by {shown(abs(difference), amounts.currency)}; "
        + ("it goes to the rounding account." if amounts.difference else "the largest takes it."),
    )
