"""The ERP's own data, read past the product: what stands in the books, and nothing of ours."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import requests

from demo.erps import Erp
from demo.expected import PAYABLE
from tests.app.conftest import FakeErp
from tests.chaos.boundaries import Boundary

VENDOR = "V101"  # takes the bills
BATCH = 8  # vouchers a call, so that a small job makes several


@dataclass(frozen=True)
class Standing:
    """A voucher as the ERP holds it."""

    reference: str
    number: str
    is_final: bool
    lines: tuple[tuple[str, Decimal, Decimal], ...]  # account, debit, credit
    files: tuple[str, ...]
    is_shared: bool = False  # with other entries

    @property
    def entry_id(self) -> str:
        return self.reference.removeprefix("pleo:").partition(":")[0]

    @property
    def part(self) -> str:
        return self.reference.removeprefix("pleo:").partition(":")[2]


class Books(ABC):
    kind: str
    forgets: bool
    paths: tuple[str, ...]  # calls that a fault may hit, as regular expressions
    settings: dict[str, Any]
    secrets: dict[str, str]

    @abstractmethod
    def standing(self, entry_ids: Sequence[str]) -> list[Standing]: ...

    @abstractmethod
    def forget(self) -> None: ...

    @abstractmethod
    def add_fault(self, fault: dict[str, Any]) -> None: ...

    @abstractmethod
    def clear_faults(self) -> None: ...

    @abstractmethod
    def concerns(self, boundary: Boundary) -> bool:
        """Whether a crash there is part of the sweep."""


class FakeBooks(Books):
    kind = "fake"
    forgets = True
    paths = (
        "GET /company",
        "GET /accounts",
        "GET /dimensions",
        "POST /vouchers$",
        "POST /vouchers$",
        "POST /vouchers/search",
        "POST /settlements",
        "GET /vouchers/.+/attachments",
        "POST /vouchers/.+/attachments",
    )

    def __init__(self, url: str, *, key: str) -> None:
        self.erp = FakeErp(url)
        self.settings, self.secrets = {"base_url": url}, {"key": key}
        self.book_ids: dict[str, str] = {}  # Pleo's number of an entry -> its id

    def seed(self, company: dict[str, Any], chart: dict[str, Any]) -> None:
        who = {"id": "1", "name": company["name"], "currency": company["currency"]}
        self.erp("PUT", "/seed", company=who, closedMonths=["2019-01"], files={}, **chart)

    def standing(self, entry_ids: Sequence[str]) -> list[Standing]:
        return [share for row in self.erp.vouchers for share in self._shares(row)]

    def _shares(self, row: dict[str, Any]) -> Iterator[Standing]:
        """What stands of each entry: in a voucher of many, each line and file names its own."""
        whole = Standing(
            reference=row["reference"],
            number=row["number"],
            is_final=row["isFinal"],
            lines=_lines(row["entries"]),
            files=tuple(file["name"] for file in row["attachments"]),
        )
        if not whole.reference.startswith("pleo:job:"):
            yield whole
            return
        for book_id, entry_id in self.book_ids.items():
            lines = [line for line in row["lines"] if line["text"].endswith(f"Pleo {book_id}")]
            files = tuple(name for name in whole.files if book_id in name)
            if lines:
                own: Any = {"reference": f"pleo:{entry_id}", "lines": _lines(lines), "files": files}
                yield replace(whole, is_shared=True, **own)

    def forget(self) -> None:
        self.erp("DELETE", "/state")
        self.clear_faults()

    def add_fault(self, fault: dict[str, Any]) -> None:
        self.erp("POST", "/faults", **fault)

    def clear_faults(self) -> None:
        self.erp("DELETE", "/faults")

    def concerns(self, boundary: Boundary) -> bool:
        return not boundary.label.startswith("enter ")


class RealBooks(Books):
    """Of an ERP that keeps what was posted: each cell has entries of its own instead."""

    forgets = False  # nothing that was booked can be taken away
    paths = (
        *("account.move", "account.move", "account.move.*create", "account.move.*post"),
        *("attachment", "search", "compan", "POST "),
    )

    def __init__(self, erp: Erp, access: Any, *, proxy: str) -> None:
        self.proxy = proxy
        self.kind, self.access, self.ledger = erp.kind, access, erp.ledger
        self.admin = access.admin()
        self.settings = {**erp.settings(access), "base_url": proxy}
        self.secrets = erp.secrets(access)
        self.prepare()

    @staticmethod
    def fitted(chart: dict[str, Any]) -> dict[str, Any]:
        """The chart as this ERP needs it for bills."""
        return chart

    @abstractmethod
    def prepare(self) -> None:
        """A vendor for bills, and a closed 2019."""

    def standing(self, entry_ids: Sequence[str]) -> list[Standing]:
        references = [f"pleo:{key}{part}" for key in entry_ids for part in ("", ":2", ":3")]
        books = self.ledger(self.access, references=references, admin=self.admin)
        return [
            Standing(
                reference=move["description"],
                number=move["number"] or "",
                is_final=move["state"] == "posted",
                lines=_lines(move["lines"]),
                files=tuple(name for name, _ in move["attachments"]),
            )
            for move in books.moves
        ]

    def forget(self) -> None:
        """Nothing but the faults is."""
        self.clear_faults()

    def add_fault(self, fault: dict[str, Any]) -> None:
        self._admin("POST", fault)

    def clear_faults(self) -> None:
        self._admin("DELETE")

    def _admin(self, method: str, fault: dict[str, Any] | None = None) -> None:
        """The ERP itself fails only by itself; the wire to it fails as planned."""
        reply = requests.request(method, f"{self.proxy}/_admin/faults", json=fault, timeout=30)
        reply.raise_for_status()

    def concerns(self, boundary: Boundary) -> bool:
        """The posting and attachment phases: writes to the ERP and the commits around them."""
        label = boundary.label
        ours = ("exports_posting", "exports_attachmentupload")
        return "erp write" in label or (" commit " in label and any(x in label for x in ours))


class TrytonBooks(RealBooks):
    def prepare(self) -> None:
        """Tryton takes no day for which nobody opened a period."""
        self.admin.create("party.party", {"name": "Any supplier", "code": VENDOR})


class OdooBooks(RealBooks):
    @staticmethod
    def fitted(chart: dict[str, Any]) -> dict[str, Any]:
        """Bills are owed on an account of the type Payable."""
        rows = [{**x, "needsVendor": x["code"] == PAYABLE} for x in chart["accounts"]]
        return {**chart, "accounts": rows}

    def prepare(self) -> None:
        values = {"name": "Any supplier", "ref": VENDOR, "supplier_rank": 1}
        self.admin.create("res.partner", values)
        lock = {"fiscalyear_lock_date": "2019-12-31"}
        self.admin.write("res.company", [self.admin.company], lock)


REAL: dict[str, type[RealBooks]] = {"tryton": TrytonBooks, "odoo": OdooBooks}


def _lines(rows: Sequence[dict[str, Any]]) -> tuple[tuple[str, Decimal, Decimal], ...]:
    lines = ((x["account"], Decimal(x["debit"]), Decimal(x["credit"])) for x in rows)
    return tuple(sorted(lines))
