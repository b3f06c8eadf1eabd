"""How long each kind of row is kept, and the delete that keeps it so.

Old rows go in small batches, each a short transaction of its own: a crash in between leaves what
was not reached to the next run, and a run that meets its bound does the same. Postings are on no
list: an entry that comes again after years is still not booked twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django_scopes import scopes_disabled

from pleo_connector.connections.models import WebhookEvent
from pleo_connector.history.models import (
    Attempt,
    DailyStat,
    Decision,
    Message,
    Problem,
    ProblemEntry,
    ProblemEvent,
    RemoteCall,
    Run,
)

BATCH = 1000  # rows a transaction
BATCHES = 50  # of one kind, a run


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows of `model` that are older, by their indexed field `at`, than the setting says."""

    name: str
    model: Any
    at: str
    days: str  # the name of a setting; a value of 0 keeps the rows for good
    unless: Callable[[], Q] = Q  # further conditions

    def due(self, now: datetime) -> Any:
        before = now - timedelta(days=getattr(settings, self.days))
        rows = self.model.objects.filter(self.unless(), **{f"{self.at}__lt": before})
        return rows.order_by(self.at)


KINDS: dict[str, Kind] = {}


def keep(kind: Kind) -> None:
    """Called where a model lives, for models further up the import chain."""
    KINDS[kind.name] = kind


def without(model: Any, field: str) -> Q:
    return ~Q(Exists(model.objects.filter(**{field: OuterRef("pk")})))


def _gone(problem: str) -> Q:
    """Of a problem that is resolved; one that was muted for good stays muted if it returns."""
    return Q(**{f"{problem}state": Problem.State.RESOLVED, f"{problem}is_muted_for_good": False})


keep(Kind("remote calls", RemoteCall, "began_at", "KEEP_CALLS_DAYS"))
keep(
    Kind(
        "attempts",
        Attempt,
        "started_at",
        "KEEP_ATTEMPTS_DAYS",
        lambda: without(RemoteCall, "attempt"),
    )
)
keep(Kind("decisions", Decision, "made_at", "KEEP_DECISIONS_DAYS"))
keep(Kind("entries of problems", ProblemEntry, "left_at", "KEEP_PROBLEMS_DAYS"))
keep(
    Kind(
        "events of problems",
        ProblemEvent,
        "at",
        "KEEP_PROBLEMS_DAYS",
        lambda: _gone("problem__") & without(Message, "event"),
    )
)
keep(
    Kind(
        "problems",
        Problem,
        "resolved_at",
        "KEEP_PROBLEMS_DAYS",
        lambda: _gone("") & without(ProblemEntry, "problem") & without(ProblemEvent, "problem"),
    )
)
keep(Kind("days of charts", DailyStat, "day", "KEEP_STATS_DAYS"))
# The run of an export stays: its job is what postings refer to.
keep(
    Kind(
        "runs",
        Run,
        "finished_at",
        "KEEP_ATTEMPTS_DAYS",
        lambda: (
            ~Q(kind="export")
            & without(Attempt, "run")
            & without(Decision, "run")
            & without(Problem, "run")
        ),
    )
)
keep(Kind("messages", Message, "created_at", "KEEP_MESSAGES_DAYS", lambda: Q(next_try_at=None)))
keep(Kind("webhook events", WebhookEvent, "received_at", "KEEP_WEBHOOKS_DAYS"))


def delete_old(*, now: datetime, batch: int = BATCH, batches: int = BATCHES) -> dict[str, int]:
    """How many rows of each kind went. Two at once share the work."""
    with scopes_disabled():
        return {
            kind.name: _delete(kind, now, batch, batches)
            for kind in KINDS.values()
            if getattr(settings, kind.days)
        }


def _delete(kind: Kind, now: datetime, batch: int, batches: int) -> int:
    count = 0
    for _ in range(batches):
        with transaction.atomic():
            rows = kind.due(now).select_for_update(skip_locked=True, of=("self",))
            ids = list(rows.values_list("pk", flat=True)[:batch])
            count += _delete_rows(kind.model, ids)
        if len(ids) < batch:
            break
    return count


def _delete_rows(model: Any, ids: list[int]) -> int:
    """Without a look for what refers to them: nothing does, by the conditions above."""
    return model.objects.filter(pk__in=ids)._raw_delete(model.objects.db) or 0
