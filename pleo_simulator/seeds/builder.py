"""Builds export items whose lines, taxes and currencies add up."""

from dataclasses import dataclass, field
from typing import Any

from .chart import chart
from .companies import COMPANIES, EMPLOYEES, SUPPLIERS, Company
from .ids import uid
from .scale import Scale, tax_part

Payload = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """Account "" means no category; `tax` is std, low, reverse, zero or None."""

    account: str
    value: int
    tax: str | None = None
    department: str | None = None
    project: str | None = None


@dataclass(frozen=True)
class Draft:
    type: str
    day: str
    lines: tuple[Line, ...]
    sub_type: str | None = None
    supplier: str | None = None
    employee: int | None = None
    wallet: str | None = None
    foreign: tuple[str, int] | None = None
    note: str | None = None
    attendees: tuple[str, ...] | None = None
    invoice: dict[str, Any] | None = None
    reconciles: tuple[str, ...] | None = None
    pays: str | None = None
    payable: bool = False
    service_period: tuple[str, str] | None = None
    files: tuple[str, ...] = ("pdf",)
    lane: str = "queue"
    expected_failure: str | None = None
    key: str = ""


@dataclass
class Builder:
    company: Company
    chart: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.chart = chart(self.company)

    def book_id(self, number: int) -> str:
        return str(1_000_000 + 100_000 * COMPANIES.index(self.company) + number)

    def item(self, draft: Draft, number: int) -> Payload:
        entry_id = uid(self.company.slug, "entry", number)
        wallet = draft.wallet or self.company.currency
        total = sum(line.value for line in draft.lines)
        scale = Scale(wallet, total, draft.foreign)
        return {
            "accountingEntryId": entry_id,
            "companyId": self.company.id,
            "type": draft.type,
            "subType": draft.sub_type,
            "date": _date(draft.day),
            "amount": scale.amount(total),
            "accountingEntryLines": self._lines(draft, entry_id, scale),
            "additionalInformation": self._information(draft, number),
            "bookkeeping": {"method": self._method(draft)},
            "vendor": self._vendor(draft),
            "supplier": self._supplier(draft),
            **self._people(draft),
            "note": draft.note,
            "servicePeriod": _period(draft.service_period),
        }

    def _lines(self, draft: Draft, entry_id: str, scale: Scale) -> list[Payload]:
        supplier_values = scale.split([line.value for line in draft.lines])
        return [
            self._line(line, uid(entry_id, "line", index), scale, supplier_value)
            for index, (line, supplier_value) in enumerate(
                zip(draft.lines, supplier_values, strict=True)
            )
        ]

    def _line(self, line: Line, line_id: str, scale: Scale, supplier_value: int) -> Payload:
        amount = scale.pair(line.value, supplier_value)
        return {
            "accountingEntryLineId": line_id,
            "lineAmount": amount,
            "netAmount": amount,
            "account": self.account(line.account),
            "tags": self._tags(line),
            "tax": self._tax(line, scale, supplier_value),
        }

    def account(self, code: str) -> Payload | None:
        if not code:
            return None
        for account in self.chart["accounts"]:
            if account["code"] == code:
                return {
                    "id": account["id"],
                    "name": account["name"],
                    "code": code,
                    "identifier": f"gl-{code}",
                }
        return {
            "id": uid(self.company.slug, "account", code),
            "name": "Closed account",
            "code": code,
            "identifier": f"gl-{code}",
        }

    def _tags(self, line: Line) -> list[Payload]:
        chosen = {"department": line.department, "project": line.project}
        return [
            {"id": uid(self.company.slug, "tag", group, code), "code": code, "groupCode": group}
            for group, code in chosen.items()
            if code
        ]

    def tax_code(self, name: str) -> Payload:
        standard = self.company.standard_rate
        low = self.company.low_rate
        wanted = {
            "std": f"I{standard}",
            "low": f"I{low:02d}" if low else "Z0",
            "reverse": f"R{standard}",
            "zero": "Z0",
        }[name]
        found: Payload = next(t for t in self.chart["taxCodes"] if t["code"] == wanted)
        return found

    def _tax(self, line: Line, scale: Scale, supplier_value: int) -> Payload | None:
        if line.tax is None:
            return None
        code = self.tax_code(line.tax)
        percent = round(code["rate"] * 100)
        reverse = code["type"] == "reverse"
        amount = scale.pair(
            tax_part(line.value, percent, reverse=reverse),
            tax_part(supplier_value, percent, reverse=reverse),
        )
        names = ("id", "rate", "type", "code", "ingoingTaxAccount", "outgoingTaxAccount")
        return {**{name: code[name] for name in names}, "amount": amount}

    def _information(self, draft: Draft, number: int) -> Payload:
        reconciled = None if draft.reconciles is None else list(draft.reconciles)
        attendees = None if draft.attendees is None else list(draft.attendees)
        known: Payload = {
            "reconciliationId": self.book_id(number),
            "reconciledEntries": reconciled,
            "attendees": attendees,
            "invoiceInformation": self._invoice(draft),
        }
        return known | ({"invoiceReconciliationId": draft.pays} if draft.pays else {})

    def _invoice(self, draft: Draft) -> Payload | None:
        if draft.invoice is None:
            return None
        country = self.company.country
        bank = {
            "bankName": "Merchant Harbour Bank",
            "country": country,
            "accountNumber": None,
            "bankCode": None,
            "bic": f"MHBK{country}00",
            "iban": f"{country}00990142000042",
        }
        return {
            "invoiceDate": draft.day,
            "status": "paid",
            "dueDate": None,
            "paymentDate": None,
            "supplierBankAccount": bank,
            **draft.invoice,
        }

    def _method(self, draft: Draft) -> str:
        if draft.type in ("wallet_topup", "wallet_unload"):
            return "none"
        return "accounts_payable" if draft.payable else "journal"

    def _vendor(self, draft: Draft) -> Payload | None:
        for vendor in self.chart["vendors"]:
            if draft.payable and vendor["key"] == draft.supplier:
                return {name: value for name, value in vendor.items() if name != "key"}
        return None

    def _supplier(self, draft: Draft) -> Payload | None:
        for supplier in SUPPLIERS:
            if supplier.key == draft.supplier:
                invoiced = draft.type in ("invoice", "invoice_payment")
                vendor = next(v for v in self.chart["vendors"] if v["key"] == supplier.key)
                return {
                    "name": supplier.name if invoiced else supplier.card_text,
                    "country": supplier.country or self.company.country,
                    "categoryCode": None if invoiced else supplier.category,
                    "code": vendor["code"] if invoiced else None,
                    "account": None,
                    "taxIdentifier": vendor["taxRegistrationNumber"] if invoiced else None,
                }
        return None

    def _people(self, draft: Draft) -> Payload:
        if draft.employee is None:
            return {"user": None, "team": None}
        person = EMPLOYEES[draft.employee]
        slug = self.company.slug
        return {
            "user": {
                "id": uid(slug, "user", person.code),
                "name": person.role,
                "code": person.code,
            },
            "team": {
                "id": uid(slug, "team", person.team),
                "name": person.team,
                "code": person.team.upper()[:3],
            },
        }


def _date(day: str) -> str:
    return day if "T" in day else f"{day}T00:00:00Z"


def _period(period: tuple[str, str] | None) -> Payload | None:
    return None if period is None else {"from": _date(period[0]), "to": _date(period[1])}
