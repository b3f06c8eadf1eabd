"""What is stuck, where and since when, and how the last days went."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pleo_connector.history.models import DailyStat
from pleo_connector.ops import queries, tables
from pleo_connector.ops.drawn import charts_of
from pleo_connector.ops.filters import SPAN, StatFilter
from pleo_connector.ops.stats import Day, days_of
from pleo_connector.ops.stuck import mend_of
from pleo_connector.ops.visit import for_staff
from pleo_connector.web.fixes import Fix
from pleo_connector.web.tables.base import Empty, ListTable
from pleo_connector.web.words import Headline, counted, number


@dataclass(frozen=True, slots=True)
class Section:
    """One list of the dashboard; `count` goes beyond the rows that are shown."""

    name: str
    title: str
    count: int
    table: ListTable
    is_calm: bool  # nothing that somebody has to look at
    held: int | None = None  # what the rows hold together, where that is counted

    @property
    def shown_count(self) -> str:
        shown = len(self.table.rows) if self.held is None else self.held
        return number(shown) + ("+" if self.is_cut else "")

    @property
    def is_cut(self) -> bool:
        return self.count > len(self.table.rows)


@for_staff
def dashboard(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    sections, facts = _sections(now)
    asked = request.GET.copy()
    asked.setdefault("days", str(SPAN))
    chosen = StatFilter(asked, DailyStat.objects.all(), request=request)
    days = _days(chosen, now)
    shown = {
        "headline": _headline(facts),
        "first": _first(facts),
        "sections": sections,
        "calm": [section for section in sections if section.is_calm],
        "facts": facts,
        "filter": chosen,
        "charts": charts_of(days),
        "days": days[::-1],
        "now": now,
    }
    return render(request, "ops/dashboard.html", shown)


def _days(chosen: StatFilter, now: datetime) -> list[Day]:
    last = now.astimezone(UTC).date()
    return days_of(chosen.qs, first=last - timedelta(days=chosen.span - 1), last=last)


def _sections(now: datetime) -> tuple[list[Section], dict[str, Any]]:
    """Each list is read once, with one row more than is shown."""
    stuck, doubt = _some(queries.stuck_runs(now)), queries.doubtful(now)
    queue, leases = _some(queries.overdue(now)), _some(queries.leased(now))
    dead, limited = _some(queries.to_reconnect()), _some(queries.limited_runs(now))
    keys, pauses = queries.keys_that_end(now), queries.pauses()
    sections = [
        _section("stuck", _("Stuck runs"), stuck, tables.StuckTable, _("No run is stuck.")),
        _section(
            "doubt",
            _("Vouchers in doubt"),
            doubt,
            tables.DoubtTable,
            _("Of every voucher it is known whether it is booked."),
            held=_doubts(doubt),
        ),
        _section(
            "reconnect",
            _("To be reconnected"),
            dead,
            tables.ReconnectTable,
            _("Every connection lets us in."),
        ),
        _section("queue", _("Waiting for a worker"), queue, tables.QueueTable, _("Nothing waits.")),
        _section(
            "leases", _("At work"), leases, tables.LeaseTable, _("No worker holds a connection.")
        ),
        _section(
            "limits",
            _("Waiting for a rate limit"),
            limited,
            tables.LimitTable,
            _("No run waits for a rate limit."),
        ),
        _section(
            "keys",
            _("Keys that end within two weeks"),
            keys,
            tables.KeyTable,
            _("No key ends soon."),
        ),
    ]
    return sections, {
        "stuck": stuck,
        "doubt": doubt,
        "dead": dead,
        "queue": queue,
        "oldest": queue[0].wake_at if queue else None,
        "oldest_for": now - queue[0].wake_at if queue else None,
        "leases": leases,
        "pauses": pauses,
    }


def _some(rows: Any) -> list[Any]:
    return list(rows[: queries.SHOWN + 1])


def _section(
    name: str, title: str, rows: Any, table: Any, calm: str, held: int | None = None
) -> Section:
    shown = table(rows[: queries.SHOWN], empty=Empty(calm))
    return Section(name, title, len(rows), shown, is_calm=not rows, held=held)


def _doubts(rows: list[queries.Doubt]) -> int:
    return sum(row.asked + row.looked_up for row in rows)


def _first(facts: dict[str, Any]) -> Fix | None:
    """The button beside the first line: what mends it, or where each is mended."""
    if len({run.connection_id for run in facts["stuck"]}) == 1:
        mend = mend_of(facts["stuck"][0].connection)
        return Fix(mend.label, mend.url)
    if facts["stuck"]:
        return Fix(_("Look at the stuck runs"), "#stuck")
    if facts["doubt"]:
        return Fix(_("Look at the vouchers in doubt"), "#doubt")
    return Fix(_("Look at the connections"), "#reconnect") if facts["dead"] else None


def _headline(facts: dict[str, Any]) -> Headline:
    parts = [
        (
            len(facts["stuck"]),
            ngettext("%(count)s run is stuck.", "%(count)s runs are stuck.", len(facts["stuck"])),
        ),
        (
            _doubts(facts["doubt"]),
            ngettext(
                "%(count)s voucher is in doubt.",
                "%(count)s vouchers are in doubt.",
                _doubts(facts["doubt"]),
            ),
        ),
        (
            len(facts["dead"]),
            ngettext(
                "%(count)s connection has to be reconnected.",
                "%(count)s connections have to be reconnected.",
                len(facts["dead"]),
            ),
        ),
    ]
    said = [counted(text, count) for count, text in parts if count]
    if not said:
        return Headline("ok", _("Nothing is stuck, and nobody has to be asked."))
    tone: Any = "bad" if facts["stuck"] else "attention"
    return Headline(tone, said[0], detail=" ".join(said[1:]))
