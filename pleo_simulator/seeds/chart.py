"""Charts of accounts, tax codes, dimensions and vendors, as the ERP would have sent them."""

from typing import Any

from .companies import SUPPLIERS, WALLET_ACCOUNTS, Company
from .ids import uid

_EXPENSES = (
    ("4010", "Purchased goods"),
    ("5010", "Rent"),
    ("5410", "Small tools"),
    ("5610", "Vehicle costs"),
    ("5910", "Advertising"),
    ("6100", "Travel"),
    ("6110", "Accommodation"),
    ("6120", "Mileage allowances"),
    ("6130", "Daily allowances"),
    ("6210", "Meals"),
    ("6310", "Office supplies"),
    ("6320", "Postage"),
    ("6400", "Consultants"),
    ("6540", "Software"),
    ("6550", "Telephone and internet"),
    ("6980", "Bank fees"),
    ("6990", "Interest"),
    ("7960", "Exchange loss"),
    ("3740", "Rounding"),
)
_OTHERS = (
    ("1930", "Bank", "asset"),
    ("1950", "Money in transit", "asset"),
    ("2640", "Input VAT", "asset"),
    ("2645", "Input VAT, reverse charge", "asset"),
    ("2440", "Accounts payable", "liability"),
    ("2614", "Output VAT, reverse charge", "liability"),
    ("2820", "Out-of-pocket liability", "liability"),
    ("2821", "External reimbursement", "liability"),
    ("3900", "Other income", "revenue"),
    ("3960", "Exchange gain", "revenue"),
)
_DIMENSIONS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    (
        "department",
        "Department",
        (("SALES", "Sales"), ("ENG", "Engineering"), ("OPS", "Operations"), ("MKT", "Marketing")),
    ),
    (
        "project",
        "Project",
        (("P100", "Pump line"), ("P200", "Harbour retrofit"), ("P300", "Internal")),
    ),
)


def accounts(company: Company) -> list[dict[str, str]]:
    rows = [(code, name, "expense") for code, name in _EXPENSES] + list(_OTHERS)
    rows += [(WALLET_ACCOUNTS[c], f"Pleo wallet {c}", "asset") for c in company.wallets]
    return [
        {"id": uid(company.slug, "account", code), "code": code, "name": name, "kind": kind}
        for code, name, kind in sorted(rows)
    ]


def tax_codes(company: Company) -> list[dict[str, Any]]:
    standard, low = company.standard_rate, company.low_rate
    codes = [
        _tax(
            company, f"I{standard}", f"Input VAT {standard} %", standard, "inclusive", "2640", None
        )
    ]
    if low:
        codes.append(
            _tax(company, f"I{low:02d}", f"Input VAT {low} %", low, "inclusive", "2640", None)
        )
    codes.append(
        _tax(
            company,
            f"R{standard}",
            f"Reverse charge {standard} %",
            standard,
            "reverse",
            "2645",
            "2614",
        )
    )
    codes.append(_tax(company, "Z0", "No VAT", 0, "inclusive", None, None))
    return codes


def _tax(
    company: Company,
    code: str,
    name: str,
    percent: int,
    kind: str,
    ingoing: str | None,
    outgoing: str | None,
) -> dict[str, Any]:
    return {
        "id": uid(company.slug, "tax", code),
        "code": code,
        "name": name,
        "rate": percent / 100,
        "type": kind,
        "ingoingTaxAccount": ingoing,
        "outgoingTaxAccount": outgoing,
    }


def dimensions(company: Company) -> list[dict[str, Any]]:
    return [
        {
            "id": uid(company.slug, "tag-group", code),
            "code": code,
            "name": name,
            "values": [
                {"id": uid(company.slug, "tag", code, v), "code": v, "name": label}
                for v, label in values
            ],
        }
        for code, name, values in _DIMENSIONS
    ]


def vendors(company: Company) -> list[dict[str, Any]]:
    return [
        {
            "id": uid(company.slug, "vendor", s.key),
            "key": s.key,
            "name": s.name,
            "defaultCurrency": "USD" if s.country == "US" else company.currency,
            "code": f"V{number:03d}",
            "externalId": f"ven-{number:03d}",
            "country": s.country or company.country,
            "registrationNumber": None,
            "taxRegistrationNumber": f"{s.country or company.country}9901{number:04d}",
        }
        for number, s in enumerate(SUPPLIERS, 101)
    ]


def chart(company: Company) -> dict[str, Any]:
    return {
        "accounts": accounts(company),
        "taxCodes": tax_codes(company),
        "dimensions": dimensions(company),
        "vendors": vendors(company),
    }
