"""What a few made-up entries would become: a preview for who has nothing to export yet."""

from datetime import datetime
from typing import Any

from erp_adapters.base import ErpAdapter
from pleo_connector.bookkeeping.catalog import Catalog
from pleo_connector.catalog.queries import load_catalog
from pleo_connector.connections.models import Connection
from pleo_connector.exports.plan import Planner
from pleo_connector.exports.preview import PreviewedEntry, previewed
from pleo_connector.mapping.actions import load_mapping
from pleo_connector.pleo.export_items import parse_export_item
from pleo_connector.pleo.export_money import minor_units

ENTRIES = (  # type, amount, supplier
    ("card_purchase", 250, "Paper & Pens"),
    ("out_of_pocket", 42, "City taxi"),
    ("wallet_topup", 5000, ""),
)


def sample(connection: Connection, *, erp: ErpAdapter, now: datetime) -> list[PreviewedEntry]:
    """Booked in memory against what was read of the ERP; no call anywhere."""
    catalog = load_catalog(connection, erp)
    planner = Planner(
        connection=connection,
        mapping=load_mapping(connection),
        catalog=catalog,
        capabilities=erp.capabilities,
        export_date=now.date(),
    )
    is_set = connection.erp_currency in planner.mapping.accounts.wallet
    contra = None if is_set else _first(catalog, "asset")
    items = [
        parse_export_item(_item(connection, catalog, contra, number, now))
        for number in range(len(ENTRIES))
    ]
    return [
        previewed(planner, PreviewedEntry(entry_id=x.entry_id, item=x), {}, is_booked=False)
        for x in items
    ]


def _item(
    connection: Connection,
    catalog: Catalog,
    contra: dict[str, Any] | None,
    number: int,
    now: datetime,
) -> dict[str, Any]:
    kind, units, supplier = ENTRIES[number]
    currency = connection.erp_currency
    money = {"currency": currency, "value": units * 10 ** minor_units(currency)}
    amount = {"inSupplierCurrency": money, "inWalletCurrency": money}
    line: dict[str, Any] = {
        "accountingEntryLineId": f"sample-{number}",
        "lineAmount": amount,
        "netAmount": amount,
        "account": _category(catalog),
        "tags": [],
        "tax": None,
    }
    return {
        "accountingEntryId": f"00000000-0000-0000-0000-00000000000{number}",
        "companyId": str(connection.pleo_company_id),
        "type": kind,
        "subType": None,
        "date": now.isoformat(),
        "amount": amount,
        "accountingEntryLines": [line],
        "additionalInformation": {"reconciliationId": f"sample-{number}"},
        "contraAccount": contra,
        "bookkeeping": None,
        "supplier": {"name": supplier} if supplier else None,
        "files": [{"url": "https://example.com/receipt"}],
        "_links": {},
    }


def _category(catalog: Catalog) -> dict[str, Any] | None:
    """The first expense account, as Pleo would show it."""
    return _first(catalog, "expense")


def _first(catalog: Catalog, kind: str) -> dict[str, Any] | None:
    usable = (x for x in catalog.accounts if x.is_active and x.is_postable and x.kind == kind)
    first = next((x for x in usable if not x.needs_vendor), None)
    if first is None:
        return None
    return {"id": first.id, "name": first.name, "code": first.code, "identifier": first.id}
