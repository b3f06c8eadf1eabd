"""The verdict on a job, from the ERP's own data and the simulator's own, never from ours.

Of ours only two things are asked: whether the run came to an end, and whether a person is waited
for.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django_scopes import scopes_disabled

from pleo_connector.connections.models import Connection, PleoGrant
from pleo_connector.exports.models import AttachmentUpload, ExportJob, Posting
from tests.chaos.books import Standing
from tests.chaos.house import Entry, House, Order
from tests.chaos.workers import Worker

UNKNOWN = (Posting.State.INTENT, Posting.State.UNCERTAIN, Posting.State.ASKED)
REFUSAL = "accounting_system_validation_failure"


@dataclass
class Verdict:
    """Sentences about what is wrong, by what kind of wrong it is."""

    duplicates: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    wrong_states: list[str] = field(default_factory=list)
    needs_human: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)  # work that does not come to an end
    unhandled: list[str] = field(default_factory=list)  # exceptions, and what is logged as an error

    @property
    def all(self) -> list[str]:
        return [sentence for found in vars(self).values() for sentence in found]

    def counts(self) -> dict[str, int]:
        return {name: len(found) for name, found in vars(self).items()}

    def add(self, other: "Verdict") -> None:
        for name, found in vars(other).items():
            getattr(self, name).extend(found)


@dataclass(frozen=True)
class Wanted:
    """What an undisturbed run books of an entry: lines by part."""

    parts: Mapping[str, tuple[object, ...]]


def wanted_of(house: House, order: Order) -> list[Wanted]:
    """From a run that nobody disturbed, which must be right by Pleo's data itself."""
    by_entry = _by_entry(house.books.standing(order.ids))
    wanted = []
    for entry in order.entries:
        rows = by_entry.get(entry.id, [])
        assert bool(rows) != entry.is_refused, f"{entry.id}: {rows}"
        assert len({row.part for row in rows}) == len(rows), f"{entry.id} stands twice"
        wanted.append(Wanted({row.part: row.lines for row in rows}))
    assert not all(len(want.parts) < 2 for want in wanted), "no entry has two parts"
    return wanted


def _by_entry(rows: Sequence[Standing]) -> dict[str, list[Standing]]:
    found: dict[str, list[Standing]] = {}
    for row in rows:
        found.setdefault(row.entry_id, []).append(row)
    return found


def judge(
    house: House, order: Order, wanted: Sequence[Wanted], workers: Sequence[Worker]
) -> Verdict:
    """After the last worker."""
    verdict = Verdict()
    by_entry = _by_entry(house.books.standing(order.ids))
    for entry, want in zip(order.entries, wanted, strict=True):
        judge_books(verdict, entry, want, by_entry.pop(entry.id, []))
    verdict.wrong_states += [f"{key} is not of this job" for key in by_entry]
    numbers = {row.entry_id: row.number for row in house.books.standing(order.ids) if not row.part}
    verdict.wrong_states += _at_pleo(house, order, numbers)
    verdict.stuck += _with_us(house, order)
    verdict.unhandled += bugs_of(workers)
    verdict.needs_human += waiting_for_people(house)
    return verdict


def judge_books(verdict: Verdict, entry: Entry, want: Wanted, rows: Sequence[Standing]) -> None:
    times = Counter(row.part for row in rows)
    for part in want.parts:
        if not times[part]:
            verdict.losses.append(f"{entry.id}:{part} is not booked")
    for part, count in times.items():
        more = count - (part in want.parts)
        verdict.duplicates += [f"{entry.id}:{part} is booked {count} times"] * more
    for row in rows:
        if not row.is_final:
            verdict.wrong_states.append(f"{row.reference} is a draft")
        if want.parts.get(row.part) not in (None, row.lines):
            verdict.wrong_states.append(f"{row.reference} has other lines")
    if rows:
        judge_files(verdict, entry, rows)


def judge_files(verdict: Verdict, entry: Entry, rows: Sequence[Standing]) -> None:
    """By count: a file's name has its number, so a repeated or renamed one is one too many."""
    names = [name for row in rows for name in row.files]
    missing, more = entry.files - len(set(names)), len(names) - entry.files
    verdict.losses += [f"{entry.id} lacks a receipt: {names}"] * max(missing, 0)
    verdict.duplicates += [f"{entry.id} has a receipt twice: {names}"] * max(more, 0)


def _at_pleo(house: House, order: Order, numbers: Mapping[str, str]) -> Iterator[str]:
    there = house.simulator.job(order.job_id)
    should = "completed_with_errors" if any(e.is_refused for e in order.entries) else "completed"
    if there.job["status"] != should:
        yield f"the job is {there.job['status']} at Pleo: {there.job['failureReason']}"
    rows = {row["accountingEntryId"]: row for row in there.items}
    for entry in order.entries:
        row = rows[entry.id]
        said = row["status"], row["externalId"], row["failureReasonType"]
        is_right = ("failed", None, REFUSAL), ("successful", numbers.get(entry.id), None)
        if said != is_right[not entry.is_refused]:
            yield f"{entry.id} is {said} at Pleo"


def _with_us(house: House, order: Order) -> Iterator[str]:
    with scopes_disabled():
        job = ExportJob.objects.select_related("run").filter(pleo_job_id=order.job_id).first()
    if job is None or job.status in ExportJob.UNFINISHED or not job.run.is_over:
        yield f"the run is stuck: {job and (job.run.state, job.run.headline)}"


def bugs_of(workers: Sequence[Worker]) -> list[str]:
    return [bug for worker in workers for bug in worker.report.lines("bug")]


def waiting_for_people(house: House) -> Iterator[str]:
    """What stays as it is until somebody does something about it."""
    with scopes_disabled():
        connection = Connection.objects.get(pk=house.connection.pk)
        unknown = Posting.objects.filter(connection=connection, state__in=UNKNOWN)
        yield from (f"{posting.reference} is {posting.state}" for posting in unknown)
        files = AttachmentUpload.objects.filter(state=AttachmentUpload.State.FAILED)
        yield from (f"receipt {upload.name}: {upload.problem}" for upload in files)
        grants = PleoGrant.objects.filter(connection=connection).exclude(dead_since=None)
        yield from (f"Pleo: {grant.dead_reason}" for grant in grants)
    if connection.erp_problem:
        yield f"the ERP: {connection.erp_problem}"
