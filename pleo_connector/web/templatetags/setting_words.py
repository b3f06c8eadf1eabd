"""Settings of a mapping and their values, as the list of changes shows them."""

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.web import rule_words, words
from pleo_connector.web.forms.posting import (
    BEHAVIOUR,
    CHANGES,
    CLOSED,
    JOURNAL_PER,
    MISSING,
    SPECIAL,
)
from pleo_connector.web.forms.roles import LEDGERS, ROLES, SOURCES
from pleo_connector.web.ledger_names import LedgerNames, with_name

register = template.Library()

# What the values of a setting are called where it is chosen.
CHOICES: dict[str, dict[str, words.Text]] = {
    **{name: dict(choices) for name, _label, choices in SPECIAL if choices},
    "posting_behaviour": dict(BEHAVIOUR),
    "closed_period": dict(CLOSED),
    "missing_receipt": dict(MISSING),
    "erp_changes": dict(CHANGES),
    "journal_per": dict(JOURNAL_PER),
    "employee_ledger": dict(LEDGERS),
    "accounts.wallet_source": dict(SOURCES),
}
SETTING_NAMES: dict[str, words.Text] = {
    "accounts.wallet_source": gettext_lazy("Which account is the wallet"),
    "accounts.tax_in": gettext_lazy("Input tax account"),
    "accounts.tax_reverse_in": gettext_lazy("Reverse charge account, input side"),
    "accounts.tax_reverse_out": gettext_lazy("Reverse charge account, output side"),
    **{name: label for name, label, _choices in SPECIAL},
    "posting_behaviour": gettext_lazy("Vouchers are booked"),
    "closed_period": gettext_lazy("An entry of a closed period"),
    "missing_receipt": gettext_lazy("A receipt that cannot be fetched"),
    "erp_changes": gettext_lazy("An entry that the accounting system would change"),
    "journal_per": gettext_lazy("One voucher for"),
    "time_zone": gettext_lazy("Time zone"),
    "employee_ledger": gettext_lazy("What employees are owed"),
    "default_employee_vendor": gettext_lazy("Vendor of employees without a code"),
    "generic_vendor": gettext_lazy("Vendor for all other suppliers"),
}


@register.filter
def setting_name(path: str) -> str:
    """The path of a setting in words: `accounts.wallet.EUR` is "Wallet account in EUR"."""
    if path in SETTING_NAMES:
        return str(SETTING_NAMES[path])
    head, _dot, rest = path.partition(".")
    if path.startswith("accounts.wallet."):
        return _("Wallet account in %(currency)s") % {"currency": path.rpartition(".")[2]}
    if head == "dimensions" and rest:
        return _("Dimension for %(name)s") % {"name": rest}
    if head == "journals" and rest:
        return _("Journal for %(name)s") % {"name": words.entry_type(rest)}
    if head == "rules" and rest:
        return _("Rule %(number)s") % {"number": rest}
    if head == "account_codes" and rest:
        return _("Account for %(name)s of Pleo") % {"name": rest}
    if head == "tax_codes" and rest:
        return _("Tax code for %(name)s of Pleo") % {"name": rest}
    if path.startswith("accounts.default_expense."):
        kind = words.entry_type(rest.partition(".")[2])
        return _("Account for %(name)s without a category") % {"name": kind}
    if head == "accounts" and rest in ROLES:
        return _("Account: %(name)s") % {"name": ROLES[rest].label}
    if head == "accounts":
        return _("%(name)s account") % {"name": rest.replace("_", " ").capitalize()}
    return (rest or head).replace("_", " ").replace(".", " ").capitalize()


@register.simple_tag
def setting_value(value: object, path: str, names: LedgerNames) -> str:
    """As the page says it on which the setting `path` is chosen."""
    if isinstance(value, str) and value in CHOICES.get(path, {}):
        return str(CHOICES[path][value])
    if value is None or value == "" or value == []:
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):  # a rule
        return rule_words.told(Mapping.from_json({"rules": [value]}).rules[0], names)
    if isinstance(value, list):
        return _("%(count)s in all") % {"count": len(value)}
    text = str(value)
    if path.startswith(("accounts.", "account_codes.")):
        return with_name(text, names.accounts.get(text))
    if path.startswith("tax_codes."):
        return with_name(text, names.tax_codes.get(text))
    return text.replace("_", " ") if text.islower() else text
