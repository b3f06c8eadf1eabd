"""Accounts to choose from, and the accounts that a name and kind suggest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from erp_adapters.ledger import Account
from pleo_connector.bookkeeping.mapping import Accounts
from pleo_connector.web.words import Text

KIND_NAMES: dict[str, Text] = {
    "asset": gettext_lazy("Assets"),
    "liability": gettext_lazy("Liabilities"),
    "equity": gettext_lazy("Equity"),
    "revenue": gettext_lazy("Income"),
    "expense": gettext_lazy("Expenses"),
    "other": gettext_lazy("Other accounts"),
}
Choices = list[tuple[Text, Any]]  # (value, label), or (group, rows of those)


def account_codes(accounts: Accounts) -> set[str]:
    """All accounts that the settings name."""
    single = (
        accounts.out_of_pocket,
        accounts.external_reimbursement,
        accounts.transfer,
        accounts.accounts_payable,
        accounts.tax_in,
        accounts.tax_reverse_in,
        accounts.tax_reverse_out,
        accounts.exchange_gain,
        accounts.exchange_loss,
        accounts.rounding,
    )
    many = (*accounts.wallet.values(), *accounts.default_expense.values())
    return {code for code in (*single, *many) if code}


def account_choices(accounts: Iterable[Account], saved: Iterable[str], empty: str) -> Choices:
    """Those that take postings, by kind. A saved one that does not is shown, and said so."""
    groups: dict[str, list[tuple[str, str]]] = {kind: [] for kind in KIND_NAMES}
    known = set[str]()
    for account in accounts:
        if account.is_active and account.is_postable:
            label = f"{account.code} {account.name}".strip()
            groups[account.kind].append((account.code, label))
            known.add(account.code)
    choices: Choices = [("", empty)]
    gone = sorted(code for code in saved if code not in known)
    if gone:
        text = _("%(code)s takes no postings any more")
        choices.append((_("No longer usable"), [(x, text % {"code": x}) for x in gone]))
    return [*choices, *((KIND_NAMES[kind], rows) for kind, rows in groups.items() if rows)]


@dataclass(frozen=True, slots=True)
class Suggestion:
    code: str
    reason: str


# role -> (words in the account's name, the kinds it may have), the best words first; in English,
# Danish, Swedish and German, as national charts of accounts have them.
HINTS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "wallet": (
        ("pleo", "wallet", "prepaid card", "kreditkort", "kreditkarte", "card", "bank"),
        ("asset", "liability"),
    ),
    "out_of_pocket": (
        (
            *("out of pocket", "out-of-pocket", "udlæg", "utlägg", "auslagen"),
            *("employee", "staff", "reimburs", "medarbejder", "anställd", "mitarbeiter"),
            "personal",
        ),
        ("liability", "asset"),
    ),
    "external_reimbursement": (
        ("reimburs", "salar", "payroll", "wages payable", "løn", "lön", "lohn", "gehalt"),
        ("liability", "asset"),
    ),
    "transfer": (
        (
            *("transfer", "in transit", "geldtransit", "overførsel", "överföring"),
            *("clearing", "bank"),
        ),
        ("asset", "liability"),
    ),
    "accounts_payable": (
        (
            *("payable", "creditor", "supplier", "kreditor", "leverandør", "leverantör"),
            *("verbindlichkeiten aus lieferungen", "lieferant"),
        ),
        ("liability",),
    ),
    "tax_in": (
        (
            *("input tax", "input vat", "vat receivable", "tax receivable", "ingoing"),
            *("købsmoms", "indgående moms", "ingående moms", "vorsteuer", "moms", "vat", "tax"),
        ),
        ("asset", "liability"),
    ),
    "tax_reverse_in": (
        (
            *("reverse charge in", "beräknad ingående moms", "ingående moms omvänd"),
            *("vorsteuer nach § 13b", "reverse", "omvendt", "omvänd", "13b"),
        ),
        ("asset", "liability"),
    ),
    "tax_reverse_out": (
        (
            *("reverse charge out", "utgående moms omvänd", "umsatzsteuer nach § 13b"),
            *("reverse", "omvendt", "omvänd", "13b"),
        ),
        ("liability", "asset"),
    ),
    "rounding": (
        ("rounding", "round", "afrunding", "avrundning", "rundung", "difference"),
        ("expense", "revenue", "other"),
    ),
    "exchange_gain": (
        (
            *("exchange gain", "currency gain", "kursgevinst", "kursvinst", "kursgewinn"),
            *("kursdifferen", "exchange", "currency", "valutakurs"),
        ),
        ("revenue", "expense", "other"),
    ),
    "exchange_loss": (
        (
            *("exchange loss", "currency loss", "kurstab", "kursförlust", "kursverlust"),
            *("kursdifferen", "exchange", "currency", "valutakurs"),
        ),
        ("expense", "revenue", "other"),
    ),
}


def suggest(accounts: Sequence[Account], role: str) -> Suggestion | None:
    """The first account whose name holds the best word; a weaker word only where none does."""
    hints, kinds = HINTS[role]
    usable = [x for x in accounts if x.is_active and x.is_postable and x.kind in kinds]
    for word in hints:
        for kind in kinds:
            for account in usable:
                if account.kind == kind and word in account.name.casefold():
                    return Suggestion(account.code, _reason(account, word))
    return None


def _reason(account: Account, word: str) -> str:
    kinds = {
        "asset": _("Suggested: its name contains “%(word)s”, and it is an asset."),
        "liability": _("Suggested: its name contains “%(word)s”, and it is a liability."),
        "expense": _("Suggested: its name contains “%(word)s”, and it is an expense."),
        "revenue": _("Suggested: its name contains “%(word)s”, and it is income."),
    }
    other = _("Suggested: its name contains “%(word)s”, and it is an account.")
    return kinds.get(account.kind, other) % {"word": word}
