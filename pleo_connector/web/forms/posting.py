"""How entries are posted: as drafts or final, and what happens in a closed period."""

from dataclasses import replace
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.bookkeeping.sides import NAMES

JOURNAL = "journal_"
BEHAVIOUR = (
    ("draft", _("As drafts, which somebody approves in the accounting system")),
    ("final", _("Final, which only a further voucher can correct")),
)
CLOSED = (
    ("next_open_day", _("Book it on the next open day")),
    ("export_date", _("Book it on the day of the export")),
    ("fail", _("Do not book it, and say so")),
)
MISSING = (
    ("warn", _("Book it, and say on the entry that the receipt is missing")),
    ("fail", _("Do not book it, and say so")),
)
CHANGES = (
    ("fail", _("Do not book it, and say so")),
    ("accept", _("Book it as the accounting system makes it, and say on the entry what changed")),
)
JOURNAL_PER = (
    ("entry", _("Each entry")),
    ("job", _("Each day and currency of an export")),
)
NAMES_OF_CHOICES = (
    *("posting_behaviour", "closed_period", "missing_receipt", "time_zone"),
    *("erp_changes", "journal_per"),
)
NO_OR_YES = (("no", _("No")), ("yes", _("Yes")))
# Seldom needed: field, label and choices. Flags are stored as such.
SPECIAL = (
    (
        "invoice_currency",
        _("Currency of supplier invoices"),
        (("supplier", _("What the supplier charged")), ("wallet", _("The wallet's"))),
    ),
    (
        "fx_difference",
        _("Exchange difference of a paid invoice"),
        (
            ("erp", _("The accounting system finds it")),
            ("line", _("A line of the payment, against what the invoice was booked at")),
        ),
    ),
    (
        "minor_units",
        _("Amounts without decimals, such as JPY"),
        (("iso", _("Pleo sends whole units")), ("hundredths", _("Pleo sends hundredths"))),
    ),
    ("legacy_supplier_ap", _("Look for the vendor by the supplier where none is chosen"), ()),
    ("dimensions_on_counter_lines", _("Copy dimensions to the other lines of a voucher"), ()),
    ("merge_tax_lines", _("One tax line per tax code instead of one per expense line"), ()),
)


class PostingForm(forms.Form):
    posting_behaviour = forms.ChoiceField(
        label=_("Vouchers are booked"), choices=BEHAVIOUR, widget=forms.RadioSelect
    )
    closed_period = forms.ChoiceField(
        label=_("An entry of a closed period"), choices=CLOSED, widget=forms.RadioSelect
    )
    missing_receipt = forms.ChoiceField(
        label=_("A receipt that cannot be fetched"), choices=MISSING, widget=forms.RadioSelect
    )
    erp_changes = forms.ChoiceField(
        label=_("An entry that the accounting system would change"),
        help_text=_("Such as another date, or a further line."),
        choices=CHANGES,
        widget=forms.RadioSelect,
        required=False,
    )
    journal_per = forms.ChoiceField(
        label=_("One voucher for"),
        help_text=_(
            "Invoices, credit notes and what has a document number are always booked apart."
        ),
        choices=JOURNAL_PER,
        widget=forms.RadioSelect,
        required=False,
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        help_text=_("Decides the day of a purchase shortly before or after midnight."),
    )

    def __init__(self, *args: Any, mapping: Mapping, supports_draft: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mapping = mapping
        zones = self.fields["time_zone"]
        behaviour = self.fields["posting_behaviour"]
        assert isinstance(zones, forms.ChoiceField)
        assert isinstance(behaviour, forms.ChoiceField)
        names = sorted(x for x in available_timezones() if "/" in x and not x.startswith("Etc/"))
        zones.choices = [(x, x.replace("_", " ")) for x in ["UTC", *names]]
        if not supports_draft:
            behaviour.choices = BEHAVIOUR[1:]
        for name in NAMES_OF_CHOICES:
            self.initial[name] = getattr(mapping, name)
        self._add_special()
        for entry_type, label in NAMES.items():
            self.fields[JOURNAL + entry_type] = forms.CharField(
                label=_(label), required=False, max_length=50
            )
            self.initial[JOURNAL + entry_type] = mapping.journals.get(entry_type, "")

    def _add_special(self) -> None:
        for name, label, choices in SPECIAL:
            self.fields[name] = forms.ChoiceField(
                label=label, choices=choices or NO_OR_YES, required=False
            )
            now = getattr(self.mapping, name)
            self.initial[name] = now if choices else "yes" if now else "no"

    def main(self) -> list[Any]:
        return [self[name] for name in NAMES_OF_CHOICES]

    def special(self) -> list[Any]:
        return [self[name] for name, _label, _choices in SPECIAL]

    def journals(self) -> list[Any]:
        return [self[JOURNAL + entry_type] for entry_type in NAMES]

    def as_mapping(self) -> Mapping:
        chosen = self.cleaned_data
        journals = {x: chosen[JOURNAL + x].strip() for x in NAMES}
        return replace(
            self.mapping,
            **{x: chosen[x] or getattr(self.mapping, x) for x in NAMES_OF_CHOICES},
            **self._chosen_special(),
            journals={name: code for name, code in journals.items() if code},
        )

    def _chosen_special(self) -> dict[str, Any]:
        """Only what was sent: a page that leaves a field out changes nothing."""
        chosen = self.cleaned_data
        return {
            name: chosen[name] if choices else chosen[name] == "yes"
            for name, _label, choices in SPECIAL
            if chosen[name]
        }
