"""Ledger records to JSON and back."""

from dataclasses import asdict, fields
from datetime import date
from decimal import Decimal
from typing import Any

from erp_adapters.ledger import Account, Dimension, DimensionValue, TaxCode, Vendor
from pleo_connector.catalog.models import CatalogSnapshot

Kind = CatalogSnapshot.Kind
RECORDS: dict[str, type] = {
    Kind.ACCOUNTS: Account,
    Kind.DIMENSIONS: Dimension,
    Kind.DIMENSION_VALUES: DimensionValue,
    Kind.TAX_CODES: TaxCode,
    Kind.VENDORS: Vendor,
}


def to_json(record: Any) -> dict[str, Any]:
    return {name: _plain(value) for name, value in asdict(record).items()}


def from_json(kind: str, row: dict[str, Any]) -> Any:
    """A record of `kind`; members that an older version stored and nobody knows are ignored."""
    cls = RECORDS[kind]
    known = {field.name for field in fields(cls)}
    values = {name: value for name, value in row.items() if name in known}
    if "rate" in values:
        values["rate"] = Decimal(values["rate"])
    if "required_dimensions" in values:
        values["required_dimensions"] = frozenset(values["required_dimensions"])
    for name in ("valid_from", "valid_until"):
        if values.get(name):
            values[name] = date.fromisoformat(values[name])
    return cls(**values)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal | date):
        return str(value)
    return sorted(value) if isinstance(value, frozenset) else value
