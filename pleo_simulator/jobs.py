"""Export jobs and their items: create, find, show."""

import uuid
from typing import Any

from . import entries
from .clock import iso, iso_or_none
from .errors import ApiError, invalid
from .job_machine import UNFINISHED, expire_due, log_event
from .state import Simulator
from .store import Row


def show(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "companyId": row["company_id"],
        "status": row["status"],
        "createdAt": iso(row["created_at"]),
        "createdBy": row["created_by"],
        "isInteractive": bool(row["is_interactive"]),
        "numberOfItems": row["number_of_items"],
        "expiresIn": row["expires_in"],
        "vendorBasedBookkeeping": bool(row["vendor_based"]),
        "startedAt": iso_or_none(row["started_at"]),
        "lastUpdatedAt": iso(row["last_updated_at"]),
        "completedAt": iso_or_none(row["completed_at"]),
        "expiredAt": iso_or_none(row["expired_at"]),
        "failureReason": row["failure_reason"],
        "failureReasonType": row["failure_reason_type"],
    }


def show_item(row: Row) -> dict[str, Any]:
    return {
        "accountingEntryId": row["entry_id"],
        "exportJobId": row["job_id"],
        "status": row["status"],
        "exportedAt": row["exported_at"],
        "externalId": row["external_id"],
        "externalUrl": row["external_url"],
        "failureReason": row["failure_reason"],
        "failureReasonType": row["failure_reason_type"],
    }


def find(simulator: Simulator, job_id: str) -> Row | None:
    expire_due(simulator)
    return simulator.store.one("SELECT * FROM jobs WHERE id = ?", job_id)


def of_company(simulator: Simulator, company_id: str) -> list[Row]:
    expire_due(simulator)
    return simulator.store.all(
        "SELECT * FROM jobs WHERE company_id = ? ORDER BY position", company_id
    )


def unfinished(simulator: Simulator, company_id: str) -> Row | None:
    """The oldest unfinished job."""
    found = [row for row in of_company(simulator, company_id) if row["status"] in UNFINISHED]
    return found[0] if found else None


def create(
    simulator: Simulator,
    company_id: str,
    entry_ids: list[str],
    *,
    created_by: str | None,
    interactive: bool,
    vendor_based: bool,
) -> Row:
    """A pending job of these entries; announces it by webhook."""
    with simulator.store.write():
        if unfinished(simulator, company_id) and not simulator.switches.flag(
            "several_unfinished_jobs"
        ):
            raise ApiError(
                409, "EXPORT_ALREADY_IN_PROGRESS", "An export is running for this company."
            )
        _check_entries(simulator, company_id, entry_ids)
        now = simulator.clock.now()
        row: Row = {
            "id": str(uuid.uuid4()),
            "position": simulator.store.next_position("jobs"),
            "company_id": company_id,
            "status": "pending",
            "created_at": now,
            "created_by": created_by,
            "is_interactive": int(interactive),
            "number_of_items": len(entry_ids),
            "expires_in": simulator.switches.number("job_expires_in_seconds"),
            "vendor_based": int(vendor_based),
            "started_at": None,
            "last_updated_at": now,
            "completed_at": None,
            "expired_at": None,
            "failure_reason": None,
            "failure_reason_type": None,
        }
        simulator.store.insert("jobs", row)
        _add_items(simulator, row["id"], entry_ids)
        log_event(simulator, row["id"], "pleo", "created", {"items": len(entry_ids)})
        simulator.dispatcher.announce(show(row))
    return row


def _check_entries(simulator: Simulator, company_id: str, entry_ids: list[str]) -> None:
    most = simulator.switches.number("maximum_entries_per_job")
    if most and len(entry_ids) > most:
        raise invalid(f"A job has at most {most} entries")
    if not entry_ids or len(set(entry_ids)) != len(entry_ids):
        raise invalid("The list of entries is empty or names one twice")
    for entry_id in entry_ids:
        entry = entries.find(simulator, entry_id)
        if entry is None or entry["company_id"] != company_id:
            raise invalid(f"Accounting entry {entry_id} does not exist")


def _add_items(simulator: Simulator, job_id: str, entry_ids: list[str]) -> None:
    for position, entry_id in enumerate(entry_ids, 1):
        simulator.store.insert(
            "job_items",
            {
                "job_id": job_id,
                "entry_id": entry_id,
                "position": position,
                "status": "pending",
                "exported_at": None,
                "external_id": None,
                "external_url": None,
                "failure_reason": None,
                "failure_reason_type": None,
            },
        )
        simulator.store.run(
            "UPDATE entries SET job_id = ?, lane = ?, last_error = NULL WHERE id = ?",
            job_id,
            entries.QUEUE,
            entry_id,
        )
