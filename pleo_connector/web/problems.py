"""A problem as pages show it: what it is, since when, and the way to mend it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from pleo_connector.exports.asked import FIX as LOOK_UP
from pleo_connector.history import health
from pleo_connector.history.models import Problem, ProblemEvent, Run
from pleo_connector.web import run_words, said, words
from pleo_connector.web.fixes import Fix, fix_for

TITLES: dict[str, words.Text] = {
    health.PLEO_ACCESS: gettext_lazy("Pleo does not let us in"),
    health.ERP_ACCESS: gettext_lazy("%(system)s does not let us in"),
    health.ERP_ACCESS_ENDS: gettext_lazy("The access to %(system)s ends soon"),
}
# A more precise verb than that of the page.
VERBS: dict[str, words.Text] = {
    health.ERP_ACCESS: gettext_lazy("Reconnect %(system)s"),
    health.ERP_ACCESS_ENDS: gettext_lazy("Reconnect %(system)s"),
}
PLACES: dict[str, words.Text] = {
    Run.Origin.PLEO: gettext_lazy("Pleo"),
    Run.Origin.ERP: gettext_lazy("%(system)s"),
    Run.Origin.MAPPING: gettext_lazy("Mapping"),
    Run.Origin.OURS: gettext_lazy("Our side"),
}
BOTH = gettext_lazy("Pleo or %(system)s")
HERE = gettext_lazy("Connection")
EVENTS: dict[str, words.Text] = {
    ProblemEvent.Kind.OPENED: gettext_lazy("Seen for the first time"),
    ProblemEvent.Kind.RESOLVED: gettext_lazy("Resolved: it stayed away"),
    ProblemEvent.Kind.SEEN: gettext_lazy("Looked at by %(who)s"),
    ProblemEvent.Kind.MUTED: gettext_lazy("Muted by %(who)s"),
    ProblemEvent.Kind.UNMUTED: gettext_lazy("No longer muted, by %(who)s"),
}
# How long a problem may be muted; None: for good.
MUTES: dict[str, tuple[words.Text, timedelta | None]] = {
    "day": (gettext_lazy("For a day"), timedelta(days=1)),
    "week": (gettext_lazy("For a week"), timedelta(days=7)),
    "month": (gettext_lazy("For a month"), timedelta(days=30)),
    "good": (gettext_lazy("For good"), None),
}


@dataclass(frozen=True, slots=True)
class ProblemRow:
    problem: Problem
    entries: int  # that it keeps from being booked
    badge: words.Badge
    title: str
    place: str  # where it is mended
    fix: Fix
    url: str

    @classmethod
    def of(
        cls, problem: Problem, *, entries: int, now: datetime, pleo_url: str = ""
    ) -> "ProblemRow":
        url = reverse("problem", args=[problem.public_id])
        system = {"system": words.erp_label(problem.connection)}
        place = str(_place_of(problem)) % system
        fix = fix_of(problem, url, pleo_url)
        title = title_of(problem, entries)
        return cls(problem, entries, badge_of(problem, now), title, place, fix, url)

    @property
    def sentence(self) -> str:
        """Below the title; of what is over, the title of its entries says it."""
        told = said.cause(self.problem.sentence)
        if self.problem.is_open:
            return told
        return "" if self.problem.has_entries else _("It was: %(sentence)s") % {"sentence": told}


def _place_of(problem: Problem) -> words.Text:
    if problem.kind == health.KIND:
        return HERE
    if run_words.is_on_both(problem.type, problem.fix):
        return BOTH
    return PLACES.get(problem.origin, "")


def rows_of(
    problems: Sequence[Problem],
    counts: Mapping[int, int],
    pleo_urls: Mapping[int, str],
    *,
    now: datetime,
) -> list[ProblemRow]:
    """`pleo_urls` of those that keep a single entry."""
    return [
        ProblemRow.of(x, entries=counts.get(x.pk, 0), now=now, pleo_url=pleo_urls.get(x.pk, ""))
        for x in problems
    ]


def title_of(problem: Problem, entries: int) -> str:
    if problem.type in TITLES:
        return str(TITLES[problem.type]) % {"system": words.erp_label(problem.connection)}
    if entries:
        return _not_booked(entries)
    if problem.has_entries and problem.is_open:
        return _("No entry is left")
    if problem.has_entries:
        return _("Could not be booked: %(why)s") % {"why": said.why(problem.sentence)}
    return _("An export ended early") if problem.kind == "export" else said.again(problem.subject)


def _not_booked(entries: int) -> str:
    text = ngettext(
        "%(count)s entry could not be booked", "%(count)s entries could not be booked", entries
    )
    return words.counted(text, entries)


def badge_of(problem: Problem, now: datetime) -> words.Badge:
    if not problem.is_open:
        return words.Badge("ok", _("Resolved"))
    if problem.is_muted(now):
        return words.Badge("quiet", _("Muted"))
    return words.Badge("bad", pgettext("problem", "Open"))


def fix_of(problem: Problem, url: str, pleo_url: str = "") -> Fix:
    """The page that mends it; of what has no page, the entries say what to do.

    `pleo_url` is that of the only entry.
    """
    fix = fix_for(problem.connection, problem.fix, subject=problem.subject, pleo_url=pleo_url)
    if fix is None:
        label = _("Say what you found") if problem.fix == LOOK_UP else _("Look at it")
        return Fix(label, f"{url}#entries" if problem.has_entries else url)
    verb = VERBS.get(problem.type)
    if verb is None:
        return fix
    system = {"system": words.erp_label(problem.connection)}
    return Fix(str(verb) % system, fix.url, fix.is_outside)


def list_headline(count: int, *, can_mend: bool) -> words.Headline:
    if not count:
        return words.Headline("ok", _("No problem is open."))
    text = ngettext("%(count)s problem needs you.", "%(count)s problems need you.", count)
    if not can_mend:
        text = ngettext("%(count)s problem is open.", "%(count)s problems are open.", count)
    return words.Headline("bad", words.counted(text, count))


def chosen_headline(state: str, found: int, count: int, *, can_mend: bool) -> words.Headline:
    """Of a list that was narrowed to what is muted or resolved; what is open comes after it."""
    chosen = {
        "muted": ngettext("%(count)s problem is muted.", "%(count)s problems are muted.", found),
        "resolved": ngettext(
            "%(count)s problem is resolved.", "%(count)s problems are resolved.", found
        ),
    }
    none = {"muted": _("No problem is muted."), "resolved": _("No problem is resolved.")}
    headline = list_headline(count, can_mend=can_mend)
    if state not in chosen:
        return headline
    text = words.counted(chosen[state], found) if found else none[state]
    tone: words.Tone = "ok" if found and state == "resolved" else "quiet"
    return words.Headline(tone, text, detail=headline.text)


def headline_of(row: ProblemRow) -> words.Headline:
    """The first line of its own page."""
    title = row.title.rstrip(".") + "."
    if not row.problem.is_open:
        return words.Headline("ok", _("Resolved"), row.problem.resolved_at, row.sentence or title)
    return words.Headline(row.badge.tone, title, detail=row.sentence)


@dataclass(frozen=True, slots=True)
class EventRow:
    at: datetime
    text: str
    until: datetime | None


def closes_when(problem: Problem) -> str:
    """How it ends by itself."""
    if problem.type in health.DEAD:
        system = {"system": words.erp_label(problem.connection)}
        if problem.type == health.PLEO_ACCESS:
            system = {"system": "Pleo"}
        text = _("Nothing is booked until %(system)s lets us in; then this closes by itself.")
        return text % system
    return _("The problem closes by itself when the next run does not meet it any more.")


def event_row(event: ProblemEvent) -> EventRow:
    text = str(EVENTS[event.kind])
    if event.kind == ProblemEvent.Kind.OPENED and event.opening > 1:
        text = _("It came back")
    if event.kind == ProblemEvent.Kind.MUTED and event.until is None:
        text = _("Muted for good by %(who)s")
    who = event.actor.email if event.actor else _("a program")
    return EventRow(event.at, text % {"who": who}, event.until)
