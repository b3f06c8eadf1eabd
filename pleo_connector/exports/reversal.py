"""A person asks that a booked entry be reversed in the ERP, or booked again after that.

Asked for here, done by a worker (`reversing.py`), which the connection is woken for.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from erp_adapters.base import ErpAdapter
from pleo_connector.connections.actions import check_now
from pleo_connector.connections.erp import open_erp
from pleo_connector.connections.lease import Busy, between_leases
from pleo_connector.connections.models import Connection
from pleo_connector.exports.by_hand import BUSY, NOTE_LENGTH, CannotCorrect
from pleo_connector.exports.models import ExportJobItem, Posting
from pleo_connector.exports.queries import live_postings
from pleo_connector.exports.retired import retire
from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.models import User

FIX = "reversed"
State = Posting.State


def reversible(connection: Connection, postings: Sequence[Posting]) -> list[Posting]:
    """What the ERP can reverse of an entry; nothing where it cannot."""
    rows = [x for x in postings if x.state == State.POSTED]
    if not rows or not all(x.erp_id and x.is_final for x in rows):
        return []
    if connection.state != Connection.State.LIVE or connection.erp_problem:
        return []  # no worker could do it now
    try:
        return rows if open_erp(connection).capabilities.can_reverse else []
    except ValueError:
        return []


def sharing(postings: Sequence[Posting]) -> list[Posting]:
    """All booked postings, of other entries too, that stand in the same vouchers."""
    rows = Posting.objects.filter(
        connection__in={x.connection_id for x in postings},
        reference__in={x.reference for x in postings},
        state=State.POSTED,
    )
    return list(rows.select_related("job").order_by("pk"))


def ask_reversal(*, item: ExportJobItem, reason: str, actor: User | None, now: datetime) -> None:
    """CannotCorrect where the ERP cannot, or nothing is booked."""
    reason, connection = reason.strip()[:NOTE_LENGTH], item.job.connection
    if not reason:
        raise CannotCorrect(_("Enter why it is reversed."))
    mine = Posting.objects.filter(
        connection=connection, accounting_entry_id=item.accounting_entry_id
    )
    if not reversible(connection, list(mine)):
        raise CannotCorrect(_("This entry cannot be reversed from here."))
    try:
        with between_leases(connection):
            rows = sharing(list(mine.filter(state=State.POSTED)))
            if not rows:
                raise CannotCorrect(_("This entry is not booked any more."))
            for row in rows:
                row.state, row.note, row.noted_by = State.REVERSING, reason, actor
                row.reversing_at = None
            Posting.objects.bulk_update(rows, ["state", "note", "noted_by", "reversing_at"])
            _audit(connection, actor, "asked to reverse a voucher", rows, reason)
    except Busy as error:
        raise CannotCorrect(BUSY) from error
    check_now(connection=connection)


def allow_again(*, item: ExportJobItem, actor: User | None) -> None:
    """What was reversed may be booked again, by the next export of the entry."""
    connection = item.job.connection
    try:
        with between_leases(connection):
            rows = live_postings(connection, item.accounting_entry_id)
            if not rows or any(row.state != State.REVERSED for row in rows):
                raise CannotCorrect(_("This entry is not reversed as a whole."))
            retire(rows)
            _audit(connection, actor, "allowed to book an entry again", rows, rows[0].note)
    except Busy as error:
        raise CannotCorrect(BUSY) from error


def refuse(item: ExportJobItem, posting: Posting, erp: ErpAdapter) -> None:
    """The entry came again in an export, and nobody said that it is to be booked again."""
    if posting.state == State.REVERSING:
        sentence = (
            f"This entry is being reversed in {erp.label}. Export it again when that is done."
        )
    else:
        sentence = (
            f"This entry was reversed in {erp.label}. To have it booked again, say so on its page, "
            "and export it again."
        )
    item.refuse("validation_failure", sentence, fix=FIX, subject=f"reversed in {erp.label}")


def _audit(
    connection: Connection,
    actor: User | None,
    action: str,
    rows: Sequence[Posting],
    because: str,
) -> None:
    record_audit(
        tenant=connection.tenant,
        actor=actor,
        action=action,
        subject=", ".join(dict.fromkeys(row.number or row.reference for row in rows)),
        because=because,
        entries=len({row.accounting_entry_id for row in rows}),
    )
