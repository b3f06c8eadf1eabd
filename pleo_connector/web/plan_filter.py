"""What the records of a plan can be narrowed to."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from pleo_connector.catalog.models import Entity, SyncPlanItem
from pleo_connector.web.filters import ListFilter
from pleo_connector.web.plan_words import ACTIONS, ITEM_BADGES


class PlanFilter(ListFilter):
    q = django_filters.CharFilter(label=_("Search by name or code"), method="search")
    action = django_filters.ChoiceFilter(
        label=_("Change"), choices=list(ACTIONS.items()), empty_label=_("All")
    )
    entity = django_filters.ChoiceFilter(
        label=_("Kind of record"), choices=Entity.choices, empty_label=_("All")
    )
    state = django_filters.ChoiceFilter(
        label=_("State"),
        choices=[(value, badge.word) for value, badge in ITEM_BADGES.items()],
        empty_label=_("All"),
    )

    class Meta:
        model = SyncPlanItem
        fields = ("q", "action", "entity", "state")

    def search(
        self, rows: "QuerySet[SyncPlanItem]", name: str, value: str
    ) -> "QuerySet[SyncPlanItem]":
        return rows.filter(
            Q(key__icontains=value) | Q(name__icontains=value) | Q(old_name__icontains=value)
        )
