from datetime import datetime
from uuid import UUID

from django.db.models import Max, QuerySet
from django.http import Http404
from django_scopes import scopes_disabled

from pleo_connector.connections.models import Connection
from pleo_connector.connections.queries import get_connection
from pleo_connector.history.models import Attempt, Decision, RemoteCall, Run
from pleo_connector.tenants.models import Membership, User

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
