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
from pleo_connector.mapping.suggest import suggest_account
from pleo_connector.pleo.export_items import parse_export_item
from pleo_connector.pleo.export_money import minor_units

OFFICE = "office supplies kontorartikler kontorsmaterial büromaterial"
TRAVEL = "travel rejser resor reisekosten"
WALLET = "pleo wallet"
ENTRIES = (  # type, amount, supplier, how its account is likely called
    ("card_purchase", 250, "Paper & Pens", OFFICE),
    ("out_of_pocket", 42, "City taxi", TRAVEL),
    ("wallet_topup", 5000, "", OFFICE),
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
    contra = None if is_set else _account(catalog, "asset", WALLET)
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
    kind, units, supplier, likely = ENTRIES[number]
    currency = connection.erp_currency
    money = {"currency": currency, "value": units * 10 ** minor_units(currency)}
    amount = {"inSupplierCurrency": money, "inWalletCurrency": money}
    line: dict[str, Any] = {
        "accountingEntryLineId": f"sample-{number}",
        "lineAmount": amount,
        "netAmount": amount,
        "account": _account(catalog, "expense", likely),
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


def _account(catalog: Catalog, kind: str, likely: str) -> dict[str, Any] | None:
    """One of this kind, as Pleo would show it; a chart begins with rounding, interest and such."""
    usable = [x for x in catalog.accounts if x.is_active and x.is_postable and x.kind == kind]
    usable = [x for x in usable if not x.needs_vendor]
    if not usable:
        return None
    found = suggest_account("", likely, "category" if kind == "expense" else "contra", usable)
    by_code = {x.code: x for x in usable}
    one = by_code[found.code] if found else usable[len(usable) // 2]
    return {"id": one.id, "name": one.name, "code": one.code, "identifier": one.id}
