"""Accounting facts as small frozen records. Amounts are `Decimal`, dates have no time."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Money:
    amount: Decimal
    currency: str  # ISO 4217


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """The ERP company behind a connection, as shown for confirmation."""

    id: str
    name: str
    currency: str
    country: str = ""
    lock_date: date | None = None  # nothing can be booked on or before this date


AccountKind = Literal["asset", "liability", "equity", "revenue", "expense", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    code: str
    name: str
    id: str
    kind: AccountKind = "other"
    is_postable: bool = True  # False: a heading, a total, or closed
    is_active: bool = True
    needs_vendor: bool = False  # a sub-ledger account: each line names a vendor
    required_dimensions: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    code: str
    name: str
    id: str
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionValue:
    dimension: str  # the dimension's code
    code: str
    name: str
    id: str
    is_active: bool = True
    is_postable: bool = True  # False: a heading or a total of others
    valid_from: date | None = None  # the first and the last day on which it may be used
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxCode:
    code: str
    name: str
    id: str
    rate: Decimal  # a fraction: 0.25 is 25 %
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    code: str
    name: str
    id: str
    tax_number: str = ""
    payable_account: str | None = None
    is_active: bool = True  # False also where the ERP calls it blocked


# How a ledger line relates to its tax code:
#   base      net amount; the tax stands on lines of its own          (send_tax_lines)
#   tax       the tax itself                                          (send_tax_lines)
#   added     net amount; the ERP adds `tax_amount` on the same side  (server_computes)
#   included  gross amount; the ERP takes `tax_amount` out of it      (code_only)
#   reverse   the ERP adds the tax on both sides, so nothing is added (server_computes, code_only)
TaxRole = Literal["base", "tax", "added", "included", "reverse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTax:
    code: str
    role: TaxRole
    tax_amount: Decimal  # never negative; the line's side is its side
    base_amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One debit or one credit, in the voucher's currency; the other of the two is zero."""

    account: str
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    because: str  # why this account and amount, for the reader of the entry page
    text: str = ""
    tax: LineTax | None = None
    dimensions: tuple[tuple[str, str], ...] = ()  # (dimension code, value code)
    vendor: str | None = None  # vendor code, on sub-ledger lines
    original: Money | None = None  # what the supplier charged, where that is another currency

    def __post_init__(self) -> None:
        for amount in (self.debit, self.credit):
            if not isinstance(amount, Decimal) or not amount.is_finite() or amount < 0:
                raise ValueError(f"Ledger line {self.account}: {amount!r} is no amount.")
        if self.debit and self.credit:
            raise ValueError(f"Ledger line {self.account} has both a debit and a credit.")

    @property
    def added_tax(self) -> Decimal:
        """What the ERP will add on this line's side."""
        return self.tax.tax_amount if self.tax and self.tax.role == "added" else ZERO


VoucherKind = Literal["journal", "bill", "credit_note", "payment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """The document we book. It cannot be built unbalanced or without lines."""

    reference: str  # our stable id, visible and searchable in the ERP
    kind: VoucherKind = "journal"
    posting_date: date
    currency: str
    lines: tuple[LedgerLine, ...]
    text: str = ""
    is_final: bool = False  # False leaves a draft for a person to approve
    journal: str | None = None
    vendor: str | None = None
    document_number: str = ""  # the supplier's invoice number
    document_date: date | None = None
    due_date: date | None = None
    settles: tuple[str, ...] = ()  # references of the vouchers that this one pays
    # False: a date or line that the ERP would change refuses the voucher. True: it is taken as the
    # ERP makes it, and whoever reads it back says what changed.
    allow_changes: bool = False

    def __post_init__(self) -> None:
        if not self.lines:
            raise ValueError(f"Voucher {self.reference} has no lines.")
        credited = sum((x.credit + (x.added_tax if x.credit else ZERO) for x in self.lines), ZERO)
        if self.total != credited:
            raise ValueError(
                f"Voucher {self.reference} does not balance: {self.total} debit, {credited} credit."
            )

    @property
    def is_bill(self) -> bool:
        """A supplier's document, which an ERP may keep as such: an invoice or a credit note."""
        return self.kind in ("bill", "credit_note")

    @property
    def total(self) -> Decimal:
        """The sum of one side, taxes that the ERP adds included."""
        return sum((x.debit + (x.added_tax if x.debit else ZERO) for x in self.lines), ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedVoucher:
    """What stands in the ERP, read back from it. `total` is the sum of the debits."""

    reference: str
    id: str
    number: str  # what a person searches for; a draft may have none yet
    url: str
    is_final: bool
    posting_date: date
    total: Decimal
    currency: str = ""  # of `total`; the company's, where the ERP keeps only that
    line_count: int | None = None
    # (account, debit - credit) of each line, in the currency of `total`; empty where not read.
    balances: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    name: str
    content_type: str
    content: bytes = field(repr=False)
