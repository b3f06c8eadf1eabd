"""Which charts there are, and what each says in words."""

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.ops.charts import Chart, Series, bar_chart, line_chart
from pleo_connector.ops.stats import Day
from pleo_connector.web.templatetags.words import lasted
from pleo_connector.web.words import number


def charts_of(days: Sequence[Day]) -> list[Chart]:
    return [_entries(days), _success(days), _durations(days), _calls(days), _waits(days)]


def _whole(value: float) -> str:
    return number(round(value))


def _percent(value: float) -> str:
    return f"{number(round(value))} %"


def _entries(days: Sequence[Day]) -> Chart:
    said = _("%(done)s done, %(failed)s could not be done in %(days)s days.") % {
        "done": number(sum(x.succeeded for x in days)),
        "failed": number(sum(x.failed for x in days)),
        "days": len(days),
    }
    series = [
        Series(gettext_lazy("Done"), "chart-1", [x.succeeded for x in days]),
        Series(gettext_lazy("Could not be done"), "chart-bad", [x.failed for x in days]),
    ]
    return bar_chart(
        "entries",
        _("Entries and records a day"),
        said,
        days=[x.day for x in days],
        series=series,
        written=_whole,
    )


def _success(days: Sequence[Day]) -> Chart:
    done, failed = sum(x.succeeded for x in days), sum(x.failed for x in days)
    said = _("Nothing was tried.")
    if done + failed:
        share = _percent(100 * done / (done + failed))
        said = _("%(share)s of what was tried was done.") % {"share": share}
    return line_chart(
        "success",
        _("Success rate"),
        said,
        days=[x.day for x in days],
        series=[Series(gettext_lazy("Success rate"), "chart-1", [x.success for x in days])],
        written=_percent,
        top=100,
    )


def _durations(days: Sequence[Day]) -> Chart:
    runs = sum(x.runs for x in days)
    said = _(
        "%(runs)s runs. Half of a day's runs took less than the full line, 19 of 20 less "
        "than the dashed one."
    ) % {"runs": number(runs)}
    return line_chart(
        "durations",
        _("How long runs take"),
        said,
        days=[x.day for x in days],
        series=[
            Series(gettext_lazy("Half"), "chart-1", [x.half for x in days]),
            Series(gettext_lazy("19 of 20"), "chart-2", [x.most for x in days]),
        ],
        written=lasted,
    )


def _calls(days: Sequence[Day]) -> Chart:
    said = _("%(calls)s calls to Pleo and to accounting systems.") % {
        "calls": number(sum(x.calls for x in days))
    }
    return bar_chart(
        "calls",
        _("Remote calls a day"),
        said,
        days=[x.day for x in days],
        series=[Series(gettext_lazy("Calls"), "chart-1", [x.calls for x in days])],
        written=_whole,
    )


def _waits(days: Sequence[Day]) -> Chart:
    said = _("%(waits)s pauses, %(lasted)s in all.") % {
        "waits": number(sum(x.limit_waits for x in days)),
        "lasted": lasted(sum(x.limit_seconds for x in days)),
    }
    return bar_chart(
        "waits",
        _("Waiting for rate limits"),
        said,
        days=[x.day for x in days],
        series=[Series(gettext_lazy("Waited"), "chart-2", [x.limit_seconds for x in days])],
        written=lasted,
    )
