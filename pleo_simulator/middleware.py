"""WSGI layer around the app: call log, planned faults and real connection closes."""

import io
import json
import logging
import socket
import time
from collections.abc import Iterable
from typing import Any, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from .calls import auth_kind, readable_body
from .state import Simulator

logger = logging.getLogger(__name__)
DROP_MARK = "pleo_simulator.drop_answer"
LOGGED = ("/v0/", "/v1/", "/v2/", "/v3/", "/oauth/")


class _Answer:
    """The app's answer, held back until it is clear what the client shall see of it."""

    def __init__(self) -> None:
        self.status = "500 Internal Server Error"
        self.headers: list[tuple[str, str]] = []
        self.body = b""

    def collect(self, app: WSGIApplication, environ: WSGIEnvironment) -> None:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            self.status, self.headers = status, headers
            return lambda data: None

        chunks = app(environ, cast(StartResponse, start))
        try:
            self.body = b"".join(chunks)
        finally:
            close = getattr(chunks, "close", None)
            if close is not None:
                close()

    def replace_header(self, name: str, value: str) -> None:
        self.headers = [h for h in self.headers if h[0].lower() != name.lower()]
        self.headers.append((name, value))


class Middleware:
    def __init__(self, app: WSGIApplication, simulator: Simulator) -> None:
        self.app = app
        self.simulator = simulator

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith((*LOGGED, "/files/")):
            return self.app(environ, start)
        raw = _buffer_body(environ)
        effect = self.simulator.faults.take(environ["REQUEST_METHOD"], path) or {}
        at = self.simulator.clock.iso()
        answer, dropped = self._answer(environ, effect)
        if path.startswith(LOGGED):
            self._log(environ, raw, at, "dropped" if dropped else int(answer.status[:3]))
        if dropped:
            return _close_connection(environ, start)
        return _send(environ, start, answer, truncate=bool(effect.get("truncate")))

    def _answer(self, environ: WSGIEnvironment, effect: dict[str, Any]) -> tuple[_Answer, bool]:
        time.sleep(effect.get("delayMs", 0) / 1000)
        answer = _Answer()
        if effect.get("drop") == "before":
            return answer, True
        if "status" in effect:
            answer.status = f"{effect['status']} Planned fault"
            answer.headers = [("Content-Type", "application/json;charset=UTF-8")]
        else:
            answer.collect(self.app, environ)
        _apply(effect, answer)
        return answer, effect.get("drop") == "after" or bool(environ.get(DROP_MARK))

    def _log(self, environ: WSGIEnvironment, raw: bytes, at: str, status: int | str) -> None:
        self.simulator.calls.add(
            {
                "at": at,
                "method": environ["REQUEST_METHOD"],
                "path": environ["PATH_INFO"],
                "query": _redacted_query(environ.get("QUERY_STRING", "")),
                "status": status,
                "contentType": environ.get("CONTENT_TYPE", ""),
                "requestBody": readable_body(environ.get("CONTENT_TYPE", ""), raw),
                "authKind": auth_kind(environ.get("HTTP_AUTHORIZATION", "")),
            }
        )


def _redacted_query(query: str) -> str:
    return "&".join(
        part
        if part.partition("=")[0] not in ("code", "token")
        else f"{part.partition('=')[0]}=[redacted]"
        for part in query.split("&")
    )


def _buffer_body(environ: WSGIEnvironment) -> bytes:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    raw = cast(bytes, environ["wsgi.input"].read(length)) if length else b""
    environ["wsgi.input"] = io.BytesIO(raw)
    return raw


def _apply(effect: dict[str, Any], answer: _Answer) -> None:
    if "body" in effect:
        body = effect["body"]
        answer.body = (body if isinstance(body, str) else json.dumps(body)).encode()
    if "contentType" in effect:
        answer.replace_header("Content-Type", effect["contentType"])
    for name, value in effect.get("headers", {}).items():
        answer.replace_header(name, str(value))
    if int(answer.status[:3]) not in (204, 304):
        answer.replace_header("Content-Length", str(len(answer.body)))


def _send(
    environ: WSGIEnvironment, start: StartResponse, answer: _Answer, *, truncate: bool
) -> Iterable[bytes]:
    start(answer.status, answer.headers)
    if environ["REQUEST_METHOD"] == "HEAD":
        return []
    # Fewer bytes than announced make the server close the connection after them.
    return [answer.body[: max(1, len(answer.body) // 2)] if truncate else answer.body]


def _close_connection(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
    """Ends the TCP connection without a single byte of answer."""
    probe = environ.get("waitress.client_disconnected")
    channel = getattr(probe, "__self__", None)
    if channel is None:
        raise RuntimeError("a dropped connection needs the waitress server")
    try:
        channel.socket.shutdown(socket.SHUT_RDWR)
    except OSError as error:
        logger.info("the client closed the connection first: %s", error)
    start("503 Dropped", [("Content-Length", "0"), ("Connection", "close")])
    return []
