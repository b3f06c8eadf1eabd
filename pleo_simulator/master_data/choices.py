"""Chosen tags, category and vendor of an entry: kept as ids, looked up at every export."""

from typing import Any

from ..state import Simulator
from ..store import encode
from .vendors import VENDORS

Members = dict[str, Any]
# Members of a stored line and of a stored entry.
LINE_REFERENCES = "chosen"
VENDOR_REFERENCE = "chosenVendorId"


def resolve(simulator: Simulator, item: Members) -> None:
    """Turns the kept ids of a stored entry into what an export item shows."""
    for line in item["accountingEntryLines"]:
        resolve_line(simulator, line, keep=False)
    vendor = VENDORS.find(simulator, item.pop(VENDOR_REFERENCE, ""))
    if vendor is not None:
        hidden = ("companyId", "state", "createdAt", "updatedAt")
        shown = VENDORS.show(vendor)
        item["vendor"] = {name: value for name, value in shown.items() if name not in hidden}


def resolve_line(simulator: Simulator, line: Members, *, keep: bool) -> None:
    chosen = line.get(LINE_REFERENCES) or {}
    if not keep:
        line.pop(LINE_REFERENCES, None)
    if "tagIds" in chosen:
        line["tags"] = _tags(simulator, chosen["tagIds"])
    if "categoryId" in chosen:
        line["account"] = _account(simulator, chosen["categoryId"])


def _tags(simulator: Simulator, tag_ids: list[str]) -> list[Members]:
    """In the order they were chosen; one that was deleted is gone from the expense, too."""
    rows = simulator.store.all(
        "SELECT t.id, t.code, g.code AS group_code FROM json_each(?) wanted"
        " JOIN tags t ON t.id = wanted.value JOIN tag_groups g ON g.id = t.group_id"
        " ORDER BY wanted.key",
        encode(tag_ids),
    )
    return [{"id": r["id"], "code": r["code"], "groupCode": r["group_code"]} for r in rows]


def _account(simulator: Simulator, category_id: str) -> Members | None:
    """The id is the category's; the number and the identifier are those of its account."""
    row = simulator.store.one(
        "SELECT c.id, c.name, a.code, a.external_id FROM categories c"
        " LEFT JOIN accounts a ON a.id = c.account_id WHERE c.id = ?",
        category_id,
    )
    if row is None:
        return None
    return {
        "id": row["id"],
        "name": row["name"],
        "code": row["code"],
        "identifier": row["external_id"],
    }
