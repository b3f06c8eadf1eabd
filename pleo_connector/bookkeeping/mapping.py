"""The settings of a connection that decide how its entries are booked."""

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

Posting = Literal["draft", "final"]
ClosedPeriod = Literal["next_open_day", "export_date", "fail"]
EmployeeLedger = Literal["account", "vendor"]
WalletSource = Literal["pleo", "configured"]
ErpChanges = Literal["fail", "accept"]
JournalPer = Literal["entry", "job"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Account codes by role; None where nothing is set."""

    wallet: Map[str, str] = field(default_factory=dict)  # currency -> account
    wallet_source: WalletSource = "pleo"  # which is asked first: the entry or this setting
    out_of_pocket: str | None = None
    external_reimbursement: str | None = None
    transfer: str | None = None
    accounts_payable: str | None = None
    tax_in: str | None = None
    tax_reverse_in: str | None = None
    tax_reverse_out: str | None = None
    exchange_gain: str | None = None
    exchange_loss: str | None = None
    rounding: str | None = None
    default_expense: Map[str, str] = field(default_factory=dict)  # entry type -> account


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRule:
    """Every condition that is set must hold; the first rule that holds decides."""

    name: str = ""
    types: tuple[str, ...] = ()
    category: str | None = None  # the category's code in Pleo
    supplier: str | None = None  # the supplier's code, or a part of its name
    team: str | None = None  # code or name
    currency: str | None = None  # of the booking
    min_amount: Decimal | None = None  # of the line, without sign, both ends included
    max_amount: Decimal | None = None
    account: str | None = None
    tax_code: str | None = None
    dimensions: Map[str, str] = field(default_factory=dict)  # ERP dimension -> value
    journal: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    accounts: Accounts = field(default_factory=Accounts)
    posting_behaviour: Posting = "draft"
    closed_period: ClosedPeriod = "next_open_day"
    journals: Map[str, str] = field(default_factory=dict)  # entry type -> journal
    generic_vendor: str | None = None
    employee_ledger: EmployeeLedger = "account"
    default_employee_vendor: str | None = None
    legacy_supplier_ap: bool = False
    dimensions: Map[str, str | None] = field(default_factory=dict)  # Pleo group -> ERP; None: text
    dimensions_on_counter_lines: bool = False
    merge_tax_lines: bool = False
    minor_units: Literal["iso", "hundredths"] = "iso"
    invoice_currency: Literal["supplier", "wallet"] = "supplier"
    fx_difference: Literal["erp", "line"] = "erp"
    time_zone: str = "UTC"
    missing_receipt: Literal["warn", "fail"] = "warn"
    erp_changes: ErpChanges = "fail"  # what the ERP would book otherwise than it was sent
    journal_per: JournalPer = "entry"
    account_codes: Map[str, str] = field(default_factory=dict)  # account in Pleo -> in the ERP
    tax_codes: Map[str, str] = field(default_factory=dict)  # tax code in Pleo -> in the ERP
    rules: tuple[MappingRule, ...] = ()

    @classmethod
    def from_json(cls, raw: Any) -> "Mapping":
        """ValueError names the field and what to give instead."""
        from pleo_connector.bookkeeping.mapping_json import read_mapping

        return read_mapping(raw)

    def to_json(self) -> dict[str, Any]:
        from pleo_connector.bookkeeping.mapping_json import write

        written: dict[str, Any] = write(self)
        return written
