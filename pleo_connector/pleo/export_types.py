"""The records of an export item, in Pleo's words and our spelling."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from pleo_connector.pleo.export_money import MinorMoney


@dataclass(frozen=True, slots=True)
class Amount:
    in_supplier_currency: MinorMoney
    in_wallet_currency: MinorMoney


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportAccount:
    """An account as Pleo knows it; `code` and `identifier` come from the ERP."""

    id: str | None = None
    name: str = ""
    code: str | None = None
    identifier: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportTag:
    id: str | None = None
    code: str
    group_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportTax:
    id: str | None = None
    rate: Decimal  # a fraction: 0.25 is 25 %
    type: str
    amount: Amount
    code: str | None = None
    ingoing_tax_account: str | None = None
    outgoing_tax_account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportLine:
    """`netAmount` is left out on purpose: it only repeats what was paid."""

    id: str | None = None
    amount: Amount
    account: ExportAccount | None = None
    tags: tuple[ExportTag, ...] = ()
    tax: ExportTax | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportVendor:
    id: str | None = None
    name: str = ""
    default_currency: str | None = None
    code: str | None = None
    external_id: str | None = None
    country: str | None = None
    registration_number: str | None = None
    tax_registration_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportSupplier:
    """The merchant as seen on the transaction; `name` may be raw card text."""

    name: str | None = None
    country: str | None = None
    category_code: str | None = None
    code: str | None = None
    account: str | None = None
    tax_identifier: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPerson:
    """A user or a team."""

    id: str | None = None
    name: str = ""
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    url: str
    type: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierBankAccount:
    bank_name: str | None = None
    country: str | None = None
    account_number: str | None = None
    bank_code: str | None = None
    bic: str | None = None
    iban: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceInformation:
    """Dates are moments, because both forms occur; a plain date is midnight UTC."""

    number: str
    date: datetime | None = None
    status: str = ""
    due_date: datetime | None = None
    payment_date: datetime | None = None
    bank_account: SupplierBankAccount | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePeriod:
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportItem:
    entry_id: str
    company_id: str
    type: str
    sub_type: str | None = None
    date: datetime
    amount: Amount
    lines: tuple[ExportLine, ...]
    reconciliation_id: str
    reconciled_entries: tuple[str, ...] = ()
    attendees: tuple[str, ...] = ()
    invoice: InvoiceInformation | None = None
    contra_account: ExportAccount | None = None
    method: str | None = None  # bookkeeping.method
    vendor: ExportVendor | None = None
    supplier: ExportSupplier | None = None
    user: ExportPerson | None = None
    team: ExportPerson | None = None
    note: str | None = None
    files: tuple[ExportFile, ...] = ()
    service_period: ServicePeriod | None = None
    web_link: str | None = None
