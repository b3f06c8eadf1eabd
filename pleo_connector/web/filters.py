"""What lists can be narrowed to. A filter is a form by GET; htmx only spares the reload.

`{% include "_filters.html" %}` shows `filter`; the list itself stands in an element `#list`.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pleo_connector.connections.erp import choices
from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Problem, Run
from pleo_connector.history.queries import is_muted
from pleo_connector.web.run_words import BADGES, KINDS, ORIGINS
from pleo_connector.web.words import Text


def connections_of(request: Any) -> "QuerySet[Connection]":
    """Those of the present company: its scope is open."""
    found: QuerySet[Connection] = Connection.objects.order_by("pleo_company_name", "pk")
    return found


class ListFilter(django_filters.FilterSet):
    """Odd values in the address are shown as such and narrow nothing."""

    more: tuple[str, ...] = ()  # fields that are folded away until one is used

    @property
    def is_used(self) -> bool:
        return any(self.data.get(name) for name in self.filters)

    @property
    def is_more_used(self) -> bool:
        return any(self.data.get(name) for name in self.more)

    @property
    def fields(self) -> list[forms.BoundField]:
        return [x for x in self.form if x.name not in self.more]

    @property
    def more_fields(self) -> list[forms.BoundField]:
        return [self.form[name] for name in self.more]


def systems() -> list[tuple[str, str]]:
    """Accounting systems that customers can choose, by name."""
    return sorted(((x.kind, x.label) for x in choices()), key=lambda x: x[1])


class DayFilter(django_filters.DateFilter):
    """From the beginning of a day, or up to its end, in the reader's time zone."""

    def __init__(self, label: Text, *, field_name: str, is_end: bool = False) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        lookup = "lt" if is_end else "gte"
        super().__init__(field_name=field_name, lookup_expr=lookup, label=label, widget=widget)
        self.is_end = is_end

    def filter(self, qs: Any, value: date | None) -> Any:
        if value is None:
            return qs
        try:
            day = value + timedelta(days=1) if self.is_end else value
            return super().filter(qs, timezone.make_aware(datetime.combine(day, time())))
        except OverflowError:  # the calendar ends there
            return qs


class RunFilter(ListFilter):
    """Of runs of every kind. Each choice is served by an index on tenant and time."""

    more = ("erp", "origin", "since", "until")

    kind = django_filters.ChoiceFilter(
        label=_("What"), choices=list(KINDS.items()), empty_label=_("All")
    )
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[(value, badge.word) for value, badge in BADGES.items()],
        empty_label=_("All"),
    )
    connection = django_filters.ModelChoiceFilter(
        label=_("Connection"),
        queryset=connections_of,
        to_field_name="public_id",
        empty_label=_("All"),
    )
    erp = django_filters.ChoiceFilter(
        field_name="connection__erp_kind",
        label=_("Accounting system"),
        choices=systems,
        empty_label=_("All"),
    )
    origin = django_filters.ChoiceFilter(
        label=_("Cause lies in"), choices=list(ORIGINS.items()), empty_label=_("All")
    )
    since = DayFilter(_("From"), field_name="started_at")
    until = DayFilter(_("Up to"), field_name="started_at", is_end=True)

    class Meta:
        model = Run
        fields: tuple[str, ...] = ()


class ConnectionProblemFilter(ListFilter):
    """Without a choice: what is open and not muted."""

    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[("muted", _("Muted")), ("resolved", _("Resolved")), ("all", _("All"))],
        empty_label=pgettext_lazy("problem", "Open"),
        method="only",
    )

    class Meta:
        model = Problem
        fields = ("state",)

    def filter_queryset(self, queryset: "QuerySet[Problem]") -> "QuerySet[Problem]":
        chosen = self.form.cleaned_data.get("state") or "open"
        muted, is_open = is_muted(timezone.now()), Q(state=Problem.State.OPEN)
        states = {
            "open": is_open & ~muted,
            "muted": is_open & muted,
            "resolved": ~is_open,
            "all": Q(),
        }
        rows: QuerySet[Problem] = super().filter_queryset(queryset.filter(states[chosen]))
        return rows

    def only(self, queryset: Any, name: str, value: str) -> Any:
        """`filter_queryset` sees to it, also where nothing is chosen."""
        return queryset


class ProblemFilter(ConnectionProblemFilter):
    connection = django_filters.ModelChoiceFilter(
        label=_("Connection"),
        queryset=connections_of,
        to_field_name="public_id",
        empty_label=_("All"),
    )

    class Meta:
        model = Problem
        fields = ("state", "connection")
