"""What accounts, dimensions and their values are called, as last read."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erp_adapters.ledger import Account
from pleo_connector.catalog.queries import all_records, records_of
from pleo_connector.catalog.records import Kind
from pleo_connector.catalog.values import value_names
from pleo_connector.connections.models import Connection


def names_of(accounts: Sequence[Account]) -> dict[str, str]:
    """By code and by id."""
    return {x.id: x.name for x in accounts} | {x.code: x.name for x in accounts}


def with_name(code: str | None, name: str | None) -> str:
    """120 Sales"""
    return f"{code} {name}" if name and name != code else code or ""


@dataclass(frozen=True, slots=True)
class LedgerNames:
    """What accounts, tax codes and the values of dimensions are called, as last read."""

    accounts: Mapping[str, str]
    dimensions: Mapping[str, str]
    values: Mapping[tuple[str, str], str]
    tax_codes: Mapping[str, str]

    @classmethod
    def of(cls, connection: Connection, vouchers: Iterable[Mapping[str, Any]]) -> "LedgerNames":
        """Of all accounts and dimensions, and of the values that these vouchers have."""
        named = (x for voucher in vouchers for line in voucher["lines"] for x in line["dimensions"])
        return cls.with_values(connection, {code for _axis, code in named})

    @classmethod
    def with_values(cls, connection: Connection, codes: Collection[str]) -> "LedgerNames":
        """Of the values that have these codes, and of all the rest."""
        kinds = (Kind.ACCOUNTS, Kind.DIMENSIONS, Kind.TAX_CODES)
        records = all_records(connection, kinds=kinds)
        return cls(
            names_of(records[Kind.ACCOUNTS]),
            {x.code: x.name for x in records[Kind.DIMENSIONS]},
            value_names(connection, codes),
            {x.code: x.name for x in records[Kind.TAX_CODES]},
        )

    def told(self, dimension: str, value: str) -> str:
        """Department: 120 Sales"""
        value = with_name(value, self.values.get((dimension, value)))
        return f"{self.dimensions.get(dimension) or dimension.capitalize()}: {value}"


def account_names(connection: Connection) -> dict[str, str]:
    """What accounts are called, by code and by id."""
    return names_of(records_of(connection, Kind.ACCOUNTS))
