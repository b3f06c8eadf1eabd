"""Planned faults: which requests they hit and what happens to those."""

import itertools
import re
import threading
from dataclasses import dataclass, field
from typing import Any

EFFECTS = {
    "status": int,
    "headers": dict,
    "body": object,
    "contentType": str,
    "delayMs": int,
    "drop": str,
    "truncate": bool,
}


@dataclass
class Fault:
    id: str
    method: str | None
    path: re.Pattern[str] | None
    effect: dict[str, Any]
    times: int | None
    skip: int
    hits: int = 0

    def fits(self, method: str, path: str) -> bool:
        right_method = self.method is None or self.method == method
        return right_method and (self.path is None or bool(self.path.search(path)))

    def describe(self) -> dict[str, Any]:
        match = {"method": self.method, "path": self.path.pattern if self.path else None}
        return {
            "id": self.id,
            "match": match,
            "effect": self.effect,
            "times": self.times,
            "skip": self.skip,
            "hits": self.hits,
        }


@dataclass
class FaultPlan:
    _faults: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def add(
        self, match: dict[str, Any], effect: dict[str, Any], times: int | None, skip: int
    ) -> str:
        pattern = re.compile(match["path"]) if match.get("path") else None
        method = match["method"].upper() if match.get("method") else None
        fault = Fault(f"fault-{next(self._numbers)}", method, pattern, effect, times, skip)
        with self._lock:
            self._faults.append(fault)
        return fault.id

    def take(self, method: str, path: str) -> dict[str, Any] | None:
        """The effect for this request; counts it against `skip` and `times`."""
        with self._lock:
            for fault in self._faults:
                if fault.fits(method, path) and fault.times != 0:
                    if fault.skip > 0:
                        fault.skip -= 1
                        continue
                    fault.hits += 1
                    fault.times = None if fault.times is None else fault.times - 1
                    return fault.effect
        return None

    def describe(self) -> list[dict[str, Any]]:
        with self._lock:
            return [fault.describe() for fault in self._faults]

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
