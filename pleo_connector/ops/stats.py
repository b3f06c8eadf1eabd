"""Days as charts and metrics show them, folded from `DailyStat`: never from runs or entries."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from pleo_connector.history.models import DURATIONS, DailyStat

SUMS = (
    *("runs", "runs_with_errors", "runs_failed", "total", "succeeded", "failed"),
    *("calls", "limit_waits", "limit_seconds"),
)
CLASSES = len(DURATIONS) + 1


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    runs: int = 0
    runs_with_errors: int = 0
    runs_failed: int = 0
    total: int = 0
    succeeded: int = 0
    failed: int = 0
    calls: int = 0
    limit_waits: int = 0
    limit_seconds: int = 0
    durations: Sequence[int] = field(default=(0,) * CLASSES)

    @property
    def success(self) -> float | None:
        """The share of entries and records that were done, in percent."""
        done = self.succeeded + self.failed
        return 100 * self.succeeded / done if done else None

    @property
    def half(self) -> float | None:
        return percentile(self.durations, 0.5)

    @property
    def most(self) -> float | None:
        return percentile(self.durations, 0.95)


def days_of(stats: "QuerySet[DailyStat]", *, first: date, last: date) -> list[Day]:
    """One for each day, those without a run too."""
    durations = {f"durations_{i}": Coalesce(Sum(f"durations__{i}"), 0) for i in range(CLASSES)}
    rows = (
        stats.filter(day__gte=first, day__lte=last)
        .order_by()
        .values("day")
        .annotate(**{f"sum_{name}": Sum(name) for name in SUMS}, **durations)
    )
    found = {row["day"]: _day(row) for row in rows}
    days = (first + timedelta(days=i) for i in range((last - first).days + 1))
    return [found.get(day) or Day(day) for day in days]


def _day(row: dict[str, Any]) -> Day:
    durations = tuple(row[f"durations_{i}"] for i in range(CLASSES))
    return Day(row["day"], **{name: row[f"sum_{name}"] for name in SUMS}, durations=durations)


def percentile(durations: Sequence[int], share: float) -> float | None:
    """Seconds that this share of runs took at most, as exactly as their classes tell."""
    wanted, seen = share * sum(durations), 0
    if not wanted:
        return None
    for number, count in enumerate(durations):
        if count and seen + count >= wanted:
            low = DURATIONS[number - 1] if number else 0
            high = DURATIONS[number] if number < len(DURATIONS) else low
            return low + (high - low) * (wanted - seen) / count
        seen += count
    return None
