"""The connections of a company."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.connections.models import Connection
from pleo_connector.web import words
from pleo_connector.web.tables.base import (
    ListTable,
    NumberColumn,
    StateColumn,
    TextColumn,
)
from pleo_connector.web.templatetags.words import moment


class HomeTable(ListTable):
    """Rows of `views.home.Row`."""

    connection = TextColumn(gettext_lazy("Connection"))
    state = StateColumn(gettext_lazy("State"), accessor="badge")
    last = TextColumn(gettext_lazy("Last export"), accessor="job", empty_values=())
    waiting = NumberColumn(gettext_lazy("Waiting entries"))
    problems = NumberColumn(gettext_lazy("Open problems"))
    next = TextColumn(gettext_lazy("What next"), accessor="next_label")

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
            '<a href="{}">{}</a><br><span class="quiet">{} {}</span>',
            reverse("export", args=[record.job.public_id]),
            moment(record.job.created_at),
            record.headline.text,
            moment(record.headline.until),
        )

    def render_problems(self, value: int, record: Any) -> SafeString | str:
        if not value:
            return "0"
        return format_html('<a href="{}">{}</a>', record.problems_url, words.number(value))

    def render_next(self, value: str, record: Any) -> SafeString | str:
        if not record.next_url:
            return value
        button = '<a class="btn btn-outline-secondary" href="{}">{}</a>'
        return format_html(button, record.next_url, value)
