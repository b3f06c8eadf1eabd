"""Figures for Prometheus, read from rows and from Redis when they are asked for.

Those of today begin at 0 each midnight (UTC), which Prometheus takes for the restart of a counter.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from django.db.models import Count, Sum
from django.utils import timezone
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import Posting
from pleo_connector.history.models import DURATIONS, DailyStat
from pleo_connector.ops import queries
from pleo_connector.ops.stats import CLASSES

PREFIX = "connector"


def written() -> tuple[bytes, str]:
    """The page and its content type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collector(timezone.now()))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Collector(Collector):
    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        yield from _work(self.now)
        yield from _states(self.now)
        yield from _today(self.now)


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}_{name}", says, value=value)


def _by(name: str, says: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", says, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _work(now: datetime) -> Iterator[Metric]:
    oldest = queries.overdue(now).values_list("wake_at", flat=True).first()
    waits = (now - oldest).total_seconds() if oldest else 0.0
    yield _gauge("due_connections", "wait for a worker", queries.counted(queries.overdue(now)))
    yield _gauge("oldest_due_seconds", "the longest of them waits", waits)
    yield _gauge("leases", "connections that a worker holds", queries.counted(queries.leased(now)))
    yield _gauge("stuck_runs", "should have moved", queries.counted(queries.stuck_runs(now)))
    limited = queries.counted(queries.limited_runs(now))
    yield _gauge("rate_limited_runs", "wait for a rate limit", limited)
    pauses = queries.pauses()
    yield _gauge("redis_up", "1 while rate limits are kept together", float(pauses is not None))
    sides = {"pleo": 0.0, "erp": 0.0}
    for pause in pauses or ():
        sides[pause.system] = sides.get(pause.system, 0) + 1
    yield _by("paused_sides", "take no calls of one connection now", "system", sides)


def _states(now: datetime) -> Iterator[Metric]:
    rows = Connection.objects.order_by().values_list("state").annotate(Count("pk"))
    yield _by("connections", "connections by state", "state", dict(rows))
    open_runs = queries.open_runs().order_by().values_list("state").annotate(Count("pk"))
    yield _by("open_runs", "runs that are not over", "state", dict(open_runs))
    doubt = Posting.objects.filter(state__in=queries.DOUBT).order_by().values_list("state")
    found = dict(doubt.annotate(Count("pk")))
    states = {str(state): float(found.get(state, 0)) for state in queries.DOUBT}
    yield _by("doubtful_postings", "of which nobody knows whether they are booked", "state", states)
    dead = queries.counted(queries.to_reconnect())
    yield _gauge("connections_to_reconnect", "one side does not let us in", dead)
    yield _gauge("keys_ending", "end within two weeks", len(queries.keys_that_end(now)))


def _today(now: datetime) -> Iterator[Metric]:
    rows = DailyStat.objects.filter(day=now.astimezone(UTC).date()).order_by().values("kind")
    sums = {
        name: Sum(name) for name in ("succeeded", "failed", "calls", "limit_waits", "limit_seconds")
    }
    runs = {f"{name}_": Sum(name) for name in ("runs", "runs_with_errors", "runs_failed")}
    classes = {f"class_{i}": Sum(f"durations__{i}") for i in range(CLASSES)}
    families = {
        name: CounterMetricFamily(f"{PREFIX}_{name}_today", says, labels=labels)
        for name, says, labels in (
            ("runs", "runs that ended today", ["kind", "result"]),
            ("records", "entries and records of runs that ended today", ["kind", "result"]),
            ("calls", "remote calls of runs that ended today", ["kind"]),
            ("rate_limit_waits", "pauses for rate limits", ["kind"]),
            ("rate_limit_wait_seconds", "seconds of those pauses", ["kind"]),
        )
    }
    durations = HistogramMetricFamily(
        f"{PREFIX}_run_seconds_today", "how long runs took", labels=["kind"]
    )
    for row in rows.annotate(**sums, **runs, **classes):
        kind = row["kind"]
        bad, failed = row["runs_with_errors_"], row["runs_failed_"]
        families["runs"].add_metric([kind, "completed"], row["runs_"] - bad - failed)
        families["runs"].add_metric([kind, "completed_with_errors"], bad)
        families["runs"].add_metric([kind, "failed"], failed)
        families["records"].add_metric([kind, "succeeded"], row["succeeded"])
        families["records"].add_metric([kind, "failed"], row["failed"])
        families["calls"].add_metric([kind], row["calls"])
        families["rate_limit_waits"].add_metric([kind], row["limit_waits"])
        families["rate_limit_wait_seconds"].add_metric([kind], row["limit_seconds"])
        durations.add_metric([kind], *_histogram([row[f"class_{i}"] for i in range(CLASSES)]))
    yield from families.values()
    yield durations


def _histogram(counts: list[int]) -> tuple[list[tuple[str, float]], None]:
    """Counts of all that took at most so long; the sum is not kept."""
    seen, buckets = 0, []
    for bound, count in zip([*map(str, DURATIONS), "+Inf"], counts, strict=True):
        seen += count
        buckets.append((bound, float(seen)))
    return buckets, None
