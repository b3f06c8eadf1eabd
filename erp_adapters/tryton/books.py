"""What a batch of vouchers refers to, read from Tryton once, and the refusals it leads to.

Pure. Codes are resolved here, before anything is written, so that a refusal has its own class
and names what is wrong, instead of being guessed from a message.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from erp_adapters.errors import (
    AccountUnknown,
    DimensionValueUnknown,
    JournalUnknown,
    PeriodClosed,
    Rejected,
    TaxCodeUnknown,
    VendorUnknown,
)

Row = Mapping[str, Any]
Grouped = Mapping[str, Sequence[Row]]  # by code; a code need not be unique in Tryton


@dataclass(frozen=True, kw_only=True)
class Site:
    """Whose books they are: found once per adapter, as it does not change."""

    company: int
    name: str
    currency: str
    digits: int
    country: str
    has_analytic: bool


@dataclass(frozen=True, kw_only=True)
class Books:
    site: Site
    journals: Grouped
    periods: Sequence[Row]  # standard ones, oldest first
    accounts: Grouped
    taxes: Grouped
    values: Sequence[Row]  # analytic accounts that are no roots
    parties: Grouped
    currencies: Mapping[str, int]
    rates: Mapping[str, Sequence[tuple[date, Decimal]]]  # newest first

    def journal(self, code: str) -> int:
        rows = [row for row in self.journals.get(code, ()) if row["active"]]
        row = _only(rows, f"journal {code}", JournalUnknown)
        return int(row["id"])

    def period(self, day: date) -> int:
        for row in self.periods:
            if row["start_date"] <= day <= row["end_date"] and row["state"] == "open":
                return int(row["id"])
        later = (p["start_date"] for p in self.periods if p["state"] == "open")
        first = next((start for start in later if start > day), None)
        hint = f"The first open day after it is {first}." if first else "No later one is open."
        raise PeriodClosed(f"No open period in Tryton holds {day}. {hint}", code="period_closed")

    def account(self, code: str, day: date) -> Row:
        row = _only(
            [r for r in self.accounts.get(code, ()) if _is_in_use(r, day)],
            f"account {code} that is in use on {day}",
            AccountUnknown,
        )
        if row["type."] is None:
            raise AccountUnknown(f"Account {code} is a heading in Tryton.", code="heading")
        if row["closed"]:
            raise AccountUnknown(f"Account {code} is closed in Tryton.", code="closed")
        return row

    def tax(self, code: str, day: date) -> Row:
        rows = [r for r in self.taxes.get(code, ()) if r["active"] and _is_in_use(r, day)]
        return _only(rows, f"tax {code} that is in use on {day}", TaxCodeUnknown)

    def value(self, dimension: str, code: str) -> int:
        rows = [r for r in self.values if keyed(r) == code and keyed(r["root."]) == dimension]
        what = f"value {code} of {dimension} that can be booked on"
        row = _only([r for r in rows if is_bookable(r)], what, DimensionValueUnknown)
        return int(row["id"])

    def party(self, account: Row, code: str | None) -> int | None:
        """The party of a line. Tryton refuses one on an account that does not ask for it."""
        if code is None:
            if account["party_required"]:
                raise VendorUnknown(f"Account {account['code']} needs a vendor.", code="missing")
            return None
        rows = [row for row in self.parties.get(code, ()) if row["active"]]
        row = _only(rows, f"active party {code}", VendorUnknown)
        return int(row["id"]) if account["party_required"] else None

    def rate(self, currency: str, day: date) -> Decimal:
        """Units of company currency that one unit of `currency` is worth on that day."""
        if currency == self.site.currency:
            return Decimal(1)
        foreign = self._listed(currency, day)
        return self._listed(self.site.currency, day) / foreign

    def _listed(self, currency: str, day: date) -> Decimal:
        for start, rate in self.rates.get(currency, ()):
            if start <= day:
                return rate
        raise Rejected(f"Tryton has no rate of {currency} for {day}.", code="no_rate")


def keyed(row: Row) -> str:
    """The code of a dimension or value; its name where the company uses no codes."""
    return str(row["code"] or row["name"] or "")


def is_bookable(row: Row) -> bool:
    return bool(row["active"] and row["type"] == "normal" and row["state"] != "closed")


def _is_in_use(row: Row, day: date) -> bool:
    return (row["start_date"] or day) <= day <= (row["end_date"] or day)


def _only(rows: Sequence[Row], what: str, error: type[Rejected]) -> Row:
    if len(rows) == 1:
        return rows[0]
    if rows:
        raise error(f"Tryton has more than one {what}.", code="ambiguous")
    raise error(f"Tryton has no {what}.", code="unknown")
