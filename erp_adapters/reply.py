"""A call, what came back, and what a status stands for."""

from collections.abc import Mapping
from dataclasses import dataclass
from json import loads
from pathlib import Path
from typing import Any, Protocol

from erp_adapters.errors import (
    AuthenticationFailed,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    RemoteError,
    System,
    Unavailable,
)
from erp_adapters.limits import retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_json(self) -> bool:
        return "json" in self.headers.get("Content-Type", "")

    @property
    def is_page(self) -> bool:
        """An empty answer is none, whatever it calls itself: 204 often comes as text/html."""
        kind = self.headers.get("Content-Type", "").lower()
        return bool(self.body) and kind.startswith("text/html")

    def json(self) -> Any:
        """The decoded body; ValueError where it is not JSON."""
        return loads(self.body)

    def fields(self) -> dict[str, Any]:
        """Of a JSON object, as refusals are; none where the body is anything else."""
        try:
            body = self.json()
        except (ValueError, RecursionError):
            return {}
        return body if isinstance(body, dict) else {}

    def text(self, limit: int = 500) -> str:
        return self.body[: 4 * limit].decode("utf-8", "replace")[:limit]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as history keeps it: a path template, never a query, a token or a body of money."""

    system: System
    method: str
    template: str
    is_write: bool


@dataclass(frozen=True, slots=True)
class Sink:
    """A file that takes the body of a 200, so that memory does not have to."""

    path: Path
    limit: int  # bytes; a larger body is Rejected with code "too_large"


class CallObserver(Protocol):
    """Told of each call before it leaves and after it came back, so that a crash shows."""

    def began(self, call: Call) -> Any: ...

    def ended(self, token: Any, *, status: int | None, duration_ms: int, excerpt: str) -> None: ...


def error_for(
    reply: Reply, *, name: str, system: System, is_write: bool, now: float
) -> RemoteError:
    """What a status stands for that is not 2xx; of an error of a write it is not known what was
    done."""
    status = reply.status
    more: dict[str, Any] = {"system": system, "detail": reply.text()}
    pause = more | {"retry_after": retry_after(reply.headers, now=now)}
    if status in (408, 425, 429):
        return RateLimited(f"{name} asks us to slow down.", **pause)
    if status == 401:
        return AuthenticationFailed(f"{name} does not accept our credentials.", **more)
    if status == 403:
        return NotAllowed(f"{name} does not allow this.", **more)
    if status >= 500 or status < 400:
        if is_write:
            return OutcomeUnknown(f"{name} answered with an error ({status}).", **more)
        return Unavailable(f"{name} is out of order ({status}).", **pause)
    if status == 413:
        return Rejected(f"{name} takes no file as large as this.", code="too_large", **more)
    if status == 404:
        return Rejected(f"{name} knows nothing at this address.", code="not_found", **more)
    return Rejected(f"{name} refused the request ({status}).", **more)
