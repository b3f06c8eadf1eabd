"""Admin calls about export jobs: click Export, look inside, cancel."""

from typing import Any

from flask import Blueprint, Response, request

from . import clock, entries, job_machine, jobs
from .admin_support import body_of, company_row, members
from .errors import answer, invalid, missing
from .state import sim
from .store import Row, decode

blueprint = Blueprint("admin_jobs", __name__)


@blueprint.post("/sim/companies/<company_id>/export")
def export(company_id: str) -> Response:
    company_row(company_id)
    wish = members(body_of(), "entryIds", "vendorBasedBookkeeping")
    return answer(
        click_export(company_id, wish.get("entryIds"), wish.get("vendorBasedBookkeeping")), 201
    )


def click_export(
    company_id: str, entry_ids: list[str] | None, vendor_based: bool | None = None
) -> dict[str, Any]:
    """What the Export button does: a job of the chosen entries, or of the whole queue."""
    simulator = sim()
    ids = (
        entries.ids_in_lane(simulator, company_id, entries.QUEUE)
        if entry_ids is None
        else [str(entry_id).lower() for entry_id in entry_ids]
    )
    if vendor_based is None:
        vendor_based = simulator.switches.flag("vendor_based_bookkeeping_for_clicked_jobs")
    bookkeeper = simulator.store.one(
        "SELECT user_id FROM company_users WHERE company_id = ? ORDER BY rowid", company_id
    )
    job = jobs.create(
        simulator,
        company_id,
        ids,
        interactive=True,
        vendor_based=vendor_based,
        created_by=bookkeeper["user_id"] if bookkeeper else None,
    )
    return jobs.show(job)


@blueprint.get("/sim/jobs")
def all_jobs() -> Response:
    simulator = sim()
    job_machine.expire_due(simulator)
    wanted = request.args.get("company_id")
    rows = simulator.store.all("SELECT * FROM jobs ORDER BY position")
    return answer([jobs.show(row) for row in rows if wanted in (None, row["company_id"])])


@blueprint.get("/sim/jobs/<job_id>")
def one_job(job_id: str) -> Response:
    simulator = sim()
    job = jobs.find(simulator, job_id)
    if job is None:
        raise missing("Job not found.")
    events = simulator.store.all("SELECT * FROM job_events WHERE job_id = ? ORDER BY rowid", job_id)
    return answer(
        {
            "job": jobs.show(job),
            "items": [jobs.show_item(row) for row in job_machine.items(simulator, job_id)],
            "events": [_event(row) for row in events],
        }
    )


def _event(row: Row) -> dict[str, Any]:
    return {
        "at": clock.iso(row["at"]),
        "source": row["source"],
        "event": row["event"],
        **decode(row["detail"]),
    }


@blueprint.post("/sim/jobs/<job_id>/cancel")
def cancel_job(job_id: str) -> Response:
    job = jobs.find(sim(), job_id)
    if job is None:
        raise missing("Job not found.")
    if job["status"] not in job_machine.UNFINISHED:
        raise invalid(f"The job is {job['status']}.")
    job_machine.cancel(sim(), job)
    return answer({"ok": True})
