"""The keys of a company's programs."""

from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Page
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.tenants.models import ApiScope, ApiToken
from pleo_connector.web.tables.base import Empty, ListTable, TextColumn
from pleo_connector.web.templatetags.words import moment, state, whole

SOON = timedelta(days=7)
BREAK = mark_safe("<br>")


class TokenTable(ListTable):
    name = TextColumn(gettext_lazy("Program"))
    scopes = TextColumn(gettext_lazy("May do"))
    made = TextColumn(gettext_lazy("Made"), accessor="created_at", attrs={"td": {"class": "name"}})
    used = TextColumn(gettext_lazy("Last used"), accessor="last_used_at", empty_values=())
    state = TextColumn(gettext_lazy("State"), accessor="expires_at", empty_values=())
    actions = TextColumn(
        gettext_lazy("What next"),
        accessor="public_id",
        attrs={"td": {"class": "row-actions"}},
    )

    def __init__(self, page: Page[ApiToken], *, now: datetime, can_configure: bool) -> None:
        empty = Empty(gettext_lazy("Tokens are listed here once one is made."))
        left_out = () if can_configure else ("actions",)
        super().__init__(page, page=page, empty=empty, exclude=left_out)
        self.now = now

    def render_name(self, value: str, record: ApiToken) -> SafeString:
        shown = '{}<br><code class="quiet">{}…</code>'
        return format_html(shown, value, record.prefix)

    def render_scopes(self, value: list[str]) -> SafeString:
        names = dict(ApiScope.choices)
        return format_html_join(BREAK, "{}", ((names.get(x, x),) for x in value))

    def render_made(self, value: datetime, record: ApiToken) -> SafeString:
        by = whole(record.created_by.email) if record.created_by else ""
        return format_html('{}<br><span class="quiet">{}</span>', moment(value), by)

    def render_used(self, value: datetime | None) -> SafeString | str:
        return moment(value) or _("Never")

    def render_state(self, value: datetime | None, record: ApiToken) -> SafeString:
        if record.revoked_at:
            return format_html("{} {}", state("quiet", _("Revoked")), moment(record.revoked_at))
        if value is None:
            return state("ok", _("Works"))
        if record.is_over(self.now):
            return format_html("{} {}", state("quiet", _("Expired")), moment(value))
        if value - self.now < SOON:
            return format_html("{} {}", state("attention", _("Ends soon")), moment(value))
        return format_html("{}<br>{} {}", state("ok", _("Works")), _("until"), moment(value))

    def render_actions(self, value: Any, record: ApiToken) -> SafeString | str:
        steps = []
        if not record.revoked_at and record.expires_at and record.expires_at - self.now < SOON:
            steps.append((f"?like={value}#make", _("Make a new one"), record.name))
        if not record.is_over(self.now):
            steps.append((reverse("token-revoke", args=[value]), _("Revoke"), record.name))
        link = (
            '<a class="btn btn-outline-secondary" href="{}">{}'
            '<span class="visually-hidden"> {}</span></a>'
        )
        return format_html_join(" ", link, steps)
