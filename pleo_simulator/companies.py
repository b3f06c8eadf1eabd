"""Companies API: a credential sees its own company only."""

from typing import Any

from flask import Blueprint, Response, request

from . import validation as v
from .auth import require, same_company
from .errors import answer, missing
from .paging import PAGE_PARAMETERS, paginate, read_page
from .state import sim
from .store import Row, decode

blueprint = Blueprint("companies", __name__)


def show(row: Row) -> dict[str, Any]:
    profile = decode(row["profile"])
    return {
        "id": row["id"],
        "name": row["name"],
        "address": profile["address"],
        "organizationId": None,
        "registrationNumber": profile["registrationNumber"],
    }


@blueprint.get("/v1/companies")
def read_all() -> Response:
    caller = require("companies:read")
    switches = sim().switches
    if switches.flag("reject_unknown_query_parameters"):
        v.check_query_names(request, (*PAGE_PARAMETERS, "organization_id"))
    organization = v.query_uuid(request, "organization_id")
    rows = (
        []
        if organization
        else sim().store.all("SELECT * FROM companies WHERE id = ?", caller.company_id)
    )
    return answer(
        paginate(rows, read_page(request, switches), switches, {"id": "id", "name": "name"}, show)
    )


@blueprint.get("/v1/companies/<company_id>")
def read_one(company_id: str) -> Response:
    caller = require("companies:read")
    company_id = v.path_uuid("companyId", company_id)
    row = sim().store.one("SELECT * FROM companies WHERE id = ?", company_id)
    if row is None:
        raise missing("Company not found.")
    same_company(caller, company_id)
    return answer({"data": show(row)})
