"""Which entries use a tag, a category, an account or a tax code."""

from ..state import Simulator
from ..store import Row
from .choices import LINE_REFERENCES

_LINES = " FROM entries e, json_each(e.payload, '$.accountingEntryLines') line"


def of_group(simulator: Simulator, group: Row) -> dict[str, int]:
    """Entries per tag, of the tags that any entry has."""
    rows = simulator.store.all(
        "SELECT t.id, COUNT(DISTINCT u.entry_id) AS number FROM ("
        "SELECT e.id AS entry_id, json_extract(tag.value, '$.id') AS tag_id"
        f"{_LINES}, json_each(line.value, '$.tags') tag WHERE e.company_id = ?"
        " UNION SELECT e.id, tag.value"
        f"{_LINES}, json_each(line.value, '$.{LINE_REFERENCES}.tagIds') tag"
        " WHERE e.company_id = ?) u JOIN tags t ON t.id = u.tag_id"
        " WHERE t.group_id = ? GROUP BY t.id ORDER BY t.position",
        group["company_id"],
        group["company_id"],
        group["id"],
    )
    return {row["id"]: row["number"] for row in rows}


def of_tag(simulator: Simulator, tag: Row) -> int:
    group = {"id": tag["group_id"], "company_id": tag["company_id"]}
    return of_group(simulator, group).get(tag["id"], 0)


def of_account(simulator: Simulator, account: Row) -> int:
    """Lines that reach the account through a category."""
    return _lines_with(
        simulator,
        account["company_id"],
        f"COALESCE(json_extract(line.value, '$.{LINE_REFERENCES}.categoryId'),"
        " json_extract(line.value, '$.account.id'))"
        " IN (SELECT id FROM categories WHERE account_id = ?)",
        account["id"],
    )


def of_tax_code(simulator: Simulator, tax_code: Row) -> int:
    return _lines_with(
        simulator,
        tax_code["company_id"],
        "json_extract(line.value, '$.tax.id') = ?",
        tax_code["id"],
    )


def _lines_with(simulator: Simulator, company_id: str, condition: str, value: str) -> int:
    found = simulator.store.one(
        f"SELECT COUNT(*) AS number{_LINES} WHERE e.company_id = ? AND {condition}",
        company_id,
        value,
    )
    return int(found["number"]) if found else 0
