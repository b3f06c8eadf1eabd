"""What stands still, where and since when, over all tenants. Each list is one indexed query.

Only staff come here, with all scopes open: `visit.for_staff` is the door.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Min, Q, QuerySet
from django.db.models.functions import Coalesce
from redis.exceptions import RedisError

from pleo_connector.connections.limits import SharedStorage, shared_windows
from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import Posting
from pleo_connector.history.models import Run
from pleo_connector.tenants.models import ApiToken, Tenant

SHOWN = 20  # rows of each list on the dashboard; the lists' own pages have them all
QUIET = timedelta(minutes=30)  # without a step of a run that is being worked on
LATE = timedelta(minutes=5)  # after the moment at which something had to happen
ENDS_SOON = timedelta(days=14)
DOUBT = (Posting.State.INTENT, Posting.State.UNCERTAIN, Posting.State.ASKED)
LIVE = Connection.State.LIVE


def tenants_named(text: str) -> Sequence[int]:
    """Primary keys of the companies whose name has this in it."""
    named = Tenant.objects.filter(name__icontains=text)
    return list(named.order_by("pk").values_list("pk", flat=True))


# -- The queue ----------------------------------------------------------------------------------


def overdue(now: datetime) -> "QuerySet[Connection]":
    """Connections that wait for a worker, the longest first."""
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    due: QuerySet[Connection] = Connection.objects.filter(free, state=LIVE, wake_at__lte=now)
    return due.select_related("tenant").order_by("wake_at")


def leased(now: datetime) -> "QuerySet[Connection]":
    held: QuerySet[Connection] = Connection.objects.filter(lease_until__gt=now)
    return held.select_related("tenant").order_by(F("lease_since").asc(nulls_first=True))


# -- Runs ---------------------------------------------------------------------------------------


def open_runs() -> "QuerySet[Run]":
    rows: QuerySet[Run] = Run.objects.filter(state__in=Run.OPEN)
    return rows.select_related("connection", "connection__tenant", "export_job")


def stuck_runs(now: datetime) -> "QuerySet[Run]":
    """Runs that should have moved: nobody works on them, or somebody does without a step."""
    moved = Coalesce("moved_at", "started_at")
    unheld = Q(connection__lease_until=None) | Q(connection__lease_until__lte=now)
    is_running = Q(state=Run.State.RUNNING)
    stuck = (
        is_running & Q(moved__lt=now - QUIET)
        | is_running & unheld & Q(moved__lt=now - LATE)
        | Q(state=Run.State.WAITING, waiting_until__lt=now - LATE)
    )
    rows = open_runs().annotate(moved=moved).filter(stuck, connection__state=LIVE)
    return rows.order_by("moved")


def stuck_among(runs: Sequence[Run], now: datetime) -> set[int]:
    """Primary keys of those of these runs that are stuck."""
    found = stuck_runs(now).filter(pk__in=[run.pk for run in runs if not run.is_over])
    return set(found.order_by().values_list("pk", flat=True))


def limited_runs(now: datetime) -> "QuerySet[Run]":
    """Runs that a rate limit keeps waiting now."""
    waiting = open_runs().filter(state=Run.State.WAITING, is_limited=True, waiting_until__gt=now)
    return waiting.order_by("waiting_until")


# -- What needs somebody ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Doubt:
    """Vouchers of one connection of which nobody knows whether they are booked."""

    connection: Connection
    looked_up: int  # by the product itself
    asked: int  # of a person
    since: datetime


def doubtful(now: datetime) -> list[Doubt]:
    """The longest first. What is being booked this minute is not in doubt yet."""
    old = Q(state=Posting.State.ASKED) | Q(intended_at__lt=now - LATE)
    rows = (
        Posting.objects.filter(old, state__in=DOUBT)
        .order_by()
        .values("connection_id")
        .annotate(
            asked=Count("pk", filter=Q(state=Posting.State.ASKED)),
            all=Count("pk"),
            since=Min("intended_at"),
        )
        .order_by("since")
    )
    found = list(rows[:SHOWN])
    connections = Connection.objects.select_related("tenant").in_bulk(
        [row["connection_id"] for row in found]
    )
    return [
        Doubt(
            connections[row["connection_id"]], row["all"] - row["asked"], row["asked"], row["since"]
        )
        for row in found
    ]


def to_reconnect() -> "QuerySet[Connection]":
    """Connections that one side does not let in; a person of the customer has to reconnect."""
    dead = Q(pleo_grant__dead_since__isnull=False) | ~Q(erp_problem="")
    rows: QuerySet[Connection] = Connection.objects.filter(dead).exclude(
        state=Connection.State.SETUP
    )
    return rows.select_related("tenant", "pleo_grant").order_by("pk")


@dataclass(frozen=True, slots=True)
class Key:
    tenant: Tenant
    name: str
    ends: datetime
    connection: Connection | None = None


def keys_that_end(now: datetime) -> list[Key]:
    """Keys to accounting systems and API tokens that end within two weeks, the next first."""
    until = now + ENDS_SOON
    erp = Connection.objects.filter(erp_access_ends__lte=until.date()).select_related("tenant")
    tokens = ApiToken.objects.filter(
        expires_at__gt=now, expires_at__lte=until, revoked_at=None
    ).select_related("tenant")
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found = [
        Key(x.tenant, x.erp_kind, midnight + (x.erp_access_ends - now.date()), x)
        for x in erp.order_by("erp_access_ends")[:SHOWN]
        if x.erp_access_ends
    ]
    found += [
        Key(x.tenant, x.name, x.expires_at)
        for x in tokens.order_by("expires_at")[:SHOWN]
        if x.expires_at
    ]
    return sorted(found, key=lambda key: key.ends)[:SHOWN]


# -- Rate limits --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pause:
    """A far side takes no more calls of one connection for some seconds."""

    system: str
    connection: UUID
    seconds: float


def pauses() -> list[Pause] | None:
    """As Redis has them, the longest first; None where Redis is away."""
    try:
        return sorted(_pauses(shared_windows(settings.REDIS_URL).shared), key=lambda x: -x.seconds)
    except RedisError:
        return None


def _pauses(storage: SharedStorage) -> Iterator[Pause]:
    begin, now = storage.prefixed_key("paused:"), storage.now()
    keys = list(storage.storage.scan_iter(match=f"{begin}*", count=1000))
    for key, end in zip(keys, storage.storage.mget(keys) if keys else (), strict=True):
        system, _, public_id = key.decode().removeprefix(begin).partition(":")
        if end is not None and float(end) > now:
            yield Pause(system, UUID(public_id), float(end) - now)


def counted(rows: Any) -> int:
    return int(rows.order_by().count())
