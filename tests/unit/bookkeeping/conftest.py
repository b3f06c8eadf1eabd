"""A small company in the ERP, and export items from a few words."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from erp_adapters.base import Capabilities
from erp_adapters.ledger import Account, Dimension, DimensionValue, TaxCode, Vendor
from pleo_connector.bookkeeping.catalog import Catalog

ACCOUNTS = {
    "1940": "Pleo EUR",
    "1941": "Pleo USD",
    "1942": "Pleo SEK",
    "1999": "Money in transit",
    "2440": "Suppliers",
    "2441": "Foreign suppliers",
    "2614": "Output VAT reverse charge",
    "2640": "Input VAT",
    "2645": "Input VAT reverse charge",
    "2850": "Driver",
    "2890": "Owed to employees",
    "2891": "Payroll",
    "3740": "Rounding",
    "3960": "Exchange gains",
    "6100": "Travel",
    "6200": "Meals",
    "6400": "Services",
    "6540": "Software",
    "7960": "Exchange losses",
}
RATES = {"I25": "0.25", "I20": "0.2", "I12": "0.12", "R25": "0.25", "Z0": "0"}
CONTRA_TYPES = frozenset(
    {
        "card_purchase",
        "fee",
        "cashback",
        "refund",
        "chargeback",
        "direct_reimbursement",
        "invoice_payment",
        "card_invoice",
        "atm_withdrawal",
        "personal_spend",
        "wallet_topup",
        "wallet_unload",
    }
)
SETTINGS = {
    "wallet": {"EUR": "1940", "USD": "1941", "SEK": "1942"},
    "out_of_pocket": "2890",
    "external_reimbursement": "2891",
    "transfer": "1999",
    "accounts_payable": "2440",
    "tax_in": "2640",
    "tax_reverse_in": "2645",
    "tax_reverse_out": "2614",
    "exchange_gain": "3960",
    "exchange_loss": "7960",
}


def _accounts() -> tuple[Account, ...]:
    plain = [Account(code=c, name=n, id=f"id-{c}") for c, n in ACCOUNTS.items()]
    return (
        *plain,
        Account(code="6000", name="Expenses", id="id-6000", is_postable=False),
        Account(code="6999", name="Old", id="id-6999", is_active=False),
        Account(code="2442", name="Supplier ledger", id="id-2442", needs_vendor=True),
        Account(code="6300", name="Projects", id="id-6300", required_dimensions=frozenset({"CC"})),
    )


def _vendors() -> tuple[Vendor, ...]:
    return (
        Vendor(code="V100", name="Acme", id="77", tax_number="SE 5560-00", payable_account="2441"),
        Vendor(code="V200", name="Bolt", id="78"),
        Vendor(code="V666", name="Gone", id="79", is_active=False),
        Vendor(code="V900", name="Various", id="80", payable_account="2441"),
        Vendor(code="E7", name="Driver", id="81", payable_account="2850"),
        Vendor(code="E8", name="Al Poe", id="82"),
    )


def make_catalog(manner: str = "send_tax_lines", **changes: Any) -> Catalog:
    """`changes` are fields of the catalog, or of its capabilities."""
    capabilities = Capabilities(tax_manner=manner)  # type: ignore[arg-type]
    for name in [x for x in changes if hasattr(capabilities, x)]:
        capabilities = replace(capabilities, **{name: changes.pop(name)})
    values = [("CC", "10"), ("CC", "20"), ("CC", "30"), ("PROJECT", "P1")]
    known: dict[str, Any] = {
        "lock_date": None,
        "accounts": _accounts(),
        "dimensions": tuple(Dimension(code=x, name=x.title(), id=x) for x in ("CC", "PROJECT")),
        "dimension_values": tuple(
            DimensionValue(dimension=d, code=c, name=c, id=d + c, is_active=c != "20")
            for d, c in values
        ),
        "tax_codes": (
            *(TaxCode(code=c, name=c, id=c, rate=Decimal(r)) for c, r in RATES.items()),
            TaxCode(code="OLD", name="Old", id="OLD", rate=Decimal("0.25"), is_active=False),
        ),
        "vendors": _vendors(),
    }
    known |= changes
    if isinstance(known["lock_date"], str):
        known["lock_date"] = date.fromisoformat(known["lock_date"])
    return Catalog(
        company_currency=known.pop("company_currency", "EUR"),
        tax_manner=manner,  # type: ignore[arg-type]
        capabilities=capabilities,
        **known,
    )


def amount(spec: Any) -> dict[str, Any]:
    """12500 · "SEK 12500" · "USD 10000 / EUR 9200", supplier first."""
    words = str(spec).replace("/", " ").split()
    if len(words) == 1:
        words = ["EUR", *words]
    if len(words) == 2:
        words *= 2
    supplier, wallet = ({"currency": c, "value": int(v)} for c, v in (words[:2], words[2:]))
    return {"inSupplierCurrency": supplier, "inWalletCurrency": wallet}


def make_tax(spec: str) -> dict[str, Any]:
    """ "inclusive 0.25 2500 I25", the amount as in `amount` with "_" for blanks."""
    kind, rate, value, *code = spec.split()
    return {
        "id": "tax",
        "type": kind,
        "rate": Decimal(rate),
        "amount": amount(value.replace("_", " ")),
        "code": code[0] if code else None,
    }


def make_line(spec: dict[str, Any]) -> dict[str, Any]:
    account = spec.get("account", "6100 Travel")
    if isinstance(account, str | int):
        code, _, name = str(account).partition(" ")
        account = {"id": "a", "name": name, "code": code, "identifier": None}
    tax = make_tax(spec["tax"]) if spec.get("tax") else None
    if tax:
        tax |= spec.get("tax_accounts", {})
    tags = [tag.split() for tag in spec.get("tags", ())]
    return {
        "accountingEntryLineId": "line",
        "lineAmount": amount(spec["paid"]),
        "netAmount": amount(1),  # nobody may read it
        "account": account,
        "tags": [{"id": "tag", "groupCode": group, "code": code} for group, code in tags],
        "tax": tax,
    }


def make_item(spec: dict[str, Any]) -> dict[str, Any]:
    """A whole export item; a spec without `lines` is its own only line."""
    kind = spec.get("type", "card_purchase")
    lines = spec.get("lines", [spec])
    total = spec.get("total", lines[0]["paid"] if len(lines) == 1 else None)
    if total is None:
        total = sum(line["paid"] for line in lines)
    contra = spec.get("contra", "1940" if kind in CONTRA_TYPES else None)
    item: dict[str, Any] = {
        "accountingEntryId": "e1",
        "companyId": "company",
        "type": kind,
        "subType": spec.get("sub"),
        "date": "2026-05-02T09:00:00Z",
        "amount": amount(total),
        "accountingEntryLines": [make_line(line) for line in lines],
        "additionalInformation": {"reconciliationId": "1000001", **spec.get("more", {})},
        "contraAccount": {"id": "c", "name": "Pleo", "code": contra} if contra else None,
        "bookkeeping": {"method": spec["method"]} if "method" in spec else None,
        "files": [{"url": "https://files.example/1"}],
        "_links": {},
    }
    if "vendor" in spec:
        item["vendor"] = {"id": "v", "name": "Acme", "defaultCurrency": "EUR", **spec["vendor"]}
    return {**item, **spec.get("raw", {})}


@pytest.fixture(scope="session")
def item_from() -> Callable[[dict[str, Any]], dict[str, Any]]:
    return make_item


@pytest.fixture(scope="session")
def catalog_from() -> Callable[..., Catalog]:
    return make_catalog


@pytest.fixture(scope="session")
def settings() -> dict[str, Any]:
    return SETTINGS
