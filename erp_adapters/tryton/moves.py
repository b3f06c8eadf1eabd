"""Vouchers as Tryton's moves. Pure: no calls, no state."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from erp_adapters.drafts import Plan
from erp_adapters.errors import Rejected
from erp_adapters.ledger import ZERO, LedgerLine, LineTax, Voucher
from erp_adapters.lookup import Period, open_period
from erp_adapters.sources import Books, Row
from erp_adapters.text import clean
from erp_adapters.tryton.records import parts, shape

BELOW = ("analytic_lines", "tax_lines")


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
