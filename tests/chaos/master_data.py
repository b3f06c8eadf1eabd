"""Master data on its way into Pleo, and a vendor on its way into the ERP."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django_scopes import scope, scopes_disabled

from pleo_connector.catalog.models import SyncKind, SyncPlan, SyncSchedule, SyncSettings
from pleo_connector.catalog.schedules import ensure_schedules
from pleo_connector.catalog.tasks import sync_pending
from pleo_connector.connections.erp import open_erp
from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Run
from tests.chaos.books import FakeBooks
from tests.chaos.house import House
from tests.chaos.judge import Verdict, bugs_of
from tests.chaos.scenarios import Scenario
from tests.chaos.workers import Report, Worker

CAFE = "Cafe that was born in Pleo"
Active = dict[str, list[tuple[str, ...]]]


class MasterData(Scenario):
    """All four kinds: groups and tags made, renamed, brought back and archived, and so on."""

    name = "master data"
    side = "pleo"

    def fits(self, house: House) -> bool:
        return isinstance(house.books, FakeBooks)

    def start(self, house: House) -> dict[str, Any]:
        chart = house.simulator.chart(house.company)
        house.forget()
        assert isinstance(house.books, FakeBooks)
        house.books.seed(house.company, chart)
        path = f"/companies/{house.company['id']}"
        house.simulator("PUT", f"{path}/master-data", **pleos(chart))
        house.simulator("POST", f"{path}/vendors:create", name=CAFE, defaultCurrency="DKK")
        with scope(tenant=house.connection.tenant):
            codes = [x["code"] for x in chart["dimensions"]]
            SyncSettings.objects.create(
                connection=house.connection,
                dimensions=codes,
                taken_off=["REGION"],  # else its group is not archived before somebody says so
                archive_limit=100,
            )
            now = timezone.now()
            ensure_schedules([house.connection], now=now)
            SyncSchedule.objects.update(approved_at=now)
        return chart

    def work(self, house: House, report: Report) -> None:
        with scopes_disabled():  # exports have looked meanwhile
            Connection.objects.filter(pk=house.connection.pk).update(
                wake_at=timezone.now() + timedelta(days=1)
            )
        sync_pending(connection_id=house.connection.pk)

    def is_over(self, house: House, scene: Any) -> bool:
        return not list(_open(house))

    def expected(self, house: House, scene: dict[str, Any]) -> Active:
        """By the chart itself."""
        active = active_at_pleo(house)
        assert len(active["tagGroups"]) == len(scene["dimensions"])
        assert sorted(active["accounts"]) == sorted((x["code"], x["name"]) for x in _usable(scene))
        assert (CAFE,) in {(name,) for _, name in active["vendors"]}
        return active

    def judge(
        self, house: House, scene: Any, expected: Active, workers: Sequence[Worker]
    ) -> Verdict:
        verdict = Verdict(stuck=list(_open(house)), unhandled=bugs_of(workers))
        for kind, rows in active_at_pleo(house).items():
            there, wanted = Counter(map(str, rows)), Counter(map(str, expected[kind]))
            verdict.losses += [f"{kind} lacks {row}" for row in wanted - there]
            verdict.duplicates += [f"{kind} has {row} too much" for row in there - wanted]
        cafes = [x for x in erp_vendors(house) if x == CAFE]
        verdict.losses += ["the ERP lacks the vendor"] * (not cafes)
        verdict.duplicates += ["the ERP has the vendor twice"] * (len(cafes) > 1)
        with scopes_disabled():
            runs = Run.objects.filter(kind__in=SyncKind.values).exclude(state=Run.State.COMPLETED)
            verdict.wrong_states += [f"{x.kind} is {x.state}: {x.headline}" for x in runs]
        return verdict


def pleos(chart: dict[str, Any]) -> dict[str, Any]:
    """Of each kind something that has to be made, renamed, brought back and archived."""
    first, *others = chart["dimensions"]
    values = first["values"]
    tags = [
        {"code": values[0]["code"], "name": "By another name"},
        {"code": values[1]["code"].lower(), "name": values[1]["name"], "archived": True},
        {"code": "GONE", "name": "Gone"},
        {"code": "GONE TOO", "name": "Gone too"},
    ]
    old = chart["accounts"][0]
    return {
        "tagGroups": [
            {"code": first["code"], "name": "By another name", "tags": tags},
            *({"code": x["code"], "name": x["name"], "archived": True} for x in others[:1]),
            {"code": "REGION", "name": "Region", "tags": tags[2:]},
        ],
        "accounts": [
            {"externalId": old["code"], "code": old["code"], "name": "By another name"},
            {"externalId": "gone", "code": "gone", "name": "Gone"},
        ],
        "taxCodes": [],
        "vendors": [],
    }


def _usable(chart: dict[str, Any]) -> list[dict[str, Any]]:
    rows = chart["accounts"]
    return [x for x in rows if x.get("isActive", True) and x.get("isPostable", True)]


def active_at_pleo(house: House) -> Active:
    path = f"/companies/{house.company['id']}/master-data"
    there = house.simulator("GET", path)
    groups = [x for x in there["tagGroups"] if not x["archived"]]
    return {
        "tagGroups": [(x["code"], x["name"]) for x in groups],
        "tags": [
            (group["code"], x["code"], x["name"])
            for group in groups
            for x in group["tags"]
            if not x["archived"]
        ],
        "accounts": [(x["code"], x["name"]) for x in there["accounts"] if not x["archived"]],
        "taxCodes": [(x["code"], x["name"]) for x in there["taxCodes"] if not x["archived"]],
        "vendors": [(x["state"], x["name"]) for x in there["vendors"]],
    }


def erp_vendors(house: House) -> list[str]:
    with scope(tenant=house.connection.tenant):
        return [vendor.name for vendor in open_erp(house.connection).vendors()]


def _open(house: House) -> Iterator[str]:
    """What a worker has left to do."""
    now = timezone.now()
    with scopes_disabled():
        for row in SyncSchedule.objects.filter(connection=house.connection):
            if row.is_due(now):
                yield f"{row.kind} is due"
        plans = SyncPlan.objects.filter(connection=house.connection)
        yield from (f"{x.kind} is planned" for x in plans.filter(state__in=SyncPlan.OPEN))
        runs = Run.objects.filter(connection=house.connection, kind__in=SyncKind.values)
        yield from (f"{x.kind} is {x.state}" for x in runs.filter(state__in=Run.OPEN))
