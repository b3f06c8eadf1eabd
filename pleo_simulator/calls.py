"""Log of API and authorization calls, with secrets replaced."""

import json
import re
import threading
from collections import Counter, deque
from typing import Any
from urllib.parse import parse_qs

SECRET_FIELDS = {
    "client_secret",
    "code",
    "code_verifier",
    "refresh_token",
    "access_token",
    "token",
    "password",
    "ticket",
}
KEPT = 50_000
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def redacted(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: "[redacted]" if k in SECRET_FIELDS else redacted(v) for k, v in value.items()}
    return [redacted(v) for v in value] if isinstance(value, list) else value


def readable_body(content_type: str, raw: bytes) -> Any:
    if not raw:
        return None
    text = raw.decode("utf-8", "replace")
    if "form-urlencoded" in content_type:
        return redacted({k: v[0] if len(v) == 1 else v for k, v in parse_qs(text).items()})
    try:
        return redacted(json.loads(text))
    except (ValueError, RecursionError):
        return text[:2000]


def auth_kind(header: str) -> str:
    scheme = header.partition(" ")[0].lower()
    return scheme if scheme in ("bearer", "basic") else "other" if scheme else "none"


class CallLog:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self._operations: Counter[str] = Counter()
        self._count = 0

    def add(self, call: dict[str, Any]) -> None:
        with self._lock:
            self._count += 1
            self._calls.append({"n": self._count, **call})
            self._operations[f"{call['method']} {_UUID.sub('{id}', call['path'])}"] += 1

    def after(self, number: int) -> dict[str, Any]:
        with self._lock:
            return {
                "count": self._count,
                "calls": [call for call in self._calls if call["n"] > number],
            }

    def operations(self) -> dict[str, int]:
        """How often each method and path was called since the log was cleared."""
        with self._lock:
            return dict(sorted(self._operations.items()))

    def clear(self) -> None:
        """Numbers go on, so that a reader's `after` stays valid."""
        with self._lock:
            self._calls.clear()
            self._operations.clear()
