from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet
from django.http import Http404
from django_scopes import scopes_disabled

from pleo_connector.connections.models import Connection
from pleo_connector.connections.queries import get_connection, get_place
from pleo_connector.history.models import (
    Attempt,
    Decision,
    Message,
    Problem,
    ProblemEntry,
    ProblemEvent,
    RemoteCall,
    Run,
    WebhookEndpoint,
)
from pleo_connector.tenants.models import Membership, Tenant, User

RECENT = 20  # runs in which the last good call is looked for


def last_good_calls(connection: Connection) -> dict[str, datetime]:
    """When each side ("pleo", "erp") last answered well, as far as recent runs know."""
    recent = Run.objects.filter(connection=connection).order_by("-started_at")[:RECENT]
    calls = RemoteCall.objects.filter(
        attempt__run__in=recent.values("pk"), status__gte=200, status__lt=400
    )
    return dict(calls.order_by().values_list("system").annotate(Max("began_at")))


def attempts_of(run: Run) -> list[Attempt]:
    return list(run.attempts.order_by("started_at", "pk"))


def calls_of(run: Run) -> "QuerySet[RemoteCall]":
    """In the order in which they began. There may be very many."""
    calls: QuerySet[RemoteCall] = RemoteCall.objects.filter(attempt__run=run)
    return calls.order_by("began_at", "pk")


def get_run(user: User, public_id: UUID) -> tuple[Run, Membership]:
    """A run and the user's membership; strangers get 404."""
    with scopes_disabled():
        run = (
            Run.objects.select_related("connection", "export_job")
            .filter(public_id=public_id)
            .first()
        )
    if run is None:
        raise Http404("No such run.")
    connection, membership = get_connection(user, run.connection.public_id)
    run.connection = connection
    return run, membership


def decisions_of(run: Run, entry_id: UUID) -> list[Decision]:
    return list(run.decisions.filter(accounting_entry_id=entry_id).order_by("pk"))


# -- Problems -----------------------------------------------------------------------------------


def get_problem(user: User, public_id: UUID, *, to: str = "read") -> tuple[Problem, Membership]:
    """A problem and the user's membership; strangers get 404, readers who write 403."""
    with scopes_disabled():
        rows = Problem.objects.select_related("connection__tenant", "connection__pleo_grant")
        row = rows.filter(public_id=public_id).first()
    if row is None:
        raise Http404("No such problem.")
    return row, get_place(user, row.connection, to=to)


def is_muted(now: datetime) -> Q:
    return Q(is_muted_for_good=True) | Q(muted_until__gt=now)


def problem_counts(*, now: datetime) -> dict[int, int]:
    """Open problems that nobody muted, by connection, of the company whose scope is open."""
    rows = Problem.objects.filter(~is_muted(now), state=Problem.State.OPEN).order_by()
    return dict(rows.values_list("connection_id").annotate(Count("pk")))


def keeping(connection: Connection, fixes: Collection[str]) -> list[Problem]:
    """Open problems that keep entries from being booked and are mended at these places."""
    rows = Problem.objects.filter(
        connection=connection, state=Problem.State.OPEN, has_entries=True, fix__in=fixes
    )
    return list(rows.order_by("pk"))


def kept_counts(problems: Sequence[Problem]) -> dict[int, int]:
    """Entries that each problem keeps from being booked."""
    rows = ProblemEntry.objects.filter(problem__in=problems, left_at=None).order_by()
    return dict(rows.values_list("problem_id").annotate(Count("pk")))


def kept_entries(problem: Problem) -> "QuerySet[ProblemEntry]":
    """Those that are not booked yet, the oldest first."""
    rows: QuerySet[ProblemEntry] = problem.entries.filter(left_at=None).order_by("pk")
    return rows


def events_of(problem: Problem) -> list[ProblemEvent]:
    """The newest first."""
    return list(problem.events.select_related("actor").order_by("-at", "-pk"))


# -- Messages -----------------------------------------------------------------------------------


def endpoints_of(tenant: Tenant) -> list[WebhookEndpoint]:
    """Those that are told, the newest first."""
    return list(WebhookEndpoint.objects.filter(tenant=tenant, ended_at=None).order_by("-pk"))


def sent_to_endpoints(tenant: Tenant) -> "QuerySet[Message]":
    """What was sent to programs, or is on its way, the newest first."""
    rows: QuerySet[Message] = Message.objects.filter(tenant=tenant, endpoint__isnull=False)
    return rows.select_related("endpoint", "event__problem").order_by("-created_at", "-pk")


def given_up(sent: "QuerySet[Message]") -> "QuerySet[Message]":
    """Those that did not arrive, and may be sent again."""
    return sent.filter(sent_at=None, next_try_at=None, endpoint__ended_at=None)
