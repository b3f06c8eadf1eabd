"""Admin calls about master data: read all of it, seed it, change it as a person would."""

import sqlite3
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

from .admin_support import body_of, company_row, members
from .errors import answer, invalid, missing
from .master_data import accounts, categories, tag_groups, tags, tax_codes, vendors
from .master_data.employees import EMPLOYEES
from .master_data.resource import PERSON, Resource
from .seeds import master_data
from .state import Simulator, sim
from .store import Row

blueprint = Blueprint("admin_master_data", __name__)
Members = dict[str, Any]
_RESOURCES: dict[str, Resource] = {
    "tag-groups": tag_groups.GROUPS,
    "tags": tags.TAGS,
    "accounts": accounts.ACCOUNTS,
    "tax-codes": tax_codes.TAX_CODES,
    "vendors": vendors.VENDORS,
    "categories": categories.CATEGORIES,
    "employees": EMPLOYEES,
}
# A person's change passes the rules of the API where there are any.
_NEEDED = {"tag-groups": ("code", "name"), "tags": ("code", "groupId"), "categories": ("name",)}
_CHANGES: dict[str, Callable[[Simulator, Row, Members], Row]] = {
    "tag-groups": tag_groups.change,
    "tags": tags.change,
    "vendors": vendors.change,
}


@blueprint.get("/sim/companies/<company_id>/master-data")
def read(company_id: str) -> Response:
    """Everything at once, archived records too, in the order of creation."""
    company_row(company_id)
    return answer(everything(sim(), company_id))


def everything(simulator: Simulator, company_id: str) -> Members:
    rows = {kind: _rows(simulator, kind, company_id) for kind in _RESOURCES}
    tags_of: dict[str, list[Members]] = {}
    for tag in rows["tags"]:
        tags_of.setdefault(tag["groupId"], []).append(tag)
    users: dict[str, list[str]] = {}
    for category in rows["categories"]:
        if category["accountId"]:
            users.setdefault(category["accountId"], []).append(category["id"])
    return {
        "tagGroups": [
            group | {"tags": tags_of.get(group["id"], [])} for group in rows["tag-groups"]
        ],
        "accounts": [
            account | {"categoryIds": users.get(account["id"], [])} for account in rows["accounts"]
        ],
        "taxCodes": rows["tax-codes"],
        "vendors": rows["vendors"],
        "categories": rows["categories"],
        "employees": rows["employees"],
    }


def _rows(simulator: Simulator, kind: str, company_id: str) -> list[Members]:
    resource = _RESOURCES[kind]
    rows = simulator.store.all(
        f"SELECT * FROM {resource.table} WHERE company_id = ? ORDER BY position", company_id
    )
    return [_show(resource, row) for row in rows]


def _show(resource: Resource, row: Row) -> Members:
    return resource.show(row) | {"madeBy": row["made_by"]}


@blueprint.post("/sim/companies/<company_id>/master-data")
def add(company_id: str) -> Response:
    """Adds behind the API's back, without any rule."""
    company_row(company_id)
    _seed(company_id, members(body_of(), *master_data.KINDS))
    return answer(everything(sim(), company_id), 201)


@blueprint.put("/sim/companies/<company_id>/master-data")
def replace(company_id: str) -> Response:
    """Empties the kinds that are named, then adds; {} empties everything."""
    company_row(company_id)
    wish = members(body_of(), *master_data.KINDS)
    with sim().store.write():
        master_data.clear(sim(), company_id, wish)
        _seed(company_id, wish)
    return answer(everything(sim(), company_id))


def _seed(company_id: str, wish: Members) -> None:
    try:
        master_data.add(sim(), company_id, wish)
    except (KeyError, ValueError, sqlite3.IntegrityError) as error:
        raise invalid(f"a record is not whole: {error}") from error


@blueprint.post("/sim/companies/<company_id>/<kind>:create")
def create(company_id: str, kind: str) -> Response:
    """As a person does in Pleo: under its rules, and with its webhooks."""
    company_row(company_id)
    wish = body_of()
    for name in _NEEDED.get(kind, ()):
        if name not in wish:
            raise invalid(f"{name} is missing")
    simulator = sim()
    if kind == "tag-groups":
        full = {"archived": False} | wish
        row = tag_groups.create(simulator, company_id, full, made_by=PERSON)
    elif kind == "tags":
        group = tag_groups.existing(simulator, company_id, str(wish.get("groupId")))
        row = tags.create(simulator, group, {"archived": False} | wish, made_by=PERSON)
    elif kind == "vendors":
        row = vendors.create_as_person(simulator, company_id, _bookkeeper(company_id), wish)
    elif kind == "categories":
        known = wish | master_data.links(simulator, company_id, wish)
        row = categories.insert(simulator, company_id, known, made_by=PERSON)
    else:
        raise invalid("a person creates tag-groups, tags, vendors and categories")
    return answer(_show(_RESOURCES[kind], row), 201)


def _bookkeeper(company_id: str) -> str | None:
    row = sim().store.one(
        "SELECT user_id FROM company_users WHERE company_id = ? ORDER BY rowid", company_id
    )
    return row["user_id"] if row else None


def _found(kind: str, row_id: str) -> tuple[Resource, Row]:
    resource = _RESOURCES.get(kind)
    row = resource.find(sim(), row_id) if resource else None
    if resource is None or row is None:
        raise missing(f"No {kind} with this id.")
    return resource, row


@blueprint.put("/sim/master-data/<kind>/<row_id>")
def update(kind: str, row_id: str) -> Response:
    """Changes the members that are named, as a person does."""
    resource, row = _found(kind, row_id)
    simulator = sim()
    wish = body_of()
    wish |= master_data.links(simulator, row["company_id"], wish)
    change = _CHANGES.get(kind, resource.update)
    return answer(_show(resource, change(simulator, row, wish)))


@blueprint.delete("/sim/master-data/<kind>/<row_id>")
def delete(kind: str, row_id: str) -> Response:
    """Removes the record without a look at what uses it."""
    resource, row = _found(kind, row_id)
    with sim().store.write():
        if kind == "tag-groups":
            sim().store.run("DELETE FROM tags WHERE group_id = ?", row_id)
        sim().store.run(f"DELETE FROM {resource.table} WHERE id = ?", row["id"])
    return answer({"ok": True})
