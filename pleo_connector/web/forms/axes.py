"""Which dimensions of the ERP Pleo shows as tag groups: at most five."""

from collections.abc import Collection, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from pleo_connector.catalog.models import Entity
from pleo_connector.catalog.selection import MOST
from pleo_connector.web.sync_rows import Axis
from pleo_connector.web.tally import records

AXIS = "axis_"


class AxesForm(forms.Form):
    """A box for each where there are up to five, else five lists to choose from."""

    def __init__(
        self, *args: Any, axes: Sequence[Axis], chosen: Collection[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.axes = axes
        self.before = [axis for axis in axes if axis.code.casefold() in chosen]
        self.is_fixed = len(axes) <= MOST
        if self.is_fixed:
            for number, axis in enumerate(axes):
                css = forms.CheckboxInput(attrs={"class": "form-check-input"})
                box = forms.BooleanField(label=axis.name, required=False, widget=css)
                box.initial = axis in self.before
                self.fields[f"{AXIS}{number}"] = box
            return
        choices = [
            ("", pgettext("tag group", "None")),
            *((axis.code, self._words(axis)) for axis in axes),
        ]
        for number in range(MOST):
            field = forms.ChoiceField(
                label=_("Tag group %(number)s") % {"number": number + 1},
                choices=choices,
                required=False,
            )
            if number < len(self.before):
                field.initial = self.before[number].code
            self.fields[f"{AXIS}{number}"] = field

    @staticmethod
    def _words(axis: Axis) -> str:
        return f"{axis.name} ({axis.code}): {records(Entity.TAG, axis.values)}"

    def rows(self) -> list[tuple[Axis, Any]]:
        """(dimension, its box)"""
        return [(axis, self[f"{AXIS}{number}"]) for number, axis in enumerate(self.axes)]

    def after(self) -> list[Axis]:
        """What is chosen now, in the ERP's order."""
        given = self.cleaned_data
        if self.is_fixed:
            return [axis for n, axis in enumerate(self.axes) if given.get(f"{AXIS}{n}")]
        codes = {given.get(f"{AXIS}{n}") for n in range(MOST)}
        return [axis for axis in self.axes if axis.code in codes]

    def posted(self) -> dict[str, str]:
        """The same choice as hidden values."""
        return {name: str(self.data[name]) for name in self.fields if self.data.get(name)}
