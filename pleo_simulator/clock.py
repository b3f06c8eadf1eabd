"""The simulator clock: runs at the speed of the system clock, shifted by a stored offset."""

import time
from datetime import UTC, datetime

from .store import Store


class Clock:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._offset = float(store.read_meta("clock_offset") or 0)

    def now(self) -> float:
        return time.time() + self._offset

    def system_now(self) -> float:
        """For receivers that compare with their own clock (webhook timestamps)."""
        return time.time()

    def iso(self) -> str:
        return iso(self.now())

    def advance(self, seconds: float) -> None:
        self._shift(self._offset + seconds)

    def set(self, instant: float) -> None:
        self._shift(instant - time.time())

    def reset(self) -> None:
        self._shift(0.0)

    def _shift(self, offset: float) -> None:
        self._offset = offset
        self._store.write_meta("clock_offset", repr(offset))


def iso(instant: float) -> str:
    return datetime.fromtimestamp(int(instant), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_or_none(instant: float | None) -> str | None:
    return None if instant is None else iso(instant)


def parse(text: str) -> float:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
