"""Naming a company and adding people to it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from pleo_connector.tenants.models import Membership, Role, Tenant, User


class CompanyForm(forms.Form):
    name = forms.CharField(
        max_length=200,
        label=_("Company name"),
        error_messages={"required": _("Name the company.")},
        widget=forms.TextInput(attrs={"autocomplete": "organization", "autofocus": True}),
    )


ROLE_MEANS = {
    Role.OWNER: _("everything, and may make others owner"),
    Role.ADMIN: _("connects Pleo and the accounting system, adds people"),
    Role.BOOKKEEPER: _("chooses accounts and looks after exports"),
    Role.VIEWER: _("looks, and changes nothing"),
}


class MemberForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"), error_messages={"required": _("Say whom to add.")}
    )
    role = forms.ChoiceField(label=_("Role"))

    def __init__(self, *args: Any, seat: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tenant: Tenant = seat.tenant
        self.user: User | None = None
        # An admin must not be able to make an owner, themselves least of all.
        roles = [role for role in Role if role != Role.OWNER or seat.role == Role.OWNER]
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = [(x.value, f"{x.label}: {ROLE_MEANS[x]}") for x in roles]
        role.initial = Role.BOOKKEEPER

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        self.user = User.objects.filter(email__iexact=email).first()
        if self.user is None:
            text = gettext("Nobody has signed up as %(email)s yet. Once they have, add them here.")
            raise ValidationError(text % {"email": email})
        member = Membership.objects.filter(tenant=self.tenant, user=self.user).first()
        if member:
            text = gettext("%(email)s is a member already, as %(role)s.")
            raise ValidationError(text % {"email": email, "role": member.get_role_display()})
        return email
