"""Tags of a whole company: searches, aggregated tags, bulk calls."""

from typing import Any

from flask import Blueprint, Response, request

from .. import validation as v
from ..auth import Caller, same_company
from ..errors import answer, invalid
from ..keyset import Selection, page
from ..paging import PAGE_PARAMETERS
from ..state import Simulator, sim
from ..store import Row
from . import tags
from .resource import (
    check_names,
    company_in_query,
    needed_company,
    only_if_open,
    optional_body,
    require_tags,
)
from .tag_groups import GROUPS, columns
from .tags import SORTING, TAGS

blueprint = Blueprint("tag_search", __name__)
MOST_IDS = 100
_UUIDS = v.list_of(v.uuid, unique=True, least=0)
_SEARCH: dict[str, v.Check] = {
    "tagIds": _UUIDS,
    "tagGroupIds": _UUIDS,
    "textSearch": v.text,
    "includeArchived": v.boolean,
    "archived": v.nullable(v.boolean),
}
_DELETE: dict[str, v.Check] = {
    "companyId": v.uuid,
    "tagIds": v.list_of(v.uuid, most=MOST_IDS),
}
_ARCHIVE: dict[str, v.Check] = _DELETE | {"archived": v.boolean}


def _found(company_id: str | None, wish: dict[str, Any]) -> Selection:
    found = Selection("tags").where("company_id = ?", company_id)
    found.one_of("id", _lower(wish.get("tagIds")))
    found.one_of("group_id", _lower(wish.get("tagGroupIds")))
    if wish.get("textSearch"):
        found.where("instr(folded(name), ?)", wish["textSearch"].casefold())
    if wish.get("archived") is not None:
        found.where("archived = ?", int(wish["archived"]))
    elif not wish.get("includeArchived"):
        found.where("archived = 0")
    return found


def _lower(ids: list[str] | None) -> list[str]:
    return [one.lower() for one in ids or ()]


@blueprint.post("/v0/tags:search")
def search() -> Response:
    caller = require_tags("read")
    only_if_open("tag_search_calls")
    check_names("company_id", "organization_id", *PAGE_PARAMETERS)
    company_id = company_in_query(caller)
    return answer(page(_found(company_id, optional_body(_SEARCH)), SORTING, TAGS.show))


@blueprint.get("/v0/tags")
def search_as_before() -> Response:
    caller = require_tags("read")
    check_names("company_id", "text_search", "tag_group_id", "include_archived", *PAGE_PARAMETERS)
    company_id = v.query_uuid(request, "company_id")
    same_company(caller, company_id)
    wish = {
        "tagGroupIds": v.query_uuids(request, "tag_group_id"),
        "textSearch": request.args.get("text_search"),
        "includeArchived": v.query_flag(
            request, "include_archived", default=sim().switches.flag("lists_hold_archived")
        ),
    }
    return answer(page(_found(company_id or caller.company_id, wish), SORTING, TAGS.show))


@blueprint.post("/v0/aggregations/tags")
def search_aggregated() -> Response:
    caller = require_tags("read")
    only_if_open("tag_search_calls")
    check_names("company_id", *PAGE_PARAMETERS)
    company_id = needed_company(caller)
    groups: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {}

    def show(row: Row) -> dict[str, Any]:
        if row["group_id"] not in groups:
            groups[row["group_id"]] = _group_and_columns(row["group_id"])
        return _aggregated(row, *groups[row["group_id"]])

    return answer(page(_found(company_id, optional_body(_SEARCH)), SORTING, show))


def _group_and_columns(group_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    group = GROUPS.find(sim(), group_id) or {}
    names = ("id", "code", "name", "visible", "displayOrder")
    return (
        {name: group[name] for name in ("id", "code", "name")},
        [{name: column[name] for name in names} for column in columns(group)],
    )


def _aggregated(row: Row, group: dict[str, Any], heads: list[dict[str, Any]]) -> dict[str, Any]:
    shown = TAGS.show(row)
    shown.pop("groupId")
    return {
        **shown,
        "companyId": row["company_id"],
        "group": group,
        "dimensions": [head | {"value": row[head["code"]] or ""} for head in heads],
    }


@blueprint.post("/v0/tags/archive")
def archive() -> Response:
    caller = require_tags("write")
    only_if_open("bulk_tag_calls")
    check_names()
    body = v.check_object(
        "body", v.json_body(request), _ARCHIVE, ("companyId", "archived", "tagIds")
    )
    simulator = sim()
    with simulator.store.write():
        rows = _own_rows(simulator, caller, body)
        changed = [tags.change(simulator, row, {"archived": body["archived"]}) for row in rows]
    return answer({"data": [TAGS.show(row) for row in changed]})


@blueprint.delete("/v0/tags")
def delete() -> Response:
    caller = require_tags("write")
    only_if_open("bulk_tag_calls")
    check_names()
    body = v.check_object("body", v.json_body(request), _DELETE, ("companyId", "tagIds"))
    simulator = sim()
    with simulator.store.write():
        for row in _own_rows(simulator, caller, body):
            tags.delete(simulator, row)
    return Response(status=204)


def _own_rows(simulator: Simulator, caller: Caller, body: dict[str, Any]) -> list[Row]:
    same_company(caller, body["companyId"].lower())
    wanted = list(dict.fromkeys(_lower(body["tagIds"])))
    rows = Selection("tags").where("company_id = ?", caller.company_id).one_of("id", wanted).rows()
    if len(rows) < len(wanted) and simulator.switches["bulk_unknown_ids"] == "refuse":
        raise invalid("body.tagIds has an unknown tag")
    return rows
