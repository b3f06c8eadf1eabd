"""The life of a run, of every kind. Call each inside the transaction of what it is about."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from pleo_connector.connections.models import Connection
from pleo_connector.history.models import DURATIONS, Attempt, DailyStat, Decision, RemoteCall, Run

HEADLINE = Run._meta.get_field("headline").max_length or 0
SENTENCE = Decision._meta.get_field("sentence").max_length or 0


def begin_run(*, connection: Connection, kind: str, total: int = 0, now: datetime) -> Run:
    run: Run = Run.objects.create(
        connection=connection, kind=kind, total=total, started_at=now, moved_at=now
    )
    return run


def begin_attempt(*, run: Run, fence: int, worker: str, now: datetime) -> Attempt:
    run.state, run.waiting_for, run.waiting_until = Run.State.RUNNING, "", None
    run.origin, run.is_limited, run.tries, run.moved_at = "", False, run.tries + 1, now
    run.save(
        update_fields=[
            *("state", "waiting_for", "waiting_until", "origin", "is_limited"),
            *("tries", "moved_at"),
        ]
    )
    attempt: Attempt = Attempt.objects.create(run=run, fence=fence, worker=worker, started_at=now)
    return attempt


def end_attempt(attempt: Attempt, outcome: str, *, now: datetime) -> None:
    attempt.ended_at, attempt.outcome = now, outcome[:500]
    attempt.save(update_fields=["ended_at", "outcome"])


def note_progress(run: Run, *, total: int, succeeded: int, failed: int, now: datetime) -> None:
    """It gets on: `waits` are those in a row."""
    run.total, run.succeeded, run.failed, run.waits, run.moved_at = total, succeeded, failed, 0, now
    run.save(update_fields=["total", "succeeded", "failed", "waits", "moved_at"])


def pause_run(
    run: Run,
    *,
    waiting_for: str,
    until: datetime | None,
    headline: str,
    origin: str,
    now: datetime,
    is_limit: bool = False,
) -> None:
    """`is_limit` where a rate limit asks for patience, which charts show apart."""
    run.state, run.waiting_for, run.waiting_until = Run.State.WAITING, waiting_for, until
    run.headline, run.origin, run.waits = headline[:HEADLINE], origin, run.waits + 1
    run.is_limited, run.moved_at = is_limit, now
    if is_limit and until:
        run.limit_waits += 1
        run.limit_seconds += max(round((until - now).total_seconds()), 0)
    run.save(
        update_fields=[
            *("state", "waiting_for", "waiting_until", "headline", "origin", "waits", "moved_at"),
            *("is_limited", "limit_waits", "limit_seconds"),
        ]
    )


def end_run(
    run: Run, *, state: str, headline: str, origin: str, now: datetime, **counts: int
) -> None:
    """`counts` are total, succeeded and failed, where they are known anew."""
    run.state, run.headline, run.origin = Run.State(state), headline[:HEADLINE], origin
    run.waiting_for, run.waiting_until, run.is_limited = "", None, False
    run.finished_at = now
    run.moved_at, run.calls = now, RemoteCall.objects.filter(attempt__run=run).count()
    for name, count in counts.items():
        setattr(run, name, count)
    run.save()
    fold_day(run.connection, kind=run.kind, day=now.astimezone(UTC).date())


Noted = tuple[int, UUID | None, str, str]  # run, entry or the run as a whole, kind, sentence


def note_decisions(decisions: Iterable[Noted], *, now: datetime) -> None:
    """Each once, however often it is made: a resumed run plans anew and decides the same."""
    Decision.objects.bulk_create(
        (
            Decision(
                run_id=run_id,
                accounting_entry_id=entry_id,
                kind=kind,
                sentence=sentence[:SENTENCE],
                made_at=now,
            )
            for run_id, entry_id, kind, sentence in decisions
        ),
        ignore_conflicts=True,
    )


def reopen_run(run: Run, *, now: datetime) -> None:
    """What was taken to be over goes on; the day it ended on is counted without it."""
    ended, run.finished_at, run.moved_at = run.finished_at, None, now
    run.state, run.headline, run.origin = Run.State.RUNNING, "", ""
    run.save(update_fields=["state", "headline", "origin", "finished_at", "moved_at"])
    if ended:
        fold_day(run.connection, kind=run.kind, day=ended.astimezone(UTC).date())


# -- By day -------------------------------------------------------------------------------------

_SUMS = ("total", "succeeded", "failed", "calls", "limit_waits", "limit_seconds")


def fold_day(connection: Connection, *, kind: str, day: date) -> None:
    """Made anew from the day's runs, a row for each state: once or many times, it says the same."""
    begin = datetime.combine(day, time(), UTC)
    runs: dict[str, list[Run]] = {}
    for run in Run.objects.filter(
        connection=connection,
        kind=kind,
        finished_at__gte=begin,
        finished_at__lt=begin + timedelta(days=1),
    ).exclude(state__in=Run.OPEN):
        runs.setdefault(run.state, []).append(run)
    mine = DailyStat.objects.filter(connection=connection, kind=kind, day=day)
    mine.exclude(state__in=list(runs)).delete()
    DailyStat.objects.bulk_create(
        (
            DailyStat(connection=connection, kind=kind, day=day, state=state, **_folded(rows))
            for state, rows in sorted(runs.items())
        ),
        update_conflicts=True,
        unique_fields=["connection", "kind", "day", "state"],
        update_fields=["runs", "runs_with_errors", "runs_failed", *_SUMS, "durations"],
    )


def _folded(rows: Sequence[Run]) -> dict[str, Any]:
    states = Counter(run.state for run in rows)
    durations = [0] * (len(DURATIONS) + 1)
    for run in rows:
        assert run.finished_at
        durations[bisect_left(DURATIONS, (run.finished_at - run.started_at).total_seconds())] += 1
    return {name: sum(getattr(run, name) for run in rows) for name in _SUMS} | {
        "runs": len(rows),
        "runs_with_errors": states[Run.State.COMPLETED_WITH_ERRORS],
        "runs_failed": states[Run.State.FAILED],
        "durations": durations,
    }
