"""Vendors: the API, and the vendor a person creates in Pleo."""

import uuid
from typing import Any

from flask import Blueprint, Response, request

from .. import validation as v
from ..auth import require, same_company
from ..clock import iso
from ..errors import ApiError, answer, invalid
from ..keyset import Selection, page
from ..paging import PAGE_PARAMETERS
from ..state import Simulator, sim
from ..store import Row
from ..webhooks import VENDOR_CREATED
from .resource import (
    API,
    PERSON,
    Resource,
    check_lengths,
    check_names,
    needed_company,
    omitted,
    optional_body,
)

blueprint = Blueprint("vendors", __name__)
DRAFT, ACTIVE, ARCHIVED = STATES = ("DRAFT", "ACTIVE", "ARCHIVED")
VENDORS = Resource(
    "vendors",
    "Vendor",
    {
        "id": "id",
        "companyId": "company_id",
        "name": "name",
        "defaultCurrency": "default_currency",
        "state": "state",
        "externalId": "external_id",
        "code": "code",
        "country": "country",
        "registrationNumber": "registration_number",
        "taxRegistrationNumber": "tax_registration_number",
        "createdAt": "created_at",
        "updatedAt": "updated_at",
    },
)
_SORTING = {"id": "id", "name": "name", "code": "code", "createdAt": "created_at"}
_OPTIONAL = ("code", "country", "registrationNumber", "taxRegistrationNumber")
_country = v.text_of(0, None, "[A-Z]{2}|UNDEFINED")
_CREATE: dict[str, v.Check] = {
    "companyId": v.uuid,
    "name": v.text_of(1),
    "defaultCurrency": v.text_of(0, None, "[A-Z]{3}"),
    "externalId": v.text,
    "code": v.text,
    "country": _country,
    "registrationNumber": v.text,
    "taxRegistrationNumber": v.text,
}
_UPDATE: dict[str, v.Check] = {**_CREATE, "state": v.one_of(*STATES)}
_ACTIVATE: dict[str, v.Check] = {"externalId": v.text_of(1), "code": v.text}
_texts = v.list_of(v.text, least=0, most=100)
_SEARCH: dict[str, v.Check] = {
    "ids": v.list_of(v.uuid, least=0, most=100),
    "externalIds": _texts,
    "codes": _texts,
    "taxRegistrationNumbers": _texts,
    "countries": v.list_of(_country, least=0, most=100),
    "accountingSystems": _texts,
    "states": v.list_of(v.one_of(*STATES), least=0, most=4),
    "name": v.text,
}
_SEARCHED = {
    "externalIds": "external_id",
    "codes": "code",
    "taxRegistrationNumbers": "tax_registration_number",
    "countries": "country",
    "states": "state",
}


def insert(
    simulator: Simulator,
    company_id: str,
    members: dict[str, Any],
    *,
    made_by: str,
    created_by: str | None = None,
) -> Row:
    known = bool(members.get("externalId") or members.get("code"))
    full = {"state": ACTIVE if known else DRAFT} | members
    row = VENDORS.insert(simulator, company_id, full, made_by=made_by)
    simulator.store.update("vendors", row["id"], {"created_by": created_by})
    return row | {"created_by": created_by}


def create_as_person(
    simulator: Simulator, company_id: str, user_id: str | None, members: dict[str, Any]
) -> Row:
    """A draft: it still has to be created in the accounting system."""
    given = {name: value for name, value in members.items() if value is not None}
    v.check_object("vendor", given, _CREATE, ("name", "defaultCurrency"))
    row = insert(
        simulator, company_id, given | {"state": DRAFT}, made_by=PERSON, created_by=user_id
    )
    announce(simulator, row)
    return row


def announce(simulator: Simulator, row: Row) -> None:
    simulator.dispatcher.announce_event(row["company_id"], created_event(row))


def created_event(row: Row, event_type: str = VENDOR_CREATED) -> dict[str, Any]:
    """Speaks of the vendor without its externalId, as Pleo does."""
    shown = VENDORS.show(row)
    names = ("id", "companyId", "name", "country", "registrationNumber", "taxRegistrationNumber")
    # Nanoseconds here, although the API shows seconds.
    at = iso(row["created_at"]).replace("Z", f".{int(row['created_at'] % 1 * 10**9):09d}Z")
    data = {
        **{name: shown[name] for name in (*names, "code", "state", "defaultCurrency")},
        "createdBy": row["created_by"],
        "createdAt": at,
        "updatedAt": at,
        "deletedAt": None,
    }
    return {"data": data, "eventType": event_type, "eventId": str(uuid.uuid4())}


def change(simulator: Simulator, row: Row, members: dict[str, Any]) -> Row:
    """Under the rules of the API."""
    with simulator.store.write():
        _check_free(simulator, row["company_id"], members, row)
        return VENDORS.update(simulator, row, members)


def _check_free(
    simulator: Simulator, company_id: str, members: dict[str, Any], row: Row | None
) -> None:
    check_lengths(members, "name", "code", "externalId")
    rule = simulator.switches["vendor_uniqueness"]
    looked_at = {"nothing": (), "external_id": ("externalId",)}.get(rule, ("externalId", "code"))
    for name in looked_at:
        if members.get(name) and _others(company_id, name, members[name], row).exists():
            raise ApiError(409, "CONFLICT", f"{name} is taken.")


def _others(company_id: str, name: str, value: str, row: Row | None) -> Selection:
    own = row["id"] if row else ""
    return Selection("vendors").where(
        f"company_id = ? AND {VENDORS.columns[name]} = ? AND id != ?", company_id, value, own
    )


@blueprint.post("/v1/vendors")
def create_one() -> Response:
    caller = require("vendors:write")
    check_names()
    body = v.check_object(
        "body", v.json_body(request), _CREATE, ("companyId", "name", "defaultCurrency")
    )
    same_company(caller, body["companyId"].lower())
    simulator = sim()
    rule = simulator.switches.text("vendor_state_on_create")
    state = {} if rule == "by_identifier" else {"state": rule}
    with simulator.store.write():
        _check_free(simulator, caller.company_id, body, None)
        row = insert(
            simulator, caller.company_id, body | state, made_by=API, created_by=caller.user_id
        )
        if row["state"] == DRAFT and simulator.switches.flag("vendor_drafts_of_apps_announced"):
            announce(simulator, row)
    return answer({"data": VENDORS.show(row)}, 201)


@blueprint.get("/v1/vendors/<vendor_id>")
def read_one(vendor_id: str) -> Response:
    caller = require("vendors:read")
    check_names()
    return answer({"data": VENDORS.show(VENDORS.own(caller, vendor_id))})


@blueprint.put("/v1/vendors/<vendor_id>")
def update_one(vendor_id: str) -> Response:
    caller = require("vendors:write")
    check_names()
    row = VENDORS.own(caller, vendor_id)
    required = ("companyId", "name", "defaultCurrency", "externalId", "state")
    body = v.check_object("body", v.json_body(request), _UPDATE, required)
    same_company(caller, body.pop("companyId").lower())
    return answer({"data": VENDORS.show(change(sim(), row, omitted(_OPTIONAL, body)))})


@blueprint.post("/v1/vendors/<vendor_id>:activate")
def activate(vendor_id: str) -> Response:
    caller = require("vendors:write")
    check_names()
    row = VENDORS.own(caller, vendor_id)
    body = v.check_object("body", v.json_body(request), _ACTIVATE, ("externalId",))
    try:
        change(sim(), row, body | {"state": ACTIVE})
    except ApiError as error:
        # The contract lists no 409 for this call.
        raise invalid(error.message) from error
    return Response(status=204)


@blueprint.post("/v1/vendors/<vendor_id>:archive")
def archive(vendor_id: str) -> Response:
    caller = require(sim().switches.text("vendor_archive_scope"))
    check_names()
    VENDORS.update(sim(), VENDORS.own(caller, vendor_id), {"state": ARCHIVED})
    return Response(status=204)


@blueprint.post("/v1/vendors:search")
def search() -> Response:
    caller = require("vendors:read")
    check_names("company_id", *PAGE_PARAMETERS)
    found = Selection("vendors").where("company_id = ?", needed_company(caller))
    wish = optional_body(_SEARCH)
    found.one_of("id", [one.lower() for one in wish.get("ids") or ()])
    for name, column in _SEARCHED.items():
        found.one_of(column, wish.get(name))
    if wish.get("accountingSystems"):
        found.where("0")  # no simulated vendor names one
    if wish.get("name"):
        found.where("instr(folded(name), ?)", wish["name"].casefold())
    return answer(page(found, _SORTING, VENDORS.show))
