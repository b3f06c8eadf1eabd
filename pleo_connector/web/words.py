"""The sentences that pages start with. Facts in, words out: no request, no database."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from babel import Locale
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

import erp_adapters
from pleo_connector.bookkeeping.sides import NAMES
from pleo_connector.connections.models import Connection
from pleo_connector.exports.asked import FIX as LOOK_UP
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.exports.shown import Counts
from pleo_connector.history.models import Run
from pleo_connector.web import said

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# A lazy text becomes the reader's language when it is shown.
Text: TypeAlias = "str | _StrPromise"
# Each has a colour, an icon and always a word beside them.
Tone = Literal["ok", "busy", "attention", "bad", "quiet"]


@dataclass(frozen=True, slots=True)
class Badge:
    tone: Tone
    word: Text


@dataclass(frozen=True, slots=True)
class Headline:
    """`text`, then a moment where there is one, then `detail` as a sentence of its own."""

    tone: Tone
    text: str
    until: datetime | None = None
    detail: str = ""


def number(value: int) -> str:
    """12,345 as the reader writes it."""
    return number_format(value, force_grouping=True)


def counted(sentence: str, count: int) -> str:
    """The number into an `ngettext` that has a place for `%(count)s`."""
    return sentence % {"count": number(count)}


def entries(count: int) -> str:
    return counted(ngettext("%(count)s entry", "%(count)s entries", count), count)


def entry_type(name: str) -> str:
    known = NAMES.get(name)
    return _(known) if known else name.replace("_", " ").capitalize() or _("Entry")


def erp_label(connection: Connection) -> str:
    """The ERP's name; before one is chosen, what every ERP is."""
    if connection.erp_kind not in erp_adapters.ADAPTERS:
        return _("the accounting system")
    return erp_adapters.get(connection.erp_kind).label


def country(code: str) -> str:
    """DK is Denmark; what is no known code stays."""
    names = Locale.parse(get_language() or "en", sep="-").territories
    return str(names.get(code, code))


def books_of(connection: Connection) -> str:
    label = erp_label(connection)
    return f"{connection.erp_company_name} ({label})" if connection.erp_company_name else label


def run_waits(run: Run) -> Headline:
    """A run of any kind that goes on later, and for what it waits."""
    why = said.again(run.headline)
    if run.waiting_for == "reconnect":
        return Headline("attention", _("Reconnect Pleo to go on."), detail=why)
    if run.waiting_until is None:
        return Headline("busy", _("Waiting to go on."), detail=why)
    if run.waiting_for in ("us", ""):
        return Headline("busy", _("Trying again at"), run.waiting_until, why)
    text = _("Waiting for %(system)s until") % {"system": run.waiting_for}
    return Headline("busy", text, run.waiting_until, why)


def plans_wait(count: int) -> str:
    text = ngettext(
        "%(count)s plan waits for approval.", "%(count)s plans wait for approval.", count
    )
    return counted(text, count)


# -- Exports ------------------------------------------------------------------------------------


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


# -- Connections --------------------------------------------------------------------------------


def reconnect(system: str) -> str:
    return _("Reconnect %(system)s") % {"system": system}


def connection_badge(connection: Connection) -> Badge:
    if connection.state == Connection.State.SETUP:
        return Badge("attention", gettext_lazy("Being set up"))
    if is_pleo_dead(connection):
        return Badge("attention", gettext_lazy("No access to Pleo"))
    if connection.erp_problem:
        names = {"system": erp_label(connection)}
        return Badge("attention", _("No access to %(system)s") % names)
    if connection.state == Connection.State.PAUSED:
        return Badge("quiet", gettext_lazy("Paused"))
    return Badge("ok", gettext_lazy("Live"))


def connection_headline(connection: Connection) -> Headline:
    """Whether the connection works, in one sentence."""
    label = erp_label(connection)
    if connection.state == Connection.State.SETUP:
        text = _("This connection is being set up. Nothing is booked yet.")
        return Headline("attention", text)
    if is_pleo_dead(connection):
        reason = said.again(connection.pleo_grant.dead_reason)
        return Headline("attention", _("Reconnect Pleo to go on."), detail=reason)
    if connection.erp_problem:
        text = _("Reconnect %(system)s to go on.") % {"system": label}
        return Headline("attention", text, detail=said.again(connection.erp_problem))
    if connection.state == Connection.State.PAUSED:
        text = _("Paused. Exports wait in Pleo until the connection is resumed.")
        return Headline("quiet", text)
    text = _("Live. What is exported in Pleo is booked in %(where)s.")
    return Headline("ok", text % {"where": books_of(connection)})


def has_pleo(connection: Connection) -> bool:
    return hasattr(connection, "pleo_grant")


def is_pleo_dead(connection: Connection) -> bool:
    return has_pleo(connection) and connection.pleo_grant.dead_since is not None
