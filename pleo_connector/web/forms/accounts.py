"""Which account stands for what."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from erp_adapters.ledger import Account, Vendor
from pleo_connector.bookkeeping.facts import WITH_LINES
from pleo_connector.bookkeeping.mapping import Accounts, Mapping
from pleo_connector.bookkeeping.sides import NAMES
from pleo_connector.web.forms.choices import (
    Suggestion,
    account_choices,
    account_codes,
    suggest,
)
from pleo_connector.web.forms.roles import LEDGERS, ROLES, SECTIONS, SOURCES
from pleo_connector.web.words import Text
from pleo_connector.web.words import entry_type as entry_type_name

WALLET = "wallet_"
DEFAULT = "default_"
LEDGER, STAFF = "employee_ledger", "default_employee_vendor"
# What Pleo may send without a category, the likeliest first.
WITHOUT_CATEGORY = [x for x in dict.fromkeys(("fee", "cashback", *NAMES)) if x in WITH_LINES]
NEW_CURRENCY, NEW_WALLET = "new_currency", "new_wallet"


class AccountsForm(forms.Form):
    wallet_source = forms.ChoiceField(
        label=_("Which account is the wallet"), choices=SOURCES, widget=forms.RadioSelect
    )

    def __init__(
        self,
        *args: Any,
        mapping: Mapping,
        is_saved: bool,
        accounts: Sequence[Account],
        vendors: Sequence[Vendor],
        currency: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.mapping, self.is_saved, self.accounts = mapping, is_saved, accounts
        self.suggested: dict[str, Suggestion] = {}
        saved = account_codes(mapping.accounts)
        self.options = account_choices(accounts, saved, "—")
        self.initial["wallet_source"] = mapping.accounts.wallet_source
        self._add_wallets(currency)
        for role, text in ROLES.items():
            self._add(role, role, text.label, text.help, text.required)
        self.vendors = [(x.code, f"{x.code} {x.name}") for x in vendors if x.is_active]
        self._add_vendor(
            "generic_vendor",
            _("Vendor for all other suppliers"),
            _(
                "Stands for suppliers that have no vendor. Without it, their invoices are "
                "not booked."
            ),
        )
        self._add_employees()
        self._add_defaults()

    def _add_employees(self) -> None:
        self.fields[LEDGER] = forms.ChoiceField(
            label=_("What employees are owed"),
            choices=LEDGERS,
            required=False,
            help_text=_("Where each has a vendor, what they paid themselves is booked there."),
        )
        self.initial[LEDGER] = self.mapping.employee_ledger
        self._add_vendor(
            STAFF,
            _("Vendor of employees without a code"),
            _("Only used where each employee has a vendor account."),
        )

    def _add_defaults(self) -> None:
        for entry_type in WITHOUT_CATEGORY:
            name = DEFAULT + entry_type
            self.fields[name] = forms.ChoiceField(
                label=entry_type_name(entry_type), choices=self.options, required=False
            )
            self.initial[name] = self.mapping.accounts.default_expense.get(entry_type, "")
        self.fields[DEFAULT + WITHOUT_CATEGORY[0]].help_text = _(
            "Without it, such an entry is not booked until it has a category in Pleo."
        )

    def _add_wallets(self, currency: str) -> None:
        self.currencies = [x for x in [currency, *self.mapping.accounts.wallet] if x]
        self.currencies = list(dict.fromkeys(self.currencies))
        for code in self.currencies:
            text = _("Where the money of the Pleo wallet stands.") if code == currency else ""
            label = gettext("Wallet account in %(currency)s") % {"currency": code}
            self._add(WALLET + code, "wallet", label, text)
        self.fields[NEW_CURRENCY] = forms.CharField(
            label=_("Another wallet currency"),
            required=False,
            min_length=3,
            max_length=3,
            help_text=_("Three letters, such as EUR."),
        )
        self.fields[NEW_WALLET] = forms.ChoiceField(
            label=_("Wallet account in that currency"), choices=self.options, required=False
        )

    def _add(
        self, name: str, role: str, label: Text, help: Text, is_required: bool = False
    ) -> None:
        value = self._saved(name)
        if value is None and not self.is_saved and (found := suggest(self.accounts, role)):
            self.suggested[name] = found
            value = found.code
        self.fields[name] = forms.ChoiceField(
            label=label,
            help_text=help,
            choices=self.options,
            required=is_required,
            error_messages={"required": _("Choose an account.")},
        )
        self.initial[name] = value or ""

    def _saved(self, name: str) -> str | None:
        if name.startswith(WALLET):
            return self.mapping.accounts.wallet.get(name.removeprefix(WALLET))
        saved: str | None = getattr(self.mapping.accounts, name)
        return saved

    def _add_vendor(self, name: str, label: Text, help: Text) -> None:
        saved: str | None = getattr(self.mapping, name)
        names = self.vendors
        if saved and saved not in {code for code, _ in names}:
            gone = gettext("%(code)s is not usable any more") % {"code": saved}
            names = [(saved, gone), *names]
        self.fields[name] = forms.ChoiceField(
            label=label, help_text=help, choices=[("", "—"), *names], required=False
        )
        self.initial[name] = saved or ""

    def sections(self) -> list[tuple[Text, list[Any]]]:
        """Fields in the order of the page, each with its suggestion."""
        names: dict[str, list[str]] = {section: [] for section in SECTIONS}
        names["Wallet"] = ["wallet_source", *(WALLET + code for code in self.currencies)]
        for role, text in ROLES.items():
            names[text.title].append(role)
        names["Wallet"] += [NEW_CURRENCY, NEW_WALLET]
        names["Suppliers"].append("generic_vendor")
        names["People"] += [LEDGER, STAFF]
        names["Default"] = [DEFAULT + entry_type for entry_type in WITHOUT_CATEGORY]
        return [
            (SECTIONS[section], [(self[name], self.suggested.get(name)) for name in fields])
            for section, fields in names.items()
        ]

    def clean_new_currency(self) -> str:
        code: str = self.cleaned_data[NEW_CURRENCY].upper()
        if code and not (code.isascii() and code.isalpha()):
            raise forms.ValidationError(_("A currency has three letters, such as EUR."))
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get(NEW_CURRENCY) and not cleaned.get(NEW_WALLET):
            text = gettext("Choose the wallet account in %(currency)s.")
            self.add_error(NEW_WALLET, text % {"currency": cleaned[NEW_CURRENCY]})
        if cleaned.get(NEW_WALLET) and not cleaned.get(NEW_CURRENCY):
            self.add_error(NEW_CURRENCY, _("Name the currency of this account."))
        if cleaned.get("wallet_source") == "configured" and not self._wallet(cleaned):
            first = WALLET + self.currencies[0] if self.currencies else NEW_WALLET
            self.add_error(first, _("Choose the wallet account, or let Pleo name it."))
        return cleaned

    def _wallet(self, cleaned: dict[str, Any]) -> dict[str, str]:
        wallet = {code: cleaned.get(WALLET + code, "") for code in self.currencies}
        wallet[cleaned.get(NEW_CURRENCY, "")] = cleaned.get(NEW_WALLET, "")
        return {code: account for code, account in wallet.items() if code and account}

    def as_mapping(self) -> Mapping:
        chosen = self.cleaned_data
        roles: dict[str, Any] = {role: chosen[role] or None for role in ROLES}
        accounts: Accounts = replace(
            self.mapping.accounts,
            wallet=self._wallet(chosen),
            wallet_source=chosen["wallet_source"],
            default_expense={
                entry_type: code
                for entry_type in WITHOUT_CATEGORY
                if (code := chosen[DEFAULT + entry_type])
            },
            **roles,
        )
        return replace(
            self.mapping,
            accounts=accounts,
            generic_vendor=chosen["generic_vendor"] or None,
            employee_ledger=chosen[LEDGER] or self.mapping.employee_ledger,
            default_employee_vendor=chosen[STAFF] or None,
        )
