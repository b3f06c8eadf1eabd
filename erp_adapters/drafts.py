"""For an ERP with drafts: draft, read back and compare, make final, read back and compare again.

An adapter says how each of these is called. Here is what none of them may get wrong: what is
refused does not stand, what stands is as it was sent, and an error never claims that nothing was
done once something was.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from erp_adapters.base import ErpAdapter
from erp_adapters.batches import (
    Wire,
    carry_out,
    chunks,
    each,
    each_part,
    named,
    unknown_after_a_write,
)
from erp_adapters.errors import Rejected
from erp_adapters.ledger import ZERO, PostedVoucher, Voucher

Outcome = PostedVoucher | Rejected
SEARCHED = 100  # references in one search


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A voucher in the ERP's own values, and its `shape`: all that must stand as it was sent."""

    voucher: Voucher
    values: Any
    shape: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A voucher that stands, and its shape, to be compared with the plan's."""

    posted: PostedVoucher
    shape: Any


def read_back(balances: Sequence[tuple[str, Decimal]], *, shape: Any, **known: Any) -> Standing:
    """A voucher by the (account, debit - credit) of its lines, which give its total."""
    total = sum((max(amount, ZERO) for _, amount in balances), ZERO)
    known |= {"line_count": len(balances), "balances": tuple(balances)}
    return Standing(posted=PostedVoucher(total=total, **known), shape=shape)


class DraftingAdapter(ErpAdapter):
    wire: Wire
    finalised: int | None = None  # how many drafts one call makes final; None: any number

    @abstractmethod
    def planner(self, vouchers: Sequence[Voucher]) -> Callable[[Voucher], Plan]:
        """Reads what the vouchers refer to. What it returns makes no call; Rejected for a voucher
        that names what is not there, or that must not be booked."""

    @abstractmethod
    def drafted(self, plans: Sequence[Plan]) -> Sequence[str]:
        """Ids of new drafts, in the order of the plans, by one call; Rejected where it is refused,
        and then nothing of it stands."""

    @abstractmethod
    def finalise(self, ids: Sequence[str]) -> Sequence[str]:
        """The ids again; by one call, that does all or nothing."""

    @abstractmethod
    def remove(self, number: str) -> None:
        """Of a draft, or of one that was just made final where the ERP would allow that."""

    @abstractmethod
    def standing(
        self, *, ids: Sequence[str] = (), references: Sequence[str] = ()
    ) -> Sequence[Standing]:
        """Those of the ids, or all under the references: ours, drafts included."""

    # What the engine calls

    def find_posted(self, references: Sequence[str]) -> dict[str, PostedVoucher]:
        return {key: x.posted for key, x in _best(self._under(references)).items()}

    def post(self, vouchers: Sequence[Voucher]) -> list[Outcome]:
        """Drafts in one call, compared, then made final; one refusal harms no other."""
        planner = self.planner(vouchers)
        with unknown_after_a_write(self.wire, label=self.label):
            return carry_out(vouchers, planner, self._booked)

    def finish(
        self, drafts: Sequence[PostedVoucher], *, sent: Sequence[Voucher] = ()
    ) -> list[Outcome]:
        """Makes final what is still a draft; further drafts under the same reference go."""
        rows = self._under([draft.reference for draft in drafts])
        keep = _best(rows)
        kept = {x.posted.id: x for x in keep.values()}
        wanted = self._shapes(sent)
        with unknown_after_a_write(self.wire, label=self.label):
            for row in rows:
                if row.posted.id not in kept and not row.posted.is_final:
                    self.remove(row.posted.id)
            loose = {key: x for key, x in kept.items() if not x.posted.is_final}
            other = [
                k for k, x in loose.items() if wanted.get(x.posted.reference, x.shape) != x.shape
            ]
            for number in other:
                self.remove(number)
            ready = {key: x.shape for key, x in loose.items() if key not in other}
            final = self._made_final(ready) | {number: self._not_as_sent() for number in other}
        done = {key: final.get(x.posted.id, x.posted) for key, x in keep.items()}
        return [named(done.get(x.reference) or self._gone(), x.reference) for x in drafts]

    # The steps

    def _shapes(self, sent: Sequence[Voucher]) -> dict[str, Any]:
        """By reference, of those that must stand as sent and can still be planned."""
        strict = [voucher for voucher in sent if not voucher.allow_changes]
        if not strict:
            return {}
        planner, shapes = self.planner(strict), {}
        for voucher in strict:
            with suppress(Rejected):
                shapes[voucher.reference] = planner(voucher).shape
        return shapes

    def _under(self, references: Sequence[str]) -> list[Standing]:
        parts = chunks(references, SEARCHED)
        return [row for part in parts for row in self.standing(references=part)]

    def _booked(self, plans: Sequence[Plan]) -> list[Outcome]:
        ids = each(plans, self.drafted)
        pairs = list(zip(ids, plans, strict=True))
        wanted = {x: _wanted(plan) for x, plan in pairs if isinstance(x, str)}
        drafts = self._compared(wanted, {}, are_new=True)
        ready = {
            x: wanted[x]
            for x, plan in pairs
            if isinstance(x, str) and plan.voucher.is_final and not _is_final(drafts[x])
        }
        done = drafts | self._made_final(ready)
        return [x if isinstance(x, Rejected) else done[x] for x in ids]

    def _made_final(self, wanted: Mapping[str, Any]) -> dict[str, Outcome]:
        """By id. `wanted` holds their shapes, None where any will do."""
        ids = [*wanted]
        answers = each_part(ids, self.finalise, size=self.finalised)
        refused = {x: y for x, y in zip(ids, answers, strict=True) if isinstance(y, Rejected)}
        return self._compared(wanted, refused)

    def _compared(
        self, wanted: Mapping[str, Any], refused: Mapping[str, Rejected], *, are_new: bool = False
    ) -> dict[str, Outcome]:
        """What stands now. What was refused, or is not as sent, is removed: it must not stand.

        A new draft that is final was booked before, by an ERP that knows our reference: it stays.
        """
        rows = {x.posted.id: x for x in self.standing(ids=[*wanted])} if wanted else {}
        outcomes: dict[str, Outcome] = {}
        for number, shape in wanted.items():
            row = rows.get(number)
            if row is None:
                outcomes[number] = self._gone()
            elif number in refused and not row.posted.is_final:
                self.remove(number)
                outcomes[number] = refused[number]
            elif shape not in (None, row.shape) and not (are_new and row.posted.is_final):
                self.remove(number)
                outcomes[number] = self._not_as_sent()
            else:
                outcomes[number] = row.posted
        return outcomes

    def _not_as_sent(self) -> Rejected:
        message = f"{self.label} would book this entry otherwise than it was sent."
        return Rejected(message, code="not_as_sent")

    def _gone(self) -> Rejected:
        message = f"The draft is no longer in {self.label}; somebody deleted it."
        return Rejected(message, code="gone")


def _wanted(plan: Plan) -> Any:
    return None if plan.voucher.allow_changes else plan.shape


def _is_final(outcome: Outcome) -> bool:
    return isinstance(outcome, Rejected) or outcome.is_final


def _best(rows: Sequence[Standing]) -> dict[str, Standing]:
    """One under each reference: the final one, else the oldest."""
    found: dict[str, Standing] = {}
    for row in sorted(rows, key=lambda x: (not x.posted.is_final, int(x.posted.id))):
        found.setdefault(row.posted.reference, row)
    return found
