"""The exchange difference of an invoice payment, where we and not the ERP book it."""

from decimal import Decimal

from erp_adapters.ledger import PostedVoucher, Voucher
from pleo_connector.bookkeeping.accounts import configured
from pleo_connector.bookkeeping.case import Case, Part
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.bookkeeping.sides import Role
from pleo_connector.pleo.export_money import minor_units
from pleo_connector.pleo.export_types import ExportItem


def asks_for_base(item: ExportItem, mapping: Mapping) -> bool:
    """Whether what the bill stands at decides how its payment is booked."""
    amount = item.amount
    return (
        item.type == "invoice_payment"
        and mapping.fx_difference == "line"
        and mapping.invoice_currency == "supplier"
        and amount.in_supplier_currency.currency != amount.in_wallet_currency.currency
    )


def booked_base(
    owed: Decimal, voucher: Voucher, posted: PostedVoucher, company_currency: str
) -> Decimal | None:
    """What a bill stands at in the company's currency, of which `owed` is in the voucher's.

    None where the ERP does not say what it made of another currency.
    """
    if voucher.currency == company_currency:
        return owed
    if posted.currency != company_currency or not voucher.total:
        return None
    payable = next((x.account for x in reversed(voucher.lines) if x.debit + x.credit == owed), "")
    exact = [amount for account, amount in posted.balances if account == payable]
    if len(exact) == 1:
        return abs(exact[0])
    places = Decimal(1).scaleb(-minor_units(company_currency))
    return (posted.total * owed / voucher.total).quantize(places)


def with_exchange(case: Case, parts: list[Part]) -> list[Part]:
    """The payable at what the bill stands at, the wallet at what left it, the rest exchange."""
    item = case.item
    if not asks_for_base(item, case.mapping):
        return parts
    wallet_currency = item.amount.in_wallet_currency.currency
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
