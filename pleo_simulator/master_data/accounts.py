"""The chart of accounts: the API of single accounts and the search."""

from typing import Any

from flask import Blueprint, Response, request

from .. import validation as v
from ..auth import require, same_company
from ..errors import ApiError, answer, invalid
from ..keyset import Selection, page
from ..paging import PAGE_PARAMETERS
from ..state import Simulator, sim
from ..store import Row
from . import usage
from .resource import API, Resource, check_names, omitted

blueprint = Blueprint("accounts", __name__)
MOST_CHARACTERS = 255
ACCOUNTS = Resource(
    "accounts",
    "Account",
    {
        "id": "id",
        "companyId": "company_id",
        "externalId": "external_id",
        "code": "code",
        "name": "name",
        "archived": "archived",
        "taxCodeExternalId": "tax_code_external_id",
        "metadata": "metadata",
    },
)
_SORTING = {"id": "id", "externalId": "external_id", "code": "code", "name": "name"}
_OPTIONAL = ("code", "taxCodeExternalId", "metadata")
_CHANGE: dict[str, v.Check] = {
    "name": v.text_of(0, MOST_CHARACTERS),
    "archived": v.boolean,
    "code": v.nullable(v.text_of(0, MOST_CHARACTERS)),
    "taxCodeExternalId": v.nullable(v.text),
    "metadata": v.nullable(v.metadata),
}
_CREATE: dict[str, v.Check] = {
    "companyId": v.uuid,
    "externalId": v.text_of(1, MOST_CHARACTERS),
    **_CHANGE,
}
_FLAGS = ("excludeIfAssignedToCategory", "excludeIfAssignedToContraAccount")
_SEARCH: dict[str, v.Check] = {
    "companyId": v.uuid,
    **dict.fromkeys(_FLAGS, v.boolean),
    "archived": v.nullable(v.boolean),
    "codes": v.nullable(v.list_of(v.text, unique=True, least=0)),
    "code": v.nullable(v.text),
    "externalId": v.nullable(v.text),
    "ids": v.nullable(v.list_of(v.uuid, unique=True, least=0)),
    "name": v.nullable(v.text),
}


def with_external_id(simulator: Simulator, company_id: str, external_id: str) -> Row | None:
    return simulator.store.one(
        "SELECT * FROM accounts WHERE company_id = ? AND external_id = ?", company_id, external_id
    )


def insert(simulator: Simulator, company_id: str, members: dict[str, Any], *, made_by: str) -> Row:
    full = {"archived": False} | members
    return ACCOUNTS.insert(simulator, company_id, full, made_by=made_by)


def check_tax_code(simulator: Simulator, company_id: str, members: dict[str, Any]) -> None:
    code = members.get("taxCodeExternalId")
    if code is None or not simulator.switches.flag("account_tax_code_must_exist"):
        return
    known = Selection("tax_codes").where("company_id = ? AND code = ?", company_id, code)
    if not known.exists():
        raise invalid("The tax code does not exist in Pleo.")


def delete(simulator: Simulator, row: Row) -> None:
    if usage.of_account(simulator, row):
        raise ApiError(409, "CONFLICT", "The account is linked to accounting entries.")
    with simulator.store.write():
        simulator.store.run(
            "UPDATE categories SET account_id = NULL WHERE account_id = ?", row["id"]
        )
        simulator.store.run("DELETE FROM accounts WHERE id = ?", row["id"])


@blueprint.post("/v1/chart-of-accounts")
def create_one() -> Response:
    caller = require("accounts:write")
    check_names()
    body = v.check_object(
        "body",
        v.json_body(request),
        _CREATE,
        ("companyId", "externalId", "name", "archived"),
    )
    same_company(caller, body["companyId"].lower())
    simulator = sim()
    check_tax_code(simulator, caller.company_id, body)
    with simulator.store.write():
        known = with_external_id(simulator, caller.company_id, body["externalId"])
        if known is not None:
            return answer({"data": ACCOUNTS.show(_matched(simulator, known, body))})
        row = insert(simulator, caller.company_id, body, made_by=API)
    return answer({"data": ACCOUNTS.show(row)}, 201)


def _matched(simulator: Simulator, known: Row, body: dict[str, Any]) -> Row:
    rule = simulator.switches["account_exists_answer"]
    shown = ACCOUNTS.show(known)
    same = all(shown[name] == body.get(name) for name in ("name", "code", "archived"))
    if rule == "409" or (rule == "200_if_same" and not same):
        raise ApiError(409, "CONFLICT", "An account with this externalId exists.")
    return known


@blueprint.get("/v1/chart-of-accounts/<account_id>")
def read_one(account_id: str) -> Response:
    caller = require("accounts:read")
    check_names()
    return answer({"data": ACCOUNTS.show(ACCOUNTS.own(caller, account_id, "accountId"))})


@blueprint.put("/v1/chart-of-accounts/<account_id>")
def update_one(account_id: str) -> Response:
    caller = require("accounts:write")
    check_names()
    row = ACCOUNTS.own(caller, account_id, "accountId")
    body = v.check_object("body", v.json_body(request), _CHANGE, ("name", "archived"))
    check_tax_code(sim(), caller.company_id, body)
    changed = ACCOUNTS.update(sim(), row, omitted(_OPTIONAL, body))
    return answer({"data": ACCOUNTS.show(changed)})


@blueprint.delete("/v1/chart-of-accounts/<account_id>")
def delete_one(account_id: str) -> Response:
    caller = require("accounts:write")
    check_names()
    delete(sim(), ACCOUNTS.own(caller, account_id, "accountId"))
    return Response(status=204)


@blueprint.post("/v1/chart-of-accounts:search")
def search() -> Response:
    caller = require("accounts:read")
    check_names(*PAGE_PARAMETERS)
    wish = _search_body()
    same_company(caller, wish["companyId"].lower())
    return answer(page(_found(caller.company_id, wish), _SORTING, ACCOUNTS.show))


def _search_body() -> dict[str, Any]:
    body = v.json_body(request)
    if sim().switches.flag("account_search_strict"):
        return v.check_object("body", body, _SEARCH, ("companyId", *_FLAGS))
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name in _SEARCH}
    return v.check_object("body", body, _SEARCH, ("companyId",))


def _found(company_id: str, wish: dict[str, Any]) -> Selection:
    found = Selection("accounts").where("company_id = ?", company_id)
    if wish.get("archived") is not None:
        found.where("archived = ?", int(wish["archived"]))
    elif sim().switches["account_search_default"] == "active":
        found.where("archived = 0")
    found.one_of("code", wish.get("codes")).one_of("id", [i.lower() for i in wish.get("ids") or ()])
    for name, column in (("code", "code"), ("externalId", "external_id")):
        if wish.get(name) is not None:
            found.where(f"{column} = ?", wish[name])
    _add_name(found, wish.get("name"))
    if wish.get(_FLAGS[0]):
        found.where("id NOT IN (SELECT account_id FROM categories WHERE account_id IS NOT NULL)")
    if wish.get(_FLAGS[1]):
        found.where(
            "code IS NULL OR code NOT IN (SELECT contra_account FROM wallets"
            " WHERE company_id = ? AND contra_account IS NOT NULL)",
            company_id,
        )
    return found


def _add_name(found: Selection, name: str | None) -> None:
    if name is None:
        return
    if sim().switches["account_search_name"] == "partial":
        found.where("instr(folded(name), ?)", name.casefold())
    else:
        found.where("name = ?", name)
