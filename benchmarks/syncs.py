"""What the sync of master data costs: remote calls, our own CPU, and memory."""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import requests

from benchmarks.engine import MEGABYTE, show
from benchmarks.house import House, house
from erp_adapters.fake.adapter import FakeAdapter

VALUES, CHANGED = 10_000, 100
MANY, MOST = 30_000, 100_000
PAGE = 100  # tags
MEMORY = "memory"


class Desk:
    """A person, a worker, and dimension D with its tags."""

    def __init__(self, there: House) -> None:
        from pleo_connector.catalog.models import SyncKind, SyncSchedule
        from pleo_connector.catalog.schedules import ensure_schedules
        from pleo_connector.tenants.models import User

        self.there, self.connection = there, there.connection
        self.actor = User.objects.get()
        there.work()
        with self.scoped():
            ensure_schedules([self.connection], now=self.now())
            rows = SyncSchedule.objects.exclude(kind=SyncKind.TAGS)
            rows.update(is_paused=True)

    def scoped(self) -> Any:
        from django_scopes import scope

        return scope(tenant=self.connection.tenant)

    def now(self) -> Any:
        from django.utils import timezone

        return timezone.now()

    def seed_erp(self, values: list[dict[str, Any]]) -> None:
        rows = [{"code": "D", "name": "Department", "values": values}]
        url = f"{self.there.erp}/_admin/seed"
        requests.put(url, json={"dimensions": rows}, timeout=300).raise_for_status()

    def seed_pleo(self, values: list[dict[str, Any]]) -> None:
        group = {"code": "D", "name": "Department", "archived": False, "tags": values}
        path = f"/companies/{self.there.company['id']}/master-data"
        self.there.sim("PUT", path, tagGroups=[group])

    def calls(self) -> int:
        return int(self.there.sim("GET", "/calls:count")["count"]) + self.there.erp_calls()

    def sync(self, *, ask: bool = True, hours: float = 0) -> tuple[int, float]:
        """(remote calls, seconds of our own CPU)."""
        from pleo_connector.catalog.decisions import ask_for_sync
        from pleo_connector.catalog.tasks import work
        from pleo_connector.connections.lease import claim_idle

        with self.scoped():
            if ask:
                ask_for_sync(
                    connection=self.connection, kind="tags", actor=self.actor, now=self.now()
                )
            lease = claim_idle(self.connection.pk)
            assert lease is not None, "exports are due"
            calls, at = self.calls(), self.now() + timedelta(hours=hours)
            started = time.process_time()
            work(lease, now=lambda: at)
            return self.calls() - calls, time.process_time() - started


def values(count: int, *, name: str = "Value") -> list[dict[str, Any]]:
    return [{"code": f"V{x:06}", "name": f"{name} {x}"} for x in range(count)]


def measure_calls(desk: Desk) -> None:
    """One in a hundred changed: some renamed, some new, some gone."""
    rows = values(VALUES)
    desk.seed_erp(rows)
    desk.seed_pleo(rows)
    desk.sync()
    for row in rows[:40]:
        row["name"] = f"New {row['name']}"
    new = values(VALUES + 30)[VALUES:]
    desk.seed_erp(rows[:-30] + new)
    pages = VALUES // PAGE + 1  # of tags, and the list of groups
    reads = 4  # of the ERP: company, fingerprint, dimensions, values
    needed = pages + reads + 40 + 30 + 1  # the 30 that are gone are archived by one call
    calls, _ = desk.sync()
    show(f"remote calls, {VALUES} values, 100 changed", calls, "calls", needed)
    calls, _ = desk.sync(ask=False, hours=2)
    show(f"remote calls, {VALUES} values, nothing changed", calls, "calls", 2)


def measure_unchanged(desk: Desk) -> None:
    rows = values(MANY)
    desk.seed_erp(rows)
    desk.seed_pleo(rows)
    desk.sync()
    _, cpu = desk.sync(ask=False, hours=2)
    show(f"own CPU, {MANY} values unchanged", cpu, "s", 0.5)
    with patch.object(FakeAdapter, "fingerprint", return_value=None):  # as ERPs that have none
        desk.sync()
        calls, cpu = desk.sync(ask=False, hours=2)
    show(f"own CPU, {MANY} values read and unchanged", cpu, "s", 0.5)
    show(f"remote calls, {MANY} values read and unchanged", calls, "calls", 3)


def records(count: int) -> tuple[list[Any], list[Any]]:
    from erp_adapters.ledger import DimensionValue
    from pleo_connector.pleo.tag_calls import Tag

    there = [
        DimensionValue(dimension="D", code=x["code"], name=x["name"], id=x["code"])
        for x in values(count)
    ]
    tags = [
        Tag(id=f"{number:036}", code=x["code"], name=x["name"], archived=False)
        for number, x in enumerate(values(count, name="Old"))
    ]
    return there, tags


def measure_plan(desk: Desk) -> None:
    from pleo_connector.catalog import storing
    from pleo_connector.catalog.models import SyncPlan
    from pleo_connector.connections.lease import claim_idle
    from pleo_connector.history.actions import begin_run

    plan_of, now = planner(), desk.now()
    there, tags = records(MANY)
    started = time.process_time()
    plan = plan_of(there, tags)
    with desk.scoped():
        lease = claim_idle(desk.connection.pk)
        assert lease is not None
        run = begin_run(connection=desk.connection, kind="tags", now=now)
        row = SyncPlan(run=run, connection=desk.connection, kind="tags")
        storing.store_plan(lease, row, plan=plan, why="first", only="", now=now)
        cpu = time.process_time() - started
        assert row.items.count() == MANY
        lease.hand_back()
    show(f"own CPU, {MANY} renamed planned and stored", cpu, "s", 3)


def planner() -> Callable[[list[Any], list[Any]], Any]:
    from datetime import date

    from pleo_connector.catalog.plan import plan_tags

    return lambda there, tags: plan_tags(
        there, tags, dimension="D", group_id="g", today=date(2026, 1, 1)
    )


def measure_memory() -> None:
    """In a process of its own: the planning of 100,000, with the records that it compares."""
    plan = planner()(*records(MOST))
    assert len(plan.changes) == MOST
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
    show(f"memory of a process, {MOST} planned", used, "MB", 300)


def main() -> None:
    with house() as there:
        desk = Desk(there)
        measure_calls(desk)
        measure_unchanged(desk)
        measure_plan(desk)
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.syncs", MEMORY]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    measure_memory() if MEMORY in sys.argv else main()
