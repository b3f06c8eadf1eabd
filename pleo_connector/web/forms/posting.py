"""How entries are posted: as drafts or final, and what happens in a closed period."""

from dataclasses import replace
from typing import Any
from zoneinfo import available_timezones

from django import forms

from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.bookkeeping.sides import NAMES

JOURNAL = "journal_"
BEHAVIOUR = (
    ("draft", "As drafts, which somebody approves in the accounting system"),
    ("final", "Final, which only a further voucher can correct"),
)
CLOSED = (
    ("next_open_day", "Book it on the next open day"),
    ("export_date", "Book it on the day of the export"),
    ("fail", "Do not book it, and say so"),
)
MISSING = (
    ("warn", "Book it, and say on the entry that the receipt is missing"),
    ("fail", "Do not book it, and say so"),
)


class PostingForm(forms.Form):
    posting_behaviour = forms.ChoiceField(
        label="Vouchers are booked", choices=BEHAVIOUR, widget=forms.RadioSelect
    )
    closed_period = forms.ChoiceField(
        label="An entry of a closed period", choices=CLOSED, widget=forms.RadioSelect
    )
    missing_receipt = forms.ChoiceField(
        label="A receipt that cannot be fetched", choices=MISSING, widget=forms.RadioSelect
    )
    time_zone = forms.ChoiceField(
        label="Time zone",
        help_text="Decides the day of a purchase shortly before or after midnight.",
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
        for name in ("posting_behaviour", "closed_period", "missing_receipt", "time_zone"):
            self.initial[name] = getattr(mapping, name)
        for entry_type, label in NAMES.items():
            self.fields[JOURNAL + entry_type] = forms.CharField(
                label=label, required=False, max_length=50
            )
            self.initial[JOURNAL + entry_type] = mapping.journals.get(entry_type, "")

    def journals(self) -> list[Any]:
        return [self[JOURNAL + entry_type] for entry_type in NAMES]

    def as_mapping(self) -> Mapping:
        chosen = self.cleaned_data
        journals = {x: chosen[JOURNAL + x].strip() for x in NAMES}
        return replace(
            self.mapping,
            posting_behaviour=chosen["posting_behaviour"],
            closed_period=chosen["closed_period"],
            missing_receipt=chosen["missing_receipt"],
            time_zone=chosen["time_zone"],
            journals={name: code for name, code in journals.items() if code},
        )
