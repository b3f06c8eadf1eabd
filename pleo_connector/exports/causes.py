"""What an export met, one cause each: of its entries, and of itself where it ended early."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pleo_connector.connections import health
from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob, ExportJobItem
from pleo_connector.exports.translation import origin_of_fix
from pleo_connector.history.problems import Found, note_problems

KIND = "export"
Status = ExportJobItem.Status
FINAL = (Status.SUCCESSFUL, Status.FAILED)
# Somebody wanted it so, or it is a problem of the connection, which is noted by itself.
NO_PROBLEM = frozenset(
    {
        "canceled_by_user",
        "authentication_failure",
        "authorization_failure",
        "accounting_system_authentication_failure",
    }
)


def note_causes(connection: Connection, job: ExportJob, *, fix: str, now: datetime) -> None:
    """Call inside the transaction that ends the job, once all of it is stored."""
    rows = list(
        job.items.values_list(
            "status", "failure_type", "subject", "fix", "failure_reason", "accounting_entry_id"
        )
    )
    found = _of_entries([row for row in rows if row[0] == Status.FAILED])
    is_whole = job.status != ExportJob.Status.FAILED
    if not is_whole and not connection.erp_problem:
        is_told = bool(rows) and all(row[0] in FINAL for row in rows)
        is_told = is_told or job.failure_type in {cause.type for cause in found}
        found += [] if is_told else _of_job(job, fix)
    note_problems(
        connection=connection,
        kind=KIND,
        found=found,
        booked=[row[5] for row in rows if row[0] == Status.SUCCESSFUL],
        run=job.run,
        is_whole=is_whole,
        now=now,
    )
    if is_whole:  # both sides let us in
        if connection.erp_problem:
            connection.erp_problem = ""
            connection.save(update_fields=["erp_problem"])
        health.changed(connection_id=connection.pk, now=now)


def _of_entries(rows: Sequence[tuple[str, str, str, str, str, UUID]]) -> list[Found]:
    causes: dict[tuple[str, str, str], list[tuple[str, UUID]]] = {}
    for _status, kind, subject, fix, sentence, entry_id in rows:
        causes.setdefault((kind, subject, fix), []).append((sentence, entry_id))
    return [
        Found(
            origin=origin_of_fix(fix),
            type=kind,
            subject=subject,
            sentence=min(sentence for sentence, _ in kept),
            fix=fix,
            entries=[entry_id for _, entry_id in kept],
        )
        for (kind, subject, fix), kept in causes.items()
    ]


def _of_job(job: ExportJob, fix: str) -> list[Found]:
    """Why it ended early."""
    if job.failure_type in NO_PROBLEM:
        return []
    origin = origin_of_fix(fix) if fix else job.run.origin
    return [Found(origin=origin, type=job.failure_type, sentence=job.run.headline, fix=fix)]
