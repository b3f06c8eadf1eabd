"""A whole answer in time. The libraries count the time between two bytes: whoever drips one now and
then, in the head of an answer too, could hold a worker for good."""

import time
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from socket import socket
from typing import Any

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


class _Timely(RawIOBase):
    """The bytes of `raw` until the socket's time-out has passed since the first was asked for."""

    def __init__(self, raw: Any, sock: socket) -> None:
        self.raw, self.sock = raw, sock
        self.ends_at = time.monotonic() + (sock.gettimeout() or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        rest = self.ends_at - time.monotonic()
        if rest <= 0:
            raise TimeoutError("The answer took too long.")
        self.sock.settimeout(rest)
        read: int | None = self.raw.readinto(buffer)
        return read

    def close(self) -> None:
        self.raw.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket, *values: Any, **named: Any) -> None:
        super().__init__(sock, *values, **named)
        self.fp: BufferedReader = BufferedReader(_Timely(self.fp.detach(), sock))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def bound_answers(session: Session) -> None:
    """Each answer to this session comes within its read time-out, or not at all."""
    for adapter in session.adapters.values():
        assert isinstance(adapter, HTTPAdapter)
        adapter.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
