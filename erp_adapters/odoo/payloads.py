"""Vouchers as rows of Odoo's import, its records as ledger types. Pure: no calls, no state."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from json import dumps
from typing import Any

from erp_adapters import errors, ledger
from erp_adapters.drafts import Plan, Standing, read_back
from erp_adapters.ledger import ZERO, LedgerLine, LineTax, Voucher
from erp_adapters.lookup import closed
from erp_adapters.matching import MatchLine
from erp_adapters.sources import Books, Row, Source, named
from erp_adapters.text import clean, stable_id

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
BILLS = {"bill": "in_invoice", "credit_note": "in_refund"}  # all else is an entry
SUMS = ("amount_currency", "balance", "tax_base_amount")
BLANK = dict.fromkeys(
    ("tax_ids/.id", "tax_tag_ids/.id", "tax_repartition_line_id/.id", "tax_base_amount"), ""
)


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
    known: Row = named(row, row["name"]) | {"name": name}
    return ledger.TaxCode(rate=money(row["amount"]) / 100, **known)


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
    "vouchers": Source(MOVE, MOVES, standing, STANDING, by=("ref", "name"), company="company_id"),
    "mirrors": Source(MOVE, MOVES, standing, by=["reversed_entry_id"], company="company_id"),
    "match_lines": Source(LINE, MATCH, match_line, FINAL, by=["move_id"]),
    "files": Source("ir.attachment", ["name"], domain=[["res_model", "=", MOVE]], by=["res_id"]),
}


def key(*parts: object) -> str:
    """Odoo's external id of what we write."""
    return f"ledger.{stable_id(*parts)}"


class OdooBooks(Books):
    def plan(self, voucher: Voucher) -> Plan:
        journal, rows = self._journal(voucher), self._rows(voucher)
        sent = [(x["account_id/.id"], x["currency_id/.id"], x["amount_currency"]) for x in rows]
        head: Row = {
            "id": key(self.site["id"], voucher.reference),
            "move_type": BILLS.get(voucher.kind, "entry"),
            "journal_id/.id": journal["id"],
            "currency_id/.id": self.currency(voucher).id,
            "date": voucher.posting_date,
            "ref": voucher.reference,
        }
        if voucher.is_bill:
            head |= self._make_bill(voucher, rows)
        lines = [{"id": f"{head['id']}_{n}", **row} for n, row in enumerate(rows)]
        return Plan(voucher=voucher, values=(head, lines), shape=shape_of(head["date"], sent))

    def _journal(self, voucher: Voucher) -> Row:
        """Odoo does not refuse a locked day: it books on a later one."""
        of_bills = self.settings.bill_journal
        code = voucher.journal or (of_bills if voucher.is_bill else self.settings.journal)
        if voucher.is_bill and self.journals.get(code, {}).get("type") == "general":
            code = of_bills  # the other was named for all that an entry becomes
        journal = self.lookup.journal(voucher, code, self.journals)
        more = (any(line.tax for line in voucher.lines), journal["type"] == "purchase")
        names = [*LOCKS, *(name for name, holds in zip(MORE_LOCKS, more, strict=True) if holds)]
        last = max(day(self.site[name]) for name in names)
        if voucher.posting_date <= last and not voucher.allow_changes:
            raise closed(f"{voucher.posting_date} is locked in Odoo.", last + timedelta(days=1))
        return journal

    def _rows(self, voucher: Voucher) -> list[Row]:
        """Our lines and those of their taxes; what Odoo would sum to one tax line is one."""
        groups = [[*self._line(line, voucher)] for line in voucher.lines]
        rows = [row for group in groups for row in group]
        own = self.rates.amounts([row["amount_currency"] for row in rows], voucher)
        for row, balance in zip(rows, own, strict=True):
            row["balance"] = balance
        summed: dict[str, Row] = {}
        for number, (base, *taxes) in enumerate(groups):
            summed[str(number)] = base
            for tax in taxes:
                tax["tax_base_amount"] = base["balance"]
                same = repr([value for name, value in tax.items() if name not in (*SUMS, "name")])
                if known := summed.get(same):
                    tax |= {name: known[name] + tax[name] for name in SUMS}
                summed[same] = tax
        return [*summed.values()]

    def _line(self, line: LedgerLine, voucher: Voucher) -> Iterator[Row]:
        account, vendor, values = self.lookup.line(line, voucher)
        shares = {",".join(value.id for value in values): 100}
        row: Row = {
            "display_type": "product",
            "account_id/.id": int(account.id),
            "name": clean(line.text or voucher.text),
            "partner_id/.id": vendor.id if vendor else "",
            "currency_id/.id": self.currency(voucher).id,
            "amount_currency": line.debit - line.credit,
            "balance": ZERO,
            "analytic_distribution": dumps(shares) if values else "",
            **BLANK,
        }
        yield from (row, *(self._taxes(row, line.tax, voucher) if line.tax else ()))

    def _taxes(self, base: Row, tax: LineTax, voucher: Voucher) -> Iterator[Row]:
        """Odoo adds none of its own where they are given. Accounts and tags are the tax's."""
        code, is_credit = self.lookup.tax_code(tax.code), base["amount_currency"] < 0
        returns = voucher.kind == "credit_note" if voucher.is_bill else is_credit
        row = self.taxes[code.id]
        bases = [x for x in row[SIDES[returns]] if x["repartition_type"] == "base"]
        taxes = [x for x in row[SIDES[returns]] if x["repartition_type"] == "tax"]
        base |= {"tax_ids/.id": code.id, "tax_tag_ids/.id": _tags(*bases)}
        parts = [money(share["factor_percent"]) / 100 for share in taxes]
        if {"added": 1, "reverse": 0}.get(tax.role) != sum(parts) and tax.tax_amount:
            said = f"Tax {tax.code} adds {sum(parts):%} of itself in Odoo, and not what was sent."
            raise errors.TaxCodeUnknown(said, code="tax_role")
        whole = -tax.tax_amount if is_credit else tax.tax_amount
        amounts = self.currency(voucher).split(whole, parts)
        for share, amount in zip(taxes, amounts, strict=True) if code.rate else ():
            is_cost = row["analytic"] or not share["use_in_tax_closing"]
            yield {
                **(base | BLANK),
                "display_type": "tax",
                "account_id/.id": share["account_id"] or base["account_id/.id"],
                "name": tax.code,
                "amount_currency": amount,
                "analytic_distribution": base["analytic_distribution"] if is_cost else "",
                "tax_tag_ids/.id": _tags(share),
                "tax_repartition_line_id/.id": share["id"],
            }

    def _make_bill(self, voucher: Voucher, rows: list[Row]) -> Row:
        """More of its head. Odoo makes the payable line itself, and converts amounts itself."""
        accounts = {int(account.id) for account in self.lookup.accounts if account.needs_vendor}
        payable = [row for row in rows if row["account_id/.id"] in accounts]
        if len(payable) != 1:
            message = "A bill needs one line on an account that is of the type Payable in Odoo."
            raise errors.Rejected(message, code="payable")
        rows.remove(payable[0])
        for row in rows:
            del row["balance"]
            amount = row["amount_currency"]
            row["price_unit"] = amount if voucher.kind == "bill" else -amount
        own = voucher.document_date or voucher.posting_date
        return {
            "partner_id/.id": payable[0]["partner_id/.id"],
            "invoice_date": own,
            "invoice_date_due": voucher.due_date or own,
            "payment_reference": clean(voucher.document_number),
        }


def _tags(*shares: Row) -> str:
    return ",".join(str(tag) for share in shares for tag in share["tag_ids"])
