"""What happens to a job as a whole, and the tries at it. Committed under the lease."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F, Q

from pleo_connector.connections.lease import Lease, worker_name
from pleo_connector.connections.models import Connection
from pleo_connector.exports.causes import note_causes
from pleo_connector.exports.models import ExportJob, ExportJobItem
from pleo_connector.exports.outcomes import Wait
from pleo_connector.exports.translation import origin_of_fix, origin_of_job, origin_of_wait
from pleo_connector.history import actions as history
from pleo_connector.history.models import Attempt, Run
from pleo_connector.pleo.client import Job

Status = ExportJobItem.Status


def take_jobs(
    lease: Lease,
    listed: Sequence[Job],
    *,
    asked_at: datetime,
    now: datetime,
    done: Collection[int] = (),
) -> list[ExportJob]:
    """Rows for new jobs; all jobs that are not over here, oldest first.

    One that Pleo no longer lists is among them: its run finds out how it ended. So is one that Pleo
    still lists though it is over here: Pleo decides. Not those `done` just now, as lists come late.
    """
    connection = lease.connection
    with lease.writing():
        Connection.objects.filter(pk=connection.pk).update(checked_at=asked_at)
        ours = {job.pleo_job_id: job for job in unfinished_jobs(connection)}
        over = _over(connection, [job.id for job in listed if job.id not in ours])
        for job in listed:
            if job.id in over and over[job.id].pk not in done:
                ours[job.id] = _reopened(over[job.id], now=now)
            elif job.id not in ours and job.id not in over:
                run = history.begin_run(
                    connection=connection, kind="export", total=job.number_of_items, now=now
                )
                ours[job.id] = ExportJob.objects.create(
                    connection=connection,
                    run=run,
                    pleo_job_id=job.id,
                    number_of_items=job.number_of_items,
                    with_vendors=job.vendor_based_bookkeeping,
                    created_at=job.created_at,
                )
    return sorted(ours.values(), key=lambda job: (job.created_at, job.pleo_job_id))


def _over(connection: Connection, pleo_ids: Sequence[UUID]) -> dict[UUID, ExportJob]:
    """Of jobs that are not open here, those that are known."""
    if not pleo_ids:
        return {}
    rows = ExportJob.objects.filter(connection=connection, pleo_job_id__in=pleo_ids)
    return {job.pleo_job_id: job for job in rows.select_related("run__connection")}


def _reopened(job: ExportJob, *, now: datetime) -> ExportJob:
    """Entries that had no result yet wait for one again."""
    job.status, job.failure_type = ExportJob.Status.IN_PROGRESS, ""
    job.save(update_fields=["status", "failure_type"])
    job.items.filter(status=Status.ABANDONED).update(status=Status.PENDING)
    history.reopen_run(job.run, now=now)
    return job


def unfinished_jobs(connection: Connection) -> list[ExportJob]:
    rows = ExportJob.objects.filter(connection=connection, status__in=ExportJob.UNFINISHED)
    return list(rows.select_related("run"))


def begin_attempt(lease: Lease, job: ExportJob, *, now: datetime) -> Attempt:
    with lease.writing():
        return history.begin_attempt(run=job.run, fence=lease.fence, worker=worker_name(), now=now)


def end_attempt(attempt: Attempt, outcome: str, *, now: datetime) -> None:
    history.end_attempt(attempt, outcome, now=now)


def job_started(lease: Lease, job: ExportJob) -> None:
    if job.status != ExportJob.Status.IN_PROGRESS:
        with lease.writing():
            job.status = ExportJob.Status.IN_PROGRESS
            job.save(update_fields=["status"])


def job_paused(
    lease: Lease, job: ExportJob, wait: Wait, *, until: datetime | None, now: datetime
) -> None:
    with lease.writing():
        history.pause_run(
            job.run,
            waiting_for=wait.who,
            until=until,
            headline=wait.sentence,
            origin=origin_of_wait(wait.who),
            is_limit=wait.is_limit,
            now=now,
        )


def wait_for_person(lease: Lease, sentence: str, *, now: datetime) -> None:
    """Nothing can go on before somebody reconnects Pleo: each open run says so, once."""
    for job in unfinished_jobs(lease.connection):
        if job.run.waiting_for != "reconnect":
            job_paused(lease, job, Wait(0, "reconnect", sentence), until=None, now=now)


def job_over(
    lease: Lease,
    job: ExportJob,
    status: str,
    headline: str,
    *,
    now: datetime,
    kind: str = "",
    origin: str = "",
    fix: str = "",
) -> None:
    with lease.writing():
        known = status in ExportJob.Status.values
        job.status = status if known else ExportJob.Status.FAILED
        job.failure_type = kind
        job.save(update_fields=["status", "failure_type"])
        history.end_run(
            job.run,
            state=job.status,
            headline=headline,
            origin=origin or _origin(job),
            now=now,
            **progress(job),
        )
        job.items.filter(status=Status.PENDING).update(status=Status.ABANDONED)
        note_causes(lease.connection, job, fix=fix, now=now)


def progress(job: ExportJob) -> dict[str, int]:
    """Before its entries are read, a job has Pleo's number of them."""
    found = job.items.aggregate(
        total=Count("pk"),
        succeeded=Count("pk", filter=Q(status=Status.SUCCESSFUL)),
        failed=Count("pk", filter=Q(status=Status.FAILED)),
    )
    return found | {"total": max(found["total"], job.number_of_items)}


def _origin(job: ExportJob) -> str:
    """Of the job itself where it was stopped, else of most of its entries that failed."""
    if job.failure_type and (origin := origin_of_job(job.failure_type)):
        return origin
    failed = job.items.filter(status=Status.FAILED).order_by().values_list("fix")
    origins = Counter[str]()
    for fix, entries in failed.annotate(entries=Count("pk")):
        origins[origin_of_fix(fix)] += entries
    if origins:
        return max(sorted(origins), key=lambda origin: origins[origin])  # ties: always the same
    return Run.Origin.OURS if job.status == ExportJob.Status.FAILED else ""


# -- Told once more -----------------------------------------------------------------------------


def begin_telling(lease: Lease, job: ExportJob, *, now: datetime) -> Attempt:
    """An attempt for the record; how the run ended stays as it is."""
    with lease.writing():
        Run.objects.filter(pk=job.run_id).update(tries=F("tries") + 1)
        attempt: Attempt = Attempt.objects.create(
            run=job.run, fence=lease.fence, worker=worker_name(), started_at=now
        )
    return attempt


def end_telling(
    lease: Lease, job: ExportJob, attempt: Attempt, outcome: str, *, now: datetime
) -> None:
    with lease.writing():
        history.end_attempt(attempt, outcome, now=now)
        ExportJob.objects.filter(pk=job.pk).update(tell_again_at=None)
