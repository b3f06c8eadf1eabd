"""A Pleo of one page: a real socket that gives the next answer of a script."""

import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

Play = Callable[[socket.socket], None]


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}

    def json(self) -> Any:
        return json.loads(self.body)


def answer(body: Any = None, status: int = 200, **headers: str) -> Play:
    """A whole answer; what is not bytes goes as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(raw)}", "Connection: close"]
    if not isinstance(body, bytes):
        lines.append("Content-Type: application/json;charset=UTF-8")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw_answer("\r\n".join([*lines, "", ""]).encode() + raw)


def raw_answer(sent: bytes) -> Play:
    return lambda connection: connection.sendall(sent)


def truncated(body: bytes = b'{"data": [') -> Play:
    return raw_answer(b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n" + body)


def no_answer(connection: socket.socket) -> None:
    """Closes the connection after the request was read."""


class Script:
    """Gives the answers in turn, the last one for ever, and keeps the requests."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.plays: list[Play] = []
        self.requests: list[Request] = []
        self.stopped = Event()
        self.thread = Thread(target=self._serve, daemon=True)
        self.thread.start()

    def play(self, *plays: Play) -> None:
        self.plays = list(plays)

    def drip(self, connection: socket.socket) -> None:
        """A byte now and then, until the test is over."""
        connection.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 100000\r\n\r\n")
        while not self.stopped.wait(0.02):
            connection.sendall(b"x")

    def stop(self) -> None:
        if self.stopped.is_set():
            return
        self.stopped.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        try:
            self.requests.append(read_request(connection))
            play = self.plays.pop(0) if len(self.plays) > 1 else self.plays[0]
            play(connection)
        except OSError:
            pass  # the client had enough


def read_request(connection: socket.socket) -> Request:
    with connection.makefile("rb") as stream:
        method, target, _ = stream.readline().decode().split(" ", 2)
        headers = {}
        while line := stream.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
    return Request(method, target, headers, body)
