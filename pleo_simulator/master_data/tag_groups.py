"""Tag groups: the API, and the rules it shares with the bookkeeper's page."""

from typing import Any

from flask import Blueprint, Response, request

from .. import validation as v
from ..errors import answer, invalid, missing
from ..seeds.ids import uid
from ..state import Simulator, sim
from ..store import Row
from . import usage
from .resource import (
    API,
    Resource,
    blank,
    check_lengths,
    check_names,
    company_in_query,
    needed_company,
    only_if_open,
    require_tags,
)

blueprint = Blueprint("tag_groups", __name__)
GROUPS = Resource(
    "tag_groups",
    "Tag group",
    {
        "id": "id",
        "companyId": "company_id",
        "code": "code",
        "name": "name",
        "archived": "archived",
        "metadata": "metadata",
        "createdAt": "created_at",
        "updatedAt": "updated_at",
    },
    keyed=True,
)
_FIELDS: dict[str, v.Check] = {
    "code": v.text,
    "name": v.text_of(1),
    "archived": v.boolean,
    "metadata": v.string_metadata,
}


def of_company(simulator: Simulator, company_id: str, *, archived: bool = True) -> list[Row]:
    more = "" if archived else " AND archived = 0"
    return simulator.store.all(
        f"SELECT * FROM tag_groups WHERE company_id = ?{more} ORDER BY position", company_id
    )


def create(simulator: Simulator, company_id: str, members: dict[str, Any], *, made_by: str) -> Row:
    """Under the rules of the API."""
    with simulator.store.write():
        _check_code(simulator, company_id, members, None)
        _check_maximum(simulator, company_id, members, None)
        return insert(simulator, company_id, members, made_by=made_by)


def insert(simulator: Simulator, company_id: str, members: dict[str, Any], *, made_by: str) -> Row:
    """Past the rules, as a seed does."""
    with simulator.store.write():
        return GROUPS.insert(simulator, company_id, {"metadata": {}} | members, made_by=made_by)


def change(simulator: Simulator, row: Row, members: dict[str, Any]) -> Row:
    with simulator.store.write():
        merged = GROUPS.show(row) | members
        _check_code(simulator, row["company_id"], merged, row)
        _check_maximum(simulator, row["company_id"], merged, row)
        changed = GROUPS.update(simulator, row, members)
        flips = simulator.switches.flag("archiving_group_archives_tags")
        if flips and changed["archived"] and not row["archived"]:
            simulator.store.run(
                "UPDATE tags SET archived = 1, updated_at = ? WHERE group_id = ? AND archived = 0",
                simulator.clock.now(),
                row["id"],
            )
        return changed


def delete(simulator: Simulator, row: Row) -> None:
    with simulator.store.write():
        if simulator.switches["delete_what_is_used"] == "refuse" and usage.of_group(simulator, row):
            raise invalid("Expenses use tags of this group; archive it instead.")
        simulator.store.run("DELETE FROM tags WHERE group_id = ?", row["id"])
        simulator.store.run("DELETE FROM tag_groups WHERE id = ?", row["id"])


def columns(row: Row) -> list[dict[str, Any]]:
    """The two columns every group has."""
    facts = {"createdAt": GROUPS.show(row)["createdAt"], "updatedAt": GROUPS.show(row)["createdAt"]}
    return [
        {
            "id": uid(row["id"], "column", code),
            "code": code,
            "name": name,
            "visible": True,
            "displayOrder": place,
            **facts,
        }
        for place, (code, name) in enumerate((("name", "Name"), ("code", "Code")), 1)
    ]


def _check_code(
    simulator: Simulator, company_id: str, members: dict[str, Any], row: Row | None
) -> None:
    if blank(members["code"]) and not simulator.switches.flag("blank_codes_accepted"):
        raise invalid("body.code is blank")
    check_lengths(members, "code", "name")
    rule = simulator.switches["tag_group_codes_unique"]
    if rule == "no" or (rule == "active" and members["archived"]):
        return
    others = simulator.store.all(
        "SELECT id, archived FROM tag_groups WHERE company_id = ? AND code_key = ?",
        company_id,
        members["code"].casefold(),
    )
    own = row and row["id"]
    if any(o["id"] != own and not (rule == "active" and o["archived"]) for o in others):
        raise invalid("A tag group with this code exists.")


def _check_maximum(
    simulator: Simulator, company_id: str, members: dict[str, Any], row: Row | None
) -> None:
    most = simulator.switches.number("maximum_active_tag_groups")
    was_active = row is not None and not row["archived"]
    if not most or members["archived"] or was_active:
        return
    if len(of_company(simulator, company_id, archived=False)) >= most:
        raise invalid("Too many active tag groups.")


def _wants_archived() -> bool:
    usual = sim().switches.flag("lists_hold_archived")
    return v.query_flag(request, "include_archived", default=usual)


@blueprint.get("/v0/tag-groups")
def read_all() -> Response:
    caller = require_tags("read")
    check_names("company_id", "organization_id", "include_archived", "include_tags_count")
    company_id = company_in_query(caller)
    archived = _wants_archived()
    counted = v.query_flag(request, "include_tags_count")
    rows = of_company(sim(), company_id, archived=archived) if company_id else []
    return answer({"data": [_with_count(row) if counted else GROUPS.show(row) for row in rows]})


def _with_count(row: Row) -> dict[str, Any]:
    found = sim().store.one("SELECT COUNT(*) AS number FROM tags WHERE group_id = ?", row["id"])
    return GROUPS.show(row) | {"totalTagsCount": found["number"] if found else 0}


@blueprint.post("/v0/tag-groups")
def create_one() -> Response:
    caller = require_tags("write")
    check_names("company_id")
    company_id = needed_company(caller)
    body = v.check_object("body", v.json_body(request), _FIELDS, ("code", "name", "archived"))
    row = create(sim(), company_id, body, made_by=API)
    return answer({"data": GROUPS.show(row)}, sim().switches.number("created_status"))


@blueprint.get("/v0/tag-groups/<group_id>")
def read_one(group_id: str) -> Response:
    caller = require_tags("read")
    check_names()
    return answer({"data": GROUPS.show(GROUPS.own(caller, group_id, "groupId"))})


@blueprint.put("/v0/tag-groups/<group_id>")
def update_one(group_id: str) -> Response:
    caller = require_tags("write")
    check_names()
    row = GROUPS.own(caller, group_id, "groupId")
    body = v.check_object("body", v.json_body(request), _FIELDS, tuple(_FIELDS))
    return answer({"data": GROUPS.show(change(sim(), row, body))})


@blueprint.delete("/v0/tag-groups/<group_id>")
def delete_one(group_id: str) -> Response:
    caller = require_tags("write")
    check_names()
    delete(sim(), GROUPS.own(caller, group_id, "groupId"))
    return Response(status=204)


@blueprint.get("/v0/tag-groups/<group_id>/usage")
def read_usage(group_id: str) -> Response:
    caller = require_tags("read")
    only_if_open("tag_usage_calls")
    check_names()
    counts = usage.of_group(sim(), GROUPS.own(caller, group_id, "groupId"))
    return answer({"data": {"usages": [{"id": i, "count": n} for i, n in counts.items()]}})


@blueprint.get("/v0/aggregations/tag-groups")
def read_aggregated() -> Response:
    caller = require_tags("read")
    check_names("company_id", "organization_id", "tag_group_ids")
    company_id = company_in_query(caller)
    wanted = v.query_uuids(request, "tag_group_ids")
    archived = bool(wanted) or sim().switches.flag("lists_hold_archived")
    rows = of_company(sim(), company_id, archived=archived) if company_id else []
    return answer({"data": [_aggregated(r) for r in rows if not wanted or r["id"] in wanted]})


def _aggregated(row: Row) -> dict[str, Any]:
    shown = GROUPS.show(row)
    shown.pop("metadata")
    return shown | {"dimensions": columns(row)}


def existing(simulator: Simulator, company_id: str, group_id: str) -> Row:
    row = GROUPS.find(simulator, group_id)
    if row is None or row["company_id"] != company_id:
        raise missing("Tag group not found.")
    return row
