"""Webhook subscriptions: each belongs to one app and one company."""

import uuid
from typing import Any

from flask import Blueprint, Response, request

from . import validation as v
from .auth import Caller, require
from .clock import iso
from .errors import answer, denied, invalid, missing
from .paging import PAGE_PARAMETERS, paginate, read_page
from .signing import new_secret
from .state import sim
from .store import Row, decode, encode
from .webhooks import JOB_CREATED

blueprint = Blueprint("subscriptions", __name__)
EVENT_TYPES = (JOB_CREATED, "v1.vendor.created")
OTHER_SPELLINGS = ("v1.export.job-created", "v2.export-job.created", "export-job.created")
_SCOPES = {
    JOB_CREATED: ("export-jobs:read", "export-items:read"),
    "v1.vendor.created": ("vendors:read",),
}
_CREDENTIALS: dict[str, v.Check] = {"username": v.text, "password": v.text, "token": v.text}
_AUTH: dict[str, v.Check] = {
    "type": v.one_of("NONE", "BASIC"),
    "credentials": v.nested(_CREDENTIALS),
}
_INPUT: dict[str, v.Check] = {
    "endpointUrl": v.web_address,
    "eventTypes": v.list_of(v.text, unique=True),
    "status": v.one_of("ACTIVE", "INACTIVE"),
    "customHeaders": v.text_map,
    "endpointAuth": v.nested(_AUTH),
}


def show(row: Row) -> dict[str, Any]:
    types = decode(row["event_types"])
    as_string = sim().switches.flag("event_types_as_string") and len(types) == 1
    auth = decode(row["endpoint_auth"])
    return {
        "id": row["id"],
        "endpointUrl": row["endpoint_url"],
        "eventTypes": types[0] if as_string else types,
        "status": row["status"],
        "createdAt": iso(row["created_at"]),
        "updatedAt": iso(row["updated_at"]),
        "customHeaders": decode(row["custom_headers"]),
        "endpointAuth": auth,
    }


def _body(caller: Caller) -> dict[str, Any]:
    body = v.check_object("body", v.json_body(request), _INPUT, ("endpointUrl", "eventTypes"))
    body["eventTypes"] = [_event_type(name) for name in body["eventTypes"]]
    for name in body["eventTypes"]:
        if caller.scopes.isdisjoint(_SCOPES[name]):
            raise denied(f"The credential has no access to the API of {name}.")
    return body


def _event_type(name: str) -> str:
    if name in EVENT_TYPES:
        return name
    if name in OTHER_SPELLINGS and sim().switches["subscription_event_spelling"] == "map":
        return JOB_CREATED
    raise invalid(f"body.eventTypes has the unknown event type {name}")


def _columns(body: dict[str, Any]) -> Row:
    headers = body.get("customHeaders")
    return {
        "endpoint_url": body["endpointUrl"],
        "event_types": encode(body["eventTypes"]),
        "status": body.get("status", "ACTIVE"),
        "custom_headers": None if headers is None else encode(headers),
        "endpoint_auth": encode(body.get("endpointAuth", {"type": "NONE"})),
        "updated_at": sim().clock.now(),
    }


def _find(caller: Caller, subscription_id: str) -> Row:
    row = sim().store.one(
        "SELECT * FROM subscriptions WHERE id = ? AND client_id = ? AND company_id = ?"
        " AND deleted_at IS NULL",
        v.path_uuid("id", subscription_id),
        caller.client_id,
        caller.company_id,
    )
    if row is None:
        raise missing("Subscription not found.")
    return row


def _log(caller: Caller, subscription_id: str, operation: str) -> None:
    store = sim().store
    store.insert(
        "activities",
        {
            "id": str(uuid.uuid4()),
            "position": store.next_position("activities"),
            "subscription_id": subscription_id,
            "operation": operation,
            "description": f"Subscription {operation.lower()}d",
            "actor": caller.urn,
            "created_at": sim().clock.now(),
        },
    )


def _of_caller(caller: Caller) -> list[Row]:
    return sim().store.all(
        "SELECT * FROM subscriptions WHERE client_id = ? AND company_id = ?"
        " AND deleted_at IS NULL ORDER BY position",
        caller.client_id,
        caller.company_id,
    )


def _page_names(*more: str) -> None:
    if sim().switches.flag("reject_unknown_query_parameters"):
        v.check_query_names(request, (*PAGE_PARAMETERS, *more))


@blueprint.get("/v1/subscriptions")
def read_all() -> Response:
    caller = require()
    _page_names("status", "event_types")
    statuses = v.query_choices(request, "status", ("ACTIVE", "INACTIVE"))
    types = v.query_set(request, "event_types")
    rows = [
        row
        for row in _of_caller(caller)
        if (not statuses or row["status"] in statuses)
        and (not types or types & set(decode(row["event_types"])))
    ]
    switches = sim().switches
    return answer(
        paginate(
            rows,
            read_page(request, switches),
            switches,
            {"id": "id", "createdAt": "created_at"},
            show,
        )
    )


@blueprint.post("/v1/subscriptions")
def create() -> Response:
    caller = require()
    body = _body(caller)
    store = sim().store
    same = [row for row in _of_caller(caller) if row["endpoint_url"] == body["endpointUrl"]]
    if same and sim().switches.flag("duplicate_subscriptions_refused"):
        raise invalid("body.endpointUrl is subscribed already")
    with store.write():
        row = {
            "id": str(uuid.uuid4()),
            "position": store.next_position("subscriptions"),
            "client_id": caller.client_id,
            "company_id": caller.company_id,
            "secret": new_secret(),
            "created_at": sim().clock.now(),
            "deleted_at": None,
            **_columns(body),
        }
        store.insert("subscriptions", row)
        _log(caller, row["id"], "CREATE")
    return answer({"data": show(row)})


@blueprint.get("/v1/subscriptions/<subscription_id>")
def read_one(subscription_id: str) -> Response:
    return answer({"data": show(_find(require(), subscription_id))})


@blueprint.put("/v1/subscriptions/<subscription_id>")
def update(subscription_id: str) -> Response:
    caller = require()
    row = _find(caller, subscription_id) | _columns(_body(caller))
    with sim().store.write():
        sim().store.insert("subscriptions", row)
        _log(caller, row["id"], "UPDATE")
    return answer({"data": show(row)})


@blueprint.delete("/v1/subscriptions/<subscription_id>")
def delete(subscription_id: str) -> Response:
    caller = require()
    row = _find(caller, subscription_id)
    with sim().store.write():
        sim().store.insert("subscriptions", row | {"deleted_at": sim().clock.now()})
        _log(caller, row["id"], "DELETE")
    return Response(status=204)


@blueprint.get("/v1/subscriptions/<subscription_id>/secret")
def secret(subscription_id: str) -> Response:
    return answer({"data": {"secretKey": _find(require(), subscription_id)["secret"]}})


@blueprint.get("/v1/subscriptions/<subscription_id>/activities")
def activities(subscription_id: str) -> Response:
    row = _find(require(), subscription_id)
    _page_names("operation_types")
    wanted = v.query_choices(request, "operation_types", ("CREATE", "UPDATE", "DELETE"))
    rows = [
        activity
        for activity in sim().store.all(
            "SELECT * FROM activities WHERE subscription_id = ? ORDER BY position", row["id"]
        )
        if not wanted or activity["operation"] in wanted
    ]
    switches = sim().switches
    return answer(
        paginate(
            rows,
            read_page(request, switches),
            switches,
            {"id": "id", "createdAt": "created_at"},
            _show_activity,
        )
    )


def _show_activity(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "subscriptionId": row["subscription_id"],
        "operationType": row["operation"],
        "description": row["description"],
        "actorUrn": row["actor"],
        "createdAt": iso(row["created_at"]),
    }
