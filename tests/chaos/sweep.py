"""The crash sweep: a scenario killed at every boundary, and a fresh worker after each kill."""

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.chaos import boundaries
from tests.chaos.boundaries import Boundary
from tests.chaos.house import House
from tests.chaos.judge import Verdict, bugs_of
from tests.chaos.scenarios import EXPORT, Scenario
from tests.chaos.workers import Report, Worker

Body = Callable[[Report], None]


@dataclass(frozen=True)
class Cell:
    """Where the first worker ends, and where the one after it, if it is to end too."""

    first: Boundary
    second: Boundary | None = None

    def __str__(self) -> str:
        return f"{self.first}" + (f" then {self.second}" if self.second else "")


class Sweep:
    def __init__(
        self,
        house: House,
        scenario: Scenario = EXPORT,
        *,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        """`prepare` is run in each worker first: a way to break the build on purpose."""
        self.house = house
        self.scenario = scenario
        self.prepare = prepare or (lambda: None)
        self.path, self.wanted = self.undisturbed()

    def undisturbed(self) -> tuple[list[Boundary], Any]:
        """All boundaries of a run that comes through, and what it comes to."""
        scene = self.scenario.start(self.house)
        worker = self.house.crew.start(self.traced)
        worker.wait()
        wanted = self.scenario.expected(self.house, scene)
        verdict = self.scenario.judge(self.house, scene, wanted, [worker])
        if verdict.all:
            raise AssertionError("\n".join(["An undisturbed run is wrong:", *verdict.all]))
        return trace_of(worker), wanted

    def recovery(self, first: Boundary) -> list[Boundary]:
        """The boundaries of the worker that takes over after a kill at `first`."""
        self.scenario.start(self.house)
        self.house.crew.start(self.dying(first)).wait()
        self.house.end_lease()
        second = self.house.crew.start(self.traced)
        second.wait()
        return trace_of(second)

    # -- What workers do --------------------------------------------------------------------

    def traced(self, report: Report) -> None:
        boundaries.install(lambda boundary: report.say("at", str(boundary)))
        self.plain(report)

    def dying(self, at: Boundary) -> Body:
        return self._signalled(at, signal.SIGKILL)

    def stopping(self, at: Boundary) -> Body:
        """Stops as a machine does that is overloaded or suspended; it may go on later."""
        return self._signalled(at, signal.SIGSTOP)

    def _signalled(self, at: Boundary, number: signal.Signals) -> Body:
        def act(boundary: Boundary) -> None:
            if boundary == at:
                os.kill(os.getpid(), number)

        def live(report: Report) -> None:
            boundaries.install(act)
            self.plain(report)

        return live

    def plain(self, report: Report) -> None:
        self.prepare()
        self.scenario.work(self.house, report)

    def concerns(self, boundary: Boundary) -> bool:
        return self.scenario.concerns(self.house, boundary)

    def is_write(self, boundary: Boundary) -> bool:
        """To the side that this scenario writes to."""
        return boundary.is_write_call and f" {self.scenario.side} " in boundary.label

    # -- Cells ------------------------------------------------------------------------------

    def crash(self, cell: Cell) -> Verdict:
        scene = self.scenario.start(self.house)
        workers = []
        for at in filter(None, (cell.first, cell.second)):
            self.house.end_lease()
            workers.append(self.house.crew.start(self.dying(at)))
            if workers[-1].wait() != -signal.SIGKILL:
                return Verdict(wrong_states=[f"{cell} was not reached", *bugs_of(workers)])
        return self._verdict(cell, scene, workers)

    def overtake(self, cell: Cell) -> Verdict:
        """The first worker stops, loses its lease, is overtaken to the end, and goes on."""
        scene = self.scenario.start(self.house)
        slow = self.house.crew.start(self.stopping(cell.first))
        if not slow.wait_until_stopped():
            return Verdict(wrong_states=[f"{cell} was not reached", *bugs_of([slow])])
        self.house.end_idle_transactions()
        workers = [slow, *self._to_the_end(scene)]
        slow.go_on()
        return self._verdict(cell, scene, workers)

    def _to_the_end(self, scene: Any, rounds: int = 6) -> list[Worker]:
        workers: list[Worker] = []
        while len(workers) < rounds and not self.scenario.is_over(self.house, scene):
            self.house.end_lease()
            workers.append(self.house.crew.start(self.plain))
            workers[-1].wait()
        return workers

    def _verdict(self, cell: Cell, scene: Any, workers: list[Worker]) -> Verdict:
        workers = workers + self._to_the_end(scene)
        found = self.scenario.judge(self.house, scene, self.wanted, workers)
        return Verdict(**{k: [f"{cell}: {x}" for x in v] for k, v in vars(found).items()})


def trace_of(worker: Worker) -> list[Boundary]:
    return [Boundary.read(line) for line in worker.report.lines("at")]


def crash_cells(sweep: Sweep) -> list[Cell]:
    """Every boundary of the run."""
    return [Cell(boundary) for boundary in sweep.path if sweep.concerns(boundary)]


def second_crash_cells(sweep: Sweep) -> list[Cell]:
    """After unknown outcomes, every boundary of the recovery."""
    cells = list[Cell]()
    for first in unknown_outcomes(sweep):
        recovery = until_write(sweep, sweep.recovery(first))
        cells += [Cell(first, second) for second in recovery if sweep.concerns(second)]
    return cells


def unknown_outcomes(sweep: Sweep) -> list[Boundary]:
    """A crash between call and outcome in the middle, for each kind of write."""
    after = f"after {sweep.scenario.side} write"
    return [
        b for b in sweep.path if b.label.startswith(after) and b.number == 2 and sweep.concerns(b)
    ]


def until_write(sweep: Sweep, path: Sequence[Boundary]) -> list[Boundary]:
    """Up to the first write: what follows is as in any other run."""
    writes = (place for place, boundary in enumerate(path) if sweep.is_write(boundary))
    return list(path[: next(writes, len(path))])


def overtaken_cells(sweep: Sweep) -> list[Cell]:
    """All boundaries but the one instant between a write and the check right before it."""
    path = _of_one_thread(sweep.path)
    nexts = zip(path, [*path[1:], path[-1]], strict=True)
    return [
        Cell(boundary)
        for boundary, then in nexts
        if not boundary.is_write_call and not then.is_write_call
    ]


def last_moments(sweep: Sweep) -> list[Cell]:
    """Of those, the last before each write: where a check too early would show."""
    fenced = {cell.first for cell in overtaken_cells(sweep)}
    path = _of_one_thread(sweep.path)
    writes = [place for place, boundary in enumerate(path) if sweep.is_write(boundary)]
    return [Cell(next(b for b in reversed(path[:place]) if b in fenced)) for place in writes]


def _of_one_thread(path: Sequence[Boundary]) -> list[Boundary]:
    """Receipts come down in threads of their own."""
    return [boundary for boundary in path if "receipt file" not in boundary.label]


def spread(cells: Sequence[Cell], count: int) -> list[Cell]:
    """About `count` of them, evenly over the path."""
    if count >= len(cells):
        return list(cells)
    return [cells[place * len(cells) // count] for place in range(count)]
