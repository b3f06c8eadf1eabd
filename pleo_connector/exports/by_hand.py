"""A person books an entry in the ERP by themselves, and says so here.

The posting then stands as booked under the number that they give: Pleo is told so by an export that
is still open, else by the next one, and nobody books the entry again. No worker may be planning it
meanwhile, so the lease has to be free while this is written.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.connections.actions import check_now
from pleo_connector.connections.lease import Busy, between_leases
from pleo_connector.exports.models import ExportJobItem, Posting
from pleo_connector.exports.queries import live_postings
from pleo_connector.exports.retired import retire
from pleo_connector.exports.voucher_json import hash_of
from pleo_connector.history.actions import note_decisions
from pleo_connector.history.problems import note_booked
from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.models import User

State = Posting.State
FREE = frozenset({State.REJECTED, State.VOID, State.REVERSED})  # nothing of ours counts in the ERP
NUMBER_LENGTH, NOTE_LENGTH = 100, 500
BUSY = gettext_lazy(
    "Entries of this connection are being booked at the moment. Try again in a minute."
)


class CannotCorrect(Exception):
    """A sentence for the person who asked for it."""


def can_be_by_hand(item: ExportJobItem, postings: Sequence[Posting]) -> bool:
    """Whether it is surely not booked as a whole."""
    if item.status not in (item.Status.FAILED, item.Status.ABANDONED):
        return False
    live = {posting.state for posting in postings if posting.state != State.RETIRED}
    return live <= FREE | {State.POSTED} and live != {State.POSTED}


def mark_by_hand(
    *, item: ExportJobItem, number: str, reason: str, actor: User | None, now: datetime
) -> None:
    """It stands in the ERP under this number. CannotCorrect where that cannot be so."""
    number, reason = number.strip()[:NUMBER_LENGTH], reason.strip()[:NOTE_LENGTH]
    if not number or not reason:
        raise CannotCorrect(_("Enter the number under which it is booked, and why by hand."))
    connection = item.job.connection
    try:
        with between_leases(connection):
            rows = live_postings(connection, item.accounting_entry_id)
            if not can_be_by_hand(item, rows):
                raise CannotCorrect(_("This entry is booked already, or is being looked up."))
            marked = _mark(item, rows, number)
            for row in marked:
                row.is_by_hand, row.note, row.noted_by = True, reason, actor
                row.settled_at, row.is_final = now, True
                row.save()
            sentence = f"It was booked by hand as {number}: {reason}"
            _record(item, actor, "marked as booked by hand", sentence, now, number=number)
            note_booked(connection=connection, entries=[item.accounting_entry_id], now=now)
    except Busy as error:
        raise CannotCorrect(BUSY) from error
    check_now(connection=connection)


def take_back(*, item: ExportJobItem, actor: User | None, now: datetime) -> None:
    """It is not booked by hand after all: the next export books it."""
    connection = item.job.connection
    try:
        with between_leases(connection):
            rows = [x for x in live_postings(connection, item.accounting_entry_id) if x.is_by_hand]
            if not rows:
                raise CannotCorrect(_("This entry is not marked as booked by hand."))
            for row in rows:
                row.state, row.is_by_hand, row.number = State.VOID, False, ""
                row.settled_at, row.noted_by = now, actor
                row.save()
            sentence = "It is not booked by hand after all. The next export books it."
            _record(item, actor, "took back that it is booked by hand", sentence, now)
    except Busy as error:
        raise CannotCorrect(BUSY) from error


def _mark(item: ExportJobItem, rows: Sequence[Posting], number: str) -> list[Posting]:
    """What was refused, or a row for what was never sent."""
    retire([row for row in rows if row.state == State.REVERSED])
    marked = [row for row in rows if row.state in (State.REJECTED, State.VOID)] or [_new(item)]
    for row in marked:
        row.state, row.number = State.POSTED, number
        row.match, row.match_keys = Posting.Match.NONE, None
    return marked


def _new(item: ExportJobItem) -> Posting:
    """With the shape of a voucher, and no lines: nothing was sent."""
    content: dict[str, Any] = {
        "reference": "",
        "kind": "by_hand",
        "currency": item.currency,
        "posting_date": (item.entry_date or item.job.created_at.date()).isoformat(),
        "is_final": True,
        "text": "",
        "lines": [],
    }
    return Posting(
        connection=item.job.connection,
        job=item.job,
        accounting_entry_id=item.accounting_entry_id,
        reference=f"by-hand:{item.accounting_entry_id}",
        voucher=content,
        voucher_hash=hash_of(content),
        fence=item.job.connection.lease_fence,
        intended_at=item.job.created_at,
        posting_date=item.entry_date,
    )


def _record(
    item: ExportJobItem,
    actor: User | None,
    action: str,
    sentence: str,
    now: datetime,
    **detail: str,
) -> None:
    note_decisions([(item.job.run_id, item.accounting_entry_id, "by_hand", sentence)], now=now)
    record_audit(
        tenant=item.job.connection.tenant,
        actor=actor,
        action=action,
        subject=f"pleo:{item.accounting_entry_id}",
        because=sentence,
        **detail,
    )
