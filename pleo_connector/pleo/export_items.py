"""Reads Pleo's export item. Strict about what a booking needs, tolerant elsewhere."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from pleo_connector.pleo.export_money import (
    MinorMoney,
    Scale,
    from_iso_units,
    is_money,
    minor_units,
    to_decimal,
    to_iso_units,
)
from pleo_connector.pleo.export_reader import MalformedItem, Reader, parse_moment
from pleo_connector.pleo.export_types import (
    Amount,
    ExportAccount,
    ExportFile,
    ExportItem,
    ExportLine,
    ExportPerson,
    ExportSupplier,
    ExportTag,
    ExportTax,
    ExportVendor,
    InvoiceInformation,
    ServicePeriod,
    SupplierBankAccount,
)

__all__ = [
    "Amount",
    "ExportAccount",
    "ExportFile",
    "ExportItem",
    "ExportLine",
    "ExportPerson",
    "ExportSupplier",
    "ExportTag",
    "ExportTax",
    "ExportVendor",
    "InvoiceInformation",
    "MalformedItem",
    "MinorMoney",
    "Scale",
    "ServicePeriod",
    "SupplierBankAccount",
    "from_iso_units",
    "is_money",
    "minor_units",
    "parse_export_item",
    "parse_moment",
    "to_decimal",
    "to_iso_units",
]

_CURRENCY = re.compile(r"[A-Z]{3}|UNDEFINED", re.ASCII)


def entry_id_of(raw: dict[str, Any]) -> UUID | None:
    """None where it is no id: nothing can be said of the row, and its job item has no data then."""
    try:
        return UUID(str(raw.get("accountingEntryId")))
    except (ValueError, AttributeError):
        return None


def parse_export_item(raw: dict[str, Any]) -> ExportItem:
    """MalformedItem names the field that a booking cannot do without."""
    entry_id = raw.get("accountingEntryId") if isinstance(raw, dict) else None
    item = Reader(raw, "", entry_id if isinstance(entry_id, str) else None)
    more = item.child("additionalInformation")
    item.need("accountingEntryLines")
    return ExportItem(
        entry_id=item.text("accountingEntryId"),
        company_id=item.text("companyId"),
        type=item.text("type"),
        sub_type=item.maybe_text("subType"),
        date=item.moment("date"),
        amount=_amount(item.child("amount")),
        lines=item.children("accountingEntryLines", _line),
        reconciliation_id=_reconciliation_id(more),
        reconciled_entries=more.texts("reconciledEntries"),
        attendees=more.texts("attendees"),
        invoice=more.maybe_child("invoiceInformation", _invoice),
        contra_account=item.maybe_child("contraAccount", _account),
        method=item.maybe_child("bookkeeping", lambda x: x.maybe_text("method")),
        vendor=item.maybe_child("vendor", _vendor),
        supplier=item.maybe_child("supplier", _supplier),
        user=item.maybe_child("user", _person),
        team=item.maybe_child("team", _person),
        note=item.maybe_text("note"),
        files=item.children("files", _file),
        service_period=item.maybe_child("servicePeriod", _service_period),
        web_link=_web_link(item.maybe("_links")),
    )


def _reconciliation_id(more: Reader) -> str:
    more.need("reconciliationId")
    found = more.code("reconciliationId")
    if not found:
        raise more.fail("reconciliationId", "is empty")
    return found


def _money(reader: Reader) -> MinorMoney:
    currency = reader.text("currency")
    if not _CURRENCY.fullmatch(currency):
        raise reader.fail("currency", "is not a currency code")
    return MinorMoney(currency, reader.whole_number("value"))


def _amount(reader: Reader) -> Amount:
    return Amount(
        _money(reader.child("inSupplierCurrency")), _money(reader.child("inWalletCurrency"))
    )


def _line(reader: Reader) -> ExportLine:
    return ExportLine(
        id=reader.maybe_text("accountingEntryLineId"),
        amount=_amount(reader.child("lineAmount")),
        account=reader.maybe_child("account", _account),
        tags=reader.children("tags", _tag),
        tax=reader.maybe_child("tax", _tax),
    )


def _account(reader: Reader) -> ExportAccount:
    return ExportAccount(
        id=reader.maybe_text("id"),
        name=reader.maybe_text("name") or "",
        code=reader.code("code"),
        identifier=reader.code("identifier"),
    )


def _tag(reader: Reader) -> ExportTag:
    code, group = reader.code("code"), reader.code("groupCode")
    if code is None or group is None:
        raise reader.fail("code" if code is None else "groupCode", "is missing")
    return ExportTag(id=reader.maybe_text("id"), code=code, group_code=group)


def _tax(reader: Reader) -> ExportTax:
    return ExportTax(
        id=reader.maybe_text("id"),
        rate=reader.fraction("rate"),
        type=reader.text("type"),
        amount=_amount(reader.child("amount")),
        code=reader.code("code"),
        ingoing_tax_account=reader.code("ingoingTaxAccount"),
        outgoing_tax_account=reader.code("outgoingTaxAccount"),
    )


def _person(reader: Reader) -> ExportPerson:
    return ExportPerson(
        id=reader.maybe_text("id"), name=reader.maybe_text("name") or "", code=reader.code("code")
    )


def _vendor(reader: Reader) -> ExportVendor:
    return ExportVendor(
        id=reader.maybe_text("id"),
        name=reader.maybe_text("name") or "",
        default_currency=reader.maybe_text("defaultCurrency"),
        code=reader.code("code"),
        external_id=reader.code("externalId"),
        country=reader.maybe_text("country"),
        registration_number=reader.code("registrationNumber"),
        tax_registration_number=reader.code("taxRegistrationNumber"),
    )


def _supplier(reader: Reader) -> ExportSupplier:
    return ExportSupplier(
        name=reader.maybe_text("name"),
        country=reader.maybe_text("country"),
        category_code=reader.code("categoryCode"),
        code=reader.code("code"),
        account=reader.code("account"),
        tax_identifier=reader.code("taxIdentifier"),
    )


def _file(reader: Reader) -> ExportFile:
    size = reader.maybe("size")
    return ExportFile(
        url=reader.text("url"),
        type=reader.maybe_text("type"),
        size=None if size is None else reader.whole_number("size"),
    )


def _invoice(reader: Reader) -> InvoiceInformation:
    return InvoiceInformation(
        number=reader.code("invoiceNumber") or "",
        date=reader.maybe_moment("invoiceDate"),
        status=reader.maybe_text("status") or "",
        due_date=reader.maybe_moment("dueDate"),
        payment_date=reader.maybe_moment("paymentDate"),
        bank_account=reader.maybe_child("supplierBankAccount", _bank_account),
    )


def _bank_account(reader: Reader) -> SupplierBankAccount:
    read: Callable[[str], str | None] = reader.code
    return SupplierBankAccount(
        bank_name=read("bankName"),
        country=read("country"),
        account_number=read("accountNumber"),
        bank_code=read("bankCode"),
        bic=read("bic"),
        iban=read("iban"),
    )


def _service_period(reader: Reader) -> ServicePeriod:
    return ServicePeriod(start=reader.moment("from"), end=reader.moment("to"))


def _web_link(links: Any) -> str | None:
    """Links are a convenience, so odd ones are dropped rather than refused."""
    web = links.get("web") if isinstance(links, dict) else None
    if not isinstance(web, dict):
        return None
    named = web.get("exportItem")
    if isinstance(named, str):
        return named
    return next((url for _, url in sorted(web.items()) if isinstance(url, str)), None)
