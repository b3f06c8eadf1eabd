from datetime import datetime
from uuid import UUID

from django.db.models import Max

from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Attempt, Decision, RemoteCall, Run

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


def calls_of(run: Run) -> list[RemoteCall]:
    return list(
        RemoteCall.objects.filter(attempt__run=run).select_related("attempt").order_by("began_at")
    )


def decisions_of(run: Run, entry_id: UUID) -> list[Decision]:
    return list(run.decisions.filter(accounting_entry_id=entry_id).order_by("pk"))
