"""Problems of a connection itself: a side does not let us in, or soon will not."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import erp_adapters
from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Run
from pleo_connector.history.problems import Found, note_problems

KIND = "connection"
PLEO_ACCESS, ERP_ACCESS, ERP_ACCESS_ENDS = "pleo_access", "erp_access", "erp_access_ends"
DEAD = frozenset({PLEO_ACCESS, ERP_ACCESS})  # nothing is booked before a person reconnects
SOON = timedelta(days=14)


def note_health(*, connection_id: int, now: datetime) -> None:
    """Compares the connection as it is with the problems that are open. Safe to repeat."""
    connection = Connection.objects.select_related("pleo_grant").get(pk=connection_id)
    note_problems(connection=connection, kind=KIND, found=list(_found(connection, now)), now=now)


def _found(connection: Connection, now: datetime) -> Iterator[Found]:
    grant = getattr(connection, "pleo_grant", None)
    if grant and grant.dead_since:
        sentence = f"{grant.dead_reason} Reconnect Pleo: until then nothing is exported."
        yield Found(origin=Run.Origin.PLEO, type=PLEO_ACCESS, sentence=sentence, fix="pleo_access")
    if connection.erp_problem:
        yield Found(
            origin=Run.Origin.ERP,
            type=ERP_ACCESS,
            sentence=connection.erp_problem,
            fix="erp",
        )
    ends = connection.erp_access_ends
    if ends and ends <= (now + SOON).date():
        label = erp_adapters.get(connection.erp_kind).label
        yield Found(
            origin=Run.Origin.ERP,
            type=ERP_ACCESS_ENDS,
            subject=ends.isoformat(),
            sentence=f"The access to {label} ends on {ends}. Reconnect it with a new key.",
            fix="erp",
        )
