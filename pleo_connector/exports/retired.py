"""Postings that were reversed and make room for another booking of their entry.

They stay as they were, under their own reference. What is booked anew has another one: by the old
one, a search would find the voucher that was reversed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

from django.db.models import Count, Max

from erp_adapters.ledger import Voucher
from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import Posting

RETIRED = Posting.State.RETIRED
FIRST = 100  # parts of retired postings; an entry has few others


def retire(rows: Iterable[Posting]) -> None:
    """Call inside a transaction that holds the connection still."""
    for row in rows:
        mine = Posting.objects.filter(
            connection_id=row.connection_id, accounting_entry_id=row.accounting_entry_id
        )
        last = mine.filter(state=RETIRED).aggregate(part=Max("part"))["part"]
        row.state, row.part = RETIRED, FIRST if last is None else last + 1
        row.save(update_fields=["state", "part"])


def retired_counts(connection: Connection, entry_ids: Sequence[UUID]) -> dict[UUID, int]:
    rows = Posting.objects.filter(
        connection=connection, accounting_entry_id__in=entry_ids, state=RETIRED
    ).order_by()
    return dict(rows.values_list("accounting_entry_id").annotate(Count("pk")))


def renamed(voucher: Voucher, entry_id: UUID, times: int) -> Voucher:
    """`pleo:<entry>.2` and `pleo:<entry>.2:2` after two reversed ones."""
    old = f"pleo:{entry_id}"

    def new(reference: str) -> str:
        return reference.replace(old, f"{old}.{times}", 1)

    return replace(
        voucher,
        reference=new(voucher.reference),
        settles=tuple(new(reference) for reference in voucher.settles),
    )
