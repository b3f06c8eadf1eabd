"""What the books must hold, summed from Pleo's raw entries and from nothing of the product.

Written from the rules of Pleo's export types: which account, which side, which tax.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

OUT_OF_POCKET, OUTSIDE, TRANSIT, PAYABLE = "2820", "2821", "1950", "2440"
LOSS, GAIN = "7960", "3960"
CENT = Decimal("0.01")

SPEND = {"card_purchase", "card_invoice", "fee"}
RETURNS = {"refund", "chargeback", "cashback"}
CLAIMS = {"out_of_pocket", "mileage", "per_diem"}
BACK = {"reimbursement_to_employee_refund", "reimbursement_to_company", "invoice_payment_returned"}


@dataclass
class Expected:
    """Balances are debit minus credit, in the company's currency."""

    balances: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    taxes: dict[str, Decimal] = field(
        default_factory=lambda: defaultdict(Decimal)
    )  # input, by code
    # What must net out one day: by employee's and vendor's code, in the company's currency, and by
    # wallet in its own.
    employees: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    vendors: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    wallets: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    receipts: int = 0
    dimensions: int = 0  # (entry, line, dimension) that must be set
    entries: int = 0


def expected(
    entries: Iterable[Mapping[str, Any]],
    *,
    wallets: Mapping[str, str],
    rates: Mapping[str, Decimal],
    with_exchange: bool = False,
) -> Expected:
    """`wallets` maps a currency to its account; `rates` how many of it one unit of ours buys.

    `with_exchange` where the payment of a bill in another currency has a line for the difference.
    """
    total, entries = Expected(), list(entries)
    stands = _bills(entries, wallets, rates) if with_exchange else {}
    for entry in entries:
        total.entries += 1
        total.receipts += entry["fileCount"]
        lines = entry["accountingEntryLines"] if has_category(entry["type"]) else ()
        total.dimensions += sum(len(line["tags"]) for line in lines)
        side = "inSupplierCurrency" if entry["type"] == "invoice" else "inWalletCurrency"
        rate = rates.get(entry["amount"][side]["currency"], Decimal(1))
        for line in lines:
            if (tax := line.get("tax")) and tax["type"] == "inclusive" and tax["code"]:
                sign = -1 if entry["type"] in RETURNS else 1
                total.taxes[tax["code"]] += sign * _money(tax["amount"][side])
        moves = list(_moves(entry, side, wallets))
        for account, amount in moves:
            if account in wallets.values():
                total.wallets[entry["amount"]["inWalletCurrency"]["currency"]] += amount
        for account, amount in _settled(entry, _converted(moves, rate), stands):
            total.balances[account] += amount
            if account == OUT_OF_POCKET:
                total.employees[employee_of(entry)] += amount
            if account == PAYABLE:
                total.vendors[vendor_of(entry)] += amount
    return total


def employee_of(entry: Mapping[str, Any]) -> str:
    return str((entry["user"] or {}).get("code"))


def vendor_of(entry: Mapping[str, Any]) -> str:
    return str((entry["vendor"] or entry["supplier"] or {}).get("code"))


def document_of(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Whose invoice it is, or pays, and its number."""
    invoice = entry["additionalInformation"]["invoiceInformation"] or {}
    return vendor_of(entry), str(invoice.get("invoiceNumber"))


def _bills(
    entries: Iterable[Mapping[str, Any]], wallets: Mapping[str, str], rates: Mapping[str, Decimal]
) -> dict[tuple[str, str], Decimal]:
    """What bills in another currency stand at in ours."""
    found = {}
    for entry in entries:
        currency = entry["amount"]["inSupplierCurrency"]["currency"]
        if entry["type"] == "invoice" and currency in rates:
            moves = list(_moves(entry, "inSupplierCurrency", wallets))
            parts = _converted(moves, rates[currency])
            owed = (-x for account, x in parts if account == PAYABLE)
            found[document_of(entry)] = sum(owed, Decimal(0))
    return found


def _settled(
    entry: Mapping[str, Any],
    parts: Iterable[tuple[str, Decimal]],
    stands: Mapping[tuple[str, str], Decimal],
) -> Iterable[tuple[str, Decimal]]:
    """A payment takes off the bill what that stands at; the rest is gain or loss."""
    owed = stands.get(document_of(entry)) if entry["type"] == "invoice_payment" else None
    for account, amount in parts:
        if owed is None or account != PAYABLE:
            yield account, amount
            continue
        part = owed if amount > 0 else -owed
        yield account, part
        if rest := amount - part:
            yield (LOSS if rest > 0 else GAIN), rest


def has_category(kind: str) -> bool:
    return kind in SPEND | RETURNS | CLAIMS | {"invoice"}


def _moves(
    entry: Mapping[str, Any], side: str, wallets: Mapping[str, str]
) -> Iterable[tuple[str, Decimal]]:
    kind, back = entry["type"], entry.get("subType") in BACK
    wallet = wallets.get(entry["amount"]["inWalletCurrency"]["currency"], "")
    amount = _money(entry["amount"][side])
    if has_category(kind):
        sign = -1 if kind in RETURNS else 1
        lines = entry["accountingEntryLines"]
        whole = sum(_money(line["lineAmount"][side]) for line in lines)
        for line in lines:  # a line against the sign of their sum is a discount
            discount = -1 if _money(line["lineAmount"][side]) * whole < 0 else 1
            for account, part in _line(line, side):
                yield account, sign * discount * part
        other = OUT_OF_POCKET if kind in CLAIMS else PAYABLE if kind == "invoice" else wallet
        yield other, -sign * abs(amount)
        return
    debit, credit = {
        "atm_withdrawal": (OUT_OF_POCKET, wallet),
        "personal_spend": (OUT_OF_POCKET, wallet),
        "direct_reimbursement": (OUT_OF_POCKET, wallet),
        "external_reimbursement": (OUT_OF_POCKET, OUTSIDE),
        "invoice_payment": (PAYABLE, wallet),
        "wallet_topup": (wallet, TRANSIT),
        "wallet_unload": (TRANSIT, wallet),
    }[kind]
    sign = -1 if back else 1
    yield debit, sign * abs(amount)
    yield credit, -sign * abs(amount)


def _line(line: Mapping[str, Any], side: str) -> Iterable[tuple[str, Decimal]]:
    paid, tax = abs(_money(line["lineAmount"][side])), line.get("tax")
    account = line["account"]["code"]
    part = abs(_money(tax["amount"][side])) if tax else Decimal(0)
    if not tax or not part:
        yield account, paid
    elif tax["type"] == "reverse":
        yield account, paid
        yield tax["ingoingTaxAccount"], part
        yield tax["outgoingTaxAccount"], -part
    else:
        yield account, paid - part
        yield tax["ingoingTaxAccount"], part


def _converted(moves: list[tuple[str, Decimal]], rate: Decimal) -> Iterable[tuple[str, Decimal]]:
    """In the company's currency; cents of rounding go to the largest line, as they must balance."""
    parts = [(a, (x / rate).quantize(CENT, ROUND_HALF_EVEN)) for a, x in moves]
    rest = -sum((x for _, x in parts), Decimal(0))
    if rest:
        largest = max(range(len(parts)), key=lambda i: abs(parts[i][1]))
        parts[largest] = (parts[largest][0], parts[largest][1] + rest)
    return parts


def _money(money: Mapping[str, Any]) -> Decimal:
    places = 0 if money["currency"] in ("JPY", "ISK", "KRW") else 2
    return Decimal(money["value"]).scaleb(-places)
