"""What lists can be narrowed to. A filter is a form by GET; htmx only spares the reload.

`{% include "_filters.html" %}` shows `filter`; the list itself stands in an element `#list`.
"""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob
from pleo_connector.web.words import RUN_BADGES


def connections_of(request: Any) -> "QuerySet[Connection]":
    """Those of the present company: its scope is open."""
    found: QuerySet[Connection] = Connection.objects.order_by("pleo_company_name", "pk")
    return found


class ListFilter(django_filters.FilterSet):
    """Odd values in the address are shown as such and narrow nothing."""

    @property
    def is_used(self) -> bool:
        return any(self.data.get(name) for name in self.filters)


class HistoryFilter(ListFilter):
    state = django_filters.ChoiceFilter(
        field_name="run__state",
        label=_("State"),
        choices=[(value, badge.word) for value, badge in RUN_BADGES.items()],
        empty_label=_("All"),
    )
    connection = django_filters.ModelChoiceFilter(
        label=_("Connection"),
        queryset=connections_of,
        to_field_name="public_id",
        empty_label=_("All"),
    )

    class Meta:
        model = ExportJob
        fields = ("state", "connection")
