"""What a person says when they correct what became of an entry."""

from django import forms
from django.utils.translation import gettext_lazy as _

from pleo_connector.exports.by_hand import NOTE_LENGTH, NUMBER_LENGTH


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"),
        help_text=_("It is kept with the entry and in the audit log."),
        max_length=NOTE_LENGTH,
        error_messages={"required": _("Say why.")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ByHandForm(ReasonForm):
    number = forms.CharField(
        label=_("Number of the voucher"),
        max_length=NUMBER_LENGTH,
        error_messages={"required": _("Enter the number of the voucher.")},
    )
    field_order = ("number", "reason")


class YesForm(forms.Form):
    """Nothing but a yes."""
