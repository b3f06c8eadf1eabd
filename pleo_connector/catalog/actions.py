from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from erp_adapters.base import ErpAdapter
from erp_adapters.errors import Rejected
from erp_adapters.ledger import Company
from pleo_connector.bookkeeping.catalog import Catalog
from pleo_connector.catalog.models import CatalogSnapshot
from pleo_connector.catalog.queries import load_catalog, read_at
from pleo_connector.catalog.records import Kind, to_json
from pleo_connector.connections.models import Connection


class OtherCompany(Rejected):
    """The access opens other books than those that a person confirmed."""


def refresh_catalog(*, connection: Connection, erp: ErpAdapter, now: datetime) -> None:
    """Read all master data, then replace all snapshots at once.

    A read that fails half way raises before anything is replaced.
    """
    company = _confirmed(connection, erp)
    dimensions = list(erp.dimensions())
    reads: dict[str, Callable[[], Iterable[Any]]] = {
        Kind.ACCOUNTS: erp.accounts,
        Kind.DIMENSIONS: lambda: dimensions,
        Kind.DIMENSION_VALUES: lambda: (v for d in dimensions for v in erp.dimension_values(d)),
        Kind.TAX_CODES: erp.tax_codes,
        Kind.VENDORS: erp.vendors,
    }
    snapshots = [
        CatalogSnapshot(
            connection=connection,
            kind=kind,
            records=[to_json(record) for record in read()],
            read_at=now,
        )
        for kind, read in reads.items()
    ]
    with transaction.atomic():
        CatalogSnapshot.objects.bulk_create(
            snapshots,
            update_conflicts=True,
            unique_fields=["connection", "kind"],
            update_fields=["records", "read_at"],
        )
        store_company(connection, company)


def fresh_catalog(*, connection: Connection, erp: ErpAdapter, now: datetime) -> Catalog:
    """The catalog, read anew where it is too old. Either way one call shows that the ERP works."""
    oldest = read_at(connection)
    if oldest is None or now - oldest > timedelta(seconds=settings.CATALOG_SECONDS):
        refresh_catalog(connection=connection, erp=erp, now=now)
    else:
        company = _confirmed(connection, erp)
        if company.lock_date != connection.erp_lock_date:
            store_company(connection, company)
    return load_catalog(connection, erp)


def confirm_company(*, connection: Connection, erp: ErpAdapter) -> None:
    """OtherCompany where the access opens other books: theirs must not replace what Pleo has."""
    company = _confirmed(connection, erp)
    if company.currency != connection.erp_currency or connection.erp_problem:
        store_company(connection, company)


def _confirmed(connection: Connection, erp: ErpAdapter) -> Company:
    company = erp.company()
    if connection.erp_company_id and company.id != connection.erp_company_id:
        raise OtherCompany(
            f"The access to {erp.label} opens the books of {company.name} now, and those of "
            f"{connection.erp_company_name} were confirmed. Reconnect {erp.label}.",
            code="other_company",
        )
    return company


def store_company(connection: Connection, company: Company) -> None:
    connection.erp_company_id = company.id
    connection.erp_company_name = company.name
    connection.erp_currency = company.currency
    connection.erp_country = company.country[:10]
    connection.erp_lock_date = company.lock_date
    connection.erp_problem = ""
    connection.save(
        update_fields=[
            "erp_company_id",
            "erp_company_name",
            "erp_currency",
            "erp_country",
            "erp_lock_date",
            "erp_problem",
        ]
    )
