"""The people of a company, and who may become one of them."""

from datetime import datetime
from typing import Any

import django_tables2
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.tenants.models import Invitation, Membership, User
from pleo_connector.web.tables.base import ListTable, MomentColumn, TextColumn
from pleo_connector.web.templatetags.words import moment, state, whole

KEEP, WHO = {"td": {"class": "keep"}}, {"td": {"class": "who"}}


class MemberTable(ListTable):
    """Rows are memberships."""

    email = TextColumn(gettext_lazy("Person"), accessor="user__email")
    role = TextColumn(gettext_lazy("Role"), accessor="get_role_display", attrs=KEEP)
    step = TextColumn(gettext_lazy("Second step"), accessor="has_second_step")
    seen = TextColumn(gettext_lazy("Last log-in"), accessor="user__last_login", empty_values=())
    since = MomentColumn(gettext_lazy("Since"), accessor="created_at")

    def __init__(self, rows: list[Membership], *, me: User) -> None:
        super().__init__(rows)
        self.me = me

    def render_email(self, value: str, record: Membership) -> SafeString:
        you = format_html(' <span class="quiet">{}</span>', _("you"))
        page = reverse("member", args=[record.user.public_id])
        shown = you if record.user_id == self.me.pk else ""
        return format_html('<a class="main-link" href="{}">{}</a>{}', page, whole(value), shown)

    def render_step(self, value: bool) -> SafeString | str:
        return state("ok", _("Set up")) if value else _("None")

    def render_seen(self, value: datetime | None) -> SafeString | str:
        return moment(value) or _("Never")


class InvitationTable(ListTable):
    email = TextColumn(gettext_lazy("E-mail address"))
    role = TextColumn(gettext_lazy("Role"), accessor="get_role_display", attrs=KEEP)
    by = TextColumn(gettext_lazy("Invited by"), accessor="invited_by__email", attrs=WHO)
    sent = MomentColumn(gettext_lazy("Sent"), accessor="sent_at")
    until = TextColumn(gettext_lazy("Valid until"), accessor="expires_at")
    actions = django_tables2.TemplateColumn(
        template_name="web/_invitation_actions.html",
        verbose_name=gettext_lazy("What next"),
        attrs={"td": {"class": "row-actions"}},
    )

    def __init__(self, rows: list[Invitation], *, now: datetime, can_configure: bool) -> None:
        super().__init__(rows, exclude=() if can_configure else ("actions",))
        self.now = now

    def render_email(self, value: str) -> SafeString:
        return whole(value)

    def render_by(self, value: str) -> SafeString:
        return whole(value)

    def render_until(self, value: datetime, record: Any) -> SafeString | str:
        if record.is_over(self.now):
            return format_html("{} {}", state("attention", _("Expired")), moment(value))
        return moment(value)
