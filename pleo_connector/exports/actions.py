"""All writes of the export engine. Each commits under the lease, so that a late worker cannot."""

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import Count, DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Now

from erp_adapters.base import ErpAdapter
from erp_adapters.errors import Rejected
from erp_adapters.ledger import PostedVoucher, Voucher
from pleo_connector.bookkeeping.codes import PleoCode
from pleo_connector.bookkeeping.common import is_common, together
from pleo_connector.bookkeeping.readback import differences
from pleo_connector.connections.lease import Lease, worker_name
from pleo_connector.connections.models import Connection
from pleo_connector.exports.asked import look_up
from pleo_connector.exports.causes import note_causes
from pleo_connector.exports.models import AttachmentUpload, ExportJob, ExportJobItem, Posting
from pleo_connector.exports.outcomes import Wait
from pleo_connector.exports.plan import Planned
from pleo_connector.exports.translation import origin_of_fix, origin_of_job, origin_of_wait
from pleo_connector.exports.voucher_json import hash_of, voucher_from_json, voucher_to_json
from pleo_connector.history import actions as history
from pleo_connector.history.models import Attempt, Decision, Run
from pleo_connector.mapping.actions import note_codes
from pleo_connector.pleo.client import Job, JobItem

T = TypeVar("T")
Status = ExportJobItem.Status
logger = logging.getLogger(__name__)

LOOK_UP = 100  # references per search in the ERP
UPLOAD = "receipt_upload_failure"  # an upload that was refused, or left without an answer


def chunks(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


def log_bug(error: Exception, item: ExportJobItem) -> None:
    logger.error("Entry %s could not be planned", item.accounting_entry_id, exc_info=error)


# -- Jobs and attempts --------------------------------------------------------------------------


def take_jobs(
    lease: Lease, listed: Sequence[Job], *, now: datetime, done: Collection[int] = ()
) -> list[ExportJob]:
    """Rows for new jobs; all jobs that are not over here, oldest first.

    One that Pleo no longer lists is among them: its run finds out how it ended. So is one that Pleo
    still lists though it is over here: Pleo decides. Not those `done` just now, as lists come late.
    """
    connection = lease.connection
    with lease.writing():
        Connection.objects.filter(pk=connection.pk).update(checked_at=now)
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
            **_progress(job),
        )
        job.items.filter(status=Status.PENDING).update(status=Status.ABANDONED)
        note_causes(lease.connection, job, fix=fix, now=now)


def _progress(job: ExportJob) -> dict[str, int]:
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
        return origins.most_common(1)[0][0]
    return Run.Origin.OURS if job.status == ExportJob.Status.FAILED else ""


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
    now: datetime,
) -> None:
    """`codes` are those that the entries refer to."""
    with lease.writing():
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
    _store_decisions_of_runs([(job.run_id, *decision) for decision in decisions], now)


def _store_decisions_of_runs(
    decisions: Sequence[tuple[int, UUID, str, str]], now: datetime
) -> None:
    Decision.objects.bulk_create(
        (
            Decision(
                run_id=run_id,
                accounting_entry_id=entry_id,
                kind=kind,
                sentence=sentence[:500],
                made_at=now,
            )
            for run_id, entry_id, kind, sentence in decisions
        ),
        ignore_conflicts=True,
    )


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
        history.note_progress(job.run, **_progress(job), now=now)
        _store_decisions(
            job,
            [
                (entry_id, "report_refused", f"Pleo did not take the result of this entry: {why}")
                for entry_id, why in refused.items()
            ],
            now,
        )


# -- Postings -----------------------------------------------------------------------------------

_INTENT_FIELDS = [
    *("state", "job", "reference", "voucher", "voucher_hash", "fence", "intended_at"),
    *("match", "match_role", "match_keys", "match_currency", "match_units"),
]
_OUTCOME_FIELDS = [
    *("state", "settled_at", "erp_id", "number", "url", "is_final", "posting_date", "owed"),
]


def save_intents(
    lease: Lease, job: ExportJob, entries: Sequence[Planned], *, can_match: bool
) -> None:
    """Committed before the call. A posted row is never among them: the plan left it out.

    The database's clock says when, so that a worker with another clock waits long enough.
    """
    rows = []
    for entry in entries:
        for voucher in entry.vouchers:
            content = voucher_to_json(voucher)
            row = Posting(
                connection=lease.connection,
                job=job,
                accounting_entry_id=entry.item.accounting_entry_id,
                part=part_of(voucher.reference),
                reference=voucher.reference,
                state=Posting.State.INTENT,
                voucher=content,
                voucher_hash=hash_of(content),
                fence=lease.fence,
                intended_at=Now(),
            )
            if half := entry.halves.get(row.part):
                row.offer(half, can_match=can_match)
            rows.append(row)
    with lease.writing():
        Posting.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["connection", "accounting_entry_id", "part"],
            update_fields=_INTENT_FIELDS,
        )


def part_of(reference: str) -> int:
    """0 for `pleo:<entry>` and for a common voucher, n - 1 for `pleo:<entry>:n`."""
    if is_common(reference):
        return 0
    _, _, number = reference.removeprefix("pleo:").partition(":")
    return int(number) - 1 if number else 0


def mark_uncertain(lease: Lease, references: Sequence[str]) -> None:
    with lease.writing():
        _postings(lease, references).update(state=Posting.State.UNCERTAIN)


def mark_not_booked(lease: Lease, references: Sequence[str]) -> None:
    with lease.writing():
        _postings(lease, references).update(state=Posting.State.VOID)


def save_outcomes(
    lease: Lease,
    vouchers: Sequence[Voucher],
    results: Mapping[str, PostedVoucher | Rejected],
    *,
    label: str,
    now: datetime,
) -> None:
    """What the ERP did, and a decision where it did something else than it was asked."""
    with lease.writing():
        rows = _postings(lease, list(results)).select_related("job").defer("voucher")
        _settle(lease, list(rows), vouchers, results, label=label, now=now)


def _settle(
    lease: Lease,
    rows: Sequence[Posting],
    vouchers: Sequence[Voucher],
    results: Mapping[str, PostedVoucher | Rejected],
    *,
    label: str,
    now: datetime,
) -> None:
    """Rows that share a voucher have one reference, and one outcome."""
    currency, sent = lease.connection.erp_currency, {x.reference: x for x in vouchers}
    decisions: list[tuple[int, UUID, str, str]] = []
    told: dict[str, list[str]] = {}
    for row in rows:
        result = results.get(row.reference)
        row.settle(result, now=now)
        if not isinstance(result, PostedVoucher):
            continue
        voucher = sent[row.reference]
        row.note_owed(voucher, result, currency)
        if row.reference not in told:
            said = differences(voucher, result, label=label, company_currency=currency)
            told[row.reference] = list(said)
        decisions += [
            (row.job.run_id, row.accounting_entry_id, "differs_in_erp", sentence)
            for sentence in told[row.reference]
        ]
    Posting.objects.bulk_update(rows, _OUTCOME_FIELDS, batch_size=200)
    _store_decisions_of_runs(decisions, now)


def recover(lease: Lease, erp: ErpAdapter, *, now: datetime) -> None:
    """Settle every posting of this connection whose outcome nobody knows, by looking it up.

    Where the ERP cannot tell, a person is asked, and the run goes on without those.
    """
    rows = list(
        Posting.objects.filter(
            connection=lease.connection,
            state__in=[Posting.State.INTENT, Posting.State.UNCERTAIN],
        )
        .select_related("job")
        .annotate(age=age("intended_at"))
    )
    _wait_until_settled(erp, [row.age for row in rows], "booked")
    uploads = AttachmentUpload.objects.filter(
        posting__connection=lease.connection,
        state=AttachmentUpload.State.FAILED,
        failure_type=UPLOAD,
    )
    _wait_until_settled(erp, uploads.values_list(age("changed_at"), flat=True), "attached")
    if not rows:
        return
    sent = together(voucher_from_json(row.voucher) for row in rows)
    there, unclear = look_up(erp, [voucher.reference for voucher in sent], at_once=LOOK_UP)
    found: dict[str, PostedVoucher | Rejected] = {**there, **_finished(erp, sent, there)}
    asked = [row.pk for row in rows if row.reference in unclear]
    known = [row for row in rows if row.reference not in unclear]
    doubted = {row.pk for row in rows if row.state == Posting.State.UNCERTAIN}
    with lease.writing():
        Posting.objects.filter(pk__in=asked).update(state=Posting.State.ASKED)
        _settle(lease, known, sent, found, label=erp.label, now=now)
        told = [_looked_up(x, erp.label) for x in known if x.erp_id or x.pk in doubted]
        _store_decisions_of_runs(told, now)


def _looked_up(row: Posting, label: str) -> tuple[int, UUID, str, str]:
    """A decision: nobody knew whether it was booked."""
    is_there = row.state == Posting.State.POSTED
    found = f"it is booked as {row.number or row.erp_id}" if is_there else "it was not booked"
    sentence = f"It was not known whether the entry is booked. {label} was asked: {found}."
    return row.job.run_id, row.accounting_entry_id, "looked_up", sentence


def age(field: str) -> Any:
    """By the database's clock, on which workers agree."""
    return ExpressionWrapper(Now() - F(field), DurationField())


def _wait_until_settled(erp: ErpAdapter, ages: Iterable[timedelta], done: str) -> None:
    """Whoever was woken early waits too: until then the ERP may still do what it was asked."""
    youngest = min(ages, default=None)
    rest = timedelta() if youngest is None else settle_time(erp) - youngest
    if rest > timedelta():
        raise Wait(rest.total_seconds(), erp.label, f"Checking in {erp.label} what was {done}.")


def settle_time(erp: ErpAdapter) -> timedelta:
    seconds = settings.SETTLE_SECONDS
    return timedelta(seconds=erp.capabilities.settle_seconds if seconds is None else seconds)


def _finished(
    erp: ErpAdapter, sent: Sequence[Voucher], found: Mapping[str, PostedVoucher | Rejected]
) -> dict[str, PostedVoucher | Rejected]:
    """Drafts that a dead worker was about to make final."""
    drafts = [
        posted
        for voucher in sent
        if isinstance(posted := found.get(voucher.reference), PostedVoucher)
        and voucher.is_final
        and not posted.is_final
    ]
    if not drafts:
        return {}
    return {d.reference: r for d, r in zip(drafts, erp.finish(drafts), strict=True)}


def _postings(lease: Lease, references: Sequence[str]) -> Any:
    return Posting.objects.filter(connection=lease.connection, reference__in=references)


def save_matches(
    lease: Lease,
    rows: Sequence[Posting],
    decisions: Sequence[tuple[Posting, str, str]],
    *,
    now: datetime,
) -> None:
    """How far the postings are matched, and why: each on the page of its own entry."""
    with lease.writing():
        Posting.objects.bulk_update(rows, ["match", "pays"], batch_size=500)
        _store_decisions_of_runs(
            [
                (row.job.run_id, row.accounting_entry_id, kind, sentence)
                for row, kind, sentence in decisions
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
