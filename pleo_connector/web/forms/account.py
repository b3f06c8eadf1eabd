"""The forms of a log-in, with our words where they ask for an e-mail address."""

from typing import Any

from allauth.account import forms
from django.utils.translation import gettext_lazy as _


class WholeAddress:
    """Of a form that asks for an e-mail address."""

    fields: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("email") or self.fields["login"]
        field.error_messages["invalid"] = _(
            "Write a whole e-mail address, such as name@company.com."
        )


class SignUpForm(WholeAddress, forms.SignupForm):  # type: ignore[misc]
    pass


class LogInForm(WholeAddress, forms.LoginForm):  # type: ignore[misc]
    pass


class NewPasswordForm(WholeAddress, forms.ResetPasswordForm):  # type: ignore[misc]
    pass
