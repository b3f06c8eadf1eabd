"""Vouchers as Tryton's moves, and Tryton's records as ledger types. Pure: no calls, no state."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from erp_adapters import ledger
from erp_adapters.drafts import Plan, Standing, read_back
from erp_adapters.errors import Rejected
from erp_adapters.ledger import ZERO, LedgerLine, LineTax, Voucher
from erp_adapters.lookup import Period, open_period
from erp_adapters.matching import MatchLine
from erp_adapters.sources import Books, Row, Source, named
from erp_adapters.text import clean

MOVE, ANALYTICS = "account.move", "analytic_account.account"
COMPANY = ("party.name", "party.addresses.country.code", "currency.code", "currency.digits")
PERIOD = ("start_date", "end_date")
TYPE = ("type.statement", "type.assets", "type.revenue", "type.expense")
ACCOUNT = ("code", "name", "closed", "active", "party_required", *TYPE)
TAX = ("name", "description", "rate", "active", "childs.rate")
ANALYTIC = ("code", "name", "active", "state", "type", "root.code", "root.name")
PARTY = ("code", "name", "tax_identifier.code", "account_payable.code", "active")
MATCH = ("move", "account.code", "debit", "credit", "reconciliation", "date")
LINES = [f"lines.{x}" for x in ("account.code", "debit", "credit", "analytic_lines.account")]
MOVES = ("number", "date", "description", "state", "company.currency.code", *LINES)
BELOW = ("analytic_lines", "tax_lines")


def company(row: Row) -> ledger.Company:
    countries = [x["country"]["code"] for x in row["party"]["addresses"] if x["country"]]
    name, currency = row["party"]["name"], row["currency"]["code"]
    country = next(iter(countries), "")
    return ledger.Company(id=str(row["id"]), name=name, currency=currency, country=country)


def period(row: Row) -> Period:
    return Period(str(row["id"]), row["start_date"], row["end_date"])


def account(row: Row) -> ledger.Account:
    return ledger.Account(
        **named(row | {"active": row["active"] and not row["closed"]}, row["code"]),
        kind=_account_kind(row["type"] or {}),
        is_postable=row["type"] is not None and not row["closed"],
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
    return ledger.Dimension(**_analytic(row))


def dimension_value(row: Row) -> ledger.DimensionValue:
    known, axis = _analytic(row), row["root"]["code"] or row["root"]["name"]
    is_postable = known["is_active"] and row["type"] == "normal"
    return ledger.DimensionValue(dimension=axis, is_postable=is_postable, **known)


def _analytic(row: Row) -> dict[str, Any]:
    """Where the company uses no codes, the name is one."""
    is_open = row["active"] and row["state"] != "closed"
    return named(row | {"active": is_open}, row["code"] or row["name"])


def tax_code(row: Row) -> ledger.TaxCode:
    """The name is the code."""
    known = named(row, row["name"]) | {"name": row["description"]}
    return ledger.TaxCode(rate=parts(row)[0]["rate"] or ZERO, **known)


def parts(tax: Row) -> list[Row]:
    """Reverse charge has two, the positive one first; any other tax is its own."""
    return sorted(tax["childs"] or [tax], key=lambda x: -(x["rate"] or ZERO))


def vendor(row: Row) -> ledger.Vendor:
    return ledger.Vendor(
        **named(row, row["code"] or row["name"] or ""),
        tax_number=(row["tax_identifier"] or {}).get("code", ""),
        payable_account=(row["account_payable"] or {}).get("code"),
    )


def match_line(row: Row) -> MatchLine:
    group, amount = str(row["reconciliation"] or ""), row["debit"] - row["credit"]
    known: dict[str, Any] = {"amount": amount, "group": group, "is_open": not group}
    account = row["account"]["code"]
    known |= {"voucher": str(row["move"]), "account": account, "day": row["date"]}
    return MatchLine(id=row["id"], **known)


def standing(row: Row, **known: Any) -> Standing:
    lines = row["lines"]
    own = [(x["account"]["id"], x, x.get("analytic_lines") or []) for x in lines]
    return read_back(
        [(x["account"]["code"] or "", x["debit"] - x["credit"]) for x in lines],
        shape=shape(row["date"], own),
        posting_date=row["date"],
        currency=row["company"]["currency"]["code"],
        **known,
    )


def shape(day: Any, lines: list[tuple[int, Row, list[Row]]]) -> Any:
    """Date, and of each line the account, the amount and the values."""
    return day, sorted(
        (account, x["debit"], x["credit"], sorted(value["account"] for value in values))
        for account, x, values in lines
    )


# Without people's reversals, which have the description of what they reverse.
OURS = ["OR", ["origin", "=", None], ["origin", "not like", "account.move,%"]]
FINAL = [["move.state", "=", "posted"], ["account.reconcile", "=", True]]
OWN = {"company": "company"}
SOURCES = {
    "company": Source("company.company", COMPANY, company),
    "currencies": Source("currency.currency", ("code", "digits")),
    "periods": Source("account.period", PERIOD, period, [["type", "=", "standard"]], **OWN),
    "journals": Source("account.journal", ["code"], domain=[["active", "=", True]]),
    "accounts": Source("account.account", ACCOUNT, account, [["code", "!=", None]], **OWN),
    "axes": Source(ANALYTICS, ANALYTIC, dimension, [["type", "=", "root"]], **OWN),
    "dimensions": Source(
        ANALYTICS, ANALYTIC, dimension_value, [["type", "!=", "root"]], by=("code", "name"), **OWN
    ),
    "tax_codes": Source("account.tax", TAX, tax_code, [["parent", "=", None]], by=["name"], **OWN),
    "vendors": Source("party.party", PARTY, vendor),
    "vouchers": Source(MOVE, MOVES, standing, [OURS], by=("description", "number"), **OWN),
    "mirrors": Source(MOVE, MOVES, standing, by=["origin"], **OWN),
    "match_lines": Source(
        "account.move.line", MATCH, match_line, FINAL, by=["move"], company="move.company"
    ),
    "files": Source("ir.attachment", ["name"], by=["resource"]),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrytonBooks(Books):
    periods: list[Period]  # open ones

    def plan(self, voucher: Voucher) -> Plan:
        """The description is the reference alone, so that a search finds exactly ours."""
        day, code = voucher.posting_date, voucher.journal or self.settings.journal
        journal = self.lookup.journal(voucher, code, self.journals)
        amounts = self.rates.amounts([x.debit - x.credit for x in voucher.lines], voucher)
        pairs = zip(voucher.lines, amounts, strict=True)
        lines = [self._line(line, amount, voucher) for line, amount in pairs]
        values = {
            "company": self.site["id"],
            "period": int(open_period(self.periods, day, label="Tryton").id),
            "journal": journal["id"],
            "date": day,
            "description": voucher.reference,
            "lines": _new([line | {x: _new(line[x]) for x in BELOW} for line in lines]),
        }
        own = [(x["account"], x, x["analytic_lines"]) for x in lines]
        return Plan(voucher=voucher, values=values, shape=shape(day, own))

    def _line(self, line: LedgerLine, amount: Decimal, voucher: Voucher) -> Row:
        """Tryton takes a party only where the account asks for one."""
        account, vendor, values = self.lookup.line(line, voucher)
        sides = {"debit": max(amount, ZERO), "credit": max(-amount, ZERO)}
        of_value = {"date": voucher.posting_date, **sides}
        return {
            **sides,
            **self._second_currency(line, voucher),
            "account": int(account.id),
            "party": int(vendor.id) if vendor and account.needs_vendor else None,
            "description": clean(line.text or voucher.text),
            "analytic_lines": [{"account": int(x.id), **of_value} for x in values],
            "tax_lines": self._tax_lines(line.tax, amount, voucher) if line.tax else [],
        }

    def _second_currency(self, line: LedgerLine, voucher: Voucher) -> Row:
        """The amount in the voucher's own or the supplier's currency, with the sign of the line."""
        amount, code = line.debit - line.credit, voucher.currency
        if code == self.rates.own.code and line.original:
            code = line.original.currency
            amount = abs(line.original.amount).copy_sign(amount)
        if code == self.rates.own.code or code not in self.currencies:
            return {}
        return {"second_currency": self.currencies[code].id, "amount_second_currency": amount}

    def _tax_lines(self, tax: LineTax, amount: Decimal, voucher: Voucher) -> list[Row]:
        """As a supplier's invoice has them: positive on a debit, negative on a credit.

        Of reverse charge both children have the base; the tax on its side belongs to the first.
        """
        if tax.role not in ("base", "tax"):
            raise Rejected("Tryton computes no tax on a move; send tax lines.", code="tax_role")
        ids = [part["id"] for part in parts(self.taxes[self.lookup.tax_code(tax.code).id])]
        if tax.role == "tax" and len(ids) > 1:
            taxed = [(x.tax.code, x.tax.role, x) for x in voucher.lines if x.tax]
            bases = (x.debit - x.credit for *key, x in taxed if key == [tax.code, "base"])
            ids = ids[:1] if (sum(bases, ZERO) < 0) == (amount < 0) else ids[1:]
        return [{"amount": amount, "type": tax.role, "tax": number} for number in ids]


def _new(records: list[Row]) -> list[Any]:
    return [["create", records]] if records else []
