"""Post once: what is about to be booked is committed before the call, what came of it after.

What is left unknown is looked up in the ERP, and never repeated blindly.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import DurationField, ExpressionWrapper, F
from django.db.models.functions import Now

from erp_adapters.base import ErpAdapter
from erp_adapters.errors import Rejected
from erp_adapters.ledger import PostedVoucher, Voucher
from pleo_connector.bookkeeping.common import is_common, together
from pleo_connector.bookkeeping.readback import differences
from pleo_connector.connections.lease import Lease
from pleo_connector.exports.actions import UPLOAD
from pleo_connector.exports.asked import look_up
from pleo_connector.exports.models import AttachmentUpload, ExportJob, Posting
from pleo_connector.exports.outcomes import Wait
from pleo_connector.exports.plan import Planned
from pleo_connector.exports.voucher_json import hash_of, voucher_from_json, voucher_to_json
from pleo_connector.history.actions import Noted, note_decisions

LOOK_UP = 100  # references per search in the ERP

_INTENT_FIELDS = [
    *("state", "job", "reference", "voucher", "voucher_hash", "fence", "intended_at"),
    *("match", "match_role", "match_keys", "match_currency", "match_units"),
]
_OUTCOME_FIELDS = [
    *("state", "settled_at", "erp_id", "number", "url", "is_final", "posting_date", "owed"),
]


def save_intents(
    lease: Lease, job: ExportJob, entries: Sequence[Planned], *, can_match: bool
) -> None:
    """Committed before the call. A posted row is never among them: the plan left it out.

    The database's clock says when, so that a worker with another clock waits long enough.
    """
    rows = []
    for entry in entries:
        for voucher in entry.vouchers:
            content = voucher_to_json(voucher)
            row = Posting(
                connection=lease.connection,
                job=job,
                accounting_entry_id=entry.item.accounting_entry_id,
                part=part_of(voucher.reference),
                reference=voucher.reference,
                state=Posting.State.INTENT,
                voucher=content,
                voucher_hash=hash_of(content),
                fence=lease.fence,
                intended_at=Now(),
            )
            if half := entry.halves.get(row.part):
                row.offer(half, can_match=can_match)
            rows.append(row)
    with lease.writing():
        Posting.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["connection", "accounting_entry_id", "part"],
            update_fields=_INTENT_FIELDS,
        )


def part_of(reference: str) -> int:
    """0 for `pleo:<entry>` and for a common voucher, n - 1 for `pleo:<entry>:n`."""
    if is_common(reference):
        return 0
    _, _, number = reference.removeprefix("pleo:").partition(":")
    return int(number) - 1 if number else 0


def mark_uncertain(lease: Lease, references: Sequence[str]) -> None:
    with lease.writing():
        _postings(lease, references).update(state=Posting.State.UNCERTAIN)


def mark_not_booked(lease: Lease, references: Sequence[str]) -> None:
    with lease.writing():
        _postings(lease, references).update(state=Posting.State.VOID)


def save_outcomes(
    lease: Lease,
    vouchers: Sequence[Voucher],
    results: Mapping[str, PostedVoucher | Rejected],
    *,
    label: str,
    now: datetime,
) -> None:
    """What the ERP did, and a decision where it did something else than it was asked."""
    with lease.writing():
        rows = _postings(lease, list(results)).select_related("job").defer("voucher")
        _settle(lease, list(rows), vouchers, results, label=label, now=now)


def _settle(
    lease: Lease,
    rows: Sequence[Posting],
    vouchers: Sequence[Voucher],
    results: Mapping[str, PostedVoucher | Rejected],
    *,
    label: str,
    now: datetime,
) -> None:
    """Rows that share a voucher have one reference, and one outcome."""
    currency, sent = lease.connection.erp_currency, {x.reference: x for x in vouchers}
    decisions: list[Noted] = []
    told: dict[str, list[str]] = {}
    for row in rows:
        result = results.get(row.reference)
        row.settle(result, now=now)
        if not isinstance(result, PostedVoucher):
            continue
        voucher = sent[row.reference]
        row.note_owed(voucher, result, currency)
        if row.reference not in told:
            said = differences(voucher, result, label=label, company_currency=currency)
            told[row.reference] = list(said)
        decisions += [
            (row.job.run_id, row.accounting_entry_id, "differs_in_erp", sentence)
            for sentence in told[row.reference]
        ]
    Posting.objects.bulk_update(rows, _OUTCOME_FIELDS, batch_size=200)
    note_decisions(decisions, now=now)


def recover(lease: Lease, erp: ErpAdapter, *, now: datetime) -> None:
    """Settle every posting of this connection whose outcome nobody knows, by looking it up.

    Where the ERP cannot tell, a person is asked, and the run goes on without those.
    """
    rows = list(
        Posting.objects.filter(
            connection=lease.connection,
            state__in=[Posting.State.INTENT, Posting.State.UNCERTAIN],
        )
        .select_related("job")
        .annotate(age=age("intended_at"))
    )
    _wait_until_settled(erp, [row.age for row in rows], "booked")
    uploads = AttachmentUpload.objects.filter(
        posting__connection=lease.connection,
        state=AttachmentUpload.State.FAILED,
        failure_type=UPLOAD,
    )
    _wait_until_settled(erp, uploads.values_list(age("changed_at"), flat=True), "attached")
    if not rows:
        return
    sent = together(voucher_from_json(row.voucher) for row in rows)
    there, unclear = look_up(erp, [voucher.reference for voucher in sent], at_once=LOOK_UP)
    found: dict[str, PostedVoucher | Rejected] = {**there, **_finished(erp, sent, there)}
    asked = [row.pk for row in rows if row.reference in unclear]
    known = [row for row in rows if row.reference not in unclear]
    doubted = {row.pk for row in rows if row.state == Posting.State.UNCERTAIN}
    with lease.writing():
        Posting.objects.filter(pk__in=asked).update(state=Posting.State.ASKED)
        _settle(lease, known, sent, found, label=erp.label, now=now)
        told = [_looked_up(x, erp.label) for x in known if x.erp_id or x.pk in doubted]
        note_decisions(told, now=now)


def _looked_up(row: Posting, label: str) -> Noted:
    """A decision: nobody knew whether it was booked."""
    is_there = row.state == Posting.State.POSTED
    found = f"it is booked as {row.number or row.erp_id}" if is_there else "it was not booked"
    sentence = f"It was not known whether the entry is booked. {label} was asked: {found}."
    return row.job.run_id, row.accounting_entry_id, "looked_up", sentence


def age(field: str) -> Any:
    """By the database's clock, on which workers agree."""
    return ExpressionWrapper(Now() - F(field), DurationField())


def _wait_until_settled(erp: ErpAdapter, ages: Iterable[timedelta], done: str) -> None:
    """Whoever was woken early waits too: until then the ERP may still do what it was asked."""
    youngest = min(ages, default=None)
    rest = timedelta() if youngest is None else settle_time(erp) - youngest
    if rest > timedelta():
        raise Wait(rest.total_seconds(), erp.label, f"Checking in {erp.label} what was {done}.")


def settle_time(erp: ErpAdapter) -> timedelta:
    seconds = settings.SETTLE_SECONDS
    return timedelta(seconds=erp.capabilities.settle_seconds if seconds is None else seconds)


def _finished(
    erp: ErpAdapter, sent: Sequence[Voucher], found: Mapping[str, PostedVoucher | Rejected]
) -> dict[str, PostedVoucher | Rejected]:
    """Drafts that a dead worker was about to make final."""
    drafts = [
        posted
        for voucher in sent
        if isinstance(posted := found.get(voucher.reference), PostedVoucher)
        and voucher.is_final
        and not posted.is_final
    ]
    if not drafts:
        return {}
    theirs = {draft.reference for draft in drafts}
    done = erp.finish(drafts, sent=[x for x in sent if x.reference in theirs])
    return {d.reference: r for d, r in zip(drafts, done, strict=True)}


def _postings(lease: Lease, references: Sequence[str]) -> Any:
    return Posting.objects.filter(connection=lease.connection, reference__in=references)


def save_matches(
    lease: Lease,
    rows: Sequence[Posting],
    decisions: Sequence[tuple[Posting, str, str]],
    *,
    now: datetime,
) -> None:
    """How far the postings are matched, and why: each on the page of its own entry."""
    with lease.writing():
        Posting.objects.bulk_update(rows, ["match", "pays"], batch_size=500)
        note_decisions(
            (
                (row.job.run_id, row.accounting_entry_id, kind, sentence)
                for row, kind, sentence in decisions
            ),
            now=now,
        )
