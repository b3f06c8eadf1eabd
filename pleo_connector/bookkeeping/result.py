"""What `book` answers: vouchers, or every reason why there are none."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from erp_adapters.ledger import Voucher

Fix = Literal["accounts", "codes", "dimensions", "tax", "vendors", "posting", "rules", "pleo"]


@dataclass(frozen=True, slots=True)
class Reason:
    type: str  # Pleo's failure type of an item
    sentence: str
    fix: Fix  # the page where it is mended; "pleo" where it is mended in Pleo
    subject: str  # what the page groups by, such as an account code


@dataclass(frozen=True, slots=True)
class Decision:
    """A choice made without a person, told in a sentence."""

    kind: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a booking does to one balance; positive is debit."""

    role: str
    account: str
    currency: str
    amount: Decimal
    vendor: str | None = None


@dataclass(frozen=True, slots=True)
class Booking:
    entry_id: str
    vouchers: tuple[Voucher, ...]
    decisions: tuple[Decision, ...] = ()
    effects: tuple[Effect, ...] = ()


OPENING = "The entry could not be booked: "


class NotBookable(Exception):
    """All reasons at once, so that one correction round is enough.

    As text it says only once that the entry could not be booked.
    """

    def __init__(self, reasons: Sequence[Reason], entry_id: str = "") -> None:
        first, *others = (x.sentence for x in reasons)
        super().__init__(" ".join([first, *(x.replace(OPENING, "Also, ", 1) for x in others)]))
        self.reasons = tuple(reasons)
        self.entry_id = entry_id
