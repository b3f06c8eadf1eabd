from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.http import Http404
from django_scopes import scopes_disabled

from erp_adapters.ledger import PostedVoucher
from pleo_connector.connections.models import Connection
from pleo_connector.connections.queries import get_place
from pleo_connector.exports.models import AttachmentUpload, ExportJob, ExportJobItem, Posting
from pleo_connector.tenants.models import Membership, User


def postings_of(connection: Connection, entry_ids: Sequence[UUID]) -> dict[UUID, list[Posting]]:
    """All postings of these entries that count, by entry, parts in order."""
    found: dict[UUID, list[Posting]] = {}
    if entry_ids:
        rows = Posting.objects.filter(connection=connection, accounting_entry_id__in=entry_ids)
        rows = rows.exclude(state=Posting.State.RETIRED)
        for posting in rows.defer("voucher").order_by("part"):
            found.setdefault(posting.accounting_entry_id, []).append(posting)
    return found


def live_postings(connection: Connection, entry_id: UUID) -> list[Posting]:
    """Those of one entry that count, with what was sent, parts in order."""
    rows = Posting.objects.filter(connection=connection, accounting_entry_id=entry_id)
    return list(rows.exclude(state=Posting.State.RETIRED).order_by("part"))


def is_anything_unknown(connection: Connection) -> bool:
    """Whether a voucher may stand in the ERP or not."""
    unknown = [Posting.State.INTENT, Posting.State.UNCERTAIN]
    return bool(Posting.objects.filter(connection=connection, state__in=unknown).exists())


def asked_entries(job: ExportJob) -> list[tuple[ExportJobItem, Posting]]:
    """Entries of the job that a person has to look up, one of each voucher, in the job's order."""
    rows = Posting.objects.filter(
        connection=job.connection,
        state=Posting.State.ASKED,
        accounting_entry_id__in=job.items.values("accounting_entry_id"),
    )
    by_reference = {posting.reference: posting for posting in rows.order_by("pk")}
    entries = {posting.accounting_entry_id for posting in by_reference.values()}
    items = {x.accounting_entry_id: x for x in job.items.filter(accounting_entry_id__in=entries)}
    found = [(items[x.accounting_entry_id], x) for x in by_reference.values()]
    return sorted(found, key=lambda pair: pair[0].position)


def first_postings(connection: Connection, entries: Iterable[ExportJobItem]) -> dict[UUID, Posting]:
    """The posted voucher of each entry that carries its receipts.

    One that a person found has no id that files could be sent to.
    """
    rows = postings_of(connection, [entry.accounting_entry_id for entry in entries])
    return {
        entry_id: postings[0]
        for entry_id, postings in rows.items()
        if postings[0].state == Posting.State.POSTED and postings[0].erp_id
    }


def uploaded_numbers(postings: Iterable[Posting]) -> dict[UUID, set[int]]:
    """Numbers of the receipts that are in the ERP, by entry."""
    rows = AttachmentUpload.objects.filter(
        posting__in=list(postings), state=AttachmentUpload.State.UPLOADED
    ).values_list("posting__accounting_entry_id", "number")
    numbers: dict[UUID, set[int]] = {}
    for entry_id, number in rows:
        numbers.setdefault(entry_id, set()).add(number)
    return numbers


def failed_uploads(postings: Iterable[Posting]) -> dict[tuple[UUID, int], AttachmentUpload]:
    """Receipts that could not be attached, by entry and number."""
    rows = AttachmentUpload.objects.filter(
        posting__in=list(postings), state=AttachmentUpload.State.FAILED
    ).select_related("posting")
    return {(row.posting.accounting_entry_id, row.number): row for row in rows}


def posted_voucher(posting: Posting) -> PostedVoucher:
    """The posting as the adapter knows it; amounts and date are not needed to attach."""
    return PostedVoucher(
        reference=posting.reference,
        id=posting.erp_id,
        number=posting.number,
        url=posting.url,
        is_final=posting.is_final,
        posting_date=posting.posting_date or date.min,
        total=Decimal(0),
    )


def vouchers_of(connection: Connection, entry_ids: Sequence[UUID]) -> dict[UUID, list[Posting]]:
    """Postings of these entries with what was sent, by entry, parts in order."""
    found: dict[UUID, list[Posting]] = {}
    rows = Posting.objects.filter(connection=connection, accounting_entry_id__in=entry_ids)
    for posting in rows.select_related("noted_by").order_by("part"):
        found.setdefault(posting.accounting_entry_id, []).append(posting)
    return found


def get_export(user: User, public_id: UUID, *, to: str = "read") -> tuple[ExportJob, Membership]:
    """An export job and the user's membership; strangers get 404, readers who write 403."""
    with scopes_disabled():
        job = (
            ExportJob.objects.select_related("run", "connection__tenant", "connection__pleo_grant")
            .filter(public_id=public_id)
            .first()
        )
    if job is None:
        raise Http404("No such export.")
    return job, get_place(user, job.connection, to=to)
