"""What a batch refers to, as it stands in the ERP, and the refusals this leads to.

Codes are resolved before anything is written, so that a refusal has its own class and names what
is wrong, whatever language the ERP speaks.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypeVar

from erp_adapters.errors import (
    AccountUnknown,
    DimensionValueUnknown,
    JournalUnknown,
    PeriodClosed,
    Rejected,
    TaxCodeUnknown,
    VendorUnknown,
)
from erp_adapters.ledger import (
    Account,
    Company,
    DimensionValue,
    LedgerLine,
    TaxCode,
    Vendor,
    Voucher,
)
from erp_adapters.text import is_kept

PAGE = 500  # records


class HasActive(Protocol):
    @property
    def is_active(self) -> bool: ...


Record = TypeVar("Record", bound=HasActive)
Journal = TypeVar("Journal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The codes that vouchers name, each list sorted: only these need to be read."""

    accounts: list[str]
    tax_codes: list[str]
    values: list[str]
    vendors: list[str]
    currencies: list[str]  # of the vouchers and of what suppliers charged

    @classmethod
    def of(cls, vouchers: Sequence[Voucher]) -> "Names":
        lines = [line for voucher in vouchers for line in voucher.lines]
        vendors = {x.vendor for x in lines} | {x.vendor for x in vouchers}
        charged = {line.original.currency for line in lines if line.original}
        return cls(
            accounts=sorted({line.account for line in lines}),
            tax_codes=sorted({line.tax.code for line in lines if line.tax}),
            values=sorted({value for line in lines for _, value in line.dimensions}),
            vendors=sorted(x for x in vendors if x),
            currencies=sorted({voucher.currency for voucher in vouchers} | charged),
        )


class Lookup:
    """Records of the ERP by their codes, which need not be unique there."""

    def __init__(
        self,
        label: str,
        *,
        accounts: Iterable[Account] = (),
        tax_codes: Iterable[TaxCode] = (),
        values: Iterable[DimensionValue] = (),
        vendors: Iterable[Vendor] = (),
    ) -> None:
        self.label = label
        self.accounts, self.tax_codes = list(accounts), list(tax_codes)
        self.values, self.vendors = list(values), list(vendors)

    def account(self, code: str) -> Account:
        rows = [row for row in self.accounts if row.code == code]
        found = self.only(rows, f"account {code}", AccountUnknown)
        if not found.is_postable:
            message = f"Account {code} takes no entries in {self.label}: it is a heading or closed."
            raise AccountUnknown(message, code="not_postable")
        return found

    def tax_code(self, code: str) -> TaxCode:
        rows = [row for row in self.tax_codes if row.code == code]
        return self.only(rows, f"tax {code}", TaxCodeUnknown)

    def value(self, dimension: str, code: str) -> DimensionValue:
        rows = [
            row
            for row in self.values
            if (row.dimension, row.code) == (dimension, code) and row.is_postable
        ]
        return self.only(rows, f"value {code} of {dimension}", DimensionValueUnknown)

    def vendor(self, code: str | None, account: Account) -> Vendor | None:
        """Of a line on `account`; VendorUnknown too where it names none and the account asks."""
        if code is None:
            if account.needs_vendor:
                raise VendorUnknown(f"Account {account.code} needs a vendor.", code="missing")
            return None
        rows = [row for row in self.vendors if row.code == code]
        return self.only(rows, f"vendor {code}", VendorUnknown)

    def line(
        self, line: LedgerLine, voucher: Voucher
    ) -> tuple[Account, Vendor | None, list[DimensionValue]]:
        """All that a line names; a value that the account insists on is among it."""
        account = self.account(line.account)
        vendor = self.vendor(line.vendor or voucher.vendor, account)
        if missing := account.required_dimensions - {axis for axis, _ in line.dimensions}:
            message = f"Account {account.code} needs a value for {', '.join(sorted(missing))}."
            raise DimensionValueUnknown(message, code="missing")
        return account, vendor, [self.value(*pair) for pair in line.dimensions]

    def journal(self, voucher: Voucher, code: str, journals: Mapping[str, Journal]) -> Journal:
        """Of a voucher, whose reference the ERP has to keep as it is."""
        if not is_kept(voucher.reference):
            raise Rejected(f"{self.label} would alter this reference.", code="reference")
        if code not in journals:
            raise JournalUnknown(f"{self.label} has no active journal {code}.", code="unknown")
        return journals[code]

    def only(self, rows: Iterable[Record], what: str, error: type[Rejected]) -> Record:
        """The one among them that is active."""
        found = [row for row in rows if row.is_active]
        if len(found) == 1:
            return found[0]
        if found:
            raise error(f"{self.label} has more than one {what}.", code="ambiguous")
        raise error(f"{self.label} has no active {what}.", code="unknown")


@dataclass(frozen=True, slots=True)
class Period:
    """One that takes entries, for an ERP where each entry names its period."""

    id: str
    start: date
    end: date


def open_period(periods: Sequence[Period], day: date, *, label: str) -> Period:
    """The one of that day; `periods` are open ones, oldest first."""
    for period in periods:
        if period.start <= day <= period.end:
            return period
    first = next((x.start for x in periods if x.start > day), None)
    raise closed(f"No open period in {label} holds {day}.", first)


def closed(message: str, first: date | None) -> PeriodClosed:
    """With the first day that is open again."""
    hint = f"The first open day after it is {first}." if first else "No later one is open."
    return PeriodClosed(f"{message} {hint}", code="period_closed")


def one_company(companies: Sequence[Company], wanted: str) -> Company:
    """The one of that name or number; `wanted` may be empty where there is only one."""
    fits = [x for x in companies if wanted in ("", x.id, x.name)]
    if len(fits) == 1:
        return fits[0]
    names = ", ".join(x.name for x in companies) or "no company"
    raise Rejected(f"Name one company. The key's user works in: {names}.", code="company")


def pages(read: Callable[[int, int], list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """All records by ascending id, so that what is added meanwhile shifts no page.

    `read` takes the last id that is known and how many to read at most.
    """
    last = 0
    while True:
        page = read(last, PAGE)
        yield from page
        if len(page) < PAGE:
            return
        last = page[-1]["id"]
