"""Amounts in company currency, for an ERP that wants them from us, at the ERP's own rates."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from erp_adapters.errors import Rejected
from erp_adapters.ledger import ZERO, Voucher

Listed = Sequence[tuple[date, Decimal]]  # newest first; units of it for one of the ERP's base


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency:
    id: int
    code: str  # ISO 4217
    digits: int

    def rounded(self, amount: Decimal) -> Decimal:
        return amount.quantize(Decimal(1).scaleb(-self.digits))

    def split(self, amount: Decimal, shares: Iterable[Decimal]) -> Iterator[Decimal]:
        """Of each share; rounded as a running sum, so that they come to the whole."""
        before = upto = ZERO
        for share in shares:
            upto += share
            yield self.rounded(amount * upto) - self.rounded(amount * before)
            before = upto


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    label: str
    own: Currency  # the company's
    listed: dict[str, Listed]

    @classmethod
    def read(
        cls,
        vouchers: Sequence[Voucher],
        listed: Callable[[str, date, int], Listed],
        *,
        own: Currency,
        label: str,
    ) -> "Rates":
        """`listed` reads a currency's latest rates up to a day; nothing where none is foreign.

        As many as there are days: so the first voucher's day has its rate among them.
        """
        days = [x.posting_date for x in vouchers if x.currency != own.code]
        codes = {x.currency for x in vouchers} | {own.code} if days else set()
        span = (max(days) - min(days)).days + 1 if days else 0
        found = {code: listed(code, max(days), span) for code in sorted(codes)}
        return cls(label=label, own=own, listed=found)

    def amounts(self, signed: Sequence[Decimal], voucher: Voucher) -> list[Decimal]:
        """Of the voucher's lines; what rounding leaves over goes to the largest."""
        if voucher.currency == self.own.code:
            return [*signed]
        day = voucher.posting_date
        foreign = self._on(voucher.currency, day)
        rate = self._on(self.own.code, day) / foreign
        amounts = [self.own.rounded(amount * rate) for amount in signed]
        largest = max(range(len(amounts)), key=lambda at: abs(amounts[at]))
        amounts[largest] -= sum(amounts, ZERO)
        return amounts

    def _on(self, currency: str, day: date) -> Decimal:
        for start, rate in self.listed.get(currency, ()):
            if start <= day:
                return rate
        raise Rejected(f"{self.label} has no rate of {currency} for {day}.", code="no_rate")
