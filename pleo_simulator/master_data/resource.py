"""What the kinds of master data have in common: rows, their look, and who may see them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request

from .. import validation as v
from ..auth import Caller, require, same_company
from ..clock import iso
from ..errors import ApiError, denied, invalid, missing
from ..state import Simulator, sim
from ..store import Row, decode, encode

API, PERSON, SEED = "api", "person", "seed"


@dataclass(frozen=True)
class Resource:
    table: str
    words: str
    columns: Mapping[str, str]  # member of the API → column
    keyed: bool = False  # keeps the code in a form that ignores case

    def show(self, row: Row) -> dict[str, Any]:
        return {name: _shown(column, row[column]) for name, column in self.columns.items()}

    def values(self, members: Mapping[str, Any]) -> Row:
        """Columns of the members given."""
        row = {
            column: _stored(column, members[name])
            for name, column in self.columns.items()
            if name in members and column not in ("created_at", "updated_at")
        }
        if self.keyed and "code" in row:
            row["code_key"] = row["code"].casefold()
        return row

    def find(self, simulator: Simulator, row_id: str) -> Row | None:
        return simulator.store.one(f"SELECT * FROM {self.table} WHERE id = ?", row_id)

    def insert(
        self, simulator: Simulator, company_id: str, members: Mapping[str, Any], *, made_by: str
    ) -> Row:
        now = simulator.clock.now()
        row = {
            "id": str(uuid.uuid4()),
            "created_at": now,
            "updated_at": now,
            **self.values(members),
            "company_id": company_id,
            "made_by": made_by,
        }
        simulator.store.insert(self.table, row)
        return self.find(simulator, row["id"]) or row

    def update(self, simulator: Simulator, row: Row, members: Mapping[str, Any]) -> Row:
        changes = {**self.values(members), "updated_at": simulator.clock.now()}
        simulator.store.update(self.table, row["id"], changes)
        return self.find(simulator, row["id"]) or row

    def own(self, caller: Caller, row_id: str, name: str = "id") -> Row:
        """The caller's record of this id in the path, or why not."""
        row = self.find(sim(), v.path_uuid(name, row_id))
        if row is None:
            raise missing(f"{self.words} not found.")
        if row["company_id"] != caller.company_id:
            hidden = sim().switches["foreign_resource_status"] == "404"
            raise (
                missing(f"{self.words} not found.")
                if hidden
                else denied(f"{self.words} of another company.")
            )
        return row


def _shown(column: str, value: Any) -> Any:
    if column == "archived":
        return bool(value)
    if column == "metadata":
        return decode(value)
    return iso(value) if column in ("created_at", "updated_at") else value


def _stored(column: str, value: Any) -> Any:
    if column == "archived":
        return int(value)
    if column == "metadata":
        return None if value is None else encode(value)
    return value


def omitted(optional: tuple[str, ...], body: dict[str, Any]) -> dict[str, Any]:
    """The body of a PUT with what left out members mean under the present switch."""
    if sim().switches["put_omitted_members"] == "keep":
        return body
    return dict.fromkeys(optional) | body


def require_tags(verb: str) -> Caller:
    spelling = sim().switches.text("tag_scope_spelling")
    names = {"production": ("tag-group",), "staging": ("tag-groups",)}
    return require(*(f"{name}:{verb}" for name in names.get(spelling, ("tag-group", "tag-groups"))))


def only_if_open(switch: str) -> None:
    """Calls of which nobody knows whether partners may use them."""
    answer = sim().switches.text(switch)
    if answer == "403":
        raise denied("This call is not open to this app.")
    if answer == "404":
        raise missing("No such call.")


def check_names(*known: str) -> None:
    if sim().switches.flag("reject_unknown_query_parameters"):
        v.check_query_names(request, known)


def company_in_query(caller: Caller) -> str | None:
    """company_id wins over organization_id; no simulated company belongs to an organisation."""
    company_id = v.query_uuid(request, "company_id")
    organization_id = v.query_uuid(request, "organization_id")
    if company_id is None and organization_id is None:
        raise ApiError(400, "BAD_REQUEST", "Either company_id or organization_id must be provided")
    same_company(caller, company_id)
    return company_id


def needed_company(caller: Caller) -> str:
    company_id = v.query_uuid(request, "company_id")
    if company_id is None:
        raise ApiError(400, "BAD_REQUEST", "company_id must be provided")
    same_company(caller, company_id)
    return company_id


def optional_body(fields: Mapping[str, v.Check]) -> dict[str, Any]:
    """The body of a search, which may be absent."""
    body = v.json_body(request) if request.get_data() else {}
    return v.check_object("body", body, fields)


def check_lengths(body: Mapping[str, Any], *names: str) -> None:
    most = sim().switches.number("maximum_text_length")
    for name in names:
        if most and len(body.get(name) or "") > most:
            raise invalid(f"body.{name} is longer than {most} characters")


def blank(text: str) -> bool:
    return not text.strip()
