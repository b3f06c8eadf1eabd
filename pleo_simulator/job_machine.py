"""The two state machines: events move jobs, closing settles items, silence expires both."""

from typing import Any

from . import entries
from .errors import ApiError
from .state import Simulator
from .store import Row, encode

UNFINISHED = ("pending", "in_progress")
JOB_STATUSES = (*UNFINISHED, "failed", "completed", "completed_with_errors")
ITEM_STATUSES = ("pending", "in_progress", "failed", "successful", "abandoned")
FINAL_ITEM_STATUSES = ("failed", "successful", "abandoned")
EVENTS = ("started", "failed", "completed", "completed_with_errors")
TRANSITIONS = {
    ("pending", "started"): "in_progress",
    ("pending", "failed"): "failed",
    ("in_progress", "failed"): "failed",
    ("in_progress", "completed"): "completed",
    ("in_progress", "completed_with_errors"): "completed_with_errors",
}


def items(simulator: Simulator, job_id: str) -> list[Row]:
    return simulator.store.all("SELECT * FROM job_items WHERE job_id = ? ORDER BY position", job_id)


def log_event(
    simulator: Simulator, job_id: str, source: str, event: str, detail: dict[str, Any]
) -> None:
    simulator.store.insert(
        "job_events",
        {
            "job_id": job_id,
            "at": simulator.clock.now(),
            "source": source,
            "event": event,
            "detail": encode(detail),
        },
    )


def apply_event(
    simulator: Simulator, job: Row, event: str, reason: str | None, reason_type: str | None
) -> None:
    """Moves the job, or refuses with 422."""
    with simulator.store.write():
        restarted = event == "started" and job["status"] == "in_progress"
        target = TRANSITIONS.get((job["status"], event))
        if restarted and simulator.switches.flag("second_started_accepted"):
            target = "in_progress"
        if target is None or _completes_too_early(simulator, job, event):
            raise ApiError(
                422,
                "INVALID_EXPORT_JOB_STATUS_CHANGE",
                f"A job that is {job['status']} does not take the event {event}.",
            )
        target = _corrected(simulator, job, target)
        _set_status(simulator, job, target, reason, reason_type)
        log_event(
            simulator,
            job["id"],
            "integration",
            event,
            {"failureReason": reason, "failureReasonType": reason_type},
        )


def _count(simulator: Simulator, job: Row, *statuses: str) -> int:
    return sum(1 for item in items(simulator, job["id"]) if item["status"] in statuses)


def _completes_too_early(simulator: Simulator, job: Row, event: str) -> bool:
    return (
        event in ("completed", "completed_with_errors")
        and simulator.switches.flag("refuse_completed_with_unfinished_items")
        and _count(simulator, job, *UNFINISHED) > 0
    )


def _corrected(simulator: Simulator, job: Row, target: str) -> str:
    wrong = (
        target == "completed"
        and simulator.switches.flag("correct_completed_with_failed_items")
        and _count(simulator, job, "failed", *UNFINISHED) > 0
    )
    return "completed_with_errors" if wrong else target


def _set_status(
    simulator: Simulator, job: Row, target: str, reason: str | None, reason_type: str | None
) -> None:
    now = simulator.clock.now()
    started = now if target == "in_progress" and job["started_at"] is None else job["started_at"]
    completed = now if target.startswith("completed") else None
    expired = now if reason_type == "job_expired" else None
    simulator.store.run(
        "UPDATE jobs SET status = ?, started_at = ?, completed_at = ?, expired_at = ?,"
        " last_updated_at = ?, failure_reason = ?, failure_reason_type = ? WHERE id = ?",
        target,
        started,
        completed,
        expired,
        now,
        reason,
        reason_type,
        job["id"],
    )
    if target not in UNFINISHED:
        _close(simulator, job["id"], reason, reason_type)


def _close(simulator: Simulator, job_id: str, reason: str | None, reason_type: str | None) -> None:
    """Unfinished items are abandoned; users now see the results on the Export page."""
    simulator.store.run(
        "UPDATE job_items SET status = 'abandoned' WHERE job_id = ?"
        " AND status IN ('pending', 'in_progress')",
        job_id,
    )
    for item in items(simulator, job_id):
        if item["status"] == "successful":
            simulator.store.run(
                "UPDATE entries SET lane = ?, external_id = ?, external_url = ?,"
                " last_error = NULL, job_id = NULL WHERE id = ?",
                entries.EXPORTED,
                item["external_id"],
                item["external_url"],
                item["entry_id"],
            )
        else:
            simulator.store.run(
                "UPDATE entries SET last_error = ?, job_id = NULL WHERE id = ?",
                encode(_last_error(item, reason, reason_type)),
                item["entry_id"],
            )


def _last_error(item: Row, reason: str | None, reason_type: str | None) -> dict[str, Any]:
    """An abandoned item has no reason of its own; it takes the one of the job."""
    abandoned = item["status"] == "abandoned"
    return {
        "status": item["status"],
        "failureReason": reason if abandoned else item["failure_reason"],
        "failureReasonType": reason_type if abandoned else item["failure_reason_type"],
        "exportJobId": item["job_id"],
    }


def cancel(simulator: Simulator, job: Row) -> None:
    with simulator.store.write():
        _set_status(simulator, job, "failed", "The user cancelled the export.", "canceled_by_user")
        log_event(simulator, job["id"], "pleo", "canceled_by_user", {})


def expire_due(simulator: Simulator) -> None:
    due = simulator.store.all(
        "SELECT * FROM jobs WHERE status IN ('pending', 'in_progress')"
        " AND last_updated_at + expires_in <= ?",
        simulator.clock.now(),
    )
    if not due:
        return
    with simulator.store.write():
        for job in due:
            _set_status(
                simulator,
                job,
                "failed",
                f"The job was not updated for {job['expires_in']} seconds.",
                "job_expired",
            )
            log_event(simulator, job["id"], "pleo", "expired", {})
