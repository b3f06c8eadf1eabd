"""What the lists of staff can be narrowed to."""

from typing import Any

import django_filters
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

import erp_adapters
from pleo_connector.connections.models import Connection
from pleo_connector.history.models import DailyStat, Run
from pleo_connector.ops import queries
from pleo_connector.web.filters import DayFilter, ListFilter
from pleo_connector.web.run_words import BADGES, KINDS, ORIGINS

SPANS = ((7, _("7 days")), (30, _("30 days")), (90, _("90 days")))
SPAN = 30
LABELS = {kind: erp_adapters.get(kind).label for kind in sorted(erp_adapters.ADAPTERS)}


class CompanyFilter(django_filters.CharFilter):
    """Companies by a part of their name, found first, so that long lists keep to their index."""

    def filter(self, qs: Any, value: str) -> Any:
        if not value:
            return qs
        found = queries.tenants_named(value)
        if len(found) == 1:
            return qs.filter(**{self.field_name: found[0]})
        return qs.filter(**{f"{self.field_name}__in": found})


def _erp(field: str) -> Any:
    return django_filters.ChoiceFilter(
        field_name=field,
        label=_("Accounting system"),
        choices=list(LABELS.items()),
        empty_label=_("All"),
    )


class OpsRunFilter(ListFilter):
    more = ("erp", "origin", "since", "until")

    tenant = CompanyFilter(field_name="tenant", label=_("Company"))
    kind = django_filters.ChoiceFilter(
        label=_("What"), choices=list(KINDS.items()), empty_label=_("All")
    )
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[(value, badge.word) for value, badge in BADGES.items()],
        empty_label=_("All"),
    )
    erp = _erp("connection__erp_kind")
    origin = django_filters.ChoiceFilter(
        label=_("Cause lies in"), choices=list(ORIGINS.items()), empty_label=_("All")
    )
    since = DayFilter(_("From"), field_name="started_at")
    until = DayFilter(_("Up to"), field_name="started_at", is_end=True)

    class Meta:
        model = Run
        fields: tuple[str, ...] = ()


class OpsConnectionFilter(ListFilter):
    tenant = CompanyFilter(field_name="tenant", label=_("Company"))
    erp = _erp("erp_kind")
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[
            (Connection.State.SETUP, _("Being set up")),
            (Connection.State.LIVE, _("Live")),
            (Connection.State.PAUSED, _("Paused")),
        ],
        empty_label=_("All"),
    )
    trouble = django_filters.ChoiceFilter(
        label=_("Access"),
        choices=[("dead", _("To be reconnected"))],
        empty_label=_("All"),
        method="with_trouble",
    )

    class Meta:
        model = Connection
        fields: tuple[str, ...] = ()

    def with_trouble(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(Q(pleo_grant__dead_since__isnull=False) | ~Q(erp_problem=""))


class StatFilter(ListFilter):
    tenant = CompanyFilter(field_name="connection__tenant", label=_("Company"))
    erp = _erp("connection__erp_kind")
    kind = django_filters.ChoiceFilter(
        label=_("What"), choices=list(KINDS.items()), empty_label=_("All")
    )
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[(value, badge.word) for value, badge in BADGES.items() if value not in Run.OPEN],
        empty_label=_("All"),
    )
    days = django_filters.ChoiceFilter(
        label=_("Time"), choices=list(SPANS), empty_label=None, method="as_it_is"
    )

    class Meta:
        model = DailyStat
        fields: tuple[str, ...] = ()

    def as_it_is(self, rows: Any, name: str, value: str) -> Any:
        """The view asks for the days."""
        return rows

    @property
    def span(self) -> int:
        chosen = self.data.get("days", "")
        return int(chosen) if chosen in {str(days) for days, _ in SPANS} else SPAN
