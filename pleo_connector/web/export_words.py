"""Exports and their entries in words: the first line, and the pills."""

from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from pleo_connector.connections.models import Connection
from pleo_connector.exports.asked import FIX as LOOK_UP
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.exports.shown import Counts
from pleo_connector.history.models import Run
from pleo_connector.web import said
from pleo_connector.web.words import Badge, Headline, books_of, counted, entries, number, run_waits


def export_headline(job: ExportJob, counts: Counts) -> Headline:
    """Whether it arrived, in one sentence."""
    run: Run = job.run
    if run.state == Run.State.WAITING:
        return run_waits(run)
    if not run.is_over:
        return _running(counts)
    if counts.refused:
        text = _of_entries(
            _("%(some)s of %(entries)s could not be booked."), counts, counts.refused
        )
        more = ngettext(
            "For %(count)s more it is not known whether it is booked.",
            "For %(count)s more it is not known whether they are booked.",
            counts.asked,
        )
        detail = counted(more, counts.asked) if counts.asked else said.again(run.headline)
        return Headline("bad", text, detail=detail)
    if counts.asked:
        text = _("It is not known whether %(some)s of %(entries)s are booked.")
        return Headline("attention", _of_entries(text, counts, counts.asked))
    if run.state == Run.State.FAILED or counts.not_reported or counts.waiting:
        return _ended_early(run, counts)
    return Headline("ok", _all_booked(job.connection, counts.total))


def _of_entries(sentence: str, counts: Counts, some: int) -> str:
    return sentence % {"some": number(some), "entries": entries(counts.total)}


def _running(counts: Counts) -> Headline:
    if not counts.total:
        return Headline("busy", _("Reading the entries from Pleo."))
    if not counts.done:
        return Headline("busy", _of_entries(_("Reading %(entries)s from Pleo."), counts, 0))
    text = _of_entries(_("Booking: %(some)s of %(entries)s are booked."), counts, counts.booked)
    more = counted(_("%(count)s could not be booked."), counts.refused) if counts.refused else ""
    return Headline("busy", text, detail=more)


def _ended_early(run: Run, counts: Counts) -> Headline:
    if counts.booked:
        sentence = _("The export ended early: %(some)s of %(entries)s are booked.")
        text = _of_entries(sentence, counts, counts.booked)
    else:
        text = ngettext(
            "The export ended before an entry was booked.",
            "The export ended before any entry was booked.",
            counts.total,
        )
    return Headline("bad", text, detail=said.again(run.headline))


def _all_booked(connection: Connection, total: int) -> str:
    where = books_of(connection)
    if not total:
        return _("The export had no entries.")
    text = ngettext(
        "The entry is booked in %(where)s.", "All %(count)s entries are booked in %(where)s.", total
    )
    return text % {"where": where, "count": number(total)}


RUN_BADGES: dict[str, Badge] = {
    Run.State.RUNNING: Badge("busy", gettext_lazy("Booking")),
    Run.State.WAITING: Badge("busy", gettext_lazy("Waiting")),
    Run.State.COMPLETED: Badge("ok", gettext_lazy("Booked")),
    Run.State.COMPLETED_WITH_ERRORS: Badge("bad", gettext_lazy("Some not booked")),
    Run.State.FAILED: Badge("bad", gettext_lazy("Ended early")),
}
ITEM_BADGES: dict[str, Badge] = {
    ExportJobItem.Status.PENDING: Badge("busy", gettext_lazy("Waiting")),
    ExportJobItem.Status.SUCCESSFUL: Badge("ok", gettext_lazy("Booked")),
    ExportJobItem.Status.FAILED: Badge("bad", gettext_lazy("Could not be booked")),
    ExportJobItem.Status.ABANDONED: Badge("quiet", gettext_lazy("Not booked")),
}
POSTING_BADGES: dict[str, Badge] = {
    Posting.State.INTENT: Badge("busy", gettext_lazy("About to be booked")),
    Posting.State.UNCERTAIN: Badge("attention", gettext_lazy("Being looked up")),
    Posting.State.ASKED: Badge("attention", gettext_lazy("To be looked up")),
    Posting.State.POSTED: Badge("ok", gettext_lazy("Booked")),
    Posting.State.REJECTED: Badge("bad", gettext_lazy("Refused")),
    Posting.State.VOID: Badge("quiet", gettext_lazy("Not booked")),
    Posting.State.REVERSING: Badge("busy", gettext_lazy("Being reversed")),
    Posting.State.REVERSED: Badge("quiet", gettext_lazy("Reversed")),
    Posting.State.RETIRED: Badge("quiet", gettext_lazy("Reversed")),
}


def run_badge(run: Run) -> Badge:
    if run.state == Run.State.WAITING and run.waiting_for == "reconnect":
        return Badge("attention", gettext_lazy("Reconnect Pleo"))
    return RUN_BADGES[run.state]


def item_headline(item: ExportJobItem, postings: list[Posting], connection: Connection) -> Headline:
    """What became of one entry."""
    where = books_of(connection)
    retired = [posting for posting in postings if posting.state == Posting.State.RETIRED]
    postings = [posting for posting in postings if posting.state != Posting.State.RETIRED]
    if corrected := _corrected(postings, where, has_retired=bool(retired)):
        return corrected
    if item.status == ExportJobItem.Status.SUCCESSFUL:
        return _booked(item, postings, where)
    if looked_up := _looked_up(item, postings, where):
        return looked_up
    if item.status == ExportJobItem.Status.FAILED:
        detail = said.cause(item.failure_reason)
        return Headline("bad", _("The entry could not be booked."), detail=detail)
    if any(posting.state == Posting.State.UNCERTAIN for posting in postings):
        sentence = _("Being looked up in %(where)s: no answer came when it was booked.")
        return Headline("attention", sentence % {"where": where})
    if item.status == ExportJobItem.Status.ABANDONED:
        text = _("The export ended before this entry was booked. Export it again in Pleo.")
        return Headline("attention", text)
    return Headline("busy", _("Waiting to be booked in %(where)s.") % {"where": where})


def is_booked_here(item: ExportJobItem, postings: list[Posting]) -> bool:
    """By the item's own export."""
    is_new = item.status == ExportJobItem.Status.SUCCESSFUL and not item.booked_before
    return is_new and not any(posting.is_by_hand for posting in postings)


def _corrected(postings: list[Posting], where: str, *, has_retired: bool) -> Headline | None:
    """Of an entry that a person booked by hand, reversed, or let be booked again."""
    by_hand = next((posting for posting in postings if posting.is_by_hand), None)
    if by_hand:
        names = {"number": by_hand.number, "where": where}
        return Headline("ok", _("Booked by hand as %(number)s.") % names)
    for posting in postings:
        if posting.state == Posting.State.REVERSING:
            return Headline("busy", _("Being reversed in %(where)s.") % {"where": where})
    for posting in postings:
        if posting.state == Posting.State.REVERSED:
            names = {"where": where, "number": posting.reversal_number}
            return Headline("quiet", _("Reversed in %(where)s as %(number)s.") % names)
    if has_retired and not postings:
        text = _("Reversed: the next export of the entry books it again.")
        return Headline("attention", text)
    return None


def _looked_up(item: ExportJobItem, postings: list[Posting], where: str) -> Headline | None:
    """Of an entry whose outcome was not known when its export ended."""
    states = {posting.state for posting in postings}
    if Posting.State.ASKED in states:
        text = _("It is not known whether this entry is booked in %(where)s.")
        return Headline("attention", text % {"where": where})
    if item.status != ExportJobItem.Status.ABANDONED and item.fix != LOOK_UP:
        return None
    if states == {Posting.State.POSTED}:
        again = _("Export it again in Pleo if it still waits there; it is not booked twice.")
        return replace(_booked(item, postings, where), tone="attention", detail=again)
    if Posting.State.VOID in states:
        text = _("This entry is not booked in %(where)s. Export it again in Pleo.")
        return Headline("attention", text % {"where": where})
    return None


def _booked(item: ExportJobItem, postings: list[Posting], where: str) -> Headline:
    if not postings:
        return Headline("ok", _("Nothing had to be booked for this entry."))
    numbers = ", ".join(posting.number for posting in postings if posting.number)
    text = _booked_text(bool(numbers), all(posting.is_final for posting in postings))
    again = _("An earlier export booked it; it was not booked again.")
    text %= {"where": where, "numbers": numbers}
    return Headline("ok", text, detail=again if item.booked_before else "")


def _booked_text(has_number: bool, is_final: bool) -> str:
    if has_number and is_final:
        return _("Booked in %(where)s as voucher %(numbers)s.")
    if has_number:
        return _("Booked in %(where)s as voucher %(numbers)s, a draft until it is approved there.")
    if is_final:
        return _("Booked in %(where)s.")
    return _("Booked in %(where)s, a draft until it is approved there.")
