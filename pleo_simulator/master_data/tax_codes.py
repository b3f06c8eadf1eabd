"""Tax codes, and what part of an amount is tax."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask import Blueprint, Response, request

from .. import validation as v
from ..auth import require, same_company
from ..errors import answer, invalid
from ..keyset import Selection, page
from ..paging import PAGE_PARAMETERS
from ..state import Simulator, sim
from ..store import Row
from . import usage
from .resource import (
    API,
    Resource,
    check_lengths,
    check_names,
    needed_company,
    omitted,
    only_if_open,
    optional_body,
)

blueprint = Blueprint("tax_codes", __name__)
TYPES = ("inclusive", "exclusive", "reverse")
TAX_CODES = Resource(
    "tax_codes",
    "Tax code",
    {
        "id": "id",
        "companyId": "company_id",
        "name": "name",
        "code": "code",
        "rate": "rate",
        "type": "type",
        "archived": "archived",
        "ingoingTaxAccount": "ingoing_tax_account",
        "outgoingTaxAccount": "outgoing_tax_account",
        "createdAt": "created_at",
        "updatedAt": "updated_at",
    },
)
_SORTING = {"id": "id", "code": "code", "name": "name", "createdAt": "created_at"}
_OPTIONAL = ("code", "ingoingTaxAccount", "outgoingTaxAccount")
_REQUIRED = ("companyId", "name", "rate", "type", "archived")
_FIELDS: dict[str, v.Check] = {
    "companyId": v.uuid,
    "name": v.text_of(1),
    "code": v.nullable(v.text),
    "rate": v.fraction,
    "type": v.one_of(*TYPES),
    "archived": v.boolean,
    "ingoingTaxAccount": v.nullable(v.text),
    "outgoingTaxAccount": v.nullable(v.text),
}
_SEARCH: dict[str, v.Check] = {
    "archived": v.boolean,
    "code": v.text,
    "taxCodeIds": v.list_of(v.uuid, unique=True, least=0),
    "type": v.one_of(*TYPES),
}


def insert(simulator: Simulator, company_id: str, members: dict[str, Any], *, made_by: str) -> Row:
    full = {"archived": False, "type": "inclusive", "rate": 0} | members
    return TAX_CODES.insert(simulator, company_id, full, made_by=made_by)


def _body(company_id: str, own: Row | None) -> dict[str, Any]:
    body = v.check_object("body", v.json_body(request), _FIELDS, _REQUIRED)
    if body["type"] == "exclusive" and sim().switches["exclusive_tax_codes"] == "refuse":
        raise invalid("Tax codes of type exclusive are currently not supported.")
    check_lengths(body, "name", "code")
    twins = Selection("tax_codes").where(
        "company_id = ? AND code = ? AND id != ?",
        company_id,
        body.get("code"),
        own["id"] if own else "",
    )
    if sim().switches.flag("tax_code_codes_unique") and twins.exists():
        raise invalid("A tax code with this code exists.")
    return body


@blueprint.post("/v0/tax-codes")
def create_one() -> Response:
    caller = require("tax-codes:write")
    check_names()
    body = _body(caller.company_id, None)
    same_company(caller, body["companyId"].lower())
    row = insert(sim(), caller.company_id, body, made_by=API)
    return answer({"data": TAX_CODES.show(row)}, sim().switches.number("created_status"))


@blueprint.get("/v0/tax-codes/<tax_code_id>")
def read_one(tax_code_id: str) -> Response:
    caller = require("tax-codes:read")
    check_names()
    return answer({"data": TAX_CODES.show(TAX_CODES.own(caller, tax_code_id, "taxCodeId"))})


@blueprint.put("/v0/tax-codes/<tax_code_id>")
def update_one(tax_code_id: str) -> Response:
    caller = require("tax-codes:write")
    check_names()
    row = TAX_CODES.own(caller, tax_code_id, "taxCodeId")
    body = _body(caller.company_id, row)
    same_company(caller, body["companyId"].lower())
    changes = {name: value for name, value in body.items() if name != "companyId"}
    changed = TAX_CODES.update(sim(), row, omitted(_OPTIONAL, changes))
    return answer({"data": TAX_CODES.show(changed)})


@blueprint.delete("/v0/tax-codes/<tax_code_id>")
def delete_one(tax_code_id: str) -> Response:
    caller = require("tax-codes:write")
    check_names()
    delete(sim(), TAX_CODES.own(caller, tax_code_id, "taxCodeId"))
    return Response(status=sim().switches.number("tag_delete_status"))


def delete(simulator: Simulator, row: Row) -> None:
    refused = simulator.switches["delete_what_is_used"] == "refuse"
    if refused and usage.of_tax_code(simulator, row):
        raise invalid("Expenses use this tax code; archive it instead.")
    with simulator.store.write():
        simulator.store.run(
            "UPDATE categories SET tax_code_id = NULL WHERE tax_code_id = ?", row["id"]
        )
        simulator.store.run("DELETE FROM tax_codes WHERE id = ?", row["id"])


@blueprint.post("/v0/tax-codes:search")
def search() -> Response:
    caller = require("tax-codes:read")
    check_names("company_id", *PAGE_PARAMETERS)
    found = Selection("tax_codes").where("company_id = ?", needed_company(caller))
    wish = optional_body(_SEARCH)
    found.one_of("id", [one.lower() for one in wish.get("taxCodeIds") or ()])
    for name in ("archived", "code", "type"):
        if name in wish:
            found.where(f"{name} = ?", wish[name])
    return answer(page(found, _SORTING, TAX_CODES.show))


_MONEY: dict[str, v.Check] = {
    "currency": v.text_of(0, None, r"[A-Z]{3}|UNDEFINED"),
    "minors": v.whole_number,
}


def _amount(where: str, value: Any) -> None:
    v.check_object(where, value, {"id": v.text, "amount": _money}, ("id", "amount"))


def _money(where: str, value: Any) -> None:
    v.check_object(where, value, _MONEY, ("currency", "minors"))


def _amounts(where: str, value: Any) -> None:
    if not isinstance(value, dict):
        raise invalid(f"{where} is not an object")
    for tax_code_id, rows in value.items():
        v.uuid(f"{where} member", tax_code_id)
        v.list_of(_amount, least=0)(f"{where}.{tax_code_id}", rows)


@blueprint.post("/v0/tax-codes:calculate-tax-amounts")
def calculate() -> Response:
    caller = require("tax-codes:read")
    only_if_open("tax_calculation_calls")
    check_names()
    name = "amountsByTaxCodeId"
    body = v.check_object("body", v.json_body(request), {name: _amounts}, (name,))
    taxes = {}
    for tax_code_id, rows in body[name].items():
        tax_code = TAX_CODES.find(sim(), tax_code_id.lower())
        if tax_code is None or tax_code["company_id"] != caller.company_id:
            raise invalid(f"body.{name} has an unknown tax code")
        taxes[tax_code_id] = [
            {"id": row["id"], "amountTaxBreakdown": _split(tax_code, row["amount"])} for row in rows
        ]
    return answer({"data": {"taxes": taxes}})


def _split(tax_code: Row, amount: dict[str, Any]) -> dict[str, Any]:
    """For inclusive codes gross is the amount before tax, against usual wording."""
    rate, total = Decimal(str(tax_code["rate"])), Decimal(int(amount["minors"]))
    included = tax_code["type"] == "inclusive"
    tax = int((total * rate / (1 + rate if included else 1)).quantize(Decimal(1), ROUND_HALF_UP))
    parts = {"gross": int(total) - tax if included else int(total), "net": int(total), "tax": tax}
    return {name: amount | {"minors": minors} for name, minors in parts.items()}
