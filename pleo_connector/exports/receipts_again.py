"""A person asks that receipts of a booked entry which could not be attached be tried once more.

Pleo gives links to receipts only with an open job, so it is asked for a new one of this entry. A
worker takes it like any other: the voucher stands and is reported with its number, and the attach
step fetches what is missing by fresh links, under the lease, each file once (`attachments.py`).
"""

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from pleo_connector.connections.models import Connection
from pleo_connector.exports.again import CannotExport, export_one
from pleo_connector.exports.by_hand import CannotCorrect
from pleo_connector.exports.models import AttachmentUpload, ExportJobItem, Posting
from pleo_connector.exports.queries import live_postings
from pleo_connector.exports.receipts import ALL
from pleo_connector.tenants.models import User

State = AttachmentUpload.State


def missing(uploads: Iterable[AttachmentUpload]) -> list[AttachmentUpload]:
    """Receipts of one voucher that another try may attach; none beside a file of all that fit."""
    rows = list(uploads)
    if any(row.number == ALL and row.state == State.UPLOADED for row in rows):
        return []
    return [row for row in rows if row.state == State.FAILED]


def can_try(connection: Connection, postings: Sequence[Posting]) -> bool:
    """Whether a worker could do it now; `postings` are those of one entry that count, in order."""
    if not postings or connection.state != Connection.State.LIVE or connection.erp_problem:
        return False
    first = postings[0]  # it carries the receipts
    return first.state == Posting.State.POSTED and bool(first.erp_id) and not first.is_by_hand


def attach_again(*, item: ExportJobItem, actor: User | None) -> int:
    """How many receipts are tried. CannotCorrect where none is missing, or Pleo has a job running.

    A RemoteError where Pleo does not answer.
    """
    connection = item.job.connection
    postings = live_postings(connection, item.accounting_entry_id)
    if not can_try(connection, postings):
        raise CannotCorrect(_("Receipts of this entry cannot be attached from here."))
    files = missing(postings[0].attachments.all())
    if not files:
        raise CannotCorrect(_("No receipt of this entry is missing."))
    try:
        export_one(
            item=item,
            actor=actor,
            action="asked to attach receipts again",
            subject=postings[0].number or postings[0].reference,
            receipts=[row.name for row in files],
        )
    except CannotExport as error:
        raise CannotCorrect(str(error)) from error
    return len(files)
