"""The sentences that pages start with. Facts in, words out: no request, no database."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import erp_adapters
from pleo_connector.bookkeeping.sides import NAMES
from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.exports.queries import Counts
from pleo_connector.history.models import Run

# Each has a colour, an icon and always a word beside them.
Tone = Literal["ok", "busy", "attention", "bad", "quiet"]


@dataclass(frozen=True, slots=True)
class Badge:
    tone: Tone
    word: str


@dataclass(frozen=True, slots=True)
class Headline:
    """`text`, then a moment where there is one, then `detail` as a sentence of its own."""

    tone: Tone
    text: str
    until: datetime | None = None
    detail: str = ""


def amount_of(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def entries(number: int) -> str:
    return amount_of(number, "entry", "entries")


def entry_type(name: str) -> str:
    return NAMES.get(name) or name.replace("_", " ").capitalize() or "Entry"


PREFIX = "The entry could not be booked: "


def cause(sentence: str) -> str:
    """A cause under a headline that has said already that entries could not be booked."""
    parts = [part for part in sentence.split(PREFIX) if part]
    return "".join(part[0].upper() + part[1:] for part in parts)


def erp_label(connection: Connection) -> str:
    """The ERP's name; before one is chosen, what every ERP is."""
    if connection.erp_kind not in erp_adapters.ADAPTERS:
        return "the accounting system"
    return erp_adapters.get(connection.erp_kind).label


def books_of(connection: Connection) -> str:
    label = erp_label(connection)
    return f"{connection.erp_company_name} ({label})" if connection.erp_company_name else label


# -- Exports ------------------------------------------------------------------------------------


def export_headline(job: ExportJob, counts: Counts) -> Headline:
    """Whether it arrived, in one sentence."""
    run: Run = job.run
    if run.state == Run.State.WAITING:
        return _waiting(run)
    if not run.is_over:
        return _running(counts)
    if counts.failed:
        text = f"{counts.failed:,} of {entries(counts.total)} could not be booked."
        return Headline("bad", text, detail=run.headline)
    if run.state == Run.State.FAILED or counts.not_reported or counts.waiting:
        return _ended_early(run, counts)
    return Headline("ok", _all_booked(job.connection, counts.total))


def _waiting(run: Run) -> Headline:
    if run.waiting_for == "reconnect":
        return Headline("attention", "Reconnect Pleo to go on.", detail=run.headline)
    if run.waiting_for == "us":
        return Headline("busy", "Trying again at", run.waiting_until, run.headline)
    return Headline("busy", f"Waiting for {run.waiting_for} until", run.waiting_until, run.headline)


def _running(counts: Counts) -> Headline:
    if not counts.total:
        return Headline("busy", "Reading the entries from Pleo.")
    if not counts.done:
        return Headline("busy", f"Reading {entries(counts.total)} from Pleo.")
    return Headline("busy", f"Booking: {counts.done:,} of {entries(counts.total)} done.")


def _ended_early(run: Run, counts: Counts) -> Headline:
    if counts.booked:
        text = f"The export ended early: {counts.booked:,} of {entries(counts.total)} are booked."
    else:
        text = f"The export ended before {'an' if counts.total == 1 else 'any'} entry was booked."
    return Headline("bad", text, detail=run.headline)


def _all_booked(connection: Connection, total: int) -> str:
    where = books_of(connection)
    if not total:
        return "The export had no entries."
    return (
        f"The entry is booked in {where}."
        if total == 1
        else (f"All {entries(total)} are booked in {where}.")
    )


RUN_BADGES: dict[str, Badge] = {
    Run.State.RUNNING: Badge("busy", "Booking"),
    Run.State.WAITING: Badge("busy", "Waiting"),
    Run.State.COMPLETED: Badge("ok", "Booked"),
    Run.State.COMPLETED_WITH_ERRORS: Badge("bad", "Some could not be booked"),
    Run.State.FAILED: Badge("bad", "Ended early"),
}
ITEM_BADGES: dict[str, Badge] = {
    ExportJobItem.Status.PENDING: Badge("busy", "Waiting"),
    ExportJobItem.Status.SUCCESSFUL: Badge("ok", "Booked"),
    ExportJobItem.Status.FAILED: Badge("bad", "Could not be booked"),
    ExportJobItem.Status.ABANDONED: Badge("quiet", "Not booked"),
}
POSTING_BADGES: dict[str, Badge] = {
    Posting.State.INTENT: Badge("busy", "About to be booked"),
    Posting.State.UNCERTAIN: Badge("attention", "Being looked up"),
    Posting.State.POSTED: Badge("ok", "Booked"),
    Posting.State.REJECTED: Badge("bad", "Refused"),
    Posting.State.VOID: Badge("quiet", "Not booked"),
}


def run_badge(run: Run) -> Badge:
    if run.state == Run.State.WAITING and run.waiting_for == "reconnect":
        return Badge("attention", "Reconnect Pleo")
    return RUN_BADGES[run.state]


def item_headline(item: ExportJobItem, postings: list[Posting], connection: Connection) -> Headline:
    """What became of one entry."""
    where = books_of(connection)
    if item.status == ExportJobItem.Status.SUCCESSFUL:
        return _booked(item, postings, where)
    if item.status == ExportJobItem.Status.FAILED:
        detail = cause(item.failure_reason)
        return Headline("bad", "The entry could not be booked.", detail=detail)
    if any(posting.state == Posting.State.UNCERTAIN for posting in postings):
        return Headline(
            "attention", f"Being looked up in {where}: no answer came when it was booked."
        )
    if item.status == ExportJobItem.Status.ABANDONED:
        text = "The export ended before this entry was booked. Export it again in Pleo."
        return Headline("attention", text)
    return Headline("busy", f"Waiting to be booked in {where}.")


def _booked(item: ExportJobItem, postings: list[Posting], where: str) -> Headline:
    if not postings:
        return Headline("ok", "Nothing had to be booked for this entry.")
    numbers = " and ".join(posting.number for posting in postings if posting.number)
    text = f"Booked in {where} as voucher {numbers}." if numbers else f"Booked in {where}."
    if not all(posting.is_final for posting in postings):
        text = text[:-1] + ", a draft until it is approved there."
    detail = "An earlier export booked it; it was not booked again." if item.booked_before else ""
    return Headline("ok", text, detail=detail)


# -- Connections --------------------------------------------------------------------------------


def connection_badge(connection: Connection) -> Badge:
    if connection.state == Connection.State.SETUP:
        return Badge("attention", "Being set up")
    if is_pleo_dead(connection):
        return Badge("attention", "Reconnect Pleo")
    if connection.erp_problem:
        return Badge("attention", f"Reconnect {erp_label(connection)}")
    if connection.state == Connection.State.PAUSED:
        return Badge("quiet", "Paused")
    return Badge("ok", "Live")


def connection_headline(connection: Connection) -> Headline:
    """Whether the connection works, in one sentence."""
    label = erp_label(connection)
    if connection.state == Connection.State.SETUP:
        return Headline("attention", "This connection is being set up. Nothing is booked yet.")
    if is_pleo_dead(connection):
        reason = connection.pleo_grant.dead_reason
        return Headline("attention", "Reconnect Pleo to go on.", detail=reason)
    if connection.erp_problem:
        return Headline("attention", f"Reconnect {label} to go on.", detail=connection.erp_problem)
    if connection.state == Connection.State.PAUSED:
        return Headline("quiet", "Paused. Exports wait in Pleo until the connection is resumed.")
    return Headline("ok", f"Live. What is exported in Pleo is booked in {books_of(connection)}.")


def has_pleo(connection: Connection) -> bool:
    return hasattr(connection, "pleo_grant")


def is_pleo_dead(connection: Connection) -> bool:
    return has_pleo(connection) and connection.pleo_grant.dead_since is not None
