"""The exchange difference of an invoice payment, where we and not the ERP book it."""

from decimal import Decimal

from pleo_connector.bookkeeping.accounts import configured
from pleo_connector.bookkeeping.case import Case, Part
from pleo_connector.bookkeeping.sides import Role
from pleo_connector.pleo.export_money import minor_units


def with_exchange(case: Case, parts: list[Part]) -> list[Part]:
    """The payable at what the bill stands at, the wallet at what left it, the rest exchange."""
    item, mapping = case.item, case.mapping
    wallet_currency = item.amount.in_wallet_currency.currency
    if (
        item.type != "invoice_payment"
        or mapping.fx_difference != "line"
        or mapping.invoice_currency == "wallet"
        or item.amount.in_supplier_currency.currency == wallet_currency
    ):
        return parts
    if case.bill_base is None or wallet_currency != case.catalog.company_currency:
        case.decide(
            "exchange",
            "The booked amount of the bill is not known here; the accounting system finds the "
            "exchange difference when it settles the bill.",
        )
        return parts
    owed = _units(case.bill_base, wallet_currency)
    payable = next(x for x in parts if x.role == "accounts_payable")
    sign = 1 if payable.amount > 0 else -1
    difference = abs(payable.amount) - owed
    if not difference:
        return parts
    role: Role = "exchange_loss" if difference > 0 else "exchange_gain"
    place = configured(case, role)
    payable.amount = sign * owed
    line = Part(role, place.account, sign * difference, "bill and payment at different rates")
    return [parts[0], line, *parts[1:]]


def _units(amount: Decimal, currency: str) -> int:
    return int(abs(amount).scaleb(minor_units(currency)).to_integral_value())
