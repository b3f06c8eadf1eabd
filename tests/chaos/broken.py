"""Builds that are broken on purpose: the net must catch each of them.

Each function is run in every worker before it works, and takes one safeguard away.
"""

from collections.abc import Callable, Sequence
from typing import Any

import erp_adapters
from erp_adapters.ledger import PostedVoucher
from pleo_connector.connections.lease import Lease
from pleo_connector.exports import once
from tests.chaos.house import House
from tests.chaos.judge import Verdict
from tests.chaos.sweep import Cell, Sweep


def without_the_intent() -> None:
    """What is about to be booked is written down only after it was booked."""
    save_intents, save_outcomes = once.save_intents, once.save_outcomes
    held: list[tuple[Any, dict[str, Any]]] = []

    def hold(*values: Any, **named: Any) -> None:
        held.append((values, named))

    def save_both(*values: Any, **named: Any) -> None:
        while held:
            intended, options = held.pop()
            save_intents(*intended, **options)
        save_outcomes(*values, **named)

    once.save_intents, once.save_outcomes = hold, save_both


def without_the_fence() -> None:
    """A worker that was overtaken is not stopped."""

    def renew(lease: Lease) -> None:
        pass

    Lease.renew = renew  # type: ignore[assignment, method-assign]


def without_the_look_up() -> None:
    """After a crash nobody asks the ERP what it has."""

    def find_posted(adapter: Any, references: Sequence[str]) -> dict[str, PostedVoucher]:
        return {}

    for kind in erp_adapters.ADAPTERS:
        erp_adapters.get(kind).find_posted = find_posted  # type: ignore[assignment, method-assign]


BUILDS: dict[str, Callable[[], None]] = {
    "without the intent": without_the_intent,
    "without the fence": without_the_fence,
    "without the look-up": without_the_look_up,
}


def caught(house: House, break_it: Callable[[], None]) -> tuple[int, Verdict]:
    """(cells, what was found): the cells around writes to the ERP, until one shows the defect."""
    sweep = Sweep(house, prepare=break_it)
    cells = 0
    verdict = Verdict()
    for boundary in sweep.path:
        if " erp write " not in boundary.label:
            continue
        if boundary.label.startswith("enter "):
            verdict.add(sweep.overtake(Cell(boundary)))
        elif boundary.label.startswith("after "):
            verdict.add(sweep.crash(Cell(boundary)))
        cells += 1
        if verdict.duplicates:
            break
    return cells, verdict
