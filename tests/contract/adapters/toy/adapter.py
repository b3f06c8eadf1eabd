"""The toy's adapter: what `docs/adapters/writing.md` arrives at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from erp_adapters.auth import ApiKey, Secret, fit, setting
from erp_adapters.base import Access, Capabilities, ErpAdapter
from erp_adapters.batches import carry_out, each, unknown_after_a_write
from erp_adapters.errors import PeriodClosed, Rejected
from erp_adapters.json_door import JsonDoor
from erp_adapters.ledger import (
    ZERO,
    Account,
    Attachment,
    Company,
    PostedVoucher,
    TaxCode,
    Voucher,
)
from erp_adapters.lookup import Lookup
from erp_adapters.reply import Reply
from erp_adapters.text import clean, is_kept

Row = dict[str, Any]
SEARCHED = 50  # references that fit into one address


@dataclass(frozen=True, slots=True, kw_only=True)
class ToySettings:
    base_url: str = field(metadata=setting(label="Address"))


class ToyAdapter(ErpAdapter):
    kind = "toy"
    label = "Toy"
    auth = ApiKey(secrets=(Secret(name="key", label="Key"),))
    Settings = ToySettings
    capabilities = Capabilities(
        batch_size=20,
        tax_manner="code_only",
        supports_draft=False,
        foreign_currency=False,
        vendor_ledger=False,
        max_dimensions=0,
    )

    def __init__(self, access: Access) -> None:
        base_url = fit(ToySettings, access.settings).base_url
        self.door = JsonDoor(access, base_url=base_url, name=self.label)
        self.headers = {"X-Key": access.secrets["key"]}

    def company(self) -> Company:
        return Company(**self._call("GET", "/company"))

    def accounts(self) -> Iterator[Account]:
        for row in self._pages("/accounts"):
            yield Account(
                code=row["code"],
                name=row["name"],
                id=row["code"],
                kind="other" if row["kind"] == "heading" else row["kind"],
                is_postable=row["kind"] != "heading",
                is_active=row.get("isActive", True),
            )

    def tax_codes(self) -> Iterator[TaxCode]:
        for row in self._pages("/taxes"):
            known = {"rate": Decimal(row["rate"]), "is_active": row.get("isActive", True)}
            yield TaxCode(code=row["code"], name=row["name"], id=row["code"], **known)

    def find_posted(self, references: Sequence[str]) -> dict[str, PostedVoucher]:
        found: dict[str, PostedVoucher] = {}
        for start in range(0, len(references), SEARCHED):
            asked = [("ref", x) for x in references[start : start + SEARCHED] if is_kept(x)]
            for row in self._call("GET", "/journal", params=asked)["entries"]:
                found.setdefault(row["ref"], self._posted(row))
        return found

    def post(self, vouchers: Sequence[Voucher]) -> list[PostedVoucher | Rejected]:
        lookup = Lookup(self.label, accounts=self.accounts(), tax_codes=self.tax_codes())
        with unknown_after_a_write(self.door, label=self.label):
            return carry_out(vouchers, lambda voucher: _entry(voucher, lookup), self._booked)

    def attach(self, posted: PostedVoucher, file: Attachment, *, may_exist: bool = True) -> None:
        path = f"/journal/{posted.id}/files/{quote(clean(file.name) or 'attachment', safe='')}"
        self._call("PUT", path, template="/journal/{id}/files/{name}", data=file.content)

    def _booked(self, entries: Sequence[Row]) -> list[PostedVoucher | Rejected]:
        refs = each(entries, self._book)
        found = self.find_posted([entry["ref"] for entry in entries])
        return [x if isinstance(x, Rejected) else found[x] for x in refs]

    def _book(self, entries: Sequence[Row]) -> list[str]:
        ids = self._call("POST", "/journal", json={"entries": entries})["ids"]
        return [entry["ref"] for entry, _ in zip(entries, ids, strict=True)]

    def _pages(self, path: str) -> Iterator[Row]:
        after, more = "", True
        while more:
            page = self._call("GET", path, params={"after": after})
            yield from page["rows"]
            after, more = page["rows"][-1]["code"], page["more"]

    def _call(self, method: str, path: str, **more: Any) -> Row:
        more |= {"headers": self.headers, "refuse": self._refuse, "shape": dict}
        answer: Row = self.door.call(method, path, **more)
        return answer

    def _refuse(self, reply: Reply) -> None:
        if reply.status == 422:
            day = self.door.json(reply, is_write=True, shape=dict)["day"]
            raise PeriodClosed(f"The toy's journal is closed on {day}.", code="closed")

    def _posted(self, row: Row) -> PostedVoucher:
        return PostedVoucher(
            reference=row["ref"],
            id=row["id"],
            number=f"T{row['id']}",
            url=f"{self.door.base_url}/journal/{row['id']}",
            is_final=True,
            posting_date=date.fromisoformat(row["day"]),
            total=sum((max(Decimal(amount), ZERO) for _, amount in row["lines"]), ZERO),
            currency="EUR",
            line_count=len(row["lines"]),
        )


def _entry(voucher: Voucher, lookup: Lookup) -> Row:
    if not is_kept(voucher.reference):
        raise Rejected("The toy would alter this reference.", code="reference")
    lines = [
        {
            "account": lookup.account(line.account).code,
            "amount": str(line.debit - line.credit),
            "tax": line.tax and lookup.tax_code(line.tax.code).code,
        }
        for line in voucher.lines
    ]
    return {"ref": voucher.reference, "day": voucher.posting_date.isoformat(), "lines": lines}
