"""Booked vouchers are reversed in the ERP, because a person asked for it (`reversal.py`).

    asked     the state `reversing`, committed with who and why
    intent    under the lease: `reversing_at`, committed
    call      the adapter looks for a mirror that stands already, else books it
    outcome   reversed · booked as before, where the ERP refused · else looked up again later

A worker may die on any line. The next one waits until the ERP's search tells the truth and calls
again: what stands is found and not booked twice. The entry is not booked again before a person says
so, and then under a new reference (`retired.py`).
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Now

from erp_adapters.base import ErpAdapter
from erp_adapters.errors import AuthenticationFailed, NotAllowed, Rejected, RemoteError, Unavailable
from erp_adapters.ledger import PostedVoucher
from pleo_connector.catalog.actions import confirm_company
from pleo_connector.connections.actions import mark_erp_problem
from pleo_connector.connections.lease import Lease, worker_name
from pleo_connector.connections.models import Connection
from pleo_connector.exports import once
from pleo_connector.exports.models import Posting
from pleo_connector.exports.queries import posted_voucher
from pleo_connector.exports.translation import said_by
from pleo_connector.history import actions as history
from pleo_connector.history.models import Attempt, Decision, Run
from pleo_connector.history.recorder import Recorder

KIND = "reversal"  # of the runs
NOT_REVERSED = "not_reversed"  # of the decisions
State = Posting.State


def reverse_due(
    lease: Lease, erp: ErpAdapter, recorder: Recorder, *, now: Callable[[], datetime]
) -> timedelta | None:
    """All that waits to be reversed; when to look again, None where nothing is left."""
    if lease.connection.erp_problem:
        return None
    groups = _groups(lease.connection)
    rests = [_rest(rows, erp) for rows in groups]
    wait = max([timedelta(), *rests])
    due = [rows for rows, rest in zip(groups, rests, strict=True) if rest <= timedelta()]
    if not groups:
        _close(lease, now())
    if not due:
        return wait or None
    confirm_company(connection=lease.connection, erp=erp)  # elsewhere the id is another voucher's
    run, attempt = _begin(lease, len(due), now())
    recorder.attempt = attempt
    refused, error = 0, None
    for rows in due:
        try:
            refused += not _reverse(lease, rows, erp, now)
        except RemoteError as trouble:  # it may have been done: looked up before it is tried again
            error = trouble
            break
    recorder.attempt = None
    if error:
        wait = max(wait, _patience(lease, error, erp))
    _end(lease, run, attempt, erp, error=error, wait=wait, refused=refused, now=now())
    return wait or None


def _reverse(
    lease: Lease, rows: Sequence[Posting], erp: ErpAdapter, now: Callable[[], datetime]
) -> bool:
    """Intent, call, outcome; False where the ERP refused."""
    with lease.writing():
        _mine(rows).update(reversing_at=Now())
    try:
        mirror = erp.reverse(posted_voucher(rows[0]), reason=rows[0].note)
    except (Rejected, NotAllowed) as no:
        _refused(lease, rows, said_by(erp.label, no), now())
        return False
    _reversed(lease, rows, mirror, erp, now())
    return True


def _patience(lease: Lease, error: RemoteError, erp: ErpAdapter) -> timedelta:
    """Dead credentials end the wait when somebody reconnects, which wakes the connection."""
    if isinstance(error, AuthenticationFailed):
        mark_erp_problem(connection=lease.connection, sentence=said_by(erp.label, error))
        return timedelta()
    asked = error.retry_after if isinstance(error, Unavailable) else None
    seconds = settings.RETRY_SECONDS[0] if asked is None else asked
    return max(once.settle_time(erp), timedelta(seconds=seconds))


def _groups(connection: Connection) -> list[list[Posting]]:
    """Rows of one voucher each; what pays goes before what it pays."""
    rows = Posting.objects.filter(connection=connection, state=State.REVERSING)
    rows = rows.select_related("job").annotate(age=once.age("reversing_at"))
    groups: dict[str, list[Posting]] = {}
    for row in rows.defer("voucher").order_by("-part", "pk"):
        groups.setdefault(row.reference, []).append(row)
    return list(groups.values())


def _rest(rows: Sequence[Posting], erp: ErpAdapter) -> timedelta:
    """How long the ERP may still do what an earlier worker asked for."""
    ages: list[timedelta] = [row.age for row in rows if row.age is not None]  # type: ignore[attr-defined]
    return once.settle_time(erp) - min(ages) if ages else timedelta()


def _begin(lease: Lease, total: int, now: datetime) -> tuple[Run, Attempt]:
    """The run that an earlier worker left, else a new one."""
    run = _open_run(lease.connection)
    with lease.writing():
        if run is None:
            run = history.begin_run(connection=lease.connection, kind=KIND, total=total, now=now)
        worker = worker_name()
        return run, history.begin_attempt(run=run, fence=lease.fence, worker=worker, now=now)


def _open_run(connection: Connection) -> Run | None:
    rows = Run.objects.filter(connection=connection, kind=KIND, state__in=Run.OPEN)
    run: Run | None = rows.order_by("pk").first()
    return run


def _close(lease: Lease, now: datetime) -> None:
    """The run of a worker that died after its last voucher."""
    run = _open_run(lease.connection)
    if run is None:
        return
    made = Decision.objects.filter(run__connection=lease.connection, made_at__gte=run.started_at)
    refused = made.filter(kind=NOT_REVERSED).values("accounting_entry_id").distinct().count()
    state = Run.State.COMPLETED_WITH_ERRORS if refused else Run.State.COMPLETED
    origin = Run.Origin.ERP if refused else Run.Origin.NONE
    done = max(run.total - refused, 0)
    with lease.writing():
        history.end_run(
            run, state=state, headline="", origin=origin, now=now, succeeded=done, failed=refused
        )


def _end(
    lease: Lease,
    run: Run,
    attempt: Attempt,
    erp: ErpAdapter,
    *,
    error: RemoteError | None,
    wait: timedelta,
    refused: int,
    now: datetime,
) -> None:
    said = said_by(erp.label, error) if error else ""
    origin = Run.Origin.ERP if error or refused else Run.Origin.NONE
    with lease.writing():
        history.end_attempt(attempt, said, now=now)
        if wait:
            history.pause_run(
                run,
                waiting_for=erp.label,
                until=now + wait,
                headline=said or f"Checking in {erp.label} what was reversed.",
                origin=origin,
                now=now,
            )
        else:
            partly = Run.State.COMPLETED_WITH_ERRORS if refused else Run.State.COMPLETED
            history.end_run(
                run,
                state=Run.State.FAILED if error else partly,
                headline=said,
                origin=origin,
                now=now,
                succeeded=0 if error else max(run.total - refused, 0),
                failed=refused,
            )


def _reversed(
    lease: Lease, rows: Sequence[Posting], mirror: PostedVoucher, erp: ErpAdapter, now: datetime
) -> None:
    number = mirror.number or mirror.id
    with lease.writing():
        _mine(rows).update(
            state=State.REVERSED,
            reversed_at=now,
            reversal_number=number[:100],
            reversal_url=mirror.url[:500],
            match=Posting.Match.NONE,
            match_keys=None,
        )
        sentence = f"It was reversed in {erp.label} as {number}, as asked for: {rows[0].note}"
        _decide(rows, "reversed", sentence, now)


def _refused(lease: Lease, rows: Sequence[Posting], said: str, now: datetime) -> None:
    with lease.writing():
        _mine(rows).update(state=State.POSTED, reversing_at=None)
        _decide(rows, NOT_REVERSED, f"It could not be reversed and stays booked. {said}", now)


def _mine(rows: Sequence[Posting]) -> "QuerySet[Posting]":
    found: QuerySet[Posting] = Posting.objects.filter(
        pk__in=[row.pk for row in rows], state=State.REVERSING
    )
    return found


def _decide(rows: Sequence[Posting], kind: str, sentence: str, now: datetime) -> None:
    history.note_decisions(
        ((row.job.run_id, row.accounting_entry_id, kind, sentence) for row in rows), now=now
    )
