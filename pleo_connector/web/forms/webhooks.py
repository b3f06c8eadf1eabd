"""Where a customer's program wants to be told."""

from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class WebhookForm(forms.Form):
    url = forms.URLField(
        label=_("Address"),
        help_text=_("Of your program, such as https://tools.company.com/problems."),
        max_length=500,
        assume_scheme="https",
        error_messages={
            "required": _("Write the address of your program."),
            "invalid": _("Write a whole web address, such as https://tools.company.com/problems."),
        },
    )

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        if not url.startswith("https://") and not settings.ALLOW_PRIVATE_ADDRESSES:
            raise forms.ValidationError(_("The address has to begin with https://."))
        if "@" in urlsplit(url).netloc:
            raise forms.ValidationError(_("Leave the user name and the password out."))
        return url
