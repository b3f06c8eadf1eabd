"""Addresses that are told of problems, and what was sent to them."""

from django.core.paginator import Page
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.history.models import Message
from pleo_connector.web import said
from pleo_connector.web.tables.base import Empty, ListTable, MomentColumn, NumberColumn, TextColumn
from pleo_connector.web.templatetags.words import icon, moment, state, web_address

KINDS = {
    Message.Kind.OPENED: gettext_lazy("A problem opened"),
    Message.Kind.RESOLVED: gettext_lazy("A problem is resolved"),
    Message.Kind.TEST: gettext_lazy("Test"),
}


class MessageTable(ListTable):
    at = MomentColumn(gettext_lazy("Made"), accessor="created_at")
    kind = TextColumn(gettext_lazy("What"))
    url = TextColumn(gettext_lazy("Address"), accessor="endpoint__url")
    tries = NumberColumn(gettext_lazy("Tries"))
    state = TextColumn(gettext_lazy("State"), accessor="public_id")
    next = TextColumn(gettext_lazy("What next"), accessor="public_id")

    def __init__(self, page: Page[Message], *, can_send: bool) -> None:
        empty = Empty(gettext_lazy("Nothing was sent yet."))
        super().__init__(page, page=page, empty=empty, exclude=() if can_send else ("next",))

    def render_url(self, value: str) -> SafeString:
        return web_address(value)

    def render_kind(self, record: Message) -> SafeString | str:
        word = str(KINDS.get(Message.Kind(record.kind), record.kind))
        if not record.event:
            return word
        url = reverse("problem", args=[record.event.problem.public_id])
        return format_html('<a href="{}">{}</a>', url, word)

    def render_state(self, record: Message) -> SafeString:
        why = format_html('<br><span class="quiet">{}</span>', said.again(record.problem))
        if record.sent_at:
            return format_html("{} {}", state("ok", _("Arrived")), moment(record.sent_at))
        if record.next_try_at is None:
            return format_html("{}{}", state("bad", _("Given up")), why)
        if not record.tries:
            return state("busy", _("On its way"))
        again = moment(record.next_try_at)
        return format_html("{} {}{}", state("attention", _("Next try")), again, why)

    def render_next(self, record: Message) -> SafeString | str:
        """Nothing where the address was removed."""
        is_over = record.sent_at is None and record.next_try_at is None
        if not is_over or record.endpoint is None or record.endpoint.ended_at:
            return ""
        url = reverse("webhook-again", args=[record.public_id])
        button = '<a class="btn btn-outline-secondary btn-sm" href="{}">{} {}</a>'
        return format_html(button, url, icon("send"), _("Send again"))
