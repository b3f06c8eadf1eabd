"""Tags: the API of single tags, and the rules it shares with the bookkeeper's page."""

from typing import Any

from flask import Blueprint, Response, request

from .. import validation as v
from ..errors import ApiError, answer, invalid
from ..keyset import Selection, page
from ..paging import PAGE_PARAMETERS
from ..state import Simulator, sim
from ..store import Row
from . import usage
from .resource import (
    API,
    Resource,
    blank,
    check_lengths,
    check_names,
    omitted,
    require_tags,
)
from .tag_groups import GROUPS

blueprint = Blueprint("tags", __name__)
TAGS = Resource(
    "tags",
    "Tag",
    {
        "id": "id",
        "groupId": "group_id",
        "code": "code",
        "name": "name",
        "archived": "archived",
        "createdAt": "created_at",
        "updatedAt": "updated_at",
    },
    keyed=True,
)
SORTING = {
    "id": "id",
    "code": "code",
    "name": "name",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
}
_FIELDS: dict[str, v.Check] = {
    "code": v.text,
    "name": v.text,
    "archived": v.boolean,
    # Cells of further columns; without such columns they are too many, and ignored.
    "otherDimensionValues": v.list_of(v.text, least=0),
}


def create(simulator: Simulator, group: Row, members: dict[str, Any], *, made_by: str) -> Row:
    """Under the rules of the API."""
    with simulator.store.write():
        _check_text(members)
        _check_code(simulator, group["id"], members["code"], None)
        if not members["archived"]:
            check_room(simulator, group["id"], 1)
        return insert(simulator, group, members, made_by=made_by)


def insert(simulator: Simulator, group: Row, members: dict[str, Any], *, made_by: str) -> Row:
    """Past the rules, as a seed does."""
    full = {"archived": False} | members | {"groupId": group["id"]}
    return TAGS.insert(simulator, group["company_id"], full, made_by=made_by)


def change(simulator: Simulator, row: Row, members: dict[str, Any]) -> Row:
    with simulator.store.write():
        merged = TAGS.show(row) | members
        _check_text(merged)
        returns = bool(row["archived"]) and not merged["archived"]
        holds = simulator.switches.flag("archived_tags_hold_their_code")
        if _same(simulator, merged["code"], row["code"]) is False or (returns and not holds):
            _check_code(simulator, row["group_id"], merged["code"], row["id"])
        if returns and simulator.switches.flag("unarchiving_counts"):
            check_room(simulator, row["group_id"], 1)
        return TAGS.update(simulator, row, members)


def delete(simulator: Simulator, row: Row) -> None:
    if simulator.switches["delete_what_is_used"] == "refuse" and usage.of_tag(simulator, row):
        raise invalid("Expenses use this tag; archive it instead.")
    simulator.store.run("DELETE FROM tags WHERE id = ?", row["id"])


def check_room(simulator: Simulator, group_id: str, more: int) -> None:
    most = simulator.switches.number("maximum_active_tags")
    if not most or not more:
        return
    found = simulator.store.one(
        "SELECT COUNT(*) AS number FROM tags WHERE group_id = ? AND archived = 0", group_id
    )
    if found and found["number"] + more > most:
        raise invalid("The group holds the maximum number of active tags.")


def _check_text(members: dict[str, Any]) -> None:
    if blank(members["code"]) and not sim().switches.flag("blank_codes_accepted"):
        raise invalid("body.code is blank")
    check_lengths(members, "code", "name")


def _same(simulator: Simulator, one: str, other: str) -> bool:
    if simulator.switches["tag_code_comparison"] == "exact":
        return one == other
    return one.casefold() == other.casefold()


def _check_code(simulator: Simulator, group_id: str, code: str, own_id: str | None) -> None:
    rows = simulator.store.all(
        "SELECT id, code, archived FROM tags WHERE group_id = ? AND code_key = ?",
        group_id,
        code.casefold(),
    )
    archived_count = simulator.switches.flag("archived_tags_hold_their_code")
    for row in rows:
        counts = archived_count or not row["archived"]
        if row["id"] != own_id and counts and _same(simulator, row["code"], code):
            raise ApiError(409, "CONFLICT", "A tag with this code exists.")


def of_group(simulator: Simulator, group_id: str) -> list[Row]:
    return simulator.store.all("SELECT * FROM tags WHERE group_id = ? ORDER BY position", group_id)


@blueprint.get("/v0/tag-groups/<group_id>/tags")
def read_all(group_id: str) -> Response:
    caller = require_tags("read")
    check_names("include_archived", *PAGE_PARAMETERS)
    group = GROUPS.own(caller, group_id, "groupId")
    found = Selection("tags").where("group_id = ?", group["id"])
    usual = sim().switches.flag("lists_hold_archived")
    if not v.query_flag(request, "include_archived", default=usual):
        found.where("archived = 0")
    return answer(page(found, SORTING, TAGS.show))


@blueprint.post("/v0/tag-groups/<group_id>/tags")
def create_one(group_id: str) -> Response:
    caller = require_tags("write")
    check_names()
    group = GROUPS.own(caller, group_id, "groupId")
    body = v.check_object("body", v.json_body(request), _FIELDS, ("code", "archived"))
    return answer({"data": TAGS.show(create(sim(), group, body, made_by=API))}, 201)


@blueprint.get("/v0/tags/<tag_id>")
def read_one(tag_id: str) -> Response:
    caller = require_tags("read")
    check_names()
    return answer({"data": TAGS.show(TAGS.own(caller, tag_id, "tagId"))})


@blueprint.put("/v0/tags/<tag_id>")
def update_one(tag_id: str) -> Response:
    caller = require_tags("write")
    check_names()
    row = TAGS.own(caller, tag_id, "tagId")
    body = v.check_object("body", v.json_body(request), _FIELDS, ("code", "archived"))
    return answer({"data": TAGS.show(change(sim(), row, omitted(("name",), body)))})


@blueprint.delete("/v0/tags/<tag_id>")
def delete_one(tag_id: str) -> Response:
    caller = require_tags("write")
    check_names()
    delete(sim(), TAGS.own(caller, tag_id, "tagId"))
    return Response(status=sim().switches.number("tag_delete_status"))
