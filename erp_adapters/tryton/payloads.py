"""Tryton's records from ledger types and back. Pure: no calls, no state."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from erp_adapters.errors import Rejected
from erp_adapters.ledger import (
    ZERO,
    Account,
    AccountKind,
    Dimension,
    DimensionValue,
    LedgerLine,
    LineTax,
    PostedVoucher,
    TaxCode,
    Vendor,
    Voucher,
)
from erp_adapters.tryton.books import Books, Row, Site, is_bookable, keyed

Fields = tuple[str, ...]
ACCOUNT: Fields = (
    *("code", "name", "closed", "active", "start_date", "end_date", "party_required"),
    *("second_currency.code", "type.statement", "type.assets", "type.revenue", "type.expense"),
)
TAX: Fields = ("name", "description", "rate", "active", "start_date", "end_date", "childs.rate")
DIMENSION: Fields = ("code", "name", "active", "state", "type", "root.code", "root.name")
VENDOR: Fields = ("code", "name", "tax_identifier.code", "account_payable.code", "active")
MOVE: Fields = (
    *("number", "date", "description", "state", "origin"),
    *("company.currency.code", "lines.debit", "lines.credit"),
)
ANALYTIC: Fields = ("lines.analytic_lines.account",)

CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]+")


def tagged(value: Any) -> Any:
    """Python values in Tryton's JSON, in which a decimal or a date is an object with a tag."""
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    if isinstance(value, dict):
        return {key: tagged(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [tagged(item) for item in value]
    return value


def untagged(value: Any) -> Any:
    """The way back; tags that we never ask for are left as they are."""
    if isinstance(value, list):
        return [untagged(item) for item in value]
    if not isinstance(value, dict):
        return value
    match value.get("__class__"):
        case "Decimal":
            return Decimal(value["decimal"])
        case "date":
            return date(value["year"], value["month"], value["day"])
    return {key: untagged(item) for key, item in value.items()}


def clean(text: str) -> str:
    """`text` as a one-line field of Tryton takes it: it refuses line ends and trims spaces."""
    return CONTROLS.sub(" ", text).strip()


def account(row: Row) -> Account:
    return Account(
        code=row["code"],
        name=row["name"],
        id=str(row["id"]),
        kind=_account_kind(row["type."]),
        is_postable=row["type."] is not None and not row["closed"],
        is_active=bool(row["active"] and not row["closed"]),
        needs_vendor=bool(row["party_required"]),
    )


def _account_kind(flags: Row | None) -> AccountKind:
    """Equity comes out as a liability: Tryton does not tell the two apart."""
    if flags is None or flags["statement"] not in ("balance", "income"):
        return "other"
    if flags["statement"] == "balance":
        return "asset" if flags["assets"] else "liability"
    if flags["revenue"]:
        return "revenue"
    return "expense" if flags["expense"] else "other"


def dimension(row: Row) -> Dimension:
    return Dimension(
        code=keyed(row),
        name=row["name"],
        id=str(row["id"]),
        is_active=bool(row["active"] and row["state"] != "closed"),
    )


def dimension_value(row: Row) -> DimensionValue:
    return DimensionValue(
        dimension=keyed(row["root."]),
        code=keyed(row),
        name=row["name"],
        id=str(row["id"]),
        is_active=bool(row["active"] and row["state"] != "closed"),
        is_postable=is_bookable(row),
    )


def tax_code(row: Row) -> TaxCode:
    """A tax's name is its code, as Tryton has no other; reverse charge is a pair of children."""
    rates = [row["rate"], *(child["rate"] for child in row["childs."])]
    return TaxCode(
        code=row["name"],
        name=row["description"],
        id=str(row["id"]),
        rate=max((rate for rate in rates if rate is not None), default=ZERO),
        is_active=bool(row["active"]),
    )


def vendor(row: Row) -> Vendor:
    return Vendor(
        code=row["code"],
        name=row["name"] or "",
        id=str(row["id"]),
        tax_number=(row["tax_identifier."] or {}).get("code", ""),
        payable_account=(row["account_payable."] or {}).get("code"),
        is_active=bool(row["active"]),
    )


def posted(row: Row, *, link: str) -> PostedVoucher:
    return PostedVoucher(
        reference=row["description"],
        id=str(row["id"]),
        number=row["number"] or "",
        url=f"{link}/model/account.move/{row['id']}",
        is_final=row["state"] == "posted",
        posting_date=row["date"],
        total=sum((line["debit"] for line in row["lines."]), ZERO),
        currency=row["company."]["currency."]["code"],
        line_count=len(row["lines."]),
    )


def site(row: Row, *, has_analytic: bool) -> Site:
    countries = [x["country."]["code"] for x in row["party."]["addresses."] if x["country."]]
    return Site(
        company=row["id"],
        name=row["party."]["name"],
        currency=row["currency."]["code"],
        digits=row["currency."]["digits"],
        country=next(iter(countries), ""),
        has_analytic=has_analytic,
    )


def best(rows: Iterable[Row]) -> dict[str, Row]:
    """One move per reference: the posted one, else the oldest."""
    found: dict[str, Row] = {}
    for row in sorted(rows, key=lambda row: (row["state"] != "posted", row["id"])):
        found.setdefault(row["description"], row)
    return found


def is_reversal(row: Row) -> bool:
    """Tryton's wizard copies the description of the move that it reverses."""
    return (row["origin"] or "").startswith("account.move,")


def move(voucher: Voucher, books: Books, *, journal: str) -> dict[str, Any]:
    """The values of an `account.move`; a Rejected where Tryton would not or should not take it.

    The description is the reference and nothing else, so that `description in [...]` finds
    exactly ours; what people wrote stands on the lines.
    """
    if not voucher.reference or clean(voucher.reference) != voucher.reference:
        raise Rejected("Tryton would alter this reference.", code="reference")
    day = voucher.posting_date
    amounts = _amounts(voucher, books)
    return {
        "company": books.site.company,
        "period": books.period(day),
        "journal": books.journal(voucher.journal or journal),
        "date": day,
        "description": voucher.reference,
        "lines": _create(
            [_line(x, voucher, a, books) for x, a in zip(voucher.lines, amounts, strict=True)]
        ),
    }


def _create(records: list[dict[str, Any]]) -> list[Any]:
    return [["create", records]] if records else []


def _amounts(voucher: Voucher, books: Books) -> list[Decimal]:
    """Debit - credit of each line in company currency; a rest goes to the largest line."""
    rate = books.rate(voucher.currency, voucher.posting_date)
    signed = [line.debit - line.credit for line in voucher.lines]
    if voucher.currency == books.site.currency:
        return signed
    cent = Decimal(1).scaleb(-books.site.digits)
    amounts = [(amount * rate).quantize(cent) for amount in signed]
    largest = max(range(len(amounts)), key=lambda at: abs(amounts[at]))
    amounts[largest] -= sum(amounts, ZERO)
    return amounts


def _line(line: LedgerLine, voucher: Voucher, amount: Decimal, books: Books) -> dict[str, Any]:
    account = books.account(line.account, voucher.posting_date)
    sides = {"debit": max(amount, ZERO), "credit": max(-amount, ZERO)}
    values = [books.value(axis, value) for axis, value in line.dimensions]
    return {
        **sides,
        "account": account["id"],
        "party": books.party(account, line.vendor or voucher.vendor),
        "description": clean(line.text or voucher.text),
        **_second_currency(line, voucher, account, books),
        "analytic_lines": _create(
            [{"account": value, "date": voucher.posting_date, **sides} for value in values]
        ),
        "tax_lines": _create(_tax_lines(line.tax, voucher, amount, books) if line.tax else []),
    }


def _second_currency(
    line: LedgerLine, voucher: Voucher, account: Row, books: Books
) -> dict[str, Any]:
    """The amount in the voucher's own or the supplier's currency, with the sign of the line."""
    signed = line.debit - line.credit
    offered = {line.original.currency: abs(line.original.amount)} if line.original else {}
    offered = {voucher.currency: abs(signed)} | offered if _is_foreign(voucher, books) else offered
    forced = (account["second_currency."] or {}).get("code")
    if forced and forced not in offered:
        raise Rejected(
            f"Account {line.account} is kept in {forced} too, and no {forced} amount is known.",
            code="second_currency",
        )
    first = voucher.currency if voucher.currency in offered else next(iter(offered), None)
    currency = forced or first
    if currency is None or currency == books.site.currency or currency not in books.currencies:
        return {}
    amount = offered[currency] if signed >= 0 else -offered[currency]
    return {"second_currency": books.currencies[currency], "amount_second_currency": amount}


def _is_foreign(voucher: Voucher, books: Books) -> bool:
    return voucher.currency != books.site.currency


def _tax_lines(
    tax: LineTax, voucher: Voucher, amount: Decimal, books: Books
) -> list[dict[str, Any]]:
    """As a supplier's invoice in Tryton has them: positive on a debit, negative on a credit.

    Reverse charge has two children, of rate r and -r: both have the base; the tax on the side
    of the base belongs to the first, the tax on the other side to the second.
    """
    if tax.role not in TAX_TYPES:
        raise Rejected("Tryton computes no tax on a move; send tax lines.", code="tax_role")
    row = books.tax(tax.code, voucher.posting_date)
    leaves = row["childs."] or [row]
    if tax.role == "tax" and len(leaves) > 1:
        opposite = (amount < 0) != (_base_of(tax.code, voucher) < 0)
        leaves = [x for x in leaves if ((x["rate"] or ZERO) < 0) == opposite][:1]
    return [{"amount": amount, "type": TAX_TYPES[tax.role], "tax": x["id"]} for x in leaves]


TAX_TYPES = {"base": "base", "tax": "tax"}  # `send_tax_lines` has no other role


def _base_of(code: str, voucher: Voucher) -> Decimal:
    bases = (x for x in voucher.lines if x.tax and (x.tax.code, x.tax.role) == (code, "base"))
    return sum((x.debit - x.credit for x in bases), ZERO)


def is_as_sent(row: Row, sent: Row) -> bool:
    """Whether a move stands in Tryton as we sent it, analytic lines included."""
    ((_, lines),) = sent["lines"]
    return row["date"] == sent["date"] and _shape(row["lines."], "analytic_lines.") == _shape(
        lines, "analytic_lines"
    )


def _shape(lines: Iterable[Row], analytic: str) -> list[tuple[Decimal, Decimal, list[int]]]:
    return sorted((x["debit"], x["credit"], _axes(x.get(analytic) or [])) for x in lines)


def _axes(lines: list[Any]) -> list[int]:
    records = lines[0][1] if lines and isinstance(lines[0], list) else lines
    return sorted(record["account"] for record in records)
