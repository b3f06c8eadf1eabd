"""The ERP's own data, read past the product: what stands in the books, and nothing of ours."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from demo import tryton
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

    @property
    def entry_id(self) -> str:
        return self.reference.removeprefix("pleo:").partition(":")[0]

    @property
    def part(self) -> str:
        return self.reference.removeprefix("pleo:").partition(":")[2]


class Books(ABC):
    kind: str
    forgets: bool
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

    def __init__(self, url: str, *, key: str) -> None:
        self.erp = FakeErp(url)
        self.settings, self.secrets = {"base_url": url}, {"key": key}

    def seed(self, company: dict[str, Any], chart: dict[str, Any]) -> None:
        who = {"id": "1", "name": company["name"], "currency": company["currency"]}
        self.erp("PUT", "/seed", company=who, closedMonths=["2019-01"], files={}, **chart)

    def standing(self, entry_ids: Sequence[str]) -> list[Standing]:
        return [
            Standing(
                reference=row["reference"],
                number=row["number"],
                is_final=row["isFinal"],
                lines=_lines(row["entries"]),
                files=tuple(file["name"] for file in row["attachments"]),
            )
            for row in self.erp.vouchers
        ]

    def forget(self) -> None:
        self.erp("DELETE", "/state")
        self.clear_faults()

    def add_fault(self, fault: dict[str, Any]) -> None:
        self.erp("POST", "/faults", **fault)

    def clear_faults(self) -> None:
        self.erp("DELETE", "/faults")

    def concerns(self, boundary: Boundary) -> bool:
        return not boundary.label.startswith("enter ")


class TrytonBooks(Books):
    kind = "tryton"
    forgets = False  # a posted move cannot be deleted

    def __init__(self, access: tryton.Access) -> None:
        self.access = access
        self.admin = access.admin()
        self.admin.create("party.party", {"name": "Any supplier", "code": VENDOR})
        self.settings = {
            "base_url": access.base_url,
            "database": access.database,
            "company": access.company,
        }
        self.secrets = {"key": access.key, "user": access.user, "password": access.password}

    def standing(self, entry_ids: Sequence[str]) -> list[Standing]:
        references = [f"pleo:{key}{part}" for key in entry_ids for part in ("", ":2", ":3")]
        books = tryton.ledger(self.access, references=references, admin=self.admin)
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
        """Each cell has entries of its own instead."""

    def add_fault(self, fault: dict[str, Any]) -> None:
        raise NotImplementedError("Tryton fails only by itself.")

    def clear_faults(self) -> None:
        """There are none."""

    def concerns(self, boundary: Boundary) -> bool:
        """The posting and attachment phases: writes to Tryton and the commits around them."""
        label = boundary.label
        ours = ("exports_posting", "exports_attachmentupload")
        return "erp write" in label or (" commit " in label and any(x in label for x in ours))


def _lines(rows: Sequence[dict[str, Any]]) -> tuple[tuple[str, Decimal, Decimal], ...]:
    lines = ((x["account"], Decimal(x["debit"]), Decimal(x["credit"])) for x in rows)
    return tuple(sorted(lines))
