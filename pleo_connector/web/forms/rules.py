"""One rule, and the values that rules are tried on."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from erp_adapters.ledger import Account, Dimension, DimensionValue, TaxCode
from pleo_connector.bookkeeping.facts import WITH_LINES, Facts
from pleo_connector.bookkeeping.mapping import MappingRule
from pleo_connector.bookkeeping.sides import NAMES
from pleo_connector.web.forms.choices import account_choices

DIMENSION = "dimension_"
IN_A_LIST = 300  # dimension values that are chosen from a list; more are typed
TEXTS = ("category", "supplier", "team", "currency", "account", "tax_code", "journal")
TYPES = [(name, _(label)) for name, label in NAMES.items()]
OWN = _("In the currency of the entry.")
MONEY: dict[str, Any] = {
    "required": False,
    "min_value": 0,
    "max_digits": 16,
    "decimal_places": 4,
    "localize": True,
}


def _text(label: Any, help: Any = "", **more: Any) -> forms.CharField:
    return forms.CharField(label=label, help_text=help, required=False, max_length=200, **more)


class Currency(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("Currency"), min_length=3, max_length=3, **kwargs)

    def clean(self, value: Any) -> str:
        code: str = super().clean(value).upper()
        if code and not (code.isascii() and code.isalpha()):
            raise forms.ValidationError(_("A currency has three letters, such as EUR."))
        return code


class RuleForm(forms.Form):
    name = _text(_("Name"), _("Stands in the ledger as the reason, such as “Cars”."))
    types = forms.MultipleChoiceField(
        label=_("Type of entry"),
        help_text=_("None ticked means any."),
        choices=TYPES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    category = _text(
        _("Category"),
        _("Its code in Pleo."),
        widget=forms.TextInput(attrs={"list": "categories"}),
    )
    supplier = _text(_("Supplier"), _("The supplier's code, or a part of the name."))
    team = _text(_("Team"), _("Its code or its whole name."))
    currency = Currency(required=False)
    min_amount = forms.DecimalField(label=_("Amount from"), help_text=OWN, **MONEY)
    max_amount = forms.DecimalField(label=_("Amount up to"), help_text=OWN, **MONEY)
    account = forms.ChoiceField(label=_("Account"), required=False)
    tax_code = forms.ChoiceField(label=_("Tax code"), required=False)
    journal = _text(_("Journal"), _("The code of the journal."))

    def __init__(
        self,
        *args: Any,
        rule: MappingRule,
        accounts: Sequence[Account],
        tax_codes: Sequence[TaxCode],
        dimensions: Sequence[Dimension],
        values: Sequence[DimensionValue],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.rule, self.has_accounts = rule, bool(accounts)
        for name in ("name", "types", *TEXTS, "min_amount", "max_amount"):
            self.initial[name] = getattr(rule, name) or ("" if name != "types" else [])
        self._choose("account", account_choices(accounts, filter(None, [rule.account]), "—"))
        codes = [(x.code, f"{x.code} {x.name}".strip()) for x in tax_codes if x.is_active]
        self._choose("tax_code", [("", "—"), *_with_saved(codes, rule.tax_code)])
        self.dimensions = [x for x in dimensions if x.is_active]
        self.values: dict[str, dict[str, str]] = defaultdict(dict)
        for value in values:
            if value.is_active and value.is_postable:
                self.values[value.dimension][value.code] = f"{value.code} {value.name}".strip()
        self._add_dimensions()

    def _choose(self, name: str, choices: Any) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def _add_dimensions(self) -> None:
        for number, axis in enumerate(self.dimensions):
            saved, known = self.rule.dimensions.get(axis.code), self.values[axis.code]
            field: forms.Field = forms.CharField(required=False, max_length=100)
            if len(known) <= IN_A_LIST:
                choices = [("", "—"), *_with_saved(list(known.items()), saved)]
                field = forms.ChoiceField(required=False, choices=choices)
            field.label = axis.name
            self.fields[f"{DIMENSION}{number}"] = field
            self.initial[f"{DIMENSION}{number}"] = saved or ""

    def conditions(self) -> list[Any]:
        names = ("supplier", "category", "team", "currency", "min_amount", "max_amount")
        return [self[name] for name in names]

    def effects(self) -> list[Any]:
        names = [f"{DIMENSION}{number}" for number in range(len(self.dimensions))]
        return [self[name] for name in ("account", "tax_code", *names, "journal")]

    def _dimensions(self, cleaned: dict[str, Any]) -> dict[str, str]:
        """Those of axes that are gone stay, so that the list of rules can say so."""
        axes = {x.code for x in self.dimensions}
        kept = {name: value for name, value in self.rule.dimensions.items() if name not in axes}
        found = {
            axis.code: cleaned.get(f"{DIMENSION}{number}", "").strip()
            for number, axis in enumerate(self.dimensions)
        }
        return kept | {name: value for name, value in found.items() if value}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for number, axis in enumerate(self.dimensions):
            value = (cleaned.get(f"{DIMENSION}{number}") or "").strip()
            if value and value not in self.values[axis.code]:
                text = gettext("%(dimension)s has no value %(value)s that takes postings.")
                filled = {"dimension": axis.name, "value": value}
                self.add_error(f"{DIMENSION}{number}", text % filled)
        low, high = cleaned.get("min_amount"), cleaned.get("max_amount")
        if low is not None and high is not None and low > high:
            self.add_error("max_amount", _("This is below the amount that it starts from."))
        sets = ("account", "tax_code", "journal")
        if not self.errors and not (any(cleaned.get(x) for x in sets) or self._dimensions(cleaned)):
            self.add_error("account", _("Choose what the rule sets: at least one of these."))
        return cleaned

    def as_rule(self) -> MappingRule:
        chosen = self.cleaned_data
        texts: dict[str, Any] = {name: chosen[name].strip() or None for name in TEXTS}
        return MappingRule(
            name=chosen["name"].strip(),
            types=tuple(chosen["types"]),
            min_amount=chosen["min_amount"],
            max_amount=chosen["max_amount"],
            dimensions=self._dimensions(chosen),
            **texts,
        )


def _with_saved(choices: list[tuple[str, str]], saved: str | None) -> list[tuple[str, str]]:
    if saved and saved not in dict(choices):
        gone = gettext("%(code)s is not usable any more") % {"code": saved}
        return [(saved, gone), *choices]
    return choices


class TrialForm(forms.Form):
    """Values that a person types, to see which rule would take them."""

    type = forms.ChoiceField(label=_("Type of entry"), choices=TYPES)
    amount = forms.DecimalField(label=_("Amount"), **MONEY)
    currency = Currency(required=False)
    category = _text(_("Category"))
    supplier = _text(_("Supplier"))
    team = _text(_("Team"))

    def facts(self, currency: str) -> Facts:
        """`currency` is that of the books, where none was typed."""
        typed = self.cleaned_data
        supplier, team = typed["supplier"].strip(), typed["team"].strip()
        has_category = typed["type"] in WITH_LINES
        return Facts(
            type=typed["type"],
            currency=typed["currency"] or currency,
            amount=typed["amount"] or Decimal(0),
            category=typed["category"].strip() or None if has_category else None,
            supplier_codes=(supplier,) if supplier else (),
            supplier_names=(supplier,) if supplier else (),
            team=(team,) if team else (),
        )
