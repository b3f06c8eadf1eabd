"""The kind that each tax code has in Pleo, chosen by a list beside it."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from erp_adapters.ledger import TaxCode
from pleo_connector.catalog.models import TaxKind

KIND = "kind_"


class TaxKindsForm(forms.Form):
    """`chosen` by folded code. Only the codes of this page are read."""

    def __init__(self, data: Any, *, codes: Iterable[TaxCode], chosen: Mapping[str, str]) -> None:
        super().__init__(data, auto_id=False)  # a code may have blanks
        self.codes = list(codes)
        choices = [("", _("Not chosen")), *TaxKind.choices]
        for number, code in enumerate(self.codes):
            label = _("Kind of %(code)s") % {"code": code.code}
            css = {"class": "form-select", "aria-label": label}
            self.fields[self._name(number, code)] = forms.ChoiceField(
                label=label,
                choices=choices,
                required=False,
                initial=chosen.get(code.code.casefold(), ""),
                widget=forms.Select(attrs=css),
            )

    @staticmethod
    def _name(number: int, code: TaxCode) -> str:
        """With the code, so that a list that changed meanwhile gives no other code its kind."""
        return f"{KIND}{number}_{code.code}"

    def rows(self) -> list[tuple[TaxCode, Any]]:
        """(tax code, its list)"""
        return [(code, self[self._name(n, code)]) for n, code in enumerate(self.codes)]

    def kinds(self) -> dict[str, str]:
        """By code, as they were posted."""
        names = [(self._name(n, code), code.code) for n, code in enumerate(self.codes)]
        return {code: self.cleaned_data[name] for name, code in names if name in self.data}
