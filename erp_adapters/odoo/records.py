"""Odoo's records as ledger types. Pure: no calls, no state."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from erp_adapters import ledger
from erp_adapters.drafts import Standing, read_back
from erp_adapters.matching import MatchLine
from erp_adapters.sources import Row, Source, named
from erp_adapters.text import clean

MOVE, LINE = "account.move", "account.move.line"
LOCKS = ("user_fiscalyear_lock_date", "user_hard_lock_date")  # as they hold for the key's user
MORE_LOCKS = ("user_tax_lock_date", "user_purchase_lock_date")  # of entries with tax, of bills
CURRENCY = ("name", "decimal_places")
SITE = ("name", "country_code", *(f"currency_id.{x}" for x in CURRENCY), *LOCKS, *MORE_LOCKS)
ACCOUNT = ("code", "name", "account_type", "active")
RULES = [f"applicability_ids.{x}" for x in ("applicability", "business_domain", "account_prefix")]
PLAN = ("name", "all_account_count", "default_applicability", *RULES)
VALUE = ("code", "name", "active", "root_plan_id.display_name")
TAX = ("name", "description", "amount", "active")
VENDOR = ("name", "ref", "vat", "active", "property_account_payable_id.code")
SIDES = ("invoice_repartition_line_ids", "refund_repartition_line_ids")
SHARE = ("repartition_type", "factor_percent", "account_id", "tag_ids", "use_in_tax_closing")
SHARES = ("analytic", *(f"{side}.{name}" for side in SIDES for name in SHARE))
AMOUNTS = ("currency_id", "amount_currency", "balance", "display_type")
LINES = ("line_ids.account_id.code", *(f"line_ids.{x}" for x in AMOUNTS))
MOVES = ("name", "date", "ref", "state", "company_currency_id.name", *LINES)
MATCH = ("move_id", "account_id", "balance", "matching_number", "reconciled")
NOTES = ("line_section", "line_subsection", "line_note")
KINDS: dict[str, Any] = {"income": "revenue"} | {
    x: x for x in ("asset", "liability", "equity", "expense")
}


def day(text: str) -> date:
    """Odoo writes no day at all as 1-01-01."""
    return date(*map(int, text.split("-")))


def money(number: Any) -> Decimal:
    return Decimal(str(number))


def company(row: Row) -> ledger.Company:
    lock, currency = max(day(row[name]) for name in LOCKS), row["currency_id"]["name"]
    known = {"country": row["country_code"] or "", "currency": currency}
    until = None if lock == date.min else lock
    return ledger.Company(id=str(row["id"]), name=row["name"], lock_date=until, **known)


def account(row: Row, plans: Iterable[Row] = ()) -> ledger.Account:
    code, kind = row["code"] or "", row["account_type"]
    return ledger.Account(
        **named(row, code),
        kind=KINDS.get(kind.partition("_")[0], "other"),
        is_postable=kind != "off_balance",
        needs_vendor=kind in ("liability_payable", "asset_receivable"),
        required_dimensions=frozenset(x["name"] for x in plans if _is_mandatory(x, code)),
    )


def _is_mandatory(plan: Row, code: str) -> bool:
    """By the rules for entries; one that names the account goes before one that names none."""
    said = {"": plan["default_applicability"]}
    for rule in plan["applicability_ids"]:
        starts = tuple(re.split("[,; ]+", rule["account_prefix"] or ""))
        if rule["business_domain"] == "general" and code.startswith(starts):
            said["prefix" if any(starts) else "rule"] = rule["applicability"]
    best = said.get("prefix") or said.get("rule") or said[""]
    return bool(best == "mandatory" and plan["all_account_count"])


def dimension_value(row: Row) -> ledger.DimensionValue:
    axis, code = row["root_plan_id"]["display_name"], row["code"] or row["name"]
    return ledger.DimensionValue(dimension=axis, **named(row, code))


def tax_code(row: Row) -> ledger.TaxCode:
    """The name is the code, which is unique among purchase taxes; the description is HTML."""
    name = clean(re.sub("<[^>]*>", " ", row["description"] or row["name"]))
    return ledger.TaxCode(
        **named(row, row["name"]) | {"name": name}, rate=money(row["amount"]) / 100
    )


def vendor(row: Row) -> ledger.Vendor:
    """Its number is the code of a contact that has no reference."""
    payable = (row["property_account_payable_id"] or {}).get("code")
    known = named(row, row["ref"] or str(row["id"]))
    return ledger.Vendor(**known, tax_number=row["vat"] or "", payable_account=payable)


def match_line(row: Row) -> MatchLine:
    known: Row = {"group": row["matching_number"] or "", "is_open": not row["reconciled"]}
    known |= {"voucher": str(row["move_id"]), "account": str(row["account_id"])}
    return MatchLine(id=row["id"], amount=money(row["balance"]), **known)


def standing(row: Row, **known: Any) -> Standing:
    lines = [line for line in row["line_ids"] if line["display_type"] not in NOTES]
    sums = ((x["account_id"]["id"], x["currency_id"], x["amount_currency"]) for x in lines)
    return read_back(
        [(x["account_id"]["code"], money(x["balance"])) for x in lines],
        shape=shape_of(row["date"], sums),
        number=row["name"] or "",
        is_final=row["state"] == "posted",
        posting_date=day(row["date"]),
        currency=row["company_currency_id"]["name"],
        **known,
    )


def shape_of(day: object, lines: Iterable[tuple[int, int, Any]]) -> Any:
    """What must stand as it was sent: the day, and account, currency and amount of each line."""
    return str(day), sorted((x, y, money(amount)) for x, y, amount in lines if money(amount))


PURCHASES = [["type_tax_use", "=", "purchase"], ["amount_type", "=", "percent"]]
SUPPLIERS = ["|", ["supplier_rank", ">", 0], ["ref", "!=", False]]
VALUES = "account.analytic.account"
IN_A_PLAN = [["root_plan_id", "!=", False]]
ACTIVE = [["active", "=", True]]
STANDING = [["state", "!=", "cancel"]]
FINAL = [["account_id.reconcile", "=", True], ["parent_state", "=", "posted"]]
SOURCES = {
    "company": Source("res.company", SITE, company),
    "currencies": Source("res.currency", CURRENCY, domain=ACTIVE, by=["name"]),
    "journals": Source("account.journal", ("code", "type"), domain=ACTIVE),
    "accounts": Source("account.account", ACCOUNT, account),
    "plans": Source("account.analytic.plan", PLAN, domain=[["parent_id", "=", False]]),
    "dimensions": Source(VALUES, VALUE, dimension_value, IN_A_PLAN, by=("code", "name")),
    "tax_codes": Source("account.tax", TAX, tax_code, PURCHASES, by=["name"], booking=SHARES),
    "vendors": Source("res.partner", VENDOR, vendor, SUPPLIERS, by=("ref", "id")),
    "vouchers": Source(MOVE, MOVES, standing, STANDING, by=["ref"], company="company_id"),
    "mirrors": Source(MOVE, MOVES, standing, by=["reversed_entry_id"], company="company_id"),
    "match_lines": Source(LINE, MATCH, match_line, FINAL, by=["move_id"]),
    "files": Source("ir.attachment", ["name"], domain=[["res_model", "=", MOVE]], by=["res_id"]),
}
