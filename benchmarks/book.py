"""How many single-line entries one core parses and books in a second. Prints one JSON line."""

import json
import sys
import time
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from erp_adapters.base import Capabilities
from erp_adapters.ledger import Account, TaxCode
from pleo_connector.bookkeeping.book import book
from pleo_connector.bookkeeping.catalog import Catalog
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.pleo.export_items import parse_export_item

TARGET = 5_000
ENTRIES = 20_000


def _amount(value: int) -> dict[str, Any]:
    money = {"currency": "EUR", "value": value}
    return {"inSupplierCurrency": money, "inWalletCurrency": money}


def _entry(number: int) -> dict[str, Any]:
    paid = 12_500 + number
    tax = {"id": "t", "rate": Decimal("0.25"), "type": "inclusive", "code": "I25"}
    line = {
        "accountingEntryLineId": f"line-{number}",
        "lineAmount": _amount(paid),
        "netAmount": _amount(paid),
        "account": {"id": "a", "name": "Travel", "code": "6100", "identifier": None},
        "tags": [],
        "tax": tax | {"amount": _amount(paid // 5)},
    }
    return {
        "accountingEntryId": f"entry-{number}",
        "companyId": "company",
        "type": "card_purchase",
        "date": "2026-05-02T09:00:00Z",
        "amount": _amount(paid),
        "accountingEntryLines": [line],
        "additionalInformation": {"reconciliationId": str(1_000_000 + number)},
        "contraAccount": {"id": "w", "name": "Pleo EUR", "code": "1940", "identifier": None},
        "supplier": {"name": "Example Travel"},
        "user": {"id": "u", "name": "Sales Manager", "code": None},
        "note": "train",
        "files": [{"url": "https://files.example/1", "type": "application/pdf", "size": 1}],
        "_links": {},
    }


def main() -> int:
    mapping = Mapping.from_json({"accounts": {"tax_in": "2640"}})
    catalog = Catalog(
        company_currency="EUR",
        tax_manner="send_tax_lines",
        capabilities=Capabilities(tax_manner="send_tax_lines"),
        accounts=tuple(Account(code=x, name=x, id=x) for x in ("6100", "1940", "2640")),
        tax_codes=(TaxCode(code="I25", name="25 %", id="1", rate=Decimal("0.25")),),
    )
    raws = [_entry(number) for number in range(ENTRIES)]
    day = date(2026, 5, 4)
    started = time.process_time()
    for raw in raws:
        book(parse_export_item(raw), mapping, catalog, export_date=day)
    value = round(ENTRIES / (time.process_time() - started))
    ok = value >= TARGET
    unit = "entries/s"
    print(json.dumps({"measure": "book", "value": value, "unit": unit, "target": TARGET, "ok": ok}))
    return 0 if ok else 1


if __name__ == "__main__":
    raise SystemExit(main())
