"""Which account or tax code of the ERP a code of Pleo most likely means, and why."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from erp_adapters.ledger import Account, TaxCode

Why = Literal["number", "name", "word", "rate"]
KINDS = {"category": ("expense", "other"), "contra": ("asset", "liability", "other")}
# In the name of nearly every account, so that they say nothing.
COMMON = {
    *("account", "accounts", "cost", "costs", "expense", "expenses", "other", "others"),
    *("andre", "diverse", "omkostninger", "udgifter", "øvrige"),
    *("andra", "kostnad", "kostnader", "utgifter", "övriga"),
    *("andere", "aufwand", "kosten", "sonstige"),
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    code: str
    why: Why
    word: str = ""  # that both names hold


def suggest_account(
    key: str, name: str, kind: str, accounts: Sequence[Account]
) -> Suggestion | None:
    """By number written otherwise, then by the same name, then by a word of it."""
    usable = [x for x in accounts if x.is_active and x.is_postable]
    number = _number(key)
    for account in usable:
        if number and _number(account.code) == number:
            return Suggestion(account.code, "number")
    names = _folded(name or key)
    for account in usable:
        if names and _folded(account.name) == names:
            return Suggestion(account.code, "name")
    fitting = [x for x in usable if x.kind in KINDS.get(kind, ())]
    return _by_word(_words(name or key), fitting)


def suggest_tax_code(key: str, rate: Decimal | None, codes: Sequence[TaxCode]) -> Suggestion | None:
    """By code written otherwise or name, then by the rate where only one has it."""
    usable = [x for x in codes if x.is_active]
    wanted = _folded(key)
    for code in usable:
        if wanted and wanted == _folded(code.code):
            return Suggestion(code.code, "number")
        if wanted and wanted == _folded(code.name):
            return Suggestion(code.code, "name")
    same = [x for x in usable if rate is not None and x.rate == rate]
    return Suggestion(same[0].code, "rate") if len(same) == 1 else None


def _by_word(wanted: Sequence[str], accounts: Sequence[Account]) -> Suggestion | None:
    """The account that shares most of its name; the first one where several do."""
    best: tuple[float, str, str] | None = None
    for account in accounts:
        words = _words(account.name)
        shared = [x for x in wanted if any(_is_like(x, word) for word in words)]
        share = len(shared) / len(words) if words else 0
        if shared and (best is None or share > best[0]):
            best = (share, account.code, shared[0])
    return Suggestion(best[1], "word", best[2]) if best else None


def _is_like(one: str, other: str) -> bool:
    """The same word, or one is how the other begins."""
    return one.startswith(other) or other.startswith(one)


def _words(name: str) -> list[str]:
    words = re.findall(r"[^\W\d_]{4,}", name.casefold())
    return [word for word in words if word not in COMMON]


def _folded(text: str) -> str:
    return "".join(x for x in text.casefold() if x.isalnum())


def _number(code: str) -> str:
    """06100, 6100-00 and 6100 are one; a single digit before the zeros says too little."""
    folded = _folded(code).lstrip("0")
    short = folded.rstrip("0")
    return short if len(short) > 1 else folded
