"""Vouchers as rows of Odoo's import. Pure: no calls, no state."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from hashlib import sha256
from json import dumps

from erp_adapters import errors
from erp_adapters.drafts import Plan
from erp_adapters.ledger import ZERO, LedgerLine, LineTax, Voucher
from erp_adapters.lookup import closed
from erp_adapters.odoo.records import LOCKS, MORE_LOCKS, SIDES, day, money, shape_of
from erp_adapters.sources import Books, Row
from erp_adapters.text import clean

BILLS = {"bill": "in_invoice", "credit_note": "in_refund"}  # all else is an entry
SUMS = ("amount_currency", "balance", "tax_base_amount")
BLANK = dict.fromkeys(
    ("tax_ids/.id", "tax_tag_ids/.id", "tax_repartition_line_id/.id", "tax_base_amount"), ""
)


def key(*parts: object) -> str:
    """Odoo's external id of what we write: the same parts are the same record for ever."""
    return "ledger." + sha256(":".join(map(str, parts)).encode()).hexdigest()[:40]


def is_bill(voucher: Voucher) -> bool:
    return voucher.kind in BILLS


class OdooBooks(Books):
    def plan(self, voucher: Voucher) -> Plan:
        if voucher.currency not in self.currencies:
            raise errors.Rejected(f"{voucher.currency} is not active in Odoo.", code="currency")
        journal, rows = self._journal(voucher), self._rows(voucher)
        sent = [(x["account_id/.id"], x["currency_id/.id"], x["amount_currency"]) for x in rows]
        head: Row = {
            "id": key(self.site["id"], voucher.reference),
            "move_type": BILLS.get(voucher.kind, "entry"),
            "journal_id/.id": journal["id"],
            "currency_id/.id": self.currencies[voucher.currency].id,
            "date": voucher.posting_date,
            "ref": voucher.reference,
        }
        if is_bill(voucher):
            head |= self._make_bill(voucher, rows)
        lines = [{"id": f"{head['id']}_{n}", **row} for n, row in enumerate(rows)]
        return Plan(voucher=voucher, values=(head, lines), shape=shape_of(head["date"], sent))

    def _journal(self, voucher: Voucher) -> Row:
        """Odoo does not refuse a locked day: it books on a later one."""
        of_bills = self.settings.bill_journal
        code = voucher.journal or (of_bills if is_bill(voucher) else self.settings.journal)
        if is_bill(voucher) and self.journals.get(code, {}).get("type") == "general":
            code = of_bills  # the other was named for all that an entry becomes
        journal = self.lookup.journal(voucher, code, self.journals)
        more = (any(line.tax for line in voucher.lines), journal["type"] == "purchase")
        names = [*LOCKS, *(name for name, holds in zip(MORE_LOCKS, more, strict=True) if holds)]
        last = max(day(self.site[name]) for name in names)
        if voucher.posting_date <= last and not voucher.allow_changes:
            message = f"{voucher.posting_date} is locked in Odoo."
            raise closed(message, last + timedelta(days=1))
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
            "currency_id/.id": self.currencies[voucher.currency].id,
            "amount_currency": line.debit - line.credit,
            "balance": ZERO,
            "analytic_distribution": dumps(shares) if values else "",
            **BLANK,
        }
        yield from (row, *(self._taxes(row, line.tax, voucher) if line.tax else ()))

    def _taxes(self, base: Row, tax: LineTax, voucher: Voucher) -> Iterator[Row]:
        """Odoo adds none of its own where they are given. Accounts and tags are the tax's."""
        code, amount = self.lookup.tax_code(tax.code), base["amount_currency"]
        returns = voucher.kind == "credit_note" if is_bill(voucher) else amount < 0
        row = self.taxes[code.id]
        bases = [x for x in row[SIDES[returns]] if x["repartition_type"] == "base"]
        taxes = [x for x in row[SIDES[returns]] if x["repartition_type"] == "tax"]
        base |= {"tax_ids/.id": code.id, "tax_tag_ids/.id": _tags(*bases)}
        parts = [money(share["factor_percent"]) / 100 for share in taxes]
        if {"added": 1, "reverse": 0}.get(tax.role) != sum(parts) and tax.tax_amount:
            said = f"Tax {tax.code} adds {sum(parts):%} of itself in Odoo, and not what was sent."
            raise errors.TaxCodeUnknown(said, code="tax_role")
        whole = tax.tax_amount if amount >= 0 else -tax.tax_amount
        cent = Decimal(1).scaleb(-self.currencies[voucher.currency].digits)
        given, until = ZERO, ZERO
        for share, part in zip(taxes, parts, strict=True) if code.rate else ():
            until += part  # rounded as a running sum, so that the parts come to the whole
            rest = (whole * until).quantize(cent) - given
            given += rest
            is_cost = row["analytic"] or not share["use_in_tax_closing"]
            yield {
                **(base | BLANK),
                "display_type": "tax",
                "account_id/.id": share["account_id"] or base["account_id/.id"],
                "name": tax.code,
                "amount_currency": rest,
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
