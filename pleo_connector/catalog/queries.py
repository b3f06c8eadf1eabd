import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.http import Http404

from erp_adapters.base import ErpAdapter
from pleo_connector.bookkeeping.catalog import Catalog
from pleo_connector.catalog.models import (
    CatalogSnapshot,
    KeptRecord,
    SyncKind,
    SyncPlan,
    SyncPlanItem,
    SyncSchedule,
    SyncSettings,
)
from pleo_connector.catalog.records import Kind, from_json
from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Run

Counts = dict[tuple[str, str, str], int]  # items by (entity, action, state)


def records_of(connection: Connection, kind: str) -> list[Any]:
    """Ledger records of one kind as last read; empty where none was read yet."""
    snapshot = CatalogSnapshot.objects.filter(connection=connection, kind=kind).first()
    return [from_json(kind, row) for row in snapshot.records] if snapshot else []


def all_records(connection: Connection, *, kinds: Iterable[str] = Kind) -> dict[str, list[Any]]:
    """Ledger records of these kinds, in one query; empty where none was read yet."""
    found: dict[str, list[Any]] = {kind: [] for kind in kinds}
    for snapshot in CatalogSnapshot.objects.filter(connection=connection, kind__in=found):
        found[snapshot.kind] = [from_json(snapshot.kind, row) for row in snapshot.records]
    return found


def read_at(connection: Connection) -> datetime | None:
    """When the oldest part of the catalog was read; None where a part is missing."""
    times = list(
        CatalogSnapshot.objects.filter(connection=connection).values_list("read_at", flat=True)
    )
    return min(times) if len(times) == len(Kind) else None


def load_catalog(connection: Connection, erp: ErpAdapter) -> Catalog:
    rows = {
        snapshot.kind: tuple(from_json(snapshot.kind, row) for row in snapshot.records)
        for snapshot in CatalogSnapshot.objects.filter(connection=connection)
    }
    return Catalog(
        company_currency=connection.erp_currency,
        lock_date=connection.erp_lock_date,
        tax_manner=erp.capabilities.tax_manner,
        capabilities=erp.capabilities,
        accounts=rows.get(Kind.ACCOUNTS, ()),
        dimensions=rows.get(Kind.DIMENSIONS, ()),
        dimension_values=rows.get(Kind.DIMENSION_VALUES, ()),
        tax_codes=rows.get(Kind.TAX_CODES, ()),
        vendors=rows.get(Kind.VENDORS, ()),
    )


# -- Syncs --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DimensionChoice:
    code: str
    name: str
    is_active: bool
    is_chosen: bool


def sync_settings(connection: Connection) -> SyncSettings:
    """What is chosen; the defaults where nothing is."""
    found = SyncSettings.objects.filter(connection=connection).first()
    return found or SyncSettings(connection=connection)


def dimension_choices(connection: Connection) -> list[DimensionChoice]:
    """The ERP's dimensions as last read, in its order."""
    chosen = {code.casefold() for code in sync_settings(connection).dimensions or []}
    return [
        DimensionChoice(x.code, x.name, x.is_active, x.code.casefold() in chosen)
        for x in records_of(connection, Kind.DIMENSIONS)
    ]


def schedules_of(connection: Connection) -> list[SyncSchedule]:
    """One of each kind, in the order in which they run; none before the first look was due."""
    order = list(SyncKind)
    rows = SyncSchedule.objects.filter(connection=connection)
    return sorted(rows, key=lambda row: order.index(SyncKind(row.kind)))


def next_syncs(connections: Collection[Connection]) -> dict[int, datetime]:
    """When the next sync of each runs, by connection; none where all are paused."""
    rows = SyncSchedule.objects.filter(
        connection__in=connections, is_paused=False, next_run_at__isnull=False
    )
    return dict(rows.order_by().values_list("connection_id").annotate(Min("next_run_at")))


def latest_plans(connection: Connection) -> dict[str, SyncPlan]:
    """The newest plan of each kind, with its run."""
    rows = SyncPlan.objects.filter(connection=connection).select_related("run", "decided_by")
    return {plan.kind: plan for plan in rows.order_by("kind", "-planned_at").distinct("kind")}


def plans_of(connection: Connection) -> "QuerySet[SyncPlan]":
    """The newest first, with their runs."""
    rows = SyncPlan.objects.filter(connection=connection).select_related("run", "decided_by")
    return rows.order_by("-planned_at", "-pk")


def whole_plans(connection: Connection) -> dict[str, SyncPlan]:
    """Of each kind the newest one that is over and looked at everything."""
    rows = SyncPlan.objects.filter(connection=connection, state=SyncPlan.State.OVER, only="")
    return {plan.kind: plan for plan in rows.order_by("kind", "-planned_at").distinct("kind")}


def latest_runs(connection: Connection) -> dict[str, Run]:
    """The newest run of each kind; one that found nothing to change has no plan."""
    rows = Run.objects.filter(connection=connection, kind__in=SyncKind.values)
    return {run.kind: run for run in rows.order_by("kind", "-started_at", "-pk").distinct("kind")}


def plans_to_decide(connections: Collection[Connection]) -> dict[int, list[SyncPlan]]:
    """Plans that wait for a person, by connection."""
    waiting: dict[int, list[SyncPlan]] = {}
    rows = SyncPlan.objects.filter(connection__in=connections, state=SyncPlan.State.WAITING)
    for plan in rows.select_related("run").order_by("planned_at", "pk"):
        waiting.setdefault(plan.connection_id, []).append(plan)
    return waiting


def get_plan(connection: Connection, run_id: uuid.UUID) -> SyncPlan:
    """The plan of a run, by the run's public id."""
    rows = SyncPlan.objects.filter(connection=connection).select_related("run", "decided_by")
    plan = rows.filter(run__public_id=run_id).first()
    if plan is None:
        raise Http404("No such plan.")
    return plan


def counts_of(plan: SyncPlan) -> Counts:
    return counts_by_plan([plan])[plan.pk]


def counts_by_plan(plans: Collection[SyncPlan]) -> dict[int, Counts]:
    """How many items there are of each kind, by plan; one query."""
    found: dict[int, Counts] = {plan.pk: {} for plan in plans}
    rows = SyncPlanItem.objects.filter(plan__in=found).order_by()
    for plan, entity, action, state, count in rows.values_list(
        "plan", "entity", "action", "state"
    ).annotate(Count("pk")):
        found[plan][entity, action, state] = count
    return found


def items_of(
    plan: SyncPlan, *, action: str = "", state: str = "", entity: str = "", search: str = ""
) -> "QuerySet[SyncPlanItem]":
    """In the order in which they are applied; `search` looks at codes and names."""
    given = {"action": action, "state": state, "entity": entity}
    rows = plan.items.filter(**{name: value for name, value in given.items() if value})
    if search:
        rows = rows.filter(
            Q(key__icontains=search) | Q(name__icontains=search) | Q(old_name__icontains=search)
        )
    return rows.order_by("position")


def kept_records(connection: Connection) -> "QuerySet[KeptRecord]":
    """Records at Pleo that no run archives."""
    rows = KeptRecord.objects.filter(connection=connection).select_related("kept_by")
    return rows.order_by("entity", "group", "key")


def kept_counts(connection: Connection) -> dict[str, int]:
    """How many of them there are, by entity."""
    rows = KeptRecord.objects.filter(connection=connection).order_by().values_list("entity")
    return dict(rows.annotate(Count("pk")))
