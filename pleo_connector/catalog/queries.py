from datetime import datetime
from typing import Any

from erp_adapters.base import ErpAdapter
from pleo_connector.bookkeeping.catalog import Catalog
from pleo_connector.catalog.models import CatalogSnapshot
from pleo_connector.catalog.records import Kind, from_json
from pleo_connector.connections.models import Connection


def records_of(connection: Connection, kind: str) -> list[Any]:
    """Ledger records of one kind as last read; empty where none was read yet."""
    snapshot = CatalogSnapshot.objects.filter(connection=connection, kind=kind).first()
    return [from_json(kind, row) for row in snapshot.records] if snapshot else []


def read_at(connection: Connection) -> datetime | None:
    """When the oldest part of the catalog was read; None where a part is missing."""
    times = list(
        CatalogSnapshot.objects.filter(connection=connection).values_list("read_at", flat=True)
    )
    return min(times) if len(times) == len(Kind) else None


def load_catalog(connection: Connection, erp: ErpAdapter) -> Catalog:
    rows = {
        snapshot.kind: tuple(from_json(snapshot.kind, row) for row in snapshot.records)
        for snapshot in CatalogSnapshot.objects.filter(connection=connection)
    }
    return Catalog(
        company_currency=connection.erp_currency,
        lock_date=connection.erp_lock_date,
        tax_manner=erp.capabilities.tax_manner,
        capabilities=erp.capabilities,
        accounts=rows.get(Kind.ACCOUNTS, ()),
        dimensions=rows.get(Kind.DIMENSIONS, ()),
        dimension_values=rows.get(Kind.DIMENSION_VALUES, ()),
        tax_codes=rows.get(Kind.TAX_CODES, ()),
        vendors=rows.get(Kind.VENDORS, ()),
    )
