"""Which tag group of Pleo feeds which dimension of the ERP."""

from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from erp_adapters.ledger import Dimension
from pleo_connector.bookkeeping.mapping import Mapping

GROUP = "group_"


class DimensionsForm(forms.Form):
    """An empty field means the tag group with the dimension's own code."""

    in_text = forms.CharField(
        label=_("Tag groups that are only named in the text"),
        help_text=_("Their codes, with commas between them. They feed no dimension."),
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        mapping: Mapping,
        dimensions: Sequence[Dimension],
        values: Map[str, int],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.mapping, self.values = mapping, values
        self.dimensions = [x for x in dimensions if x.is_active]
        groups = {target: group for group, target in mapping.dimensions.items() if target}
        for number, axis in enumerate(self.dimensions):
            self.fields[f"{GROUP}{number}"] = forms.CharField(
                label=axis.name,
                required=False,
                max_length=100,
                widget=forms.TextInput(attrs={"placeholder": axis.code}),
            )
            self.initial[f"{GROUP}{number}"] = groups.get(axis.code, "")
        self.initial["in_text"] = ", ".join(
            group for group, target in mapping.dimensions.items() if target is None
        )

    def rows(self) -> list[tuple[Dimension, Any, int]]:
        """(dimension, its field, number of its values)"""
        return [
            (axis, self[f"{GROUP}{number}"], self.values.get(axis.code, 0))
            for number, axis in enumerate(self.dimensions)
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        seen: dict[str, str] = {}
        for name, group, axis in self._groups(cleaned):
            if group.casefold() in seen:
                other = seen[group.casefold()]
                text = gettext("Tag group %(group)s feeds %(dimension)s already.")
                self.add_error(name, text % {"group": group, "dimension": other})
            seen[group.casefold()] = axis.name
        for group in self._in_text(cleaned):
            if group.casefold() in seen:
                text = gettext("Tag group %(group)s feeds %(dimension)s.")
                filled = {"group": group, "dimension": seen[group.casefold()]}
                self.add_error("in_text", text % filled)
        return cleaned

    def _groups(self, cleaned: Map[str, Any]) -> list[tuple[str, str, Dimension]]:
        names = [(f"{GROUP}{number}", axis) for number, axis in enumerate(self.dimensions)]
        return [
            (name, group, axis)
            for name, axis in names
            if (group := (cleaned.get(name) or "").strip())
        ]

    def _in_text(self, cleaned: Map[str, Any]) -> list[str]:
        return [x.strip() for x in (cleaned.get("in_text") or "").split(",") if x.strip()]

    def as_mapping(self) -> Mapping:
        fed: dict[str, str | None] = {
            group: axis.code for _, group, axis in self._groups(self.cleaned_data)
        }
        fed |= dict.fromkeys(self._in_text(self.cleaned_data))
        return replace(self.mapping, dimensions=fed)
