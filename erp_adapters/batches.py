"""One call for many where an ERP refuses the lot for one, and where it may stop half-way."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Protocol, TypeVar

from erp_adapters.errors import NotAllowed, OutcomeUnknown, Rejected, RemoteError
from erp_adapters.ledger import Voucher

Item = TypeVar("Item")
Done = TypeVar("Done")


def chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """In their order, at most `size` at a time."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


class Wire(Protocol):
    writes: int  # that the ERP said yes to


def each(
    items: Sequence[Item], call: Callable[[Sequence[Item]], Sequence[Done]]
) -> list[Done | Rejected]:
    """`call` with all; where that is refused, by halves, down to those that are to blame."""
    if not items:
        return []
    try:
        return list(call(items))
    except (Rejected, NotAllowed) as refusal:
        half = len(items) // 2
        if half:
            return each(items[:half], call) + each(items[half:], call)
        if isinstance(refusal, Rejected):
            return [refusal]
        raise


def each_part(
    items: Sequence[Item], call: Callable[[Sequence[Item]], Sequence[Done]], *, size: int | None
) -> list[Done | Rejected]:
    """As `each`, with at most `size` in a call."""
    parts = chunks(items, size or len(items))
    return [answer for part in parts for answer in each(part, call)]


def carry_out(
    vouchers: Sequence[Voucher],
    plan: Callable[[Voucher], Item],
    call: Callable[[Sequence[Item]], Sequence[Done | Rejected]],
) -> list[Done | Rejected]:
    """Plans each voucher, and hands what was not refused to `call`; the answers in their places.

    `plan` raises Rejected for a voucher that cannot be sent. Each refusal names its voucher.
    """
    plans = [_planned(voucher, plan) for voucher in vouchers]
    done = iter(call([plan for plan in plans if not isinstance(plan, Rejected)]))
    answers = [x if isinstance(x, Rejected) else next(done) for x in plans]
    return [named(x, voucher.reference) for x, voucher in zip(answers, vouchers, strict=True)]


def _planned(voucher: Voucher, plan: Callable[[Voucher], Item]) -> Item | Rejected:
    try:
        return plan(voucher)
    except Rejected as refusal:
        return refusal


def named(answer: Done, reference: str) -> Done:
    if isinstance(answer, Rejected):
        answer.reference = reference
    return answer


@contextmanager
def unknown_after_a_write(wire: Wire, *, label: str) -> Iterator[None]:
    """Once something was written, no error may claim that nothing was."""
    before = wire.writes
    try:
        yield
    except OutcomeUnknown:
        raise
    except (RemoteError, AttributeError, LookupError, TypeError, ValueError) as error:
        if wire.writes == before:
            raise
        message = f"{label} failed, or gave an answer of another shape, after it had done a part."
        raise OutcomeUnknown(message, detail=str(error)) from error
