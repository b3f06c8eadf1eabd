"""Notifications from Pleo as staff see them."""

from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.pleo.webhooks import EXPORT_JOB_CREATED, VENDOR_CREATED
from pleo_connector.web import words
from pleo_connector.web.tables.base import ListTable, MomentColumn, TextColumn

EVENTS: dict[str, words.Text] = {
    **dict.fromkeys(EXPORT_JOB_CREATED, gettext_lazy("An export was made")),
    VENDOR_CREATED: gettext_lazy("A vendor was added"),
}


class EventTable(ListTable):
    received = MomentColumn(gettext_lazy("Received"), accessor="received_at")
    kind = TextColumn(gettext_lazy("Notification"), accessor="event_type")
    known = TextColumn(gettext_lazy("Known kind"), accessor="is_known")
    replay = TextColumn(gettext_lazy("What next"), accessor="pk")

    def render_kind(self, value: str) -> SafeString:
        raw = format_html('<span class="quiet">{}</span>', value)
        return format_html("{}<br>{}", EVENTS[value], raw) if value in EVENTS else raw

    def render_known(self, value: bool) -> str:
        return _("Yes") if value else _("No")

    def render_replay(self, record: Any) -> SafeString:
        url = reverse("ops-act", args=[record.connection.public_id, "replay"])
        link = '<a href="{}?event={}">{}<span class="visually-hidden"> {}</span></a>'
        return format_html(link, url, record.pk, _("Replay"), record.webhook_id)
