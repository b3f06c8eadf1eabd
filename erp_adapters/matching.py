"""Matches payments with what they pay, for any ERP whose lines can be matched."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from erp_adapters.base import Settlement
from erp_adapters.batches import named
from erp_adapters.errors import Rejected
from erp_adapters.ledger import ZERO, PostedVoucher


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchLine:
    """A line of a final voucher, on an account whose lines can be matched."""

    id: int
    voucher: str  # the voucher's id in the ERP
    account: str
    amount: Decimal  # debit - credit, in company currency
    group: str = ""  # names what it is matched with; empty where nothing is
    is_open: bool = True  # False: nothing of it is left to match
    day: date = date.min


Group = list[MatchLine]


def match(
    settlements: Sequence[Settlement],
    lines: Iterable[MatchLine],
    call: Callable[[Sequence[Group]], Sequence[Group | Rejected]],
    *,
    whole: bool,
) -> list[Rejected | None]:
    """`call` matches the lines of each group, or says why not; see `ErpAdapter.reconcile`.

    `whole` is for an ERP that matches only what comes to zero.
    """
    groups = plan(settlements, lines, whole=whole)
    done = iter(call([x for x in groups if isinstance(x, list)]))
    answers = [next(done) if isinstance(x, list) else x for x in groups]
    pairs = [(x, of.payment) for x, of in zip(answers, settlements, strict=True)]
    return [named(x, of.reference) if isinstance(x, Rejected) else None for x, of in pairs]


def plan(
    settlements: Sequence[Settlement], lines: Iterable[MatchLine], *, whole: bool
) -> list[Group | Rejected | None]:
    """For each: the lines to match now, a refusal, or None where they are matched already."""
    of_voucher: dict[str, list[MatchLine]] = defaultdict(list)
    for line in lines:
        of_voucher[line.voucher].append(line)
    taken: set[int] = set()
    plans: list[Group | Rejected | None] = []
    for settlement in settlements:
        try:
            chosen = _common([settlement.payment, *settlement.paid], of_voucher)
            plans.append(_judged(chosen, taken, whole=whole))
            taken |= {line.id for line in chosen}
        except Rejected as refusal:
            plans.append(refusal)
    return plans


def _common(group: Sequence[PostedVoucher], of_voucher: dict[str, list[MatchLine]]) -> Group:
    """The lines on the accounts that all vouchers of a group have."""
    named = [{line.account for line in of_voucher[voucher.id]} for voucher in group]
    if shared := set.intersection(*named) if len(group) > 1 else set():
        return [x for voucher in group for x in of_voucher[voucher.id] if x.account in shared]
    raise Rejected(
        "The payment and what it pays are not both final on one account that can be matched.",
        code="no_common_account",
    )


def _judged(lines: Group, taken: set[int], *, whole: bool) -> Group | None:
    groups = {line.group for line in lines}
    if len(groups) == 1 and "" not in groups:
        return None
    if any(not line.is_open or line.id in taken for line in lines):
        raise Rejected("One of the two is matched with something else already.", code="matched")
    rest = sum((line.amount for line in lines), ZERO)
    if whole and rest:
        raise Rejected(f"The payment and what it pays differ by {abs(rest)}.", code="difference")
    return lines
