"""Employees of the caller's company. Here the query says companyId, in camel case."""

from flask import Blueprint, Response, request

from .. import validation as v
from ..auth import require, same_company
from ..errors import answer
from ..keyset import Selection, page
from ..paging import PAGE_PARAMETERS
from .resource import Resource, check_names

blueprint = Blueprint("employees", __name__)
EMPLOYEES = Resource(
    "employees",
    "Employee",
    {
        "id": "id",
        "companyId": "company_id",
        "email": "email",
        "firstName": "first_name",
        "lastName": "last_name",
        "code": "code",
        "jobTitle": "job_title",
        "phone": "phone",
    },
)
_SORTING = {"id": "id", "email": "email", "code": "code", "lastName": "last_name"}


@blueprint.get("/v2/employees")
def read_all() -> Response:
    caller = require("users:read")
    check_names("companyId", "email", "code", *PAGE_PARAMETERS)
    same_company(caller, v.query_uuid(request, "companyId"))
    found = Selection("employees").where("company_id = ?", caller.company_id)
    for name in ("email", "code"):
        if name in request.args:
            found.where(f"{name} = ?", request.args[name])
    return answer(page(found, _SORTING, EMPLOYEES.show))


@blueprint.get("/v2/employees/<employee_id>")
def read_one(employee_id: str) -> Response:
    caller = require("users:read")
    check_names()
    return answer({"data": EMPLOYEES.show(EMPLOYEES.own(caller, employee_id, "employeeId"))})
