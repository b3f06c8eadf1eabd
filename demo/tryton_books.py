"""The books of a local Tryton: filled once from a small chart, and read out for checks."""

import json
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.tryton_rpc import Session

if TYPE_CHECKING:
    from demo.tryton import Server

CONNECTOR = "pleo-connector"

# What our chart's kinds are in Tryton: flags of an account type. A heading has no type.
TYPES: dict[str, dict[str, Any]] = {
    "asset": {"statement": "balance", "assets": True},
    "liability": {"statement": "balance", "assets": False},
    "equity": {"statement": "balance", "assets": False},
    "revenue": {"statement": "income", "revenue": True},
    "expense": {"statement": "income", "expense": True},
}


@dataclass(frozen=True, kw_only=True)
class Access:
    """What a person would paste into the connect page, and the administrator's password."""

    base_url: str
    database: str
    key: str
    user: str
    password: str
    company: str  # its id
    admin_password: str = field(repr=False)

    def admin(self) -> Session:
        return Session(
            base_url=self.base_url,
            database=self.database,
            user="admin",
            password=self.admin_password,
        )


def bootstrap(
    server: "Server",
    *,
    chart: Mapping[str, Any],
    company_name: str,
    currency: str,
    fiscal_years: Sequence[int] = (2025, 2026, 2027),
    extra_currencies: Mapping[str, Decimal] | None = None,
    country: str = "",
    suppliers: Sequence[Mapping[str, Any]] = (),
) -> Access:
    """A company with `chart`, open monthly periods and a limited user; once per data folder.

    `chart` holds `accounts` [{code, name, kind}], `taxCodes` [{code, name, rate, type,
    ingoingTaxAccount, outgoingTaxAccount}] and `dimensions` [{code, name, values: [{code,
    name}]}]; `extra_currencies` maps a code to how many of it one unit of `currency` buys;
    `suppliers` are [{code, name}].
    """
    file = server.data_dir / "access.json"
    if file.exists():
        return Access(**{**json.loads(file.read_text()), "base_url": server.base_url})
    admin = server.admin()
    if admin.find("company.company", [], "id"):
        raise RuntimeError(f"{server.data_dir} holds half-made books; delete the folder.")
    company = _company(admin, company_name, currency, extra_currencies or {}, country)
    accounts = _accounts(admin, company, chart["accounts"])
    _taxes(admin, company, accounts, chart.get("taxCodes", ()))
    _dimensions(admin, company, chart.get("dimensions", ()))
    if suppliers:
        _suppliers(admin, suppliers)
    for year in fiscal_years:
        _fiscal_year(admin, company, year)
    access = _connector(admin, server, company)
    _save(file, access)
    return access


def _save(file: Path, access: Access) -> None:
    partial = file.with_suffix(".partial")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(asdict(access)))
    partial.rename(file)


def _company(
    admin: Session, name: str, currency: str, rates: Mapping[str, Decimal], country: str
) -> int:
    start = date(2000, 1, 1)
    ids = {
        code: admin.create(
            "currency.currency",
            {
                "name": code,
                "code": code,
                "digits": 2,
                "rounding": Decimal("0.01"),
                "rates": [["create", [{"date": start, "rate": rate}]]],
            },
        )[0]
        for code, rate in {currency: Decimal(1), **rates}.items()
    }
    party: dict[str, Any] = {"name": name}
    if country:
        land = admin.create("country.country", {"name": country, "code": country})[0]
        party["addresses"] = [["create", [{"country": land}]]]
    (party_id,) = admin.create("party.party", party)
    values = {"party": party_id, "currency": ids[currency]}
    (company,) = admin.create("company.company", values)
    (user,) = (row["id"] for row in admin.find("res.user", [["login", "=", "admin"]], "id"))
    admin.write("res.user", [user], {"companies": [["add", [company]]], "company": company})
    admin.refresh()
    return company


def _suppliers(admin: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    admin.create("party.party", *({"name": row["name"], "code": row["code"]} for row in rows))


def _accounts(admin: Session, company: int, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    types = {
        kind: admin.create(
            "account.account.type", {"name": kind.title(), "company": company, **flags}
        )[0]
        for kind, flags in TYPES.items()
    }
    values = [
        {
            "company": company,
            "code": row["code"],
            "name": row["name"],
            "type": types.get(row["kind"]),
        }
        for row in rows
    ]
    ids = admin.create("account.account", *values)
    return {row["code"]: number for row, number in zip(rows, ids, strict=True)}


def _taxes(
    admin: Session, company: int, accounts: Mapping[str, int], rows: Sequence[Mapping[str, Any]]
) -> None:
    """The code is the tax's name. Reverse charge is Tryton's own pair of opposite children."""
    for row in rows:
        rate, ingoing = Decimal(str(row["rate"])), row.get("ingoingTaxAccount") or ""
        outgoing = row.get("outgoingTaxAccount") or ingoing
        head = {"name": row["code"], "description": row["name"], "company": company}
        if row["type"] == "reverse":
            parts = [(rate, ingoing), (-rate, outgoing)]
            children = [
                _percentage(head, each, accounts[code]) | {"name": f"{row['code']} {sign}"}
                for (each, code), sign in zip(parts, ("in", "out"), strict=True)
            ]
            admin.create("account.tax", head | {"type": "none", "childs": [["create", children]]})
        elif ingoing:
            admin.create("account.tax", _percentage(head, rate, accounts[ingoing]))
        else:
            admin.create("account.tax", head | {"type": "none"})


def _percentage(head: Mapping[str, Any], rate: Decimal, account: int) -> dict[str, Any]:
    accounts = {"invoice_account": account, "credit_note_account": account}
    return {**head, "type": "percentage", "rate": rate, **accounts}


def _dimensions(admin: Session, company: int, rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        names = {"code": row["code"], "name": row["name"]}
        shared = {"company": company, "state": "opened"}
        (root,) = admin.create("analytic_account.account", {**names, **shared, "type": "root"})
        below = {**shared, "type": "normal", "root": root, "parent": root}
        values = [{"code": v["code"], "name": v["name"], **below} for v in row["values"]]
        admin.create("analytic_account.account", *values)


def _fiscal_year(admin: Session, company: int, year: int) -> None:
    kind = admin.xml_id("account.sequence_type_account_move")
    (sequence,) = admin.create(
        "ir.sequence.strict",
        {
            "name": f"Moves {year}",
            "sequence_type": kind,
            "company": company,
            "prefix": f"{year}/",
            "padding": 5,
        },
    )
    values = {
        "name": str(year),
        "company": company,
        "start_date": date(year, 1, 1),
        "end_date": date(year, 12, 31),
        "move_sequence": sequence,
    }
    admin.call("model.account.fiscalyear.create_period", admin.create("account.fiscalyear", values))


def _connector(admin: Session, server: "Server", company: int) -> Access:
    password = secrets.token_urlsafe(18)
    (user,) = admin.create(
        "res.user",
        {
            "name": "Pleo connector",
            "login": CONNECTOR,
            "password": password,
            "companies": [["add", [company]]],
            "company": company,
            "groups": [["add", [admin.xml_id("account.group_account")]]],
        },
    )
    (application,) = admin.create("res.user.application", {"application": "rest", "user": user})
    (row,) = admin.find("res.user.application", [["id", "=", application]], "key")
    return Access(
        base_url=server.base_url,
        database=server.database,
        key=row["key"],
        user=CONNECTOR,
        password=password,
        company=str(company),
        admin_password=server.admin_password,
    )


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """What stands in the books. Amounts in company currency; the balance is debit - credit."""

    moves: list[dict[str, Any]]  # id, number, date, description, state, lines, attachments
    trial_balance: dict[str, Decimal]  # account code -> balance of the posted moves

    @property
    def posted(self) -> list[dict[str, Any]]:
        return [move for move in self.moves if move["state"] == "posted"]


LINE_FIELDS = (
    "account.code",
    "debit",
    "credit",
    "description",
    "party.code",
    "second_currency.code",
    "amount_second_currency",
    "analytic_lines.account.code",
    "analytic_lines.account.root.code",
    "tax_lines.tax.name",
    "tax_lines.type",
    "tax_lines.amount",
)


def ledger(
    access: Access, *, references: Sequence[str] | None = None, admin: Session | None = None
) -> Ledger:
    """All moves, drafts included, read with the administrator's eyes and none of the adapter.

    `references` limits them to moves of these descriptions; `admin` saves a log-in.
    """
    admin = admin or access.admin()
    domain: list[Any] = [["company", "=", int(access.company)]]
    if references is not None:
        domain.append(["description", "in", list(references)])
    heads = ("number", "date", "description", "state", "origin", "period.name", "journal.code")
    fields = [*heads, *(f"lines.{name}" for name in LINE_FIELDS)]
    moves = admin.find("account.move", domain, *fields)
    files = _attachments(admin)
    shaped = [_move(move, files.get(f"account.move,{move['id']}", [])) for move in moves]
    balance: dict[str, Decimal] = defaultdict(Decimal)
    for move in shaped:
        for line in move["lines"] if move["state"] == "posted" else ():
            balance[line["account"]] += line["debit"] - line["credit"]
    return Ledger(moves=shaped, trial_balance=dict(balance))


def _attachments(admin: Session) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    domain = [["resource", "like", "account.move,%"]]
    for row in admin.find("ir.attachment", domain, "name", "data_size", "resource"):
        found[row["resource"]].append((row["name"], row["data_size"]))
    return found


def _move(row: Mapping[str, Any], files: list[tuple[str, int]]) -> dict[str, Any]:
    plain = ("id", "number", "date", "description", "state", "origin")
    lines = [_line(line) for line in row["lines."]]
    return {**{key: row[key] for key in plain}, "lines": lines, "attachments": files}


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    def code(key: str, name: str = "code") -> str | None:
        return (row.get(f"{key}.") or {}).get(name)

    return {
        "account": code("account"),
        "debit": row["debit"],
        "credit": row["credit"],
        "description": row["description"] or "",
        "party": code("party"),
        "second_currency": code("second_currency"),
        "amount_second_currency": row["amount_second_currency"],
        "dimensions": {
            line["account."]["root."]["code"]: line["account."]["code"]
            for line in row["analytic_lines."]
        },
        "taxes": [(tax["tax."]["name"], tax["type"], tax["amount"]) for tax in row["tax_lines."]],
    }
