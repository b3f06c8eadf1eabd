"""The ERP's master data that a booking may refer to, with look-ups built once."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from erp_adapters.base import Capabilities, TaxManner
from erp_adapters.ledger import Account, Dimension, DimensionValue, TaxCode, Vendor


def _plain(text: str) -> str:
    return text.strip().casefold()


def _tax_number(text: str) -> str:
    return "".join(x for x in text if x.isalnum()).upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    company_currency: str
    tax_manner: TaxManner
    capabilities: Capabilities
    lock_date: date | None = None  # nothing can be booked on or before it
    accounts: tuple[Account, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    dimension_values: tuple[DimensionValue, ...] = ()
    tax_codes: tuple[TaxCode, ...] = ()
    vendors: tuple[Vendor, ...] = ()
    # First and last day of each open period; None where the ERP only has a lock date.
    open_periods: tuple[tuple[date, date], ...] | None = None
    _accounts: dict[str, Account] = field(init=False, repr=False, compare=False)
    _dimensions: dict[str, Dimension] = field(init=False, repr=False, compare=False)
    _values: dict[tuple[str, str], DimensionValue] = field(init=False, repr=False, compare=False)
    _tax_codes: dict[str, TaxCode] = field(init=False, repr=False, compare=False)
    _vendors: dict[str, Vendor] = field(init=False, repr=False, compare=False)
    _vendor_ids: dict[str, Vendor] = field(init=False, repr=False, compare=False)
    _tax_numbers: dict[str, Vendor | None] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        def put(name: str, table: object) -> None:
            object.__setattr__(self, name, table)

        put("_accounts", {x.id: x for x in self.accounts} | {x.code: x for x in self.accounts})
        put("_dimensions", {_plain(x.code): x for x in self.dimensions})
        put("_values", {(_plain(x.dimension), _plain(x.code)): x for x in self.dimension_values})
        put("_tax_codes", {_plain(x.code): x for x in self.tax_codes})
        put("_vendors", {_plain(x.code): x for x in self.vendors})
        put("_vendor_ids", {x.id: x for x in self.vendors})
        put("_tax_numbers", _by_tax_number(self.vendors))

    def account(self, code_or_id: str) -> Account | None:
        return self._accounts.get(code_or_id)

    def dimension(self, code: str) -> Dimension | None:
        return self._dimensions.get(_plain(code))

    def dimension_value(self, dimension: str, code: str) -> DimensionValue | None:
        return self._values.get((_plain(dimension), _plain(code)))

    def tax_code(self, code: str) -> TaxCode | None:
        return self._tax_codes.get(_plain(code))

    def vendor(self, code_or_id: str) -> Vendor | None:
        return self._vendors.get(_plain(code_or_id)) or self._vendor_ids.get(code_or_id)

    def vendor_by_id(self, external_id: str) -> Vendor | None:
        return self._vendor_ids.get(external_id) or self._vendors.get(_plain(external_id))

    def vendor_by_tax_number(self, tax_number: str) -> Vendor | None:
        """None also where two vendors share the number: it then names neither."""
        return self._tax_numbers.get(_tax_number(tax_number))

    def is_open(self, day: date) -> bool:
        if self.lock_date and day <= self.lock_date:
            return False
        return self.open_periods is None or any(a <= day <= b for a, b in self.open_periods)

    def first_open_day(self, day: date) -> date | None:
        """The first day from `day` on that takes postings."""
        if self.lock_date == date.max:
            return None
        if self.lock_date:
            day = max(day, self.lock_date + timedelta(days=1))
        if self.open_periods is None:
            return day
        starts = [max(day, first) for first, last in self.open_periods if last >= day]
        return min(starts, default=None)


def _by_tax_number(vendors: Iterable[Vendor]) -> dict[str, Vendor | None]:
    table: dict[str, Vendor | None] = {}
    for vendor in vendors:
        key = _tax_number(vendor.tax_number)
        if key:
            table[key] = None if key in table else vendor
    return table
