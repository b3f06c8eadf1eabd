"""Item results of an export job: PUT rows, each stored or refused by itself."""

from typing import Any

from . import job_machine, jobs
from .errors import ApiError
from .state import Simulator
from .store import Row

UNKNOWN_ENTRY = "ACCOUNTING_ENTRY_DOES_NOT_EXIST"
UPDATE_REFUSED = "EXPORT_ENTRY_STATUS_UPDATE_FAILED"
LIMIT = 100


def store_results(
    simulator: Simulator, job: Row, rows: list[dict[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    stored: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    with simulator.store.write():
        _check_open(simulator, job)
        for row in rows:
            item = _item(simulator, job["id"], row["accountingEntryId"])
            problem = _problem(simulator, item, row)
            if item is None or problem is not None:
                refused.append(_refusal(row, problem))
            else:
                stored.append(_store(simulator, item, row))
        if simulator.switches.flag("item_updates_refresh_expiry"):
            simulator.store.run(
                "UPDATE jobs SET last_updated_at = ? WHERE id = ?", simulator.clock.now(), job["id"]
            )
        job_machine.log_event(
            simulator,
            job["id"],
            "integration",
            "items_updated",
            {"stored": len(stored), "refused": len(refused), "jobStatus": job["status"]},
        )
    return {"data": stored, "errors": refused}


def _check_open(simulator: Simulator, job: Row) -> None:
    too_early = job["status"] == "pending" and not simulator.switches.flag(
        "item_updates_while_pending"
    )
    if job["status"] not in job_machine.UNFINISHED or too_early:
        raise ApiError(
            422,
            "EXPORT_JOB_STATUS_UNPROCESSABLE",
            f"The job is {job['status']}; its items cannot be updated.",
        )


def _item(simulator: Simulator, job_id: str, entry_id: str) -> Row | None:
    return simulator.store.one(
        "SELECT * FROM job_items WHERE job_id = ? AND entry_id = ?", job_id, entry_id.lower()
    )


def _problem(simulator: Simulator, item: Row | None, row: dict[str, Any]) -> str | None:
    if item is None:
        return UNKNOWN_ENTRY
    final = item["status"] in job_machine.FINAL_ITEM_STATUSES
    if (
        final
        and row["status"] != item["status"]
        and not simulator.switches.flag("overwrite_final_item_status")
    ):
        return UPDATE_REFUSED
    return None


def _refusal(row: dict[str, Any], problem: str | None) -> dict[str, Any]:
    message = (
        "The job has no such entry."
        if problem == UNKNOWN_ENTRY
        else "The entry has another final status already."
    )
    return {"accountingEntryId": row["accountingEntryId"], "type": problem, "message": message}


def _store(simulator: Simulator, item: Row, row: dict[str, Any]) -> dict[str, Any]:
    item |= {
        "status": row["status"],
        "exported_at": row.get("exportedAt", item["exported_at"]),
        "external_id": row.get("externalId", item["external_id"]),
        "external_url": row.get("externalUrl", item["external_url"]),
        "failure_reason": row.get("failureReason"),
        "failure_reason_type": row.get("failureReasonType"),
    }
    simulator.store.insert("job_items", item)
    return jobs.show_item(item)
