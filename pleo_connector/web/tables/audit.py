"""What was done in a company."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy, pgettext_lazy

from pleo_connector.tenants.models import AuditEntry
from pleo_connector.web import deeds
from pleo_connector.web.tables.base import ListTable, MomentColumn, TextColumn


class AuditTable(ListTable):
    when = MomentColumn(
        pgettext_lazy("of an action", "When"),
        accessor="created_at",
        attrs={"td": {"class": "keep"}},
    )
    who = TextColumn(gettext_lazy("Who"), accessor="pk")
    what = TextColumn(gettext_lazy("What"), accessor="action")

    def __init__(self, rows: Iterable[AuditEntry], *, members: set[int], **kwargs: Any) -> None:
        super().__init__(rows, **kwargs)
        self.members = members

    def render_who(self, record: AuditEntry) -> str:
        return deeds.who(record, members=self.members)

    def render_what(self, record: AuditEntry) -> str:
        return deeds.what(record)
