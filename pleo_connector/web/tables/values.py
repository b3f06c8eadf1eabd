"""Values and accounts of the ERP, and what stands for them in Pleo."""

from collections.abc import Collection, Iterable
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.web.tables.base import ListTable, TextColumn
from pleo_connector.web.templatetags.words import badge, explained
from pleo_connector.web.value_rows import ValueRow
from pleo_connector.web.words import Badge


class ValueTable(ListTable):
    code = TextColumn(gettext_lazy("Code"), accessor="value__code", attrs={"td": {"class": "code"}})
    name = TextColumn(gettext_lazy("Value"), accessor="value__name")
    tag = TextColumn(gettext_lazy("Tag in Pleo"), attrs={"td": {"class": "name"}})
    state = TextColumn(gettext_lazy("State"), accessor="badge")

    def __init__(self, rows: Iterable[ValueRow], *, system: str, **kwargs: Any) -> None:
        super().__init__(rows, **kwargs)
        heading = _("Value in %(system)s") % {"system": system}
        self.columns["name"].column.verbose_name = heading

    def render_state(self, value: Badge, record: ValueRow) -> SafeString:
        return explained(value, record.why)


class AccountTable(ValueTable):
    tag = TextColumn(gettext_lazy("Account in Pleo"), attrs={"td": {"class": "name"}})
    use = TextColumn(gettext_lazy("Categories"), empty_values=())

    def __init__(
        self,
        rows: Iterable[ValueRow],
        *,
        unused: Collection[str] | None,
        system: str,
        **kwargs: Any,
    ) -> None:
        self.unused = unused or ()
        kwargs["exclude"] = () if unused is not None else ("use",)  # Pleo was not asked
        super().__init__(rows, system=system, **kwargs)
        self.columns["name"].column.verbose_name = _("Account in %(system)s") % {"system": system}

    def render_use(self, record: ValueRow) -> SafeString | str:
        """Nothing of the others: a newer account may not have been there when Pleo was asked."""
        if record.value.id not in self.unused:
            return ""
        return badge(Badge("attention", _("No category uses it yet")))
