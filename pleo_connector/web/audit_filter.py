"""Whose deeds, of which kind, from when to when."""

from typing import Any
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.tenants.models import AuditEntry, Membership
from pleo_connector.web.deeds import AREAS, actions_of
from pleo_connector.web.filters import DayFilter, ListFilter

Entries = QuerySet[AuditEntry]
PROGRAMS, PRODUCT, SUPPORT = "programs", "product", "support"


class AuditFilter(ListFilter):
    who = django_filters.ChoiceFilter(
        label=gettext_lazy("Who"), empty_label=gettext_lazy("All"), method="by"
    )
    area = django_filters.ChoiceFilter(
        label=gettext_lazy("About"),
        choices=list(AREAS.items()),
        empty_label=gettext_lazy("All"),
        method="about",
    )
    since = DayFilter(gettext_lazy("From"), field_name="created_at")
    until = DayFilter(gettext_lazy("Up to"), field_name="created_at", is_end=True)

    class Meta:
        model = AuditEntry
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, members: list[Membership], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.members = [x.user_id for x in members]
        self.filters["who"].extra["choices"] = [
            *((str(x.user.public_id), x.user.email) for x in members),
            (PROGRAMS, _("Programs")),
            (SUPPORT, _("Support")),
            (PRODUCT, _("The product by itself")),
        ]

    def by(self, rows: Entries, name: str, value: str) -> Entries:
        if value == PROGRAMS:
            return rows.exclude(token=None)
        if value == PRODUCT:
            return rows.filter(token=None, actor=None)
        if value == SUPPORT:
            return rows.filter(actor__is_staff=True).exclude(actor__in=self.members)
        return rows.filter(actor__public_id=UUID(value))

    def about(self, rows: Entries, name: str, value: str) -> Entries:
        return rows.filter(action__in=actions_of(value))
