"""Rate limits as a far side speaks of them: asked before each call, read from each answer.

There is no one way to say it. Known are Retry-After, the X-RateLimit- and RateLimit- families with
and without a unit, Xero's X-MinLimit- and X-DayLimit-Remaining; what is not known says nothing.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
LONGEST = 86400.0  # seconds; what asks for more is misread
EPOCH = 1_000_000_000  # from here on a number is a moment, not a duration
REMAINING = re.compile(
    r"(?:x-)?(?:(?P<unit>app-?min|min|day)-?limit|rate-?limit)-remaining(?:-(?P<per>\w+))?"
)
UNITS = {"appmin": 60, "app-min": 60, "min": 60, "day": 86400}
STRUCTURED = re.compile(r"\b([rt])=(\d+)")  # RateLimit: "default";r=50;t=30


class Throttle(Protocol):
    """Keeps the calls of all workers together within what the far side takes."""

    def acquire(self) -> None:
        """Before each call. Returns at once or after a moment; RateLimited where it would take
        longer, and then nothing is sent."""

    def heard(self, status: int, headers: Mapping[str, str]) -> None:
        """After each answer. Never raises."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer says is left of a window."""

    remaining: int
    seconds: int | None = None  # the window's length, where it is named
    resets_in: float | None = None  # seconds


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Seconds to wait by a Retry-After header in either of its forms; None without one."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - now
        except (ValueError, OverflowError):
            return None
    return max(0.0, seconds) if math.isfinite(seconds) else None


def pause_asked(status: int, headers: Mapping[str, str], *, now: float) -> float:
    """Seconds for which the far side wants no call at all; 0 where it does not say so."""
    asked = retry_after(headers, now=now) if status in (429, 503) else None
    empty = [x.resets_in for x in told(headers, now=now) if not x.remaining and x.resets_in]
    return min(max([asked or 0.0, *empty]), LONGEST)


def told(headers: Mapping[str, str], *, now: float) -> list[Told]:
    """Each window that the headers speak of."""
    known = {name.lower(): value.strip() for name, value in headers.items()}
    return [*_counted(known, now), *_structured(known.get("ratelimit", ""))]


def _counted(headers: Mapping[str, str], now: float) -> Iterator[Told]:
    for name, value in headers.items():
        found = REMAINING.fullmatch(name)
        if found is None or not value.lstrip("-").isdecimal():
            continue
        seconds = UNITS.get(found["unit"] or "") or SECONDS.get(found["per"] or "")
        reset = headers.get(name.replace("remaining", "reset"), "")
        yield Told(max(int(value), 0), seconds, _until(reset, now))


def _structured(value: str) -> Iterator[Told]:
    for part in value.split(",") if value else ():
        found = dict(STRUCTURED.findall(part))
        if "r" in found:
            resets_in = float(found["t"]) if "t" in found else None
            yield Told(int(found["r"]), None, resets_in)


def _until(value: str, now: float) -> float | None:
    """Seconds, from a duration, a moment in (milli)seconds, or a date."""
    try:
        number = float(value)
    except ValueError:
        return _until_date(value, now)
    if not math.isfinite(number):
        return None
    if number >= EPOCH:
        number = (number / 1000 if number >= EPOCH * 100 else number) - now
    return max(number, 0.0)


def _until_date(value: str, now: float) -> float | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return retry_after({"Retry-After": value}, now=now)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(moment.timestamp() - now, 0.0)
