"""What an ERP made of a voucher, compared with what it was sent. Never silence."""

from collections.abc import Iterator
from decimal import Decimal

from erp_adapters.ledger import ZERO, PostedVoucher, TaxRole, Voucher

# Lines that an ERP may add for the tax of one line, where it computes tax itself.
_TAX_LINES: dict[TaxRole, int] = {"base": 0, "tax": 0, "added": 1, "included": 1, "reverse": 2}


def differences(
    voucher: Voucher, posted: PostedVoucher, *, label: str, company_currency: str
) -> Iterator[str]:
    """Each as a sentence; `label` is the ERP's name."""
    if posted.posting_date != voucher.posting_date:
        yield f"{label} booked the entry on {posted.posting_date}, not on {voucher.posting_date}."
    if posted.is_final != voucher.is_final:
        state = "final" if posted.is_final else "a draft"
        yield f"{label} holds the voucher as {state}."
    if _is_comparable(voucher, posted, company_currency) and posted.total not in _totals(voucher):
        currency = voucher.currency
        yield (
            f"{label} shows a total of {currency} {posted.total:,f}; "
            f"{currency} {voucher.total:,f} was sent."
        )
    if posted.line_count is not None and not _fits(voucher, posted.line_count):
        lines = "line" if posted.line_count == 1 else "lines"
        yield f"{label} holds {posted.line_count} {lines}; {len(voucher.lines)} were sent."


def _is_comparable(voucher: Voucher, posted: PostedVoucher, company_currency: str) -> bool:
    return voucher.currency == (posted.currency or company_currency)


def _totals(voucher: Voucher) -> tuple[Decimal, Decimal]:
    """With and without the reverse charge, which an ERP adds on both sides."""
    taxes = (x.tax.tax_amount for x in voucher.lines if x.tax and x.tax.role == "reverse")
    return voucher.total, voucher.total + sum(taxes, ZERO)


def _fits(voucher: Voucher, count: int) -> bool:
    more = sum(_TAX_LINES[x.tax.role] for x in voucher.lines if x.tax)
    return len(voucher.lines) <= count <= len(voucher.lines) + more
