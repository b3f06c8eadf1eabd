"""The fake ERP's adapter: the smallest honest one, and the reference for the contract suite."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from erp_adapters.auth import ApiKey, Secret, fit, setting
from erp_adapters.base import (
    Access,
    Capabilities,
    CatalogKind,
    ErpAdapter,
    Settlement,
    TaxManner,
)
from erp_adapters.batches import chunks
from erp_adapters.errors import (
    AccountUnknown,
    DimensionValueUnknown,
    JournalUnknown,
    OutcomeUnknown,
    PeriodClosed,
    Rejected,
    TaxCodeUnknown,
    VendorUnknown,
)
from erp_adapters.json_door import JsonDoor
from erp_adapters.ledger import (
    ZERO,
    Account,
    Attachment,
    Company,
    Dimension,
    DimensionValue,
    LedgerLine,
    PostedVoucher,
    TaxCode,
    Vendor,
    Voucher,
)
from erp_adapters.reply import Reply

Json = Mapping[str, Any]
MANNERS: dict[str, TaxManner] = {
    "send_tax_lines": "send_tax_lines",
    "server_computes": "server_computes",
    "code_only": "code_only",
}
LISTS: dict[CatalogKind, str] = {
    "accounts": "/accounts",
    "dimensions": "/dimensions",
    "tax_codes": "/tax-codes",
    "vendors": "/vendors",
}
REFUSALS: dict[str, type[Rejected]] = {
    "account_unknown": AccountUnknown,
    "vendor_unknown": VendorUnknown,
    "tax_code_unknown": TaxCodeUnknown,
    "dimension_value_unknown": DimensionValueUnknown,
    "journal_unknown": JournalUnknown,
    "period_closed": PeriodClosed,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeSettings:
    base_url: str = field(metadata=setting(label="Address"))
    tax_manner: str = field(
        default="send_tax_lines",
        metadata=setting(label="Tax", help="Who computes tax.", choices=tuple(MANNERS)),
    )
    # What its server is told to take, see PUT /_admin/seed; 0 and "" are no limit.
    file_bytes: int = field(default=20_000_000, metadata=setting(label="Largest file"))
    file_types: str = field(default="", metadata=setting(label="File types", required=False))
    files_per_voucher: int = field(default=0, metadata=setting(label="Files per voucher"))
    without_search: bool = field(
        default=False, metadata=setting(label="No search", help="As if it had none by reference.")
    )


class FakeAdapter(ErpAdapter):
    kind = "fake"
    label = "Fake ERP"
    auth = ApiKey(secrets=(Secret(name="key", label="API key"),))
    Settings = FakeSettings
    capabilities = Capabilities(
        batch_size=100,
        tax_manner="send_tax_lines",
        can_reverse=True,
        can_reconcile=True,
        can_create_vendors=True,
    )

    def __init__(self, access: Access) -> None:
        settings = fit(FakeSettings, access.settings)
        if settings.tax_manner not in MANNERS:
            raise ValueError(f"tax_manner: one of {', '.join(MANNERS)}.")
        manner = MANNERS[settings.tax_manner]
        self.capabilities = replace(
            self.capabilities,
            tax_manner=manner,
            can_find=not settings.without_search,
            attachment_max_bytes=settings.file_bytes,
            attachment_types=frozenset(settings.file_types.split()),
            attachments_per_voucher=settings.files_per_voucher or None,
        )
        self.door = JsonDoor(access, base_url=settings.base_url, name=self.label)
        self.headers = {"Authorization": f"Bearer {access.secrets['key']}"}

    def company(self) -> Company:
        row = self._call("GET", "/company")
        lock = row["lockDate"]
        return Company(
            id=row["id"],
            name=row["name"],
            currency=row["currency"],
            country=row["country"],
            lock_date=date.fromisoformat(lock) if lock else None,
        )

    def accounts(self) -> Iterator[Account]:
        for row in self._pages("/accounts"):
            yield Account(
                code=row["code"],
                name=row["name"],
                id=row["code"],
                kind=row.get("kind", "other"),
                is_postable=row.get("isPostable", True),
                is_active=row.get("isActive", True),
                needs_vendor=row.get("needsVendor", False),
                required_dimensions=frozenset(row.get("requiredDimensions", ())),
            )

    def dimensions(self) -> Iterator[Dimension]:
        for row in self._pages("/dimensions"):
            active = row.get("isActive", True)
            yield Dimension(code=row["code"], name=row["name"], id=row["code"], is_active=active)

    def dimension_values(self, dimension: Dimension) -> Iterator[DimensionValue]:
        for row in self._pages("/dimensions"):
            if row["code"] == dimension.code:
                yield from (_value(row["code"], value) for value in row["values"])

    def tax_codes(self) -> Iterator[TaxCode]:
        for row in self._pages("/tax-codes"):
            yield TaxCode(
                code=row["code"],
                name=row["name"],
                id=row["code"],
                rate=Decimal(str(row["rate"])),
                is_active=row.get("isActive", True),
            )

    def vendors(self) -> Iterator[Vendor]:
        yield from map(_vendor, self._pages("/vendors"))

    def fingerprint(self, kind: CatalogKind) -> str:
        found: str = self._call("GET", f"{LISTS[kind]}/fingerprint")["fingerprint"]
        return found

    def find_posted(self, references: Sequence[str]) -> dict[str, PostedVoucher]:
        if not self.capabilities.can_find:
            raise NotImplementedError(f"{self.label} has no search by reference.")
        found: dict[str, PostedVoucher] = {}
        for row in sorted(self._standing(references), key=lambda row: not row["isFinal"]):
            found.setdefault(row["reference"], self._posted(row))
        return found

    def post(self, vouchers: Sequence[Voucher]) -> list[PostedVoucher | Rejected]:
        body = {"vouchers": [_sent(voucher) for voucher in vouchers]}
        results = self._call("POST", "/vouchers", json=body).get("results", ())
        if len(results) != len(vouchers):
            raise OutcomeUnknown("The answer does not say what became of each voucher.")
        return [
            self._outcome(result, voucher.reference)
            for result, voucher in zip(results, vouchers, strict=True)
        ]

    def finish(
        self, drafts: Sequence[PostedVoucher], *, sent: Sequence[Voucher] = ()
    ) -> list[PostedVoucher | Rejected]:
        """This ERP writes a voucher at once: a draft is what was sent."""
        references = [draft.reference for draft in drafts]
        keep = self._without_surplus(references) if self.capabilities.can_find else {}
        body = {"ids": [keep.get(x.reference, x).id for x in drafts]}
        results = self._call("POST", "/vouchers/finalise", json=body)["results"]
        return [self._outcome(x, key) for x, key in zip(results, references, strict=True)]

    def attach(self, posted: PostedVoucher, file: Attachment, *, may_exist: bool = True) -> None:
        path = f"/vouchers/{quote(posted.id)}/attachments"
        template = "/vouchers/{id}/attachments"
        known = self._call("GET", path, template=template)["attachments"] if may_exist else ()
        if file.name not in [row["name"] for row in known]:
            headers = {"X-File-Name": quote(file.name), "Content-Type": file.content_type}
            self._call("POST", path, template=template, data=file.content, headers=headers)

    def reverse(self, posted: PostedVoucher, *, reason: str) -> PostedVoucher:
        path = f"/vouchers/{quote(posted.id)}"
        standing = self._call("GET", path, template="/vouchers/{id}")["reversedBy"]
        if standing:
            mirror = self._call("GET", f"/vouchers/{standing}", template="/vouchers/{id}")
        else:
            template = "/vouchers/{id}/reverse"
            body = {"reason": reason}
            mirror = self._call("POST", f"{path}/reverse", template=template, json=body)
        return self._posted(mirror)

    def reconcile(self, settlements: Sequence[Settlement]) -> list[Rejected | None]:
        pairs = [{"payment": x.payment.id, "paid": [y.id for y in x.paid]} for x in settlements]
        results = self._call("POST", "/settlements", json={"settlements": pairs})["results"]
        return [
            _refusal(result["error"], x.payment.reference) if "error" in result else None
            for result, x in zip(results, settlements, strict=True)
        ]

    def create_vendor(self, vendor: Vendor, *, reference: str) -> Vendor:
        known = self._call("GET", "/vendors", params={"reference": reference})["items"]
        head: Json = {"reference": reference, "name": vendor.name}
        body = {**head, "taxNumber": vendor.tax_number, "payableAccount": vendor.payable_account}
        return _vendor(known[0] if known else self._call("POST", "/vendors", json=body))

    # Calls

    def _without_surplus(self, references: Sequence[str]) -> dict[str, PostedVoucher]:
        """One voucher per reference; drafts beside it are deleted."""
        keep = self.find_posted(references)
        for row in self._standing(references):
            if not row["isFinal"] and row["id"] != keep[row["reference"]].id:
                self._call("DELETE", f"/vouchers/{row['id']}", template="/vouchers/{id}")
        return keep

    def _standing(self, references: Sequence[str]) -> list[dict[str, Any]]:
        """In the order they were booked, a hundred references a call."""
        rows: list[dict[str, Any]] = []
        for some in chunks(references, 100):
            body = {"references": some}
            rows += self._call("POST", "/vouchers/search", json=body, is_write=False)["vouchers"]
        return rows

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        after = ""
        while True:
            page = self._call("GET", path, params={"after": after})
            yield from page["items"]
            if page["next"] is None:
                return
            after = page["next"]

    def _call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        more["headers"] = self.headers | more.get("headers", {})
        found: dict[str, Any] = self.door.call(method, path, refuse=_refuse, shape=dict, **more)
        return found

    def _outcome(self, result: Json, reference: str) -> PostedVoucher | Rejected:
        if "voucher" in result:
            return self._posted(result["voucher"])
        return _refusal(result["error"], reference)

    def _posted(self, row: Json) -> PostedVoucher:
        added = [x["tax"] for x in row["lines"] if x["tax"] and Decimal(x["debit"])]
        more = (Decimal(tax["taxAmount"]) for tax in added if tax["role"] == "added")
        return PostedVoucher(
            reference=row["reference"],
            id=row["id"],
            number=row["number"],
            url=f"{self.door.base_url}/vouchers/{row['id']}",
            is_final=row["isFinal"],
            posting_date=date.fromisoformat(row["postingDate"]),
            total=sum((Decimal(x["debit"]) for x in row["lines"]), sum(more, ZERO)),
            currency=row["currency"],
            line_count=len(row["lines"]),
        )


def _refuse(reply: Reply) -> None:
    """This ERP's own way to say no; other statuses are left to the door."""
    if reply.status in (404, 409, 413, 415, 422) and reply.is_json:
        raise _refusal(reply.json(), "")


def _refusal(error: Json, reference: str) -> Rejected:
    kind = REFUSALS.get(error["code"], Rejected)
    return kind(error["message"], code=error["code"], reference=reference)


def _value(dimension: str, row: Json) -> DimensionValue:
    return DimensionValue(
        dimension=dimension,
        code=row["code"],
        name=row["name"],
        id=row["code"],
        is_active=row.get("isActive", True),
        is_postable=row.get("isPostable", True),
        valid_from=_date(row.get("validFrom")),
        valid_until=_date(row.get("validUntil")),
    )


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _vendor(row: Json) -> Vendor:
    return Vendor(
        code=row["code"],
        name=row["name"],
        id=row["code"],
        tax_number=row.get("taxNumber", ""),
        payable_account=row.get("payableAccount"),
        is_active=row.get("isActive", True),
    )


def _sent(voucher: Voucher) -> dict[str, Any]:
    return {
        "reference": voucher.reference,
        "kind": voucher.kind,
        "postingDate": voucher.posting_date.isoformat(),
        "currency": voucher.currency,
        "text": voucher.text,
        "isFinal": voucher.is_final,
        "journal": voucher.journal,
        "vendor": voucher.vendor,
        "documentNumber": voucher.document_number,
        "documentDate": voucher.document_date and voucher.document_date.isoformat(),
        "dueDate": voucher.due_date and voucher.due_date.isoformat(),
        "settles": list(voucher.settles),
        "allowChanges": voucher.allow_changes,
        "lines": [_line(line) for line in voucher.lines],
    }


def _line(line: LedgerLine) -> dict[str, Any]:
    tax, original = line.tax, line.original
    return {
        "account": line.account,
        "debit": str(line.debit),
        "credit": str(line.credit),
        "text": line.text,
        "vendor": line.vendor,
        "dimensions": dict(line.dimensions),
        "original": original and {"amount": str(original.amount), "currency": original.currency},
        "tax": tax
        and {
            "code": tax.code,
            "role": tax.role,
            "taxAmount": str(tax.tax_amount),
            "baseAmount": str(tax.base_amount),
        },
    }
