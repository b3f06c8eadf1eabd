"""Tryton's records as ledger types. Pure: no calls, no state."""

from typing import Any

from erp_adapters import ledger
from erp_adapters.base import CatalogKind
from erp_adapters.domains import Row, Source
from erp_adapters.drafts import Standing, read_back
from erp_adapters.ledger import ZERO
from erp_adapters.matching import MatchLine

ANALYTICS = "analytic_account.account"
COMPANY = ("party.name", "party.addresses.country.code", "currency.code")
TYPE = ("type.statement", "type.assets", "type.revenue", "type.expense")
ACCOUNT = ("code", "name", "closed", "active", "party_required", *TYPE)
TAX = ("name", "description", "rate", "active", "childs.rate")
ANALYTIC = ("code", "name", "active", "state", "type", "root.code", "root.name")
PARTY = ("code", "name", "tax_identifier.code", "account_payable.code", "active")
MATCH = ("move", "account.code", "debit", "credit", "reconciliation", "date")
LINES = ("lines.account.code", "lines.debit", "lines.credit")
MOVE = ("number", "date", "description", "state", "origin", "company.currency.code", *LINES)


def company(row: Row) -> ledger.Company:
    countries = [x["country"]["code"] for x in row["party"]["addresses"] if x["country"]]
    name, currency = row["party"]["name"], row["currency"]["code"]
    country = next(iter(countries), "")
    return ledger.Company(id=str(row["id"]), name=name, currency=currency, country=country)


def account(row: Row) -> ledger.Account:
    return ledger.Account(
        **_named(row),
        kind=_account_kind(row["type"] or {}),
        is_postable=row["type"] is not None and not row["closed"],
        is_active=bool(row["active"] and not row["closed"]),
        needs_vendor=bool(row["party_required"]),
    )


def _account_kind(flags: Row) -> ledger.AccountKind:
    """Equity comes out as a liability: Tryton does not tell the two apart."""
    if flags.get("statement") == "balance":
        return "asset" if flags["assets"] else "liability"
    if flags.get("revenue"):
        return "revenue"
    return "expense" if flags.get("expense") else "other"


def dimension(row: Row) -> ledger.Dimension:
    return ledger.Dimension(**_named(row), is_active=_is_open(row))


def dimension_value(row: Row) -> ledger.DimensionValue:
    is_open, axis = _is_open(row), _named(row["root"])["code"]
    is_postable = is_open and row["type"] == "normal"
    known = _named(row) | {"is_active": is_open, "is_postable": is_postable}
    return ledger.DimensionValue(dimension=axis, **known)


def tax_code(row: Row) -> ledger.TaxCode:
    """The name is the code. Reverse charge has two children: the positive is first in the `id`."""
    leaves = sorted(row["childs"] or [row], key=lambda x: -(x["rate"] or ZERO))
    number, rate = ",".join(str(x["id"]) for x in leaves), leaves[0]["rate"] or ZERO
    known = {"code": row["name"], "name": row["description"], "is_active": bool(row["active"])}
    return ledger.TaxCode(id=number, rate=rate, **known)


def vendor(row: Row) -> ledger.Vendor:
    return ledger.Vendor(
        **_named(row),
        tax_number=(row["tax_identifier"] or {}).get("code", ""),
        payable_account=(row["account_payable"] or {}).get("code"),
        is_active=bool(row["active"]),
    )


def match_line(row: Row) -> MatchLine:
    group, amount = str(row["reconciliation"] or ""), row["debit"] - row["credit"]
    known: dict[str, Any] = {"amount": amount, "group": group, "is_open": not group}
    account = row["account"]["code"]
    known |= {"voucher": str(row["move"]), "account": account, "day": row["date"]}
    return MatchLine(id=row["id"], **known)


def standing(row: Row, *, link: str) -> Standing:
    lines = row["lines"]
    posted = read_back(
        [(x["account"]["code"] or "", x["debit"] - x["credit"]) for x in lines],
        reference=row["description"],
        id=str(row["id"]),
        number=row["number"] or "",
        url=f"{link}/model/account.move/{row['id']}",
        is_final=row["state"] == "posted",
        posting_date=row["date"],
        currency=row["company"]["currency"]["code"],
    )
    own = [(x["account"]["id"], x, x.get("analytic_lines") or []) for x in lines]
    return Standing(posted=posted, shape=shape(row["date"], own))


def shape(day: Any, lines: list[tuple[int, Row, list[Row]]]) -> Any:
    """Date, and of each line the account, the amount and the values."""
    return day, sorted(
        (account, x["debit"], x["credit"], sorted(value["account"] for value in values))
        for account, x, values in lines
    )


def _named(row: Row) -> dict[str, Any]:
    """Where the company uses no codes, the name of a dimension or value is one."""
    name = row["name"] or ""
    return {"id": str(row["id"]), "code": row["code"] or name, "name": name}


def _is_open(row: Row) -> bool:
    return bool(row["active"] and row["state"] != "closed")


SOURCES: dict[CatalogKind, Source] = {
    "accounts": Source("account.account", ACCOUNT, account, [["code", "!=", None]]),
    "dimensions": Source(ANALYTICS, ANALYTIC, dimension_value, [["type", "!=", "root"]]),
    "tax_codes": Source("account.tax", TAX, tax_code, [["parent", "=", None]]),
    "vendors": Source("party.party", PARTY, vendor),
}
