"""How pages speak to a person."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from pleo_connector.tenants.models import Mail, User


def zones() -> list[tuple[str, str]]:
    """Those that are named by a place, and UTC."""
    names = sorted(x for x in available_timezones() if "/" in x and not x.startswith("Etc/"))
    return [(x, x.replace("_", " ")) for x in ["UTC", *names]]


class PersonForm(forms.Form):
    language = forms.ChoiceField(
        label=_("Language"),
        help_text=_("For all pages. Dates, numbers and amounts are written to match."),
        choices=[("", _("As the browser is set")), *settings.LANGUAGES],
        required=False,
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), help_text=_("For all times that you see."), required=False
    )
    mail = forms.ChoiceField(
        label=_("E-mails about problems"),
        help_text=_("From all your companies. A problem is told once, and again if it comes back."),
        choices=Mail.choices,
        widget=forms.RadioSelect,
        required=False,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"language": user.language, "time_zone": user.time_zone, "mail": user.mail}
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("As the browser is set")), *zones()]

    def clean_mail(self) -> str:
        """A form without the field leaves it as it is by default."""
        return self.cleaned_data["mail"] or Mail.ALL
