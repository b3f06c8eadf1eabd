"""Naming a company."""

from django import forms
from django.utils.translation import gettext_lazy as _


class CompanyForm(forms.Form):
    name = forms.CharField(
        max_length=200,
        label=_("Company name"),
        error_messages={"required": _("Name the company.")},
        widget=forms.TextInput(attrs={"autocomplete": "organization", "autofocus": True}),
    )
