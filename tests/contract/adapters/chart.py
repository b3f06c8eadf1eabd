"""The books that every sandbox is filled with, and vouchers that fit them."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from erp_adapters.base import TaxManner
from erp_adapters.ledger import LedgerLine, LineTax, Voucher, VoucherKind

DAY = date(2026, 11, 10)
CLOSED_DAY = date(2025, 3, 15)
MANY = 510  # more values than any adapter reads in one page

ACCOUNTS: list[dict[str, Any]] = [
    {"code": "1000", "name": "Assets", "kind": "heading"},
    {"code": "2440", "name": "Suppliers", "kind": "liability", "needsVendor": True},
    {"code": "2610", "name": "Input VAT", "kind": "asset"},
    {"code": "2611", "name": "Output VAT", "kind": "liability"},
    {"code": "3000", "name": "Sales", "kind": "revenue"},
    {"code": "5840", "name": "Pleo wallet", "kind": "asset"},
    {"code": "6100", "name": "Travel “& more”", "kind": "expense"},
    {"code": "6200", "name": "Essen und Trinken 🍜", "kind": "expense"},
    {
        "code": "6300",
        "name": "Courses",
        "kind": "expense",
        "requiredDimensions": ["DEP"],  # where the ERP has such a rule, see Sandbox.mandatory
    },
    {"code": "6999", "name": "No longer used", "kind": "expense", "isActive": False},
]
TAXES: list[dict[str, Any]] = [
    {"code": "I25", "name": "Input VAT 25 %", "rate": "0.25", "type": "inclusive"},
    {"code": "R25", "name": "Reverse charge 25 %", "rate": "0.25", "type": "reverse"},
    {"code": "Z0", "name": "No VAT", "rate": "0", "type": "inclusive", "ingoingTaxAccount": None},
    {"code": "X99", "name": "Gone", "rate": "0.99", "type": "inclusive", "isActive": False},
]
DIMENSIONS: list[dict[str, Any]] = [
    {
        "code": "DEP",
        "name": "Department",
        "values": [
            {"code": "SALES", "name": "Sales"},
            {"code": "IT", "name": "IT"},
            {"code": "OLD", "name": "Closed down", "isActive": False},
        ],
    },
    {"code": "PRJ", "name": "Project", "values": [{"code": "P1", "name": "One"}]},
    {
        "code": "BIG",
        "name": "Many",
        "values": [{"code": f"B{n:04d}", "name": f"Value {n}"} for n in range(MANY)],
    },
]
VENDORS: list[dict[str, Any]] = [
    {"code": "V1", "name": "Åse's “Café” & Søn 🏨"},
    {"code": "V2", "name": "Deutsche Bahn"},
    {"code": "V9", "name": "Blocked", "isActive": False},
]
RATES = {"DKK": Decimal("7.46"), "USD": Decimal("1.1")}  # for one EUR
CHART: dict[str, Any] = {
    "accounts": ACCOUNTS,
    "taxCodes": [
        {"ingoingTaxAccount": "2610", "outgoingTaxAccount": "2611", **row} for row in TAXES
    ],
    "dimensions": DIMENSIONS,
}


def reference() -> str:
    return f"pleo:{uuid4()}"


def line(account: str, amount: str, **more: Any) -> LedgerLine:
    """A debit, or a credit where the amount is negative."""
    signed = Decimal(amount)
    sides: dict[str, Any] = {"debit": max(signed, Decimal(0)), "credit": max(-signed, Decimal(0))}
    return LedgerLine(account=account, because="test", **(sides | more))


def tax(code: str, role: Any, *, base: str, amount: str) -> LineTax:
    return LineTax(code=code, role=role, base_amount=Decimal(base), tax_amount=Decimal(amount))


def voucher(*lines: LedgerLine, **more: Any) -> Voucher:
    """Travel paid by card, unless `lines` say otherwise."""
    plain = (line("6100", "100.00"), line("5840", "-100.00"))
    values: dict[str, Any] = {
        "reference": reference(),
        "posting_date": DAY,
        "currency": "EUR",
        "is_final": True,
        "text": "Taxi",
        "lines": lines or plain,
        **more,
    }
    return Voucher(**values)


def taxed(manner: TaxManner, *, code: str = "I25", sign: str = "") -> tuple[LedgerLine, ...]:
    """80 and 20 of tax paid by card, said in the ERP's manner; `sign` "-" is a refund."""
    other = "" if sign else "-"
    contra = line("5840", f"{other}100.00")

    def of(role: Any) -> LineTax:
        return tax(code, role, base="80", amount="20")

    if manner == "server_computes":
        return line("6100", f"{sign}80.00", tax=of("added")), contra
    if manner == "code_only":
        return line("6100", f"{sign}100.00", tax=of("included")), contra
    net, vat = line("6100", f"{sign}80.00", tax=of("base")), line("2610", f"{sign}20.00")
    return net, replace(vat, tax=of("tax")), contra


def reverse_charged(manner: TaxManner) -> tuple[LedgerLine, ...]:
    """80 paid by card, and 20 of tax on both sides."""
    contra = line("5840", "-80.00")

    def of(role: Any) -> LineTax:
        return tax("R25", role, base="80", amount="20")

    if manner != "send_tax_lines":
        return line("6100", "80.00", tax=of("reverse")), contra
    both = line("2610", "20.00", tax=of("tax")), line("2611", "-20.00", tax=of("tax"))
    return line("6100", "80.00", tax=of("base")), *both, contra


def bill(amount: str = "100.00", *, kind: VoucherKind = "bill", vendor: str = "V1") -> Voucher:
    """A supplier's invoice, or with `kind` credit_note its opposite."""
    other = amount if kind == "credit_note" else f"-{amount}"
    expense = line("6100", f"-{amount}" if kind == "credit_note" else amount)
    payable = line("2440", other, vendor=vendor)
    number, day = f"INV-{uuid4().hex[:8]}", DAY
    return voucher(
        *(expense, payable), kind=kind, vendor=vendor, document_number=number, document_date=day
    )


def payment(*bills: Voucher, amount: str = "100.00", vendor: str = "V1") -> Voucher:
    lines = line("2440", amount, vendor=vendor), line("5840", f"-{amount}")
    settles = tuple(x.reference for x in bills)
    return voucher(*lines, kind="payment", vendor=vendor, settles=settles)


def with_first(**changes: Any) -> Voucher:
    """A voucher whose first line has `changes`."""
    values: dict[str, Any] = {"account": "6100", **changes}
    return voucher(line(values.pop("account"), "100.00", **values), line("5840", "-100.00"))
