"""What a program may do, and for how long."""

from datetime import datetime, timedelta

from django import forms
from django.utils.translation import gettext_lazy as _

from pleo_connector.tenants.models import ApiScope

DAYS = {
    "30": _("30 days"),
    "90": _("90 days"),
    "365": _("One year"),
    "": _("Until it is revoked"),
}


class TokenForm(forms.Form):
    name = forms.CharField(
        max_length=100,
        label=_("Name"),
        help_text=_("Of the program that uses it, so that its changes are known in the audit log."),
        error_messages={"required": _("Name the program.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("The program may"),
        choices=ApiScope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one thing that it may do.")},
    )
    days = forms.ChoiceField(
        label=_("It works for"), choices=list(DAYS.items()), initial="90", required=False
    )

    def expires_at(self, now: datetime) -> datetime | None:
        days = self.cleaned_data["days"]
        return now + timedelta(days=int(days)) if days else None
