"""What is written of entries and their files. Each commits under the lease, so that a late worker
cannot. Beside it: `job_state` for jobs, `once` for postings.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models.functions import Now

from pleo_connector.bookkeeping.codes import PleoCode
from pleo_connector.connections.lease import Lease
from pleo_connector.exports.job_state import progress
from pleo_connector.exports.models import AttachmentUpload, ExportJob, ExportJobItem, Posting
from pleo_connector.history import actions as history
from pleo_connector.mapping.actions import note_codes
from pleo_connector.pleo.client import JobItem

Status = ExportJobItem.Status
logger = logging.getLogger(__name__)

UPLOAD = "receipt_upload_failure"  # an upload that was refused, or left without an answer


def log_bug(error: Exception, item: ExportJobItem) -> None:
    logger.error("Entry %s could not be planned", item.accounting_entry_id, exc_info=error)


# -- Items --------------------------------------------------------------------------------------


def sync_items(
    lease: Lease, job: ExportJob, remote: Sequence[JobItem], *, now: datetime
) -> dict[UUID, ExportJobItem]:
    """One row per entry of the job, in Pleo's order; what Pleo holds as final is reported."""
    with lease.writing():
        ExportJobItem.objects.bulk_create(
            (
                ExportJobItem(job=job, accounting_entry_id=row.accounting_entry_id, position=place)
                for place, row in enumerate(remote)
            ),
            ignore_conflicts=True,
        )
        final = [row.accounting_entry_id for row in remote if row.is_final]
        job.items.filter(accounting_entry_id__in=final, reported_at=None).update(reported_at=now)
        items = {item.accounting_entry_id: item for item in job.items.all()}
    for row in remote:
        if row.is_final and items[row.accounting_entry_id].status == Status.PENDING:
            items[row.accounting_entry_id].status = row.status  # reported, then our row was lost
    return items


def save_items(lease: Lease, items: Iterable[ExportJobItem]) -> None:
    with lease.writing():
        _store_items(items)


def _store_items(items: Iterable[ExportJobItem]) -> None:
    ExportJobItem.objects.bulk_create(
        items,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["job", "accounting_entry_id"],
        update_fields=ExportJobItem.PLANNED_FIELDS,
    )


def save_plan(
    lease: Lease,
    job: ExportJob,
    items: Iterable[ExportJobItem],
    decisions: Sequence[tuple[UUID, str, str]],
    *,
    codes: Iterable[PleoCode] = (),
    stale: Sequence[Posting] = (),
    now: datetime,
) -> None:
    """`codes` are those that the entries refer to, `stale` what no plan has any more."""
    with lease.writing():
        Posting.objects.filter(pk__in=[row.pk for row in stale]).exclude(
            state=Posting.State.POSTED
        ).delete()
        _store_items(items)
        _store_decisions(job, decisions, now)
        note_codes(connection=lease.connection, codes=codes, now=now)


def save_decisions(
    lease: Lease, job: ExportJob, decisions: Sequence[tuple[UUID, str, str]], *, now: datetime
) -> None:
    if decisions:
        with lease.writing():
            _store_decisions(job, decisions, now)


def _store_decisions(
    job: ExportJob, decisions: Sequence[tuple[UUID, str, str]], now: datetime
) -> None:
    history.note_decisions(((job.run_id, *decision) for decision in decisions), now=now)


def note_reported(
    lease: Lease,
    job: ExportJob,
    items: Sequence[ExportJobItem],
    refused: Mapping[UUID, str],
    *,
    now: datetime,
) -> None:
    """Pleo took the results, except the refused rows, which are told to the customer."""
    with lease.writing():
        for item in items:
            item.reported_at = now
        job.items.filter(pk__in=[item.pk for item in items]).update(reported_at=now)
        history.note_progress(job.run, **progress(job), now=now)
        _store_decisions(
            job,
            [
                (entry_id, "report_refused", f"Pleo did not take the result of this entry: {why}")
                for entry_id, why in refused.items()
            ],
            now,
        )


def note_attaching(lease: Lease, postings: Sequence[Posting], *, now: datetime) -> None:
    """Committed before the first file of a voucher is sent: after a crash the ERP is looked at."""
    fresh = [posting.pk for posting in postings if posting.attaching_at is None]
    if fresh:
        with lease.writing():
            Posting.objects.filter(pk__in=fresh).update(attaching_at=now)


def note_upload(
    lease: Lease,
    posting: Posting,
    number: int,
    *,
    name: str,
    problem: str,
    failure_type: str,
    size: int,
) -> AttachmentUpload:
    """One row per file and posting, however often it is tried."""
    with lease.writing():
        row = AttachmentUpload.objects.filter(posting=posting, number=number).first()
        row = row or AttachmentUpload(posting=posting, number=number)
        row.state = AttachmentUpload.State.FAILED if problem else AttachmentUpload.State.UPLOADED
        row.name, row.size, row.changed_at = name[:200], size, Now()
        row.problem, row.failure_type = problem[:500], failure_type
        row.tries += 1
        row.save()
    return row
