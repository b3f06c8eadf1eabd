from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Exists, Func, Max, Min, OuterRef, Q, Subquery, TextField
from django.http import Http404
from django_scopes import scopes_disabled

from erp_adapters.ledger import PostedVoucher
from pleo_connector.connections.models import Connection
from pleo_connector.connections.queries import get_place
from pleo_connector.exports.asked import FIX as LOOK_UP
from pleo_connector.exports.models import AttachmentUpload, ExportJob, ExportJobItem, Posting
from pleo_connector.history.models import Problem, ProblemEntry
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


State = Posting.State

# -- For the pages ------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class Counts:
    """Entries of a job by what became of them."""

    total: int = 0
    booked: int = 0
    failed: int = 0
    asked: int = 0  # of those: whether they are booked is for a person to find out
    not_reported: int = 0
    booked_before: int = 0

    @property
    def done(self) -> int:
        return self.booked + self.failed

    @property
    def refused(self) -> int:
        return self.failed - self.asked

    @property
    def unbooked(self) -> int:
        """What can be exported again."""
        return self.total - self.booked - self.asked

    @property
    def waiting(self) -> int:
        return max(self.total - self.done - self.not_reported, 0)


def counts_of(jobs: Sequence[ExportJob]) -> dict[int, Counts]:
    """By primary key of the job. Before its entries are read, a job has Pleo's number of them."""
    status = ExportJobItem.Status
    doubtful = Posting.objects.filter(
        connection=OuterRef("job__connection"),
        accounting_entry_id=OuterRef("accounting_entry_id"),
        state=Posting.State.ASKED,
    )
    rows = (
        ExportJobItem.objects.filter(job__in=jobs)
        .order_by()
        .values("job_id")
        .annotate(
            rows=Count("pk"),
            booked=Count("pk", filter=Q(status=status.SUCCESSFUL)),
            failed=Count("pk", filter=Q(status=status.FAILED)),
            asked=Count("pk", filter=Q(status=status.FAILED, fix=LOOK_UP) & Q(Exists(doubtful))),
            not_reported=Count("pk", filter=Q(status=status.ABANDONED)),
            booked_before=Count("pk", filter=Q(booked_before=True)),
        )
    )
    found = {row.pop("job_id"): row for row in rows}
    return {job.pk: _counts(job, found.get(job.pk, {})) for job in jobs}


def _counts(job: ExportJob, row: dict[str, int]) -> Counts:
    total = max(row.pop("rows", 0), job.number_of_items)
    return Counts(total=total, **row)


@dataclass(frozen=True, slots=True)
class Cause:
    """Entries that could not be booked for one reason."""

    failure_type: str
    subject: str
    fix: str
    entries: int
    sentence: str
    sentences: int  # different ones among them
    pleo_url: str


def causes_of(job: ExportJob) -> list[Cause]:
    """What kept entries of the job from being booked, the most frequent cause first."""
    rows = (
        job.items.filter(status=ExportJobItem.Status.FAILED)
        .order_by()
        .values("failure_type", "subject", "fix")
        .annotate(
            entries=Count("pk"),
            sentence=Min("failure_reason"),
            sentences=Count("failure_reason", distinct=True),
            pleo_url=Min("pleo_url"),
        )
        .order_by("-entries", "subject")
    )
    return [Cause(**row) for row in rows]


@dataclass(frozen=True, slots=True)
class Totals:
    """Over the vouchers that a job booked and that stand, and how many entries do no longer."""

    rows: Sequence[tuple[str, str, Decimal, Decimal]]  # account, currency, debit, credit
    reversed: int


def totals_of(job: ExportJob) -> Totals:
    totals: dict[tuple[str, str], list[Decimal]] = {}
    undone: set[UUID] = set()
    booked = (State.POSTED, State.REVERSING, State.REVERSED, State.RETIRED)
    vouchers = Posting.objects.filter(job=job, state__in=booked, is_by_hand=False)
    fields = ("accounting_entry_id", "state", "voucher__lines", "voucher__currency")
    for entry, state, lines, currency in vouchers.values_list(*fields):
        if state != State.POSTED:
            undone.add(entry)
            continue
        for line in lines:
            sums = totals.setdefault((line["account"], currency), [Decimal(0), Decimal(0)])
            sums[0] += Decimal(line["debit"])
            sums[1] += Decimal(line["credit"])
    return Totals([(*key, *totals[key]) for key in sorted(totals)], len(undone))  # type: ignore[misc]


def vouchers_of(connection: Connection, entry_ids: Sequence[UUID]) -> dict[UUID, list[Posting]]:
    """Postings of these entries with what was sent, by entry, parts in order."""
    found: dict[UUID, list[Posting]] = {}
    rows = Posting.objects.filter(connection=connection, accounting_entry_id__in=entry_ids)
    for posting in rows.select_related("noted_by").order_by("part"):
        found.setdefault(posting.accounting_entry_id, []).append(posting)
    return found


def waiting_entries(connections: Sequence[Connection]) -> dict[int, int]:
    """Entries of exports that are not over, by connection."""
    jobs = list(
        ExportJob.objects.filter(connection__in=connections, status__in=ExportJob.UNFINISHED)
    )
    counts = counts_of(jobs)
    waiting: dict[int, int] = {}
    for job in jobs:
        waiting[job.connection_id] = waiting.get(job.connection_id, 0) + counts[job.pk].waiting
    return waiting


def latest_items(connection: Connection, entry_ids: Collection[UUID]) -> dict[UUID, ExportJobItem]:
    """What the last export of each entry made of it, with its job."""
    rows = (
        ExportJobItem.objects.filter(
            job__connection=connection, accounting_entry_id__in=list(entry_ids)
        )
        .select_related("job")
        .order_by("accounting_entry_id", "-job__created_at", "-pk")
        .distinct("accounting_entry_id")
    )
    return {item.accounting_entry_id: item for item in rows}


def pleo_urls(problems: Sequence[Problem], kept: Mapping[int, int]) -> dict[int, str]:
    """Where the entry of each problem stands that keeps only one and is mended in Pleo."""
    mine = [x.pk for x in problems if x.fix == "pleo" and kept.get(x.pk) == 1]
    items = ExportJobItem.objects.filter(
        job__connection=OuterRef("problem__connection"),
        accounting_entry_id=OuterRef("accounting_entry_id"),
    )
    rows = ProblemEntry.objects.filter(problem__in=mine, left_at=None).order_by()
    urls = Subquery(items.order_by("-pk").values("pleo_url")[:1])
    return {x: url or "" for x, url in rows.values_list("problem_id", urls)} if mine else {}


class _Unnest(Func):
    function = "unnest"
    set_returning = True
    output_field = TextField()


def waiting_codes(connection: Connection) -> dict[str, int]:
    """How many entries that are not booked refer to each code, as `code_mark` writes it."""
    kept = ProblemEntry.objects.filter(problem__connection=connection, left_at=None)
    rows = (
        ExportJobItem.objects.filter(
            job__connection=connection,
            accounting_entry_id__in=kept.values("accounting_entry_id"),
            codes__isnull=False,
        )
        .order_by()
        .annotate(code=_Unnest("codes"))
        .values("code")
        .annotate(entries=Count("accounting_entry_id", distinct=True))
    )
    return {row["code"]: row["entries"] for row in rows}


def latest_jobs(connections: Sequence[Connection]) -> dict[int, ExportJob]:
    """The newest export of each connection."""
    newest = (
        ExportJob.objects.filter(connection__in=connections)
        .select_related("run")
        .order_by("connection", "-created_at")
        .distinct("connection")
    )
    return {job.connection_id: job for job in newest}


def recent_entries(
    connection: Connection, *, jobs: int = 3, limit: int = 50
) -> list[ExportJobItem]:
    """Entries of the latest exports whose facts are known, for rules to be tried on."""
    latest = ExportJob.objects.filter(connection=connection).order_by("-created_at", "-pk")
    rows = ExportJobItem.objects.filter(
        job__in=list(latest.values_list("pk", flat=True)[:jobs]), facts__isnull=False
    )
    return list(rows.order_by("-job_id", "position")[:limit])


def entry_of(connection: Connection, public_id: UUID) -> ExportJobItem | None:
    rows = ExportJobItem.objects.filter(job__connection=connection, public_id=public_id)
    found: ExportJobItem | None = rows.first()
    return found


def booking_rate(job: ExportJob) -> int | None:
    """Entries a minute; None until enough of them are booked to tell."""
    sent = Posting.objects.filter(job=job, state=Posting.State.POSTED, part=0, is_by_hand=False)
    booked = sent.aggregate(first=Min("intended_at"), last=Max("settled_at"), entries=Count("pk"))
    if booked["entries"] < 5:
        return None
    minutes = (booked["last"] - booked["first"]).total_seconds() / 60
    return round(booked["entries"] / minutes) if minutes > 0 else None
