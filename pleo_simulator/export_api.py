"""Export API v3: the seven public operations."""

from typing import Any

from flask import Blueprint, Response, request

from . import entries, job_machine, job_results, jobs
from . import export_bodies as bodies
from . import validation as v
from .auth import Caller, require_export, same_company
from .errors import ApiError, answer, denied, invalid, invalid_parameter
from .paging import PAGE_PARAMETERS, paginate, read_page
from .state import Simulator, sim
from .store import Row

blueprint = Blueprint("export_api", __name__)
_JOB_SORTING = {
    "createdAt": "created_at",
    "lastUpdatedAt": "last_updated_at",
    "status": "status",
    "id": "id",
}
_ITEM_SORTING = {"accountingEntryId": "entry_id", "status": "status", "exportedAt": "exported_at"}
_EXPORT_ITEM_SORTING = {"accountingEntryId": "id", "date": "date", "type": "type"}


def _check_names(*known: str) -> None:
    if sim().switches.flag("reject_unknown_query_parameters"):
        v.check_query_names(request, known)


def _not_found() -> ApiError:
    return ApiError(404, "EXPORT_NOT_FOUND", "Export job not found.")


def _job(caller: Caller, job_id: str) -> Row:
    job = jobs.find(sim(), v.path_uuid("jobId", job_id))
    if job is None:
        raise _not_found()
    if job["company_id"] != caller.company_id:
        hidden = sim().switches["foreign_resource_status"] == "404"
        raise _not_found() if hidden else denied("The job belongs to another company.")
    return job


@blueprint.get("/v3/export-jobs")
def list_jobs() -> Response:
    caller = require_export("export-jobs:read")
    _check_names("company_id", "statuses", *PAGE_PARAMETERS)
    same_company(caller, v.query_uuid(request, "company_id"))
    statuses = v.query_choices(request, "statuses", job_machine.JOB_STATUSES)
    rows = [
        row
        for row in jobs.of_company(sim(), caller.company_id)
        if not statuses or row["status"] in statuses
    ]
    switches = sim().switches
    return answer(paginate(rows, read_page(request, switches), switches, _JOB_SORTING, jobs.show))


@blueprint.post("/v3/export-jobs")
def create_job() -> Response:
    caller = require_export("export-jobs:write")
    body = v.check_object(
        "body", v.json_body(request), bodies.CREATE, ("companyId", "accountingEntryIds")
    )
    same_company(caller, body["companyId"].lower())
    ids = [entry_id.lower() for entry_id in body["accountingEntryIds"]]
    _require_contra_accounts(sim(), caller.company_id, ids)
    options = body.get("options") or {}
    interactive = body.get("isInteractive")
    job = jobs.create(
        sim(),
        caller.company_id,
        ids,
        created_by=body.get("employeeId") or caller.user_id,
        interactive=interactive is None or interactive,
        vendor_based=bool(options.get("vendorBasedBookkeeping")),
    )
    return answer({"data": jobs.show(job)}, 201)


def _require_contra_accounts(simulator: Simulator, company_id: str, ids: list[str]) -> None:
    without = entries.currencies_without_contra_account(simulator, company_id, ids)
    if without:
        raise ApiError(
            400, "MISSING_CONTRA_ACCOUNTS", f"No contra account is set for: {', '.join(without)}."
        )


@blueprint.get("/v3/export-jobs/<job_id>")
def read_job(job_id: str) -> Response:
    caller = require_export("export-jobs:read")
    _check_names()
    return answer({"data": jobs.show(_job(caller, job_id))})


@blueprint.get("/v3/export-jobs/<job_id>/items")
def list_items(job_id: str) -> Response:
    caller = require_export("export-jobs:read")
    _check_names("status", *PAGE_PARAMETERS)
    statuses = v.query_choices(request, "status", job_machine.ITEM_STATUSES)
    if len(statuses) > 1:
        raise invalid_parameter("status takes one value")
    rows = [
        row
        for row in job_machine.items(sim(), _job(caller, job_id)["id"])
        if not statuses or row["status"] in statuses
    ]
    switches = sim().switches
    return answer(
        paginate(rows, read_page(request, switches), switches, _ITEM_SORTING, jobs.show_item)
    )


@blueprint.put("/v3/export-jobs/<job_id>/items")
def update_items(job_id: str) -> Response:
    caller = require_export("export-jobs:write")
    job = _job(caller, job_id)
    rows = v.json_body(request)
    if not isinstance(rows, list) or not rows:
        raise invalid("body is not an array with at least one row")
    if len(rows) > job_results.LIMIT:
        raise ApiError(
            413, "EXPORT_JOB_ITEMS_UPDATE_LIMIT", f"At most {job_results.LIMIT} items per call."
        )
    for index, row in enumerate(rows):
        v.check_object(f"body[{index}]", row, bodies.RESULT, ("accountingEntryId", "status"))
        _check_text_lengths(f"body[{index}]", row)
    return answer(job_results.store_results(sim(), job, rows))


def _check_text_lengths(where: str, row: dict[str, Any]) -> None:
    most = sim().switches.number("result_text_maximum_length")
    for name in ("externalId", "externalUrl", "failureReason"):
        if most and len(row.get(name, "")) > most:
            raise invalid(f"{where}.{name} is longer than {most} characters")


@blueprint.post("/v3/export-job-events")
def create_event() -> Response:
    caller = require_export("export-jobs:write")
    body = v.check_object("body", v.json_body(request), bodies.EVENT, ("jobId", "event"))
    reasons = [name for name in ("failureReason", "failureReasonType") if name in body]
    if (
        reasons
        and body["event"] != "failed"
        and sim().switches.flag("reasons_only_with_failed_event")
    ):
        raise invalid(f"body.{reasons[0]} fits the event failed only")
    job = _job(caller, body["jobId"])
    job_machine.apply_event(
        sim(), job, body["event"], body.get("failureReason"), body.get("failureReasonType")
    )
    return Response(status=202)


@blueprint.get("/v3/export-items")
def list_export_items() -> Response:
    caller = require_export("export-items:read")
    _check_names("job_id", *PAGE_PARAMETERS)
    simulator = sim()
    rows, vendor_based = _export_rows(simulator, caller)
    _require_contra_accounts(simulator, caller.company_id, [row["id"] for row in rows])
    view = entries.ItemView(
        simulator, caller.company_id, vendor_based=vendor_based, base=request.host_url.rstrip("/")
    )
    return answer(
        paginate(
            rows,
            read_page(request, simulator.switches),
            simulator.switches,
            _EXPORT_ITEM_SORTING,
            view,
        )
    )


def _export_rows(simulator: Simulator, caller: Caller) -> tuple[list[Row], bool]:
    job_id = v.query_uuid(request, "job_id")
    if job_id is None:
        if simulator.switches.flag("export_items_require_job_id"):
            raise invalid_parameter("job_id is missing")
        job = jobs.unfinished(simulator, caller.company_id)
        return (_rows_of(simulator, job), bool(job["vendor_based"])) if job else ([], False)
    job = _job(caller, job_id)
    if job["status"] not in job_machine.UNFINISHED:
        raise ApiError(
            422,
            "EXPORT_JOB_STATUS_UNPROCESSABLE",
            f"The job is {job['status']}; its export items are gone.",
        )
    return _rows_of(simulator, job), bool(job["vendor_based"])


def _rows_of(simulator: Simulator, job: Row) -> list[Row]:
    rows = simulator.store.all(
        "SELECT e.id, e.date, e.type, i.position, i.status AS item_status"
        " FROM job_items i JOIN entries e ON e.id = i.entry_id WHERE i.job_id = ?"
        " ORDER BY i.position",
        job["id"],
    )
    if not simulator.switches.flag("export_items_leave_out_final"):
        return rows
    return [row for row in rows if row["item_status"] not in job_machine.FINAL_ITEM_STATUSES]
