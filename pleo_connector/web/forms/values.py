"""Which values and accounts are shown beside those of Pleo."""

from collections.abc import Collection, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from erp_adapters.ledger import Account
from pleo_connector.web.sync_rows import Axis


class ValuesForm(forms.Form):
    """By GET. What does not fit narrows nothing."""

    dimension = forms.ChoiceField(label=_("Dimension"), required=False)
    q = forms.CharField(label=_("Search by name or code"), required=False)

    def __init__(self, data: Any, *, axes: Sequence[Axis], **kwargs: Any) -> None:
        data = data.copy()
        codes = [axis.code for axis in axes]
        if data.get("dimension") not in codes:
            data["dimension"] = codes[0] if codes else ""
        super().__init__(data, **kwargs)
        self.axes = axes
        field = self.fields["dimension"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(axis.code, axis.name) for axis in axes]

    def axis(self) -> Axis | None:
        return next((x for x in self.axes if x.code == self.data["dimension"]), None)

    def search(self) -> str:
        """Without what Postgres takes for no text."""
        return str(self.data.get("q", "")).strip().replace("\0", "")


class AccountsForm(forms.Form):
    """By GET. What does not fit narrows nothing."""

    use = forms.ChoiceField(
        label=_("Categories"),
        choices=[("", _("All")), ("none", _("No category uses it yet"))],
        required=False,
    )
    q = forms.CharField(label=_("Search by number or name"), required=False)

    def found(self, accounts: Sequence[Account], unused: Collection[str]) -> list[Account]:
        wanted = self.data.get("q", "").strip().casefold()
        return [
            x
            for x in accounts
            if (wanted in x.name.casefold() or wanted in x.code.casefold())
            and (self.data.get("use") != "none" or x.id in unused)
        ]
