"""Accounts to choose from, and the accounts that a name and kind suggest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from erp_adapters.ledger import Account
from pleo_connector.bookkeeping.mapping import Accounts

KIND_NAMES = {
    "asset": "Assets",
    "liability": "Liabilities",
    "equity": "Equity",
    "revenue": "Income",
    "expense": "Expenses",
    "other": "Other accounts",
}
Choices = list[tuple[str, str | list[tuple[str, str]]]]


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
    groups: dict[str, list[tuple[str, str]]] = {name: [] for name in KIND_NAMES.values()}
    known = set[str]()
    for account in accounts:
        if account.is_active and account.is_postable:
            label = f"{account.code} {account.name}".strip()
            groups[KIND_NAMES[account.kind]].append((account.code, label))
            known.add(account.code)
    choices: Choices = [("", empty)]
    gone = sorted(code for code in saved if code not in known)
    if gone:
        choices.append(("No longer usable", [(x, f"{x} takes no postings any more") for x in gone]))
    return [*choices, *((name, rows) for name, rows in groups.items() if rows)]


@dataclass(frozen=True, slots=True)
class Suggestion:
    code: str
    reason: str


# role -> (words in the account's name, the kinds it may have), the best words first
HINTS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "wallet": (("pleo", "wallet", "prepaid card", "card", "bank"), ("asset", "liability")),
    "out_of_pocket": (
        ("out of pocket", "out-of-pocket", "employee", "staff", "reimburs", "personal"),
        ("liability", "asset"),
    ),
    "external_reimbursement": (
        ("reimburs", "salar", "payroll", "wages payable"),
        ("liability", "asset"),
    ),
    "transfer": (("transfer", "in transit", "clearing", "bank"), ("asset", "liability")),
    "accounts_payable": (("payable", "creditor", "supplier"), ("liability",)),
    "tax_in": (
        ("input tax", "input vat", "vat receivable", "tax receivable", "ingoing", "vat", "tax"),
        ("asset", "liability"),
    ),
    "tax_reverse_in": (("reverse charge in", "reverse"), ("asset", "liability")),
    "tax_reverse_out": (("reverse charge out", "reverse"), ("liability", "asset")),
    "rounding": (("rounding", "round", "difference"), ("expense", "revenue", "other")),
    "exchange_gain": (
        ("exchange gain", "currency gain", "exchange", "currency"),
        ("revenue", "expense", "other"),
    ),
    "exchange_loss": (
        ("exchange loss", "currency loss", "exchange", "currency"),
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
    kind = {
        "asset": "an asset",
        "liability": "a liability",
        "expense": "an expense",
        "revenue": "income",
    }.get(account.kind, "an account")
    return f"Suggested: its name contains “{word}”, and it is {kind}."
