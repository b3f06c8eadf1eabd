"""Runs of every kind, and the files made of them."""

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.history.models import Run
from pleo_connector.web import run_words, said
from pleo_connector.web.tables.base import (
    LastedColumn,
    LinkColumn,
    ListTable,
    MomentColumn,
    NumberColumn,
    TextColumn,
)
from pleo_connector.web.templatetags.words import badge, upto
from pleo_connector.web.words import erp_label, number

KEEP = {"td": {"class": "keep"}}


def took(run: Run) -> timedelta | None:
    """None while it is not over."""
    return run.finished_at - run.started_at if run.finished_at else None


def run_url(run: Run) -> str:
    return reverse("run", args=[run.public_id])


class RunTable(ListTable):
    """Rows are runs, each read with its connection and its export job."""

    started = MomentColumn(gettext_lazy("Started"), accessor="started_at", link=run_url)
    connection = LinkColumn(
        gettext_lazy("Connection"),
        accessor="connection__pleo_company_name",
        link=lambda run: reverse("connection", args=[run.connection.public_id]),
        attrs={"a": {}, "td": {"class": "code"}},
    )
    kind = TextColumn(gettext_lazy("What"), attrs=KEEP)
    result = TextColumn(gettext_lazy("Result"), accessor="pk", attrs={"td": {"class": "said"}})
    total = NumberColumn(gettext_lazy("In all"))
    succeeded = NumberColumn(gettext_lazy("Done"))
    failed = NumberColumn(gettext_lazy("Not done"))
    tries = NumberColumn(gettext_lazy("Attempts"))
    origin = TextColumn(gettext_lazy("Cause lies in"), attrs=KEEP)
    state = TextColumn(gettext_lazy("State"))
    lasted = LastedColumn(gettext_lazy("Took"), accessor="pk")

    def render_kind(self, value: str) -> Any:
        return run_words.kind_word(value)

    def render_result(self, record: Run) -> SafeString:
        headline = run_words.headline_of(record)
        why = format_html('<br><span class="quiet">{}</span>', headline.detail)
        return format_html("{}{}", upto(headline), why if headline.detail else "")

    def render_total(self, value: int, record: Run) -> str:
        """Nothing is counted of a plan before it is approved."""
        return "" if run_words.waits_for_approval(record) else number(value)

    render_succeeded = render_failed = render_total

    def render_origin(self, record: Run) -> Any:
        return run_words.origin_word(record.origin, record.connection)

    def render_state(self, record: Run) -> SafeString:
        return badge(run_words.badge_of(record))

    def render_lasted(self, record: Run) -> str:
        return LastedColumn.render(self.columns["lasted"].column, took(record))


# -- As a file ----------------------------------------------------------------------------------


def csv_head() -> list[str]:
    return [
        *(_("Started (UTC)"), _("Ended (UTC)"), _("Seconds"), _("Connection")),
        *(_("Accounting system"), _("What"), _("State"), _("Result"), _("Reason")),
        *(_("In all"), _("Done"), _("Could not be done"), _("Attempts"), _("Calls")),
        *(_("Cause lies in"), _("Correlation id")),
    ]


def csv_line(run: Run) -> list[object]:
    lasted, headline = took(run), run_words.headline_of(run)
    return [
        *(run.started_at, run.finished_at, round(lasted.total_seconds()) if lasted else None),
        *(run.connection.pleo_company_name, erp_label(run.connection)),
        *(run_words.kind_word(run.kind), run_words.badge_of(run).word),
        *(headline.text, headline.detail or said.again(run.headline)),
        *(run.total, run.succeeded, run.failed, run.tries, run.calls),
        *(run_words.origin_word(run.origin, run.connection), run.public_id),
    ]
