"""The connect form of any ERP, made from what its adapter declares."""

from dataclasses import MISSING, Field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp_adapters.base import ErpAdapter

SECRET = "secret_"  # prefix that keeps a secret apart from a setting of the same name
KEPT = gettext_lazy("Leave it empty to keep the one that is stored.")


class ErpForm(forms.Form):
    """`settings()` and `secrets()` are what `Access` takes."""

    def __init__(
        self,
        *args: Any,
        adapter: type[ErpAdapter],
        stored_settings: dict[str, Any],
        stored_secrets: dict[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.adapter = adapter
        self.stored_settings, self.stored_secrets = stored_settings, stored_secrets
        hints = get_type_hints(adapter.Settings)
        for field in fields(adapter.Settings):
            self.fields[field.name] = _setting(field, hints[field.name])
            self.initial.setdefault(field.name, stored_settings.get(field.name))
            if self.initial[field.name] is None:
                self.initial[field.name] = None if field.default is MISSING else field.default
        for secret in adapter.auth.secrets:
            is_stored = bool(stored_secrets.get(secret.name))
            missing = _("%(field)s is missing.") % {"field": _(secret.label)}
            notes = [secret.help, str(KEPT) if is_stored else ""]
            self.fields[SECRET + secret.name] = forms.CharField(
                label=_(secret.label),
                help_text=" ".join(_(note) for note in notes if note),
                required=secret.required and not is_stored,
                error_messages={"required": missing},
                widget=forms.PasswordInput(
                    attrs={
                        "autocomplete": "off",
                        "spellcheck": "false",
                        "placeholder": _("Stored") if is_stored else "",
                    }
                ),
            )

    def settings(self) -> dict[str, Any]:
        names = [field.name for field in fields(self.adapter.Settings)]
        return {name: self.cleaned_data[name] for name in names}

    def secrets(self) -> dict[str, str]:
        entered = {
            secret.name: self.cleaned_data[SECRET + secret.name]
            for secret in self.adapter.auth.secrets
        }
        return self.stored_secrets | {name: value for name, value in entered.items() if value}

    def clean(self) -> dict[str, Any]:
        """A stored secret goes to the address that it was given for, and to no other."""
        cleaned = super().clean() or {}
        if not self.stored_secrets or not self._address_changed(cleaned):
            return cleaned
        for secret in self.adapter.auth.secrets:
            name = SECRET + secret.name
            if not cleaned.get(name) and self.stored_secrets.get(secret.name):
                sentence = _(
                    "The address changed, so the stored %(field)s is not sent there. "
                    "Enter it again."
                )
                self.add_error(name, sentence % {"field": _(secret.label)})
        return cleaned

    def _address_changed(self, cleaned: dict[str, Any]) -> bool:
        return any(
            "://" in str(value) and value != self.stored_settings.get(name)
            for name, value in cleaned.items()
            if not name.startswith(SECRET)
        )

    def refuse(self, sentence: str) -> None:
        """An adapter's `ValueError` is "field: sentence"; others belong to the whole form."""
        name, colon, rest = sentence.partition(": ")
        for key in (name, SECRET + name):
            if colon and key in self.fields:
                return self.add_error(key, rest)
        return self.add_error(None, sentence)


def _setting(field: "Field[Any]", hint: Any) -> forms.Field:
    label = _(field.metadata.get("label", field.name.replace("_", " ").capitalize()))
    asked = {
        "label": label,
        "error_messages": {"required": _("%(field)s is missing.") % {"field": label}},
        "help_text": _(note) if (note := field.metadata.get("help", "")) else "",
        "required": field.metadata.get("required", field.default is MISSING),
    }
    if choices := field.metadata.get("choices"):
        return forms.ChoiceField(choices=[(x, x) for x in choices], **asked)
    if hint is bool:
        return forms.BooleanField(**(asked | {"required": False}))
    if hint is int:
        return forms.IntegerField(**asked)
    if get_origin(hint) is Literal:
        return forms.ChoiceField(choices=[(x, x) for x in get_args(hint)], **asked)
    return forms.CharField(max_length=500, **asked)
