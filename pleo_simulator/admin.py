"""Admin API: companies, clock, switches, faults, credentials, call log."""

import re
import secrets
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from . import clients, clock, faults, installations, job_machine
from .admin_support import body_of, company_row, members
from .errors import answer, invalid
from .lifecycle import reset
from .state import sim
from .store import Row, decode

blueprint = Blueprint("admin", __name__)


@blueprint.get("/sim/health")
def health() -> Response:
    return answer({"ok": True, "now": sim().clock.iso()})


@blueprint.post("/sim/reset")
def reset_all() -> Response:
    seed = members(body_of(), "seed").get("seed", "demo")
    try:
        reset(sim(), seed)
    except ValueError as error:
        raise invalid(str(error)) from error
    return answer({"ok": True, "seed": seed})


@blueprint.get("/sim/companies")
def companies() -> Response:
    return answer(
        [_company(row) for row in sim().store.all("SELECT * FROM companies ORDER BY position")]
    )


def _company(row: Row) -> dict[str, Any]:
    wallets = sim().store.all(
        "SELECT * FROM wallets WHERE company_id = ? ORDER BY rowid", row["id"]
    )
    return {
        "id": row["id"],
        "name": row["name"],
        "currency": row["currency"],
        "wallets": [
            {"currency": wallet["currency"], "contraAccount": wallet["contra_account"]}
            for wallet in wallets
        ],
        "login": decode(row["profile"])["login"],
    }


@blueprint.put("/sim/companies/<company_id>/wallets/<currency>")
def set_wallet(company_id: str, currency: str) -> Response:
    """Sets or removes (null) a contra account, to provoke MISSING_CONTRA_ACCOUNTS."""
    row = company_row(company_id)
    code = members(body_of(), "contraAccount").get("contraAccount")
    known = {account["code"] for account in decode(row["chart"])["accounts"]}
    if code is not None and code not in known:
        raise invalid(f"account {code} is not in the chart")
    sim().store.insert(
        "wallets", {"company_id": company_id, "currency": currency, "contra_account": code}
    )
    return answer(_company(row))


@blueprint.get("/sim/companies/<company_id>/chart")
def chart(company_id: str) -> Response:
    return answer(decode(company_row(company_id)["chart"]))


@blueprint.get("/sim/clock")
def read_clock() -> Response:
    return answer({"now": sim().clock.iso()})


@blueprint.post("/sim/clock")
def move_clock() -> Response:
    wish = members(body_of(), "advanceSeconds", "set")
    simulator = sim()
    if ("set" in wish) == ("advanceSeconds" in wish):
        raise invalid("give advanceSeconds or set")
    try:
        if "set" in wish:
            simulator.clock.set(clock.parse(wish["set"]))
        else:
            simulator.clock.advance(float(wish["advanceSeconds"]))
    except (TypeError, ValueError) as error:
        raise invalid(f"not a time: {error}") from error
    job_machine.expire_due(simulator)
    simulator.dispatcher.wake()
    return answer({"now": simulator.clock.iso()})


@blueprint.get("/sim/switches")
def read_switches() -> Response:
    return answer(sim().switches.describe())


@blueprint.put("/sim/switches")
def change_switches() -> Response:
    try:
        sim().switches.change(body_of())
    except ValueError as error:
        raise invalid(str(error)) from error
    return answer(sim().switches.describe())


@blueprint.get("/sim/faults")
def read_faults() -> Response:
    return answer(sim().faults.describe())


@blueprint.post("/sim/faults")
def add_fault() -> Response:
    wish = members(body_of(), "match", "effect", "times", "skip")
    match = members(wish.get("match", {}), "method", "path")
    effect = members(wish.get("effect", {}), *faults.EFFECTS)
    for name, value in effect.items():
        if not isinstance(value, faults.EFFECTS[name]):
            raise invalid(f"effect.{name} has the wrong type")
    if effect.get("drop", "before") not in ("before", "after") or not effect:
        raise invalid("effect.drop is before or after, and effect is not empty")
    try:
        fault_id = sim().faults.add(match, effect, wish.get("times"), wish.get("skip", 0))
    except re.error as error:
        raise invalid(f"match.path is not a regular expression: {error}") from error
    return answer({"id": fault_id}, 201)


@blueprint.delete("/sim/faults")
def clear_faults() -> Response:
    sim().faults.clear()
    return answer({"ok": True})


@blueprint.post("/sim/companies/<company_id>/tokens:expire")
def expire_tokens(company_id: str) -> Response:
    company_row(company_id)
    which = members(body_of(), "which").get("which")
    if which not in ("access", "refresh"):
        raise invalid("which is access or refresh")
    return answer({"expired": sim().tokens.expire(company_id, which)})


@blueprint.post("/sim/companies/<company_id>/disconnect")
def disconnect(company_id: str) -> Response:
    company_row(company_id)
    return answer({"disconnected": disconnect_all(company_id)})


def disconnect_all(company_id: str) -> list[str]:
    """The customer disconnects in Pleo: every app of the company loses its access."""
    rows = sim().store.all(
        "SELECT client_id FROM installations WHERE company_id = ?"
        " UNION SELECT client_id FROM families WHERE company_id = ?",
        company_id,
        company_id,
    )
    return [
        row["client_id"]
        for row in rows
        if installations.disconnect(sim(), row["client_id"], company_id)
    ]


@blueprint.post("/sim/companies/<company_id>/api-keys")
def create_api_key(company_id: str) -> Response:
    company_row(company_id)
    wish = members(body_of(), "scopes", "clientId")
    rows = sim().store.all("SELECT id FROM clients ORDER BY rowid")
    client_id = wish.get("clientId") or (rows[0]["id"] if rows else None)
    if client_id is None:
        raise invalid("no client is registered; an API key belongs to an app")
    key = "plp_" + secrets.token_urlsafe(24)
    scopes = wish.get("scopes") or list(clients.SCOPES)
    sim().store.insert(
        "api_keys",
        {
            "key": key,
            "company_id": company_id,
            "client_id": client_id,
            "scope": " ".join(scopes),
            "created_at": sim().clock.now(),
        },
    )
    return answer({"key": key}, 201)


@blueprint.get("/sim/calls")
def read_calls() -> Response:
    return answer(sim().calls.after(request.args.get("after", 0, type=int)))


@blueprint.get("/sim/calls:count")
def count_calls() -> Response:
    """Per method and path, ids as {id}; every call since the log was cleared counts."""
    operations = sim().calls.operations()
    return answer({"count": sum(operations.values()), "operations": operations})


@blueprint.post("/sim/calls:clear")
def clear_calls() -> Response:
    sim().calls.clear()
    return answer({"ok": True})


_CLIENT_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "clientId": ("client_id", str),
    "clientSecret": ("secret", str),
    "name": ("name", str),
    "redirectUris": ("redirect_uris", tuple),
    "scopes": ("scopes", tuple),
    "requiresActivation": ("requires_activation", bool),
    "initiationUri": ("initiation_uri", str),
    "settingsUri": ("settings_uri", str),
}


@blueprint.post("/sim/clients")
def save_client() -> Response:
    wish = members(body_of(), *_CLIENT_FIELDS)
    values = {
        column: make(wish[name])
        for name, (column, make) in _CLIENT_FIELDS.items()
        if wish.get(name) is not None
    }
    try:
        spec = clients.ClientSpec(**values)
    except TypeError as error:
        raise invalid("clientId and clientSecret are needed") from error
    clients.save_client(sim().store, spec)
    return answer(
        {
            "clientId": spec.client_id,
            "name": spec.name,
            "redirectUris": list(spec.redirect_uris),
            "scopes": list(spec.scopes),
            "requiresActivation": spec.requires_activation,
        }
    )
