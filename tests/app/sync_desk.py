"""A live connection whose master data is kept in step, and both far sides' own view of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from pleo_connector.catalog import decisions, schedules
from pleo_connector.catalog.models import SyncPlan, SyncSchedule
from pleo_connector.catalog.tasks import work
from pleo_connector.connections.lease import claim_idle
from pleo_connector.history.models import Run
from tests.app.conftest import Desk, FakeErp

WRITES = ("POST", "PUT", "DELETE")


@dataclass
class SyncDesk:
    desk: Desk
    erp: FakeErp

    @property
    def connection(self) -> Any:
        return self.desk.connection

    @property
    def simulator(self) -> Any:
        return self.desk.simulator

    @property
    def company_id(self) -> str:
        return str(self.desk.company["id"])

    # -- Both sides as they are -------------------------------------------------------------

    def seed_erp(self, **kinds: Any) -> None:
        """Replaces whole kinds: dimensions, accounts, taxCodes, vendors."""
        self.erp("PUT", "/seed", **kinds)

    def seed_pleo(self, **kinds: Any) -> None:
        """Behind the API's back. Kinds that are not named are emptied."""
        empty: dict[str, Any] = {"tagGroups": [], "accounts": [], "taxCodes": []}
        empty |= {"vendors": [], "categories": []}
        self.simulator("PUT", f"/companies/{self.company_id}/master-data", **(empty | kinds))

    def pleo(self, kind: str) -> list[dict[str, Any]]:
        """tagGroups with their tags, accounts, taxCodes, vendors; archived ones too."""
        everything = self.simulator("GET", f"/companies/{self.company_id}/master-data")
        rows: list[dict[str, Any]] = everything[kind]
        return rows

    def active_groups(self) -> dict[str, dict[str, str]]:
        """Names of active tags by code, by the code of their active group."""
        return {
            group["code"]: {x["code"]: x["name"] for x in group["tags"] if not x["archived"]}
            for group in self.pleo("tagGroups")
            if not group["archived"]
        }

    def active_groups_folded(self) -> dict[str, dict[str, str]]:
        """The same, by codes in capitals; groups or tags that are there twice are an error."""
        found: dict[str, dict[str, str]] = {}
        for group in self.pleo("tagGroups"):
            if not group["archived"]:
                tags = [x for x in group["tags"] if not x["archived"]]
                by_code = {x["code"].upper(): x["name"] for x in tags}
                assert len(by_code) == len(tags), tags
                assert group["code"].upper() not in found, group
                found[group["code"].upper()] = by_code
        return found

    def active_accounts(self) -> dict[str, tuple[str, str]]:
        return {
            x["externalId"]: (x["code"], x["name"])
            for x in self.pleo("accounts")
            if not x["archived"]
        }

    def change(self, kind: str, row: dict[str, Any], **members: Any) -> None:
        """What a person does by hand in Pleo."""
        self.simulator("PUT", f"/master-data/{kind}/{row['id']}", **members)

    def fault(
        self, method: str, path: str, *, times: int = 1, skip: int = 0, **effect: Any
    ) -> None:
        match = {"method": method, "path": path}
        self.simulator("POST", "/faults", match=match, effect=effect, times=times, skip=skip)

    def now(self) -> datetime:
        return timezone.now()

    # -- Working ----------------------------------------------------------------------------

    def only(self, *kinds: str) -> None:
        """Schedules of the others are paused."""
        schedules.ensure_schedules([self.connection], now=timezone.now())
        rows = SyncSchedule.objects.filter(connection=self.connection)
        rows.exclude(kind__in=kinds).update(is_paused=True)

    def ask(self, kind: str, **more: Any) -> None:
        actor, now = self.desk.user, timezone.now()
        decisions.ask_for_sync(connection=self.connection, kind=kind, actor=actor, now=now, **more)

    def work(self, *, at: datetime | None = None) -> None:
        """What a worker does when beat has found due kinds."""
        lease = claim_idle(self.connection.pk)
        assert lease is not None, "somebody else holds the lease, or exports are due"
        work(lease, now=(lambda: at) if at else timezone.now)

    def sync(self, kind: str, **more: Any) -> Run:
        """A person asks, the worker works; the kind's latest run."""
        self.ask(kind, **more)
        self.work()
        return self.run(kind)

    def work_all(self) -> None:
        """The first look at every kind, which waits for a person or finds nothing to do."""
        schedules.ensure_schedules([self.connection], now=timezone.now())
        self.work()

    def later(self, hours: float = 25) -> None:
        """Everything that is due by then."""
        self.work(at=timezone.now() + timedelta(hours=hours))

    def run(self, kind: str) -> Run:
        run = Run.objects.filter(connection=self.connection, kind=kind).order_by("pk").last()
        assert run is not None
        return run

    def plan(self, kind: str) -> SyncPlan:
        rows = SyncPlan.objects.filter(connection=self.connection, kind=kind)
        plan = rows.order_by("pk").last()
        assert plan is not None
        return plan

    def approve(self, kind: str, **keep: Any) -> Run:
        """A person lets the plan through, and the worker goes on."""
        plan = self.plan(kind)
        decisions.approve_plan(plan=plan, actor=self.desk.user, now=timezone.now(), **keep)
        self.work()
        return self.run(kind)

    def sync_and_approve(self, kind: str) -> Run:
        run = self.sync(kind)
        return self.approve(kind) if run.waiting_for == "approval" else run

    def schedule(self, kind: str) -> SyncSchedule:
        row: SyncSchedule = SyncSchedule.objects.get(connection=self.connection, kind=kind)
        return row

    def shape(self, kind: str) -> list[tuple[str, str, str]]:
        """(action, key, state) of the latest plan, in order."""
        rows = self.plan(kind).items.order_by("position")
        return [(x.action, x.key, x.state) for x in rows]

    # -- Calls ------------------------------------------------------------------------------

    def forget_calls(self) -> None:
        self.simulator("POST", "/calls:clear")

    def calls(self) -> list[tuple[str, str]]:
        """(method, path) of each call that Pleo had since they were forgotten."""
        rows = self.simulator("GET", "/calls")["calls"]
        return [(row["method"], row["path"]) for row in rows]

    def writes(self) -> list[tuple[str, str]]:
        return [x for x in self.calls() if x[0] in WRITES and not x[1].endswith(":search")]
