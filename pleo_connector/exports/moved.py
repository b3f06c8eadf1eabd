"""A connection books into another company from now on: what that means for what was booked before.

The books that are left can be neither searched nor written to any more. So nothing is looked up,
matched or attached by an id of theirs, which may be somebody else's voucher in the new books.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from pleo_connector.catalog.restart import start_over
from pleo_connector.connections.actions import store_erp_access
from pleo_connector.connections.lease import overtake
from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import Posting
from pleo_connector.history.actions import note_decisions

Match, State = Posting.Match, Posting.State
BOOKS_MOVED = "books_moved"  # the kind of a decision


def move_books(*, connection: Connection, now: datetime, **access: Any) -> None:
    """`access` is that of `store_erp_access`. Who books at this moment is stopped first."""
    with transaction.atomic():
        overtake(connection.pk)
        _ask_about_unknown(connection, now)
        rows = Posting.objects.filter(connection=connection)
        rows.filter(number="").update(number=F("erp_id"))
        rows.filter(match__in=[Match.NEW, Match.OPEN, Match.DUE]).update(match=Match.LEFT_OPEN)
        rows.update(erp_id="", match_keys=None)
        start_over(connection=connection, now=now)
        store_erp_access(connection=connection, now=now, **access)


def _ask_about_unknown(connection: Connection, now: datetime) -> None:
    """A person looks up what nobody knows: in the new books it would seem not to be booked."""
    books = connection.erp_company_name
    said = f"whether the entry is booked in those of {books}. Look for {{}} there."
    _leave(connection, [State.INTENT, State.UNCERTAIN], State.ASKED, said, now)
    said = f"whether {{}} is reversed in those of {books}. Look there; here it stays booked."
    _leave(connection, [State.REVERSING], State.POSTED, said, now)


def _leave(
    connection: Connection, states: Sequence[str], to: str, said: str, now: datetime
) -> None:
    rows = Posting.objects.filter(connection=connection, state__in=states).select_related("job")
    before = f"The connection was moved to other books before it was known {said}"
    note_decisions(
        (
            (
                row.job.run_id,
                row.accounting_entry_id,
                BOOKS_MOVED,
                before.format(row.number or row.reference),
            )
            for row in rows
        ),
        now=now,
    )
    rows.update(state=to)
