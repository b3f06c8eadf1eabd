"""Exports as pages and programs are shown them: how far, what keeps entries, which sums."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Exists, Func, Max, Min, OuterRef, Q, Subquery, TextField

from pleo_connector.connections.models import Connection
from pleo_connector.exports.asked import FIX as LOOK_UP
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.history.models import Problem, ProblemEntry

State = Posting.State


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
