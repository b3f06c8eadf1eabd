"""Up to a thousand accounts in one call, each with a result of its own."""

from typing import Any

from flask import Blueprint, Response, request

from .. import validation as v
from ..auth import require, same_company
from ..errors import answer
from ..state import Simulator, sim
from .accounts import ACCOUNTS, MOST_CHARACTERS, check_tax_code, insert, with_external_id
from .resource import API, check_names, only_if_open

blueprint = Blueprint("account_batch", __name__)
MOST_ITEMS = 1000
_ITEM: dict[str, v.Check] = {
    "externalId": v.text,
    "name": v.text,
    "archived": v.boolean,
    "code": v.nullable(v.text),
    "taxCodeExternalId": v.nullable(v.text),
    "metadata": v.nullable(v.metadata),
}


def _item(where: str, value: Any) -> None:
    v.check_object(where, value, _ITEM, ("externalId", "name", "archived"))


_BATCH: dict[str, v.Check] = {
    "companyId": v.uuid,
    "items": v.list_of(_item, most=MOST_ITEMS),
}


@blueprint.post("/v1/chart-of-accounts/batch")
def create_many() -> Response:
    caller = require("accounts:write")
    only_if_open("account_batch_calls")
    check_names()
    body = v.check_object("body", v.json_body(request), _BATCH, ("companyId", "items"))
    same_company(caller, body["companyId"].lower())
    simulator = sim()
    for item in body["items"]:
        check_tax_code(simulator, caller.company_id, item)
    created, failed = [], []
    with simulator.store.write():
        for item in body["items"]:
            reasons = _reasons(simulator, caller.company_id, item)
            if reasons:
                failed.append({"reasons": reasons, "request": item})
            else:
                row = insert(simulator, caller.company_id, item, made_by=API)
                created.append(ACCOUNTS.show(row))
    return answer({"data": {"created": created, "failed": failed}}, 201)


def _reasons(simulator: Simulator, company_id: str, item: dict[str, Any]) -> list[str]:
    """Why the item cannot be created; of two with one externalId the first is."""
    taken = with_external_id(simulator, company_id, item["externalId"]) is not None
    found = {
        "EXTERNAL_ID_ALREADY_EXISTS": taken,
        "EXTERNAL_ID_TOO_LONG": len(item["externalId"]) > MOST_CHARACTERS,
        "EXTERNAL_ID_EMPTY": not item["externalId"],
        "NAME_TOO_LONG": len(item["name"]) > MOST_CHARACTERS,
        "NAME_EMPTY": not item["name"],
        "CODE_TOO_LONG": len(item.get("code") or "") > MOST_CHARACTERS,
    }
    return [reason for reason, true in found.items() if true]
