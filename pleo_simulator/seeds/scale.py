"""Amounts in wallet and supplier currency, and the tax within them."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Scale:
    """Wallet and supplier currency of one entry."""

    wallet: str
    total: int
    foreign: tuple[str, int] | None

    def pair(self, wallet_value: int, supplier_value: int) -> dict[str, Any]:
        currency = self.foreign[0] if self.foreign else self.wallet
        return {
            "inSupplierCurrency": {"currency": currency, "value": supplier_value},
            "inWalletCurrency": {"currency": self.wallet, "value": wallet_value},
        }

    def amount(self, value: int) -> dict[str, Any]:
        return self.pair(value, self.foreign[1] if self.foreign else value)

    def split(self, values: list[int]) -> list[int]:
        """Supplier-currency values of the lines; the last one takes the rest."""
        if self.foreign is None:
            return values
        parts = [self.foreign[1] * value // self.total for value in values[:-1]]
        return [*parts, self.foreign[1] - sum(parts)]


def tax_part(value: int, percent: int, *, reverse: bool) -> int:
    """Tax within (inclusive) or on top of (reverse) the value, half up."""
    divisor = 100 if reverse else 100 + percent
    sign = -1 if value < 0 else 1
    return sign * ((2 * abs(value) * percent + divisor) // (2 * divisor))
