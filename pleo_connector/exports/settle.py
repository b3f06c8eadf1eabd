"""How an attempt ends that did not reach its last step: waits, or stops with a reason."""

import logging
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.db.models import Max

from erp_adapters.errors import (
    AuthenticationFailed,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    RemoteError,
    Unavailable,
)
from pleo_connector.connections.actions import mark_erp_problem, mark_pleo_problem
from pleo_connector.exports import actions, job_state, once, queries
from pleo_connector.exports.attachments import Attachments
from pleo_connector.exports.engine import JobRun
from pleo_connector.exports.models import Posting
from pleo_connector.exports.outcomes import Stop, Wait
from pleo_connector.exports.translation import job_type_for, meaning_of, said_by, told
from pleo_connector.history.models import Run
from pleo_connector.mapping.actions import load_mapping

# A job dies at Pleo an hour after its last update; before that we tell the real reason.
GIVE_UP = timedelta(minutes=45)
BUG_TRIES = 3
UNTIL_RECONNECTED = timedelta(days=1)  # reconnecting wakes the connection at once

logger = logging.getLogger(__name__)


def settle(run: JobRun, error: Exception) -> timedelta | None:
    """None where the job is over, else when to go on."""
    try:
        return _settle(run, error)
    except RemoteError as second:  # telling Pleo did not work either
        return _pause(run, _wait_for(run, second))


def _settle(run: JobRun, error: Exception) -> timedelta | None:
    if isinstance(error, Stop):
        return _stop(run, error)
    if isinstance(error, Wait):
        return _pause(run, error)
    if isinstance(error, AuthenticationFailed | NotAllowed):
        return _no_access(run, error)
    if isinstance(error, Unavailable | OutcomeUnknown):
        wait = _wait_for(run, error)
        if _is_too_late(run, wait):
            return _give_up(run, error)
        return _pause(run, wait)
    if isinstance(error, Rejected) and error.system == "pleo":
        return _refused_by_pleo(run, error)
    if isinstance(error, Rejected):
        return _refused_by_erp(run, error)
    logger.error("Export job %s hit a bug", run.job.pleo_job_id, exc_info=error)
    if run.job.run.waits < BUG_TRIES:
        sentence = "Something went wrong on our side. We have been told, and try again."
        return _pause(run, Wait(_delay(run), "us", sentence))
    sentence = "Something went wrong on our side. Write to us."
    stop = Stop("validation_failure", sentence, fix="support", origin=Run.Origin.OURS)
    return _stop(run, stop)


def _give_up(run: JobRun, error: RemoteError) -> timedelta | None:
    """Entries that were not reached say why; else Pleo would only call them abandoned."""
    sentence, meaning = told(error, erp=run.erp.label), meaning_of(error)
    _recall(run)
    if error.system == "erp":
        for item in run.items.values():
            if item.status == item.Status.PENDING:
                item.refuse(meaning.item_type, sentence, fix=meaning.fix, subject=error.message)
        actions.save_items(run.lease, run.items.values())
    return _stop(run, Stop(job_type_for(error), sentence, fix=error.system))


def _recall(run: JobRun) -> None:
    """The entries as an earlier worker left them; what it booked is told whatever comes."""
    run.items = run.items or {i.accounting_entry_id: i for i in run.job.items.all()}
    postings = queries.postings_of(run.lease.connection, list(run.items))
    for entry_id, item in run.items.items():
        known = postings.get(entry_id)
        if known and all(posting.state == Posting.State.POSTED for posting in known):
            item.book(before=known[0].job_id != run.job.pk)


def _recalled(run: JobRun) -> None:
    _recall(run)
    actions.save_items(run.lease, run.items.values())


def _no_access(run: JobRun, error: RemoteError) -> timedelta | None:
    if error.system == "pleo":  # nothing can be told to Pleo until a person reconnects
        if isinstance(error, NotAllowed):
            mark_pleo_problem(connection=run.lease.connection, sentence=error.message)
        _pause(run, Wait(0, "reconnect", error.message), is_timed=False)
        return UNTIL_RECONNECTED
    sentence = f"{run.erp.label}: {error.message}"
    mark_erp_problem(connection=run.lease.connection, sentence=sentence)
    return _stop(run, Stop(meaning_of(error).job_type, told(error, erp=run.erp.label)))


def _refused_by_pleo(run: JobRun, error: Rejected) -> timedelta | None:
    if error.code == "MISSING_CONTRA_ACCOUNTS":
        return _stop(
            run,
            Stop(
                "missing_configuration",
                f"{error.message} Choose the contra account of each currency in Pleo's settings.",
                fix="pleo",
            ),
        )
    remote = run.pleo.job(run.job.pleo_job_id)
    if remote.is_finished:
        return _stop(run, Stop.finished_at_pleo(remote))
    stop = Stop("validation_failure", f"Pleo: {error.message}", fix="pleo", origin=Run.Origin.PLEO)
    return _stop(run, stop)


def _refused_by_erp(run: JobRun, error: Rejected) -> timedelta | None:
    """Not one voucher but all of it, such as an address where no ERP answers any more.

    It may be somebody who stands in front of it, for a while: so it is tried a few times.
    """
    if run.job.run.waits < BUG_TRIES:
        sentence = said_by(run.erp.label, error)
        return _pause(run, Wait(_delay(run), run.erp.label, sentence))
    meaning, sentence = meaning_of(error), told(error, erp=run.erp.label)
    return _stop(run, Stop(meaning.job_type, sentence, fix=meaning.fix, origin=Run.Origin.ERP))


def _stop(run: JobRun, stop: Stop) -> timedelta | None:
    """Results that are known go to Pleo first, so that no booked entry looks abandoned."""
    status = "failed"
    if stop.remote is not None:
        status = stop.remote.status
        _recalled(run)
    else:
        if not run.items:
            _recalled(run)
        _leave_receipts(run)
        run.report()
        _tell_pleo(run, stop)
    job_state.job_over(
        run.lease,
        run.job,
        status,
        stop.sentence,
        now=run.now(),
        kind=stop.job_type,
        fix=stop.fix,
        origin=stop.origin,
    )
    return None


def _leave_receipts(run: JobRun) -> None:
    """What Pleo is told to be booked is exported for good: it says which receipts it lacks."""
    booked = [x for x in run.items.values() if x.is_unreported and x.status == x.Status.SUCCESSFUL]
    if not booked:
        return
    if not run.payloads:
        run.read_payloads(load_mapping(run.lease.connection).minor_units)
    with TemporaryDirectory(prefix="receipts-") as folder:
        Attachments(run, Path(folder)).leave(booked)


def _tell_pleo(run: JobRun, stop: Stop) -> None:
    try:
        run.pleo.job_event(
            run.job.pleo_job_id,
            "failed",
            failure_type=stop.job_type,
            failure_reason=stop.sentence[:1000],
        )
    except (Rejected, OutcomeUnknown):
        if not run.pleo.job(run.job.pleo_job_id).is_finished:
            raise


def _pause(run: JobRun, wait: Wait, *, is_timed: bool = True) -> timedelta:
    delay = timedelta(seconds=wait.seconds)
    until = run.now() + delay if is_timed else None
    job_state.job_paused(run.lease, run.job, wait, until=until, now=run.now())
    return delay


def _wait_for(run: JobRun, error: RemoteError) -> Wait:
    who = "Pleo" if error.system == "pleo" else run.erp.label
    if isinstance(error, AuthenticationFailed | NotAllowed) and error.system == "pleo":
        return Wait(UNTIL_RECONNECTED.total_seconds(), "reconnect", error.message)
    if isinstance(error, OutcomeUnknown) and error.system == "erp" and not run.job.run.waits:
        seconds = once.settle_time(run.erp).total_seconds()
        return Wait(seconds, who, f"Checking in {who} what was booked.")
    asked = error.retry_after if isinstance(error, Unavailable) else None
    is_limit = isinstance(error, RateLimited)
    return Wait(_delay(run) if asked is None else asked, who, error.message, is_limit)


def _delay(run: JobRun) -> float:
    delays: list[int] = settings.RETRY_SECONDS
    return delays[min(run.job.run.waits, len(delays) - 1)]


def _is_too_late(run: JobRun, wait: Wait) -> bool:
    """Or would be after the wait: what is asked for may be hours."""
    last = run.job.items.aggregate(at=Max("reported_at"))["at"] or run.job.run.started_at
    return bool(run.now() + timedelta(seconds=wait.seconds) - last > GIVE_UP)
