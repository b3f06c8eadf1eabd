"""What only a person can find out: whether a voucher stands in an ERP that cannot be asked.

A posting comes here from `once.recover`, waits in the state `asked`, and leaves by what somebody
says on its page. Until then its entry is told to Pleo as failed, and is not booked again.
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from erp_adapters.base import ErpAdapter
from erp_adapters.batches import chunks
from erp_adapters.errors import OutcomeUnknown
from erp_adapters.ledger import PostedVoucher
from pleo_connector.exports.models import ExportJobItem, Posting
from pleo_connector.history.actions import note_decisions
from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.models import User

TYPE = "accounting_system_timeout"  # Pleo's word for items and for jobs
FIX = "look_up"
NUMBER_LENGTH = 100


class CannotSay(Exception):
    """A sentence for the person who answered."""


def look_up(
    erp: ErpAdapter, references: Sequence[str], *, at_once: int
) -> tuple[dict[str, PostedVoucher], set[str]]:
    """(what stands there, references of which the ERP cannot tell)."""
    if not erp.capabilities.can_find:
        return {}, set(references)
    found: dict[str, PostedVoucher] = {}
    unclear = set[str]()
    for some in chunks(references, at_once):
        try:
            found |= erp.find_posted(some)
        except OutcomeUnknown:
            if len(some) == 1:
                unclear |= set(some)
                continue
            there, dark = look_up(erp, some, at_once=1)
            found, unclear = found | there, unclear | dark
    return found, unclear


def refuse(item: ExportJobItem, posting: Posting, erp: ErpAdapter) -> None:
    """The entry is not booked again before somebody has looked."""
    where = f"{posting.reference} in the field {erp.capabilities.reference_place}"
    sentence = (
        f"{erp.label} did not answer when this entry was booked, and cannot tell whether it is. "
        f"Look there for {where}, and say on the entry's page what you found."
    )
    item.refuse(TYPE, sentence, fix=FIX, subject=f"{erp.label} did not answer")


def say_booked(*, posting: Posting, number: str, actor: User | None, now: datetime) -> None:
    """It stands in the ERP under this number; the next export of the entry reports it.

    CannotSay where there is no number, or somebody has answered before.
    """
    number = number.strip()
    if not number or len(number) > NUMBER_LENGTH:
        raise CannotSay(_("Enter the number under which it is booked."))
    with transaction.atomic():
        rows = _asked(posting)
        for row in rows:
            row.state, row.number = Posting.State.POSTED, number
            row.is_final = bool(row.voucher["is_final"])
            row.posting_date = date.fromisoformat(row.voucher["posting_date"])
            if row.match != Posting.Match.NONE:  # the ERP's own id is not known
                row.match, row.match_keys = Posting.Match.LEFT_OPEN, None
        sentence = (
            f"Somebody looked it up: it is booked as {number}. Receipts that are missing there are "
            "to be attached by hand."
        )
        _save(rows, actor, sentence, now)


def say_not_booked(*, posting: Posting, actor: User | None, now: datetime) -> None:
    """It does not stand in the ERP; the next export of the entry books it.

    CannotSay where somebody has answered before.
    """
    with transaction.atomic():
        rows = _asked(posting)
        for row in rows:
            row.state = Posting.State.VOID
        _save(rows, actor, "Somebody looked it up: it is not booked.", now)


def _asked(posting: Posting) -> list[Posting]:
    """All that share its voucher."""
    rows = list(
        Posting.objects.select_for_update(of=("self",))
        .filter(
            connection=posting.connection,
            reference=posting.reference,
            state=Posting.State.ASKED,
        )
        .select_related("job", "connection__tenant")
    )
    if not rows:
        raise CannotSay(_("Somebody has answered this already."))
    return rows


def _save(rows: Sequence[Posting], actor: User | None, sentence: str, now: datetime) -> None:
    for row in rows:
        row.settled_at = now
    fields = ["state", "number", "is_final", "posting_date", "match", "match_keys", "settled_at"]
    Posting.objects.bulk_update(rows, fields)
    note_decisions(
        (
            (row.job.run_id, row.accounting_entry_id, "looked_up_by_person", sentence)
            for row in rows
        ),
        now=now,
    )
    record_audit(
        tenant=rows[0].connection.tenant,
        actor=actor,
        action="said what became of a voucher",
        subject=rows[0].reference,
        outcome=rows[0].state,
        number=rows[0].number,
    )
