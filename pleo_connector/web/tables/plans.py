"""Plans, and what one of them changes."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from pleo_connector.catalog.models import Entity, KeptRecord, SyncPlan, SyncPlanItem
from pleo_connector.connections.models import Connection
from pleo_connector.web import said
from pleo_connector.web.plan_words import ITEM_BADGES, LEFT_OUT, PLAN_BADGES
from pleo_connector.web.record_words import change_of, why_of
from pleo_connector.web.tables.base import (
    ListTable,
    MomentColumn,
    NumberColumn,
    TextColumn,
)
from pleo_connector.web.tally import Tally
from pleo_connector.web.templatetags.words import badge, explained
from pleo_connector.web.words import Badge

Action, State = SyncPlanItem.Action, SyncPlanItem.State


def where(entity: str, group: str, dimensions: Mapping[str, str]) -> str:
    """Tag in Department"""
    kind = str(Entity(entity).label)
    if not group:
        return kind
    name = dimensions.get(group.casefold(), group)
    return _("%(kind)s in %(group)s") % {"kind": kind, "group": name}


class PlanTable(ListTable):
    planned = MomentColumn(
        gettext_lazy("Planned"),
        accessor="planned_at",
        link=lambda plan: reverse("plan", args=[plan.connection.public_id, plan.run.public_id]),
    )
    kind = TextColumn(gettext_lazy("Kind"), accessor="get_kind_display")
    total = NumberColumn(gettext_lazy("Changes"), accessor="tally__changes")
    made = NumberColumn(pgettext_lazy("changes", "Made"), accessor="tally__made")
    failed = NumberColumn(gettext_lazy("Could not be made"), accessor="tally__failed")
    who = TextColumn(gettext_lazy("Decided by"), accessor="decided_by", empty_values=())
    state = TextColumn(gettext_lazy("State"))

    def __init__(
        self, plans: Iterable[SyncPlan], *, tallies: Mapping[int, Tally], **kwargs: Any
    ) -> None:
        rows = list(plans)
        for plan in rows:
            plan.tally = tallies[plan.pk]  # type: ignore[attr-defined]
        super().__init__(rows, **kwargs)

    def render_who(self, record: SyncPlan) -> str:
        if record.decided_by:
            return record.decided_by.email
        if record.decided_at:
            return _("A program")
        return "–" if record.state == SyncPlan.State.WAITING else _("Nobody had to")

    def render_state(self, record: SyncPlan) -> SafeString:
        if record.state == SyncPlan.State.OVER and record.tally.failed:  # type: ignore[attr-defined]
            return badge(Badge("bad", _("Some could not be made")))
        return badge(PLAN_BADGES[record.state])


class ItemTable(ListTable):
    """Records of a plan; those that it would archive can be picked while it waits."""

    pick = TextColumn(gettext_lazy("Pick"), empty_values=(), attrs={"td": {"class": "pick"}})
    action = TextColumn(gettext_lazy("Change"))
    name = TextColumn(gettext_lazy("Record"), empty_values=(), attrs={"td": {"class": "name"}})
    key = TextColumn(gettext_lazy("Code"), attrs={"td": {"class": "code"}})
    reason = TextColumn(gettext_lazy("Why"))
    state = TextColumn(gettext_lazy("State"))

    def __init__(
        self,
        rows: Iterable[SyncPlanItem],
        *,
        link: Callable[[SyncPlanItem], str],
        dimensions: Mapping[str, str],
        can_pick: bool,
        **kwargs: Any,
    ) -> None:
        self.link, self.dimensions = link, dimensions
        super().__init__(rows, exclude=() if can_pick else ("pick",), **kwargs)

    def render_pick(self, record: SyncPlanItem) -> SafeString | str:
        if record.action != Action.ARCHIVE:
            return ""
        box = (
            '<input class="form-check-input" type="checkbox" name="item" value="{}"'
            ' form="picked" aria-label="{}">'
        )
        return format_html(box, record.position, _("Pick %(name)s") % {"name": record.name})

    def render_action(self, record: SyncPlanItem) -> str:
        return change_of(record)

    def render_name(self, record: SyncPlanItem) -> SafeString:
        new = record.name or record.key
        shown = format_html("{} → {}", record.old_name, new) if record.old_name else new
        place = where(record.entity, record.group, self.dimensions)
        linked = format_html('<a class="main-link" href="{}">{}</a>', self.link(record), shown)
        return format_html('{}<br><span class="quiet">{}</span>', linked, place)

    def render_reason(self, record: SyncPlanItem) -> str:
        return why_of(record)

    def render_state(self, record: SyncPlanItem) -> SafeString:
        shown = LEFT_OUT if record.action == Action.NONE else ITEM_BADGES[record.state]
        return explained(shown, said.again(record.problem))


class KeptTable(ListTable):
    """Records that no run archives."""

    name = TextColumn(gettext_lazy("Record"))
    key = TextColumn(gettext_lazy("Code"), attrs={"td": {"class": "code"}})
    since = MomentColumn(
        gettext_lazy("Kept since"), accessor="kept_at", attrs={"td": {"class": "code"}}
    )
    who = TextColumn(
        gettext_lazy("Kept by"),
        accessor="kept_by",
        empty_values=(),
        attrs={"td": {"class": "code"}},
    )
    action = TextColumn(
        gettext_lazy("What next"),
        empty_values=(),
        attrs={"th": {"class": "row-actions"}, "td": {"class": "row-actions"}},
    )

    def __init__(
        self,
        rows: Iterable[KeptRecord],
        *,
        connection: Connection,
        dimensions: Mapping[str, str],
        can_change: bool,
        **kwargs: Any,
    ) -> None:
        self.connection, self.dimensions = connection, dimensions
        super().__init__(rows, exclude=() if can_change else ("action",), **kwargs)

    def render_name(self, record: KeptRecord) -> SafeString:
        place = where(record.entity, record.group, self.dimensions)
        return format_html('{}<br><span class="quiet">{}</span>', record.name, place)

    def render_who(self, record: KeptRecord) -> str:
        return record.kept_by.email if record.kept_by else _("A program")

    def render_action(self, record: KeptRecord) -> SafeString:
        url = reverse("kept-let-go", args=[self.connection.public_id, record.pk])
        link = '<a class="btn btn-outline-secondary" href="{}">{}</a>'
        return format_html(link, url, _("Archive it after all"))
