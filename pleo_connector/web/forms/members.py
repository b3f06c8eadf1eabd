"""Whom to invite, and as what."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pleo_connector.tenants.models import Membership, Role

ROLE_MEANS = {
    Role.OWNER: _("everything, and may make others owners"),
    Role.ADMIN: _("connects Pleo and the accounting system, adds people"),
    Role.BOOKKEEPER: _("chooses accounts and looks after exports"),
    Role.VIEWER: _("looks, and changes nothing"),
}


def roles_for(seat: Membership) -> list[tuple[str, str]]:
    """An admin must not be able to make an owner, themselves least of all."""
    roles = [role for role in Role if role != Role.OWNER or seat.role == Role.OWNER]
    return [(x.value, f"{x.label}: {ROLE_MEANS[x]}") for x in roles]


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, seat: Membership, role: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = roles_for(seat)
        field.initial = role


class InviteForm(RoleForm):
    email = forms.EmailField(
        label=_("E-mail address"),
        error_messages={
            "required": _("Say whom to invite."),
            "invalid": _("Write a whole e-mail address, such as name@company.com."),
        },
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    field_order = ["email", "role"]

    def __init__(self, *args: Any, seat: Membership, **kwargs: Any) -> None:
        super().__init__(*args, seat=seat, role=Role.BOOKKEEPER, **kwargs)
