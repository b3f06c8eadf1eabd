"""The connections of a company."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.connections.models import Connection
from pleo_connector.web import words
from pleo_connector.web.fixes import Fix
from pleo_connector.web.tables.base import (
    ListTable,
    NumberColumn,
    StateColumn,
    TextColumn,
)
from pleo_connector.web.templatetags.words import moment, upto

KEEP = {"td": {"class": "keep"}}


class HomeTable(ListTable):
    """Rows of `views.home.Row`."""

    connection = TextColumn(gettext_lazy("Connection"))
    state = StateColumn(gettext_lazy("State"), accessor="badge")
    last = TextColumn(gettext_lazy("Last export"), accessor="job", empty_values=())
    waiting = NumberColumn(gettext_lazy("Waiting entries"))
    problems = NumberColumn(gettext_lazy("Open problems"))
    sync = TextColumn(gettext_lazy("Next sync"), accessor="next_sync", empty_values=(), attrs=KEEP)
    next = TextColumn(gettext_lazy("What next"), accessor="todo", empty_values=())

    def render_connection(self, value: Connection) -> SafeString:
        page = "setup" if value.state == Connection.State.SETUP else "connection"
        return format_html(
            '<a class="main-link" href="{}">{}</a><br><span class="quiet">{}</span>',
            reverse(page, args=[value.public_id]),
            value.pleo_company_name or _("New connection"),
            words.books_of(value) if value.erp_company_name else _("No accounting system yet"),
        )

    def render_last(self, record: Any) -> SafeString:
        if not record.job:
            return format_html('<span class="quiet">{}</span>', _("None yet"))
        return format_html(
            '<a href="{}">{}</a><br><span class="quiet">{}</span>',
            reverse("export", args=[record.job.public_id]),
            moment(record.job.created_at),
            upto(record.headline),
        )

    def render_problems(self, value: int, record: Any) -> SafeString | str:
        if not value:
            return "0"
        return format_html('<a href="{}">{}</a>', record.problems_url, words.number(value))

    def render_sync(self, value: datetime | None, record: Any) -> SafeString | str:
        if value is None and record.connection.state == Connection.State.LIVE:
            url = reverse("syncs", args=[record.connection.public_id])
            return format_html('<a href="{}">{}</a>', url, _("Not planned"))
        if value is None:
            return format_html('<span class="quiet">{}</span>', _("When the connection is live"))
        return moment(value) if value > timezone.now() else _("Any moment")

    def render_next(self, value: Sequence[Fix]) -> SafeString | str:
        button = '<a class="btn btn-outline-secondary" href="{}">{}</a>'
        buttons = format_html_join(" ", button, ((fix.url, fix.label) for fix in value))
        if not value:
            return _("Nothing to do")
        return format_html('<span class="stack">{}</span>', buttons)
