"""The demo company's master data, in step with its chart; and whatever a test asks for."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

from ..clock import parse
from ..errors import invalid
from ..master_data import (
    accounts,
    categories,
    employees,
    tag_groups,
    tags,
    tax_codes,
    vendors,
)
from ..master_data.resource import SEED
from ..state import Simulator
from ..store import Row
from .chart import chart
from .companies import EMPLOYEES, Company
from .ids import uid

Members = dict[str, Any]
_INSERTS: dict[str, tuple[str, Callable[..., Row]]] = {
    "taxCodes": ("tax_codes", tax_codes.insert),
    "accounts": ("accounts", accounts.insert),
    "vendors": ("vendors", vendors.insert),
    "categories": ("categories", categories.insert),
    "employees": ("employees", employees.EMPLOYEES.insert),
}
KINDS = ("tagGroups", *_INSERTS)


def load(simulator: Simulator, company: Company) -> None:
    add(simulator, company.id, demo(company))


def demo(company: Company) -> dict[str, list[Members]]:
    known = chart(company)
    slug = company.slug
    return {
        "tagGroups": [
            {**_facts(group, "id", "code", "name"), "tags": group["values"]}
            for group in known["dimensions"]
        ],
        "taxCodes": known["taxCodes"],
        "accounts": [
            {
                "id": uid(slug, "chart-account", account["code"]),
                "externalId": f"gl-{account['code']}",
                **_facts(account, "code", "name"),
            }
            for account in known["accounts"]
        ],
        # Ids on entries are those of categories, and never those of accounts.
        "categories": [
            {**_facts(account, "id", "name"), "account": f"gl-{account['code']}"}
            for account in known["accounts"]
            if account["kind"] == "expense"
        ],
        "vendors": [{k: x for k, x in row.items() if k != "key"} for row in known["vendors"]],
        "employees": list(_employees(company)),
    }


def _facts(row: Members, *names: str) -> Members:
    return {name: row[name] for name in names}


def _employees(company: Company) -> Iterator[Members]:
    for person in EMPLOYEES:
        first, _, last = person.role.partition(" ")
        yield {
            "id": uid(company.slug, "user", person.code),
            "email": f"{person.code.lower()}@{company.domain}",
            "firstName": first,
            "lastName": last,
            "code": person.code,
            "jobTitle": person.role,
        }


_TABLES = {"tagGroups": ("tag_groups", "tags"), **{k: (t,) for k, (t, _) in _INSERTS.items()}}


def clear(simulator: Simulator, company_id: str, kinds: Collection[str]) -> None:
    """The kinds named, or all where none is."""
    with simulator.store.write():
        for kind in kinds or KINDS:
            for name in _TABLES[kind]:
                simulator.store.run(f"DELETE FROM {name} WHERE company_id = ?", company_id)


def add(simulator: Simulator, company_id: str, wish: Members) -> None:
    """Behind the API's back: no rule is looked at, so that any state can be made."""
    with simulator.store.write():
        for group in wish.get("tagGroups", []):
            _add_group(simulator, company_id, group)
        for kind, (table, insert) in _INSERTS.items():
            for members in wish.get(kind, []):
                known = members | links(simulator, company_id, members)
                row = insert(simulator, company_id, known, made_by=members.get("madeBy", SEED))
                _set_time(simulator, table, row, members)


def _set_time(simulator: Simulator, table: str, row: Row, members: Members) -> None:
    if "createdAt" in members:
        at = parse(members["createdAt"])
        simulator.store.update(table, row["id"], {"created_at": at, "updated_at": at})


def _add_group(simulator: Simulator, company_id: str, wish: Members) -> None:
    """A new group, or more tags for the one whose id is known."""
    group = tag_groups.GROUPS.find(simulator, str(wish.get("id", "")))
    if group is None:
        members = {"archived": False} | wish
        made_by = wish.get("madeBy", SEED)
        group = tag_groups.insert(simulator, company_id, members, made_by=made_by)
        _set_time(simulator, "tag_groups", group, wish)
    for tag in [*wish.get("tags", []), *_many(wish.get("tagCount", 0))]:
        row = tags.insert(simulator, group, tag, made_by=tag.get("madeBy", SEED))
        _set_time(simulator, "tags", row, tag)


def _many(count: int) -> Iterator[Members]:
    for number in range(1, count + 1):
        yield {"code": f"T{number:05d}", "name": f"Tag {number}"}


def links(simulator: Simulator, company_id: str, wish: Members) -> Members:
    """Ids of the account, given by its external id, and of the tax code, given by its code."""
    found: Members = {}
    for name, column, table, member in (
        ("account", "external_id", "accounts", "accountId"),
        ("taxCode", "code", "tax_codes", "taxCodeId"),
    ):
        if name not in wish:
            continue
        row = simulator.store.one(
            f"SELECT id FROM {table} WHERE company_id = ? AND {column} = ?",
            company_id,
            wish[name],
        )
        if wish[name] is not None and row is None:
            raise invalid(f"the company has no {name} {wish[name]}")
        found[member] = row["id"] if row else None
    return found
