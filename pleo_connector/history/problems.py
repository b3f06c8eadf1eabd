"""All writes to problems: what runs found wrong, and what became of it.

A problem is a cause on one connection, whichever run or entry shows it. It opens when it is found,
closes by itself when it stays away, and opens again when it comes back; each of those is one event.
A run costs a fixed number of queries, however many entries it has.
"""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Problem, ProblemEntry, ProblemEvent, Run
from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.models import User

State, Kind = Problem.State, ProblemEvent.Kind
_FOUND_FIELDS = [
    *("origin", "sentence", "fix", "run", "state", "opening", "times", "has_entries"),
    *("opened_at", "last_seen_at", "resolved_at"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One cause that a run met. `type`, `subject` and `fix` make it the same as before."""

    origin: str  # Run.Origin
    type: str
    sentence: str  # what is wrong and what to do, for a bookkeeper
    subject: str = ""
    fix: str = ""
    entries: Collection[UUID] = ()  # accounting entries that are not booked because of it

    @property
    def key(self) -> str:
        text = "\n".join((self.type, self.subject[:200], self.fix))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def note_problems(
    *,
    connection: Connection,
    kind: str,
    found: Sequence[Found],
    now: datetime,
    run: Run | None = None,
    booked: Collection[UUID] = (),
    is_whole: bool = True,
) -> None:
    """What a run of this kind found, at its end; call inside the transaction that ends it.

    `booked` are the entries that no problem keeps any more. An open problem that was not found
    closes: one with entries once none of them is left, another one if the run was `is_whole`, that
    is, came so far that it would have met it.
    """
    with transaction.atomic():
        causes = {cause.key: cause for cause in found}
        rows = _locked(connection, kind, Q(key__in=list(causes)) | Q(state=State.OPEN))
        known = {row.key: row for row in rows}
        met = [_met(known.get(x.key), x, connection, kind, run, now) for x in causes.values()]
        opened = [row for row in met if row.opened_at == now]
        Problem.objects.bulk_create(
            met,
            update_conflicts=True,
            unique_fields=["connection", "kind", "key"],
            update_fields=_FOUND_FIELDS,
        )
        _keep_entries(connection, kind, met, causes, booked, now)
        rest = [row for row in known.values() if row.key not in causes]
        _close(rest, is_whole, now)
        _record(opened, Kind.OPENED, now)


def note_booked(*, connection: Connection, entries: Collection[UUID], now: datetime) -> None:
    """A person saw to these entries: no problem keeps them any more."""
    with transaction.atomic():
        keeping = Problem.objects.filter(pk__in=_kept(connection, entries).values("problem"))
        rows = list(keeping.select_for_update(of=("self",)).order_by("pk"))
        _kept(connection, entries).update(left_at=now)
        _close(rows, False, now)


def _locked(connection: Connection, kind: str, which: Q) -> list[Problem]:
    rows = Problem.objects.filter(which, connection=connection, kind=kind)
    return list(rows.select_for_update(of=("self",)).order_by("pk"))


def _met(
    row: Problem | None,
    cause: Found,
    connection: Connection,
    kind: str,
    run: Run | None,
    now: datetime,
) -> Problem:
    if row is None:
        row = Problem(connection=connection, kind=kind, key=cause.key, opened_at=now)
        row.type, row.subject, row.first_seen_at = cause.type, cause.subject[:200], now
    elif not row.is_open:
        row.state, row.opening = State.OPEN, row.opening + 1
        row.opened_at, row.resolved_at = now, None
    row.origin, row.sentence, row.fix = cause.origin, cause.sentence, cause.fix
    row.run, row.last_seen_at, row.times = run, now, row.times + 1
    row.has_entries = row.has_entries or bool(cause.entries)
    return row


def _keep_entries(
    connection: Connection,
    kind: str,
    met: Sequence[Problem],
    causes: dict[str, Found],
    booked: Collection[UUID],
    now: datetime,
) -> None:
    """An entry is kept by one problem at a time: the one that the latest run found."""
    kept = [(row, entry_id) for row in met for entry_id in causes[row.key].entries]
    seen = [*booked, *(entry_id for _, entry_id in kept)]
    if seen:
        _kept(connection, seen).filter(problem__kind=kind).update(left_at=now)
    ProblemEntry.objects.bulk_create(
        (
            ProblemEntry(problem=row, accounting_entry_id=entry_id, first_seen_at=now)
            for row, entry_id in kept
        ),
        batch_size=5000,
        update_conflicts=True,
        unique_fields=["problem", "accounting_entry_id"],
        update_fields=["left_at"],
    )


def _kept(connection: Connection, entries: Iterable[UUID]) -> "QuerySet[ProblemEntry]":
    found: QuerySet[ProblemEntry] = ProblemEntry.objects.filter(
        problem__connection=connection, accounting_entry_id__in=list(entries), left_at=None
    )
    return found


def _close(rows: Sequence[Problem], is_whole: bool, now: datetime) -> None:
    """Those that stay away."""
    if not rows:
        return
    left = ProblemEntry.objects.filter(problem=OuterRef("pk"), left_at=None)
    over = Q(~Exists(left), has_entries=True)
    if is_whole:
        over |= Q(has_entries=False)
    mine = [row.pk for row in rows]
    closed = list(Problem.objects.filter(over, pk__in=mine, state=State.OPEN))
    if closed:
        Problem.objects.filter(pk__in=[row.pk for row in closed]).update(
            state=State.RESOLVED, resolved_at=now
        )
        _record(closed, Kind.RESOLVED, now)


def _record(rows: Sequence[Problem], kind: str, now: datetime) -> None:
    """Once an opening, also where two transactions find the same."""
    if rows:
        ProblemEvent.objects.bulk_create(
            (ProblemEvent(problem=row, kind=kind, opening=row.opening, at=now) for row in rows),
            ignore_conflicts=True,
        )


# -- What people do with them ---------------------------------------------------------------------


def mute(*, problem: Problem, actor: User | None, until: datetime | None, now: datetime) -> None:
    """Nobody is told of it any more, until then, or for good where `until` is None."""
    problem.muted_until, problem.is_muted_for_good = until, until is None
    _silence(problem, actor, Kind.MUTED, "muted a problem", until, now)


def unmute(*, problem: Problem, actor: User | None, now: datetime) -> None:
    problem.muted_until, problem.is_muted_for_good = None, False
    _silence(problem, actor, Kind.UNMUTED, "unmuted a problem", None, now)


def _silence(
    problem: Problem,
    actor: User | None,
    kind: str,
    action: str,
    until: datetime | None,
    now: datetime,
) -> None:
    with transaction.atomic():
        problem.save(update_fields=["muted_until", "is_muted_for_good"])
        ProblemEvent.objects.create(
            problem=problem, kind=kind, opening=problem.opening, actor=actor, until=until, at=now
        )
        record_audit(
            tenant=problem.connection.tenant,
            actor=actor,
            action=action,
            subject=problem.sentence,
            until=until.isoformat() if until else "",
        )


def note_seen(*, problem: Problem, actor: User, now: datetime) -> None:
    """Once a person and opening."""
    ProblemEvent.objects.bulk_create(
        [
            ProblemEvent(
                problem=problem, kind=Kind.SEEN, opening=problem.opening, actor=actor, at=now
            )
        ],
        ignore_conflicts=True,
    )
