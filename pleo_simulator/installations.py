"""Installations, and who the credential belongs to. Answers are bare objects."""

import uuid
from typing import Any

from flask import Blueprint, Response, request

from . import validation as v
from .auth import Caller, require, same_company
from .clients import find_client
from .clock import iso
from .errors import answer, invalid, missing
from .state import Simulator, sim
from .store import Row, decode, encode

blueprint = Blueprint("installations", __name__)
STATUSES = ("ACTIVATED", "INACTIVE", "AUTHORIZED", "PENDING_INTEGRATION", "ERROR")
ERROR_CODES = ("NOT_ENTITLED", "AUTH_ERROR")
_CREATE: dict[str, v.Check] = {"metadata": v.metadata, "status": v.one_of(*STATUSES)}
_UPDATE: dict[str, v.Check] = {**_CREATE, "errorCode": v.one_of(*ERROR_CODES)}


def find(simulator: Simulator, client_id: str, company_id: str) -> Row | None:
    return simulator.store.one(
        "SELECT i.*, c.application_id FROM installations i JOIN clients c ON c.id = i.client_id"
        " WHERE i.client_id = ? AND i.company_id = ?",
        client_id,
        company_id,
    )


def show(row: Row) -> dict[str, Any]:
    shown = {
        "id": row["id"],
        "applicationId": row["application_id"],
        "resource": f"urn:pleo:company:{row['company_id']}",
        "status": row["status"],
        "metadata": decode(row["metadata"]),
        "createdAt": iso(row["created_at"]),
        "updatedAt": iso(row["updated_at"]),
    }
    return {**shown, "errorCode": row["error_code"]} if row["error_code"] else shown


def save(
    simulator: Simulator,
    client_id: str,
    company_id: str,
    status: str,
    metadata: dict[str, Any] | None,
    error_code: str | None = None,
) -> None:
    """Creates or changes the installation; metadata None keeps what is stored."""
    now = simulator.clock.now()
    known = find(simulator, client_id, company_id)
    kept = decode(known["metadata"]) if known else {}
    simulator.store.insert(
        "installations",
        {
            "id": known["id"] if known else str(uuid.uuid4()),
            "client_id": client_id,
            "company_id": company_id,
            "status": status,
            "metadata": encode(kept if metadata is None else metadata),
            "error_code": error_code,
            "created_at": known["created_at"] if known else now,
            "updated_at": now,
        },
    )


def record_grant(simulator: Simulator, client: Row, company_id: str) -> None:
    """A consent installs the app; one that needs configuration waits for activation."""
    status = "AUTHORIZED" if client["requires_activation"] else "ACTIVATED"
    save(simulator, client["id"], company_id, status, None)


def disconnect(simulator: Simulator, client_id: str, company_id: str) -> bool:
    """Ends every token of the app for the company; false when nothing was installed."""
    with simulator.store.write():
        gone = simulator.store.run(
            "DELETE FROM installations WHERE client_id = ? AND company_id = ?",
            client_id,
            company_id,
        )
        simulator.tokens.revoke_grants(client_id=client_id, company_id=company_id)
        if simulator.switches.flag("disconnect_deletes_subscriptions"):
            simulator.store.run(
                "UPDATE subscriptions SET deleted_at = ? WHERE client_id = ? AND company_id = ?"
                " AND deleted_at IS NULL",
                simulator.clock.now(),
                client_id,
                company_id,
            )
    return gone > 0


def _own(caller: Caller) -> Row:
    row = find(sim(), caller.client_id, caller.company_id)
    if row is None:
        # The contract lists no 404 here.
        raise invalid("The app is not installed for this company.")
    return row


@blueprint.get("/v1/installations/me")
def read() -> Response:
    caller = require()
    if sim().switches.flag("reject_unknown_query_parameters"):
        v.check_query_names(request, ("company_id",))
    same_company(caller, v.query_uuid(request, "company_id"))
    return answer(show(_own(caller)))


@blueprint.post("/v1/installations/me")
def create() -> Response:
    caller = require()
    body = v.check_object("body", v.json_body(request), _CREATE)
    save(
        sim(),
        caller.client_id,
        caller.company_id,
        body.get("status", "ACTIVATED"),
        body.get("metadata", {}),
    )
    return answer(show(_own(caller)))


@blueprint.put("/v1/installations/me")
def update() -> Response:
    caller = require()
    body = v.check_object("body", v.json_body(request), _UPDATE, ("status",))
    if "errorCode" in body and body["status"] not in ("ERROR", "INACTIVE"):
        raise invalid("body.errorCode fits the statuses ERROR and INACTIVE only")
    _own(caller)
    save(
        sim(),
        caller.client_id,
        caller.company_id,
        body["status"],
        body.get("metadata"),
        body.get("errorCode"),
    )
    return answer(show(_own(caller)))


@blueprint.post("/v1/installations/me:activate")
def activate() -> Response:
    caller = require()
    _own(caller)
    save(sim(), caller.client_id, caller.company_id, "ACTIVATED", None)
    return answer(show(_own(caller)))


@blueprint.delete("/v1/installations/me")
def delete() -> Response:
    caller = require()
    if not disconnect(sim(), caller.client_id, caller.company_id):
        raise missing("Installation not found.")
    return Response(status=204)


@blueprint.get("/v1/introspect")
def introspect() -> Response:
    caller = require()
    client = find_client(sim().store, caller.client_id)
    facts = {
        "authMethod": caller.method,
        "clientId": caller.client_id,
        "scope": " ".join(sorted(caller.scopes)),
        "subjectURN": caller.urn,
    }
    return answer({"data": facts | ({"applicationName": client["name"]} if client else {})})
