"""Pleo's minor units: the only place that knows how many decimals a currency has."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Scale = Literal["iso", "hundredths"]

_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"
_EXPONENTS = (
    dict.fromkeys(_NO_DECIMALS.split(), 0)
    | dict.fromkeys(_THREE_DECIMALS.split(), 3)
    | dict.fromkeys(_FOUR_DECIMALS.split(), 4)
)
# Codes of Pleo's list that no ledger can hold: unknown, test, metals, units of account.
_NOT_MONEY = "UNDEFINED XXX XTS XAU XAG XPD XPT XBA XBB XBC XBD XDR XSU XUA"
_NO_MONEY = frozenset(_NOT_MONEY.split())
_QUANTA = tuple(Decimal(1).scaleb(-places) for places in range(5))


@dataclass(frozen=True, slots=True)
class MinorMoney:
    currency: str
    value: int


def minor_units(currency: str) -> int:
    """The number of decimals by ISO 4217."""
    return _EXPONENTS.get(currency, 2)


def is_money(currency: str) -> bool:
    return currency not in _NO_MONEY


def to_iso_units(money: MinorMoney, scale: Scale = "iso") -> int:
    """The value in the currency's own minor units; ValueError where that leaves a fraction."""
    exponent = minor_units(money.currency)
    if scale == "iso" or exponent == 2:
        return money.value
    factor = (1, 10, 100, 1_000, 10_000)[exponent]
    units, rest = divmod(money.value * factor, 100)
    if rest:
        raise ValueError(f"{money.currency} {money.value} is no whole number of minor units.")
    return units


def from_iso_units(units: int, currency: str) -> Decimal:
    return units * _QUANTA[_EXPONENTS.get(currency, 2)]


def to_decimal(money: MinorMoney, minor_units: Scale = "iso") -> Decimal:
    """The amount as people write it: JPY 12500 is 12500, EUR 89696 is 896.96."""
    try:
        return from_iso_units(to_iso_units(money, minor_units), money.currency)
    except ValueError:
        return money.value * _QUANTA[2]
