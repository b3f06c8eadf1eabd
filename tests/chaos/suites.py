"""The suites, each one JSON line: counts of what is wrong, and whether it is as it should be."""

import json
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections

from pleo_connector.celery import app as celery
from tests.chaos import broken, master_data, outages, tokens
from tests.chaos.house import House, furnish, second_tenant
from tests.chaos.judge import Verdict
from tests.chaos.scenarios import EXPORT, SCENARIOS, Scenario
from tests.chaos.schedules import Schedules
from tests.chaos.servers import Servers
from tests.chaos.sweep import (
    Cell,
    Sweep,
    crash_cells,
    last_moments,
    overtaken_cells,
    second_crash_cells,
    spread,
)

ALL = 1_000_000
SCENARIOS[master_data.MasterData.name] = master_data.MasterData()


@dataclass
class Result:
    suite: str
    counts: dict[str, Any]
    verdict: Verdict
    is_ok: bool
    seconds: float = 0.0

    def show(self) -> None:
        for sentence in () if self.is_ok else self.verdict.all:
            print(f"{self.suite}: {sentence}", file=sys.stderr, flush=True)
        row = {"suite": self.suite, **self.counts, **self.verdict.counts()}
        print(json.dumps({**row, "seconds": round(self.seconds), "ok": self.is_ok}), flush=True)


def clean(suite: str, verdict: Verdict, **counts: Any) -> Result:
    return Result(suite, counts, verdict, is_ok=not verdict.all)


def run(servers: Servers, options: Namespace) -> int:
    house = furnish(servers, erp=options.erp)
    try:
        return play(house, options)
    finally:  # what is still connected keeps the servers from ending
        connections.close_all()
        celery.close()


def play(house: House, options: Namespace) -> int:
    is_fine = True
    for name, suite in suites(house, options).items():
        if options.suite and name not in options.suite:
            continue
        started = time.monotonic()
        for result in suite():
            result.seconds = time.monotonic() - started
            result.show()
            is_fine = is_fine and result.is_ok
            started = time.monotonic()
    return 0 if is_fine else 1


def suites(house: House, options: Namespace) -> dict[str, Callable[[], Iterator[Result]]]:
    def size(sample: int, full: int) -> int:
        return sample if options.sample else full

    if options.erp != "fake":
        return {
            "crash": lambda: crashes(house, size(5, ALL), size(0, ALL)),
            "schedules": lambda: fault_schedules(house, _seeds(options, size(2, 30))),
        }
    return {
        "crash": lambda: crashes(house, size(12, ALL), size(4, ALL)),
        "overtaken": lambda: overtaken(house, size(4, ALL)),
        "broken": lambda: broken_builds(house),
        "tokens": lambda: token_pressure(house, size(5, 50), size(400, 2000)),
        "schedules": lambda: fault_schedules(house, _seeds(options, size(8, 100))),
        # Last, as the servers are started anew.
        **({} if options.sample else {"outages": lambda: lost_servers(house)}),
    }


def _seeds(options: Namespace, usual: int) -> range:
    if options.seed is not None:
        return range(options.seed, options.seed + 1)
    return range(options.first, options.first + (options.seeds or usual))


def fault_schedules(house: House, seeds: range) -> Iterator[Result]:
    storm = Schedules(house)
    found = Verdict()
    for seed in seeds:
        schedule, verdict = storm.play(seed)
        if verdict.all:
            erp = f"--erp {house.books.kind}"
            again = f"Again: python -m tests.chaos {erp} --suite schedules --seed {seed}"
            print("\n".join([schedule.told(), *verdict.all, again]), file=sys.stderr, flush=True)
        found.add(verdict)
    name = f"fault schedules{_of(house)}"
    yield clean(name, found, seeds=len(seeds), first=seeds.start, mishaps=storm.met.total())


def _of(house: House) -> str:
    return "" if house.books.kind == "fake" else f", {house.books.kind}"


def crashes(house: House, once: int, twice: int) -> Iterator[Result]:
    for scenario in fitting(house):
        sweep = Sweep(house, scenario)
        cells = spread(crash_cells(sweep), once)
        if twice:
            cells += spread(second_crash_cells(sweep), twice)
        yield _swept(f"crash sweep, {_named(scenario, house)}", cells, sweep.crash)


def overtaken(house: House, most: int) -> Iterator[Result]:
    for scenario in fitting(house):
        sweep = Sweep(house, scenario)
        cells = list(dict.fromkeys([*spread(last_moments(sweep), 4), *overtaken_cells(sweep)]))
        cells = cells[:4] + spread(cells[4:], most)
        yield _swept(f"overtaken workers, {_named(scenario, house)}", cells, sweep.overtake)


def fitting(house: House) -> list[Scenario]:
    return [scenario for scenario in SCENARIOS.values() if scenario.fits(house)]


def _named(scenario: Scenario, house: House) -> str:
    kind = house.books.kind
    return kind if scenario is EXPORT else f"{scenario.name}, {kind}"


def _swept(suite: str, cells: list[Cell], judge_cell: Callable[[Cell], Verdict]) -> Result:
    verdict = Verdict()
    for cell in cells:
        verdict.add(judge_cell(cell))
    return clean(suite, verdict, cells=len(cells))


def broken_builds(house: House) -> Iterator[Result]:
    """Here findings are what is wanted."""
    for name, break_it in broken.BUILDS.items():
        cells, verdict = broken.caught(house, break_it)
        yield Result(
            f"broken build {name}",
            {"cells": cells, "caught": bool(verdict.duplicates)},
            verdict,
            is_ok=bool(verdict.duplicates),
        )


def token_pressure(house: House, repetitions: int, calls: int) -> Iterator[Result]:
    refreshes, verdict = tokens.refreshed_once(house, repetitions)
    yield clean(
        "eight workers, one expired token", verdict, repetitions=repetitions, refreshes=refreshes
    )
    made, verdict = tokens.kept_apart([house, second_tenant(house)], calls)
    yield clean("two tenants in one process", verdict, calls=made, foreign=len(verdict.all))


def lost_servers(house: House) -> Iterator[Result]:
    house.use_key()
    wanted = Sweep(house).wanted
    for name, outage in outages.OUTAGES.items():
        yield clean(name, outages.come_through(house, wanted, outage), runs=1)
