"""The books of a local Odoo: filled once from a small chart, and read out for checks."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from demo.odoo_api import Session

if TYPE_CHECKING:
    from demo.odoo import Server

CONNECTOR = "pleo-connector"

# What our chart's kinds are in Odoo. A heading there is a group and no account; the nearest to an
# account that takes no entries of ours is one that is off the balance sheet.
TYPES = {
    "asset": "asset_current",
    "liability": "liability_current",
    "equity": "equity",
    "revenue": "income",
    "expense": "expense",
    "heading": "off_balance",
}
RATES_FROM = "2000-01-01"


@dataclass(frozen=True, kw_only=True)
class Access:
    """What a person would paste into the connect page, and the administrator's key."""

    base_url: str
    database: str
    key: str
    company: str  # its id
    admin_key: str = field(repr=False)

    def admin(self) -> Session:
        return Session(
            base_url=self.base_url,
            database=self.database,
            key=self.admin_key,
            company=int(self.company),
        )


def bootstrap(
    server: "Server",
    *,
    chart: Mapping[str, Any],
    company_name: str,
    currency: str,
    extra_currencies: Mapping[str, Decimal] | None = None,
    country: str = "",
    suppliers: Sequence[Mapping[str, Any]] = (),
) -> Access:
    """A company with `chart` that the connector's user works in; once per data folder.

    `chart` holds `accounts` [{code, name, kind, needsVendor}], `taxCodes` [{code, name, rate,
    type, ingoingTaxAccount, outgoingTaxAccount, isActive}] and `dimensions` [{code, name, values:
    [{code, name, isActive}]}]; `extra_currencies` maps a code to how many of it one unit of
    `currency` buys; `suppliers` are [{code, name}].
    """
    file = server.data_dir / "access.json"
    if file.exists():
        return Access(**{**json.loads(file.read_text()), "base_url": server.base_url})
    admin = server.admin()
    _company(admin, company_name, currency, extra_currencies or {}, country)
    accounts = _accounts(admin, chart["accounts"])
    _journals(admin, accounts)
    _taxes(admin, accounts, chart.get("taxCodes", ()))
    _dimensions(admin, chart.get("dimensions", ()))
    if suppliers:
        _suppliers(admin, suppliers)
    access = Access(
        base_url=server.base_url,
        database=server.database,
        key=server.keys["key"],
        company=str(admin.company),
        admin_key=server.keys["admin_key"],
    )
    file.touch(mode=0o600)
    file.write_text(json.dumps(asdict(access)))
    return access


def _company(
    admin: Session, name: str, currency: str, rates: Mapping[str, Decimal], country: str
) -> None:
    """Made without Odoo's own chart of the country, and seen by the user and by us."""
    codes = {row["name"]: row["id"] for row in admin.find("res.currency", [], "name")}
    admin.write("res.currency", [codes[currency], *(codes[code] for code in rates)], _ACTIVE)
    (where,) = admin.ids("res.country", "code", country or "DK")
    values = {"name": name, "currency_id": codes[currency], "country_id": where}
    (company,) = admin.create("res.company", values, install_mode=True)
    users = admin.find("res.users", [["login", "in", ["admin", CONNECTOR]]], "login")
    by_login = {row["login"]: row["id"] for row in users}
    seen = {"company_ids": [[4, company]], "company_id": company}
    admin.write("res.users", [by_login["admin"]], seen)
    admin.write("res.users", [by_login[CONNECTOR]], seen | {"company_ids": [[6, 0, [company]]]})
    admin.company = company
    admin.create(
        "res.currency.rate",
        *(
            {
                "name": RATES_FROM,
                "rate": float(rate),
                "currency_id": codes[code],
                "company_id": company,
            }
            for code, rate in rates.items()
        ),
    )


_ACTIVE = {"active": True}


def _suppliers(admin: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    heads = [{"name": row["name"], "ref": row["code"], "supplier_rank": 1} for row in rows]
    admin.create("res.partner", *heads)


def _accounts(admin: Session, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    def kind(row: Mapping[str, Any]) -> str:
        return "liability_payable" if row.get("needsVendor") else TYPES[row["kind"]]

    values = [
        {
            "code": row["code"],
            "name": row["name"],
            "account_type": kind(row),
            "company_ids": [[6, 0, [admin.company]]],
        }
        for row in rows
    ]
    ids = admin.create("account.account", *values)
    accounts = {row["code"]: number for row, number in zip(rows, ids, strict=True)}
    closed = [accounts[row["code"]] for row in rows if not row.get("isActive", True)]
    admin.write("account.account", closed, {"active": False})
    payable = next((accounts[row["code"]] for row in rows if row.get("needsVendor")), None)
    if payable:  # what a supplier has who has no other
        admin.call(
            "ir.default",
            "set",
            model_name="res.partner",
            field_name="property_account_payable_id",
            value=payable,
            company_id=admin.company,
        )
    return accounts


def _journals(admin: Session, accounts: Mapping[str, int]) -> None:
    kinds = {"MISC": "general", "BILL": "purchase"}
    heads: list[dict[str, Any]] = [
        {"code": code, "name": code.title(), "type": kind, "company_id": admin.company}
        for code, kind in kinds.items()
    ]
    heads[1]["default_account_id"] = max(accounts.items())[1]
    admin.create("account.journal", *heads)


def _taxes(admin: Session, accounts: Mapping[str, int], rows: Sequence[Mapping[str, Any]]) -> None:
    """The code is the tax's name. Reverse charge has one part in and the same part out."""
    country = admin.find("res.company", [["id", "=", admin.company]], "account_fiscal_country_id")
    shared = {"company_id": admin.company, "country_id": country[0]["account_fiscal_country_id"][0]}
    (group,) = admin.create("account.tax.group", {"name": "VAT", **shared})
    for row in rows:
        ingoing = accounts.get(row.get("ingoingTaxAccount") or "", False)
        outgoing = accounts.get(row.get("outgoingTaxAccount") or "", ingoing)
        parts = [(100, ingoing)] + ([(-100, outgoing)] if row["type"] == "reverse" else [])
        values = {
            "name": row["code"],
            "description": row["name"],
            "amount_type": "percent",
            "amount": float(Decimal(str(row["rate"])) * 100),
            "type_tax_use": "purchase",
            "tax_group_id": group,
            "active": row.get("isActive", True),
            "repartition_line_ids": _repartition(parts),
        }
        admin.create("account.tax", {**values, **shared})


def _repartition(parts: Iterable[tuple[int, int]]) -> list[Any]:
    lines: list[dict[str, Any]] = []
    for document in ("invoice", "refund"):
        lines.append({"document_type": document, "repartition_type": "base"})
        for percent, account in parts:
            share = {"repartition_type": "tax", "factor_percent": percent, "account_id": account}
            lines.append({"document_type": document, **share})
    return [[0, 0, line] for line in lines]


def _dimensions(admin: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """The code is the plan's name, which is the only one it has."""
    for row in rows:
        (plan,) = admin.create("account.analytic.plan", {"name": row["code"]})
        shared = {"plan_id": plan, "company_id": admin.company}
        values = [
            {"code": v["code"], "name": v["name"], "active": v.get("isActive", True), **shared}
            for v in row["values"]
        ]
        admin.create("account.analytic.account", *values)


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """What stands in the books. Amounts in company currency; the balance is debit - credit."""

    moves: list[dict[str, Any]]  # id, number, date, description, state, lines, attachments
    trial_balance: dict[str, Decimal]  # account code -> balance of the posted moves

    @property
    def posted(self) -> list[dict[str, Any]]:
        return [move for move in self.moves if move["state"] == "posted"]


MOVE = ("name", "date", "ref", "state", "move_type", "reversed_entry_id", "partner_id")
LINE = (
    *("move_id", "account_id", "debit", "credit", "name", "partner_id", "currency_id"),
    *("amount_currency", "analytic_distribution", "tax_line_id", "tax_ids", "tax_tag_ids"),
    *("tax_base_amount", "display_type", "matching_number", "amount_residual"),
)


def ledger(
    access: Access, *, references: Sequence[str] | None = None, admin: Session | None = None
) -> Ledger:
    """All moves, drafts included, read with the administrator's eyes and none of the adapter.

    `references` limits them to moves of these references; `admin` saves a connection.
    """
    admin = admin or access.admin()
    domain: list[Any] = [["company_id", "=", int(access.company)]]
    if references is not None:
        domain.append(["ref", "in", [x for x in references if "\0" not in x]])
    moves = {row["id"]: row for row in admin.find("account.move", domain, *MOVE)}
    below = [["move_id", "in", list(moves)]]
    lines = _lines(admin, admin.find("account.move.line", below, *LINE))
    files = _attachments(admin, list(moves))
    shaped = [
        {
            **move,
            "number": move["name"] or "",
            "date": date.fromisoformat(move["date"]),
            "description": move["ref"] or "",
            "lines": lines[number],
            "attachments": files[number],
        }
        for number, move in moves.items()
    ]
    balance: dict[str, Decimal] = defaultdict(Decimal)
    for move in shaped:
        for line in move["lines"] if move["state"] == "posted" else ():
            balance[line["account"]] += line["debit"] - line["credit"]
    return Ledger(moves=shaped, trial_balance=dict(balance))


def _attachments(admin: Session, moves: list[int]) -> dict[int, list[tuple[str, int]]]:
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    domain = [["res_model", "=", "account.move"], ["res_id", "in", moves]]
    for row in admin.find("ir.attachment", domain, "name", "file_size", "res_id"):
        found[row["res_id"]].append((row["name"], row["file_size"]))
    return found


def _lines(admin: Session, rows: Sequence[Mapping[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    values = {
        str(row["id"]): (row["root_plan_id"][1], row["code"])
        for row in admin.find("account.analytic.account", [], "code", "root_plan_id")
    }
    numbers = {row["id"]: row["code"] for row in admin.find("account.account", [], "code")}
    refs = {row["id"]: row["ref"] for row in admin.find("res.partner", [], "ref")}
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        keys = [key for keys in row["analytic_distribution"] or {} for key in keys.split(",")]
        found[row["move_id"][0]].append(
            {
                "account": numbers[row["account_id"][0]],
                "debit": _money(row["debit"]),
                "credit": _money(row["credit"]),
                "description": row["name"] or "",
                "party": refs[row["partner_id"][0]] if row["partner_id"] else None,
                "currency": row["currency_id"][1],
                "amount_currency": _money(row["amount_currency"]),
                "dimensions": dict(values[key] for key in keys),
                "taxes": _taxes_of(row),
                "tags": row["tax_tag_ids"],
                "tax_base": _money(row["tax_base_amount"]),
                "kind": row["display_type"],
                "matching": row["matching_number"],
                "open": _money(row["amount_residual"]),
            }
        )
    return found


def _taxes_of(row: Mapping[str, Any]) -> list[tuple[str, str, Decimal]]:
    """(tax, "tax", amount) of a line that is a tax's; as the ledger of the other ERP has them."""
    amount = _money(row["debit"]) - _money(row["credit"])
    return [(row["tax_line_id"][1], "tax", amount)] if row["tax_line_id"] else []


def _money(number: float) -> Decimal:
    return Decimal(str(number))
