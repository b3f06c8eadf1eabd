"""The HTTP door against a real socket: what was sent, what came back, what it means."""

import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Thread
from typing import Any

import pytest

from erp_adapters.errors import (
    AuthenticationFailed,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    RemoteError,
    Unavailable,
)
from erp_adapters.http import HttpDoor
from erp_adapters.limits import retry_after
from erp_adapters.reply import Call, Reply

Play = Callable[[socket.socket, bytes], None]


class FarSide:
    """A server on a plain socket; each connection is one request, played by the next script."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.plays: list[Play] = []
        self.requests: list[bytes] = []
        self.thread = Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                request = read_request(connection)
                if request:
                    self.requests.append(request)
                    play = self.plays.pop(0) if len(self.plays) > 1 else self.plays[0]
                    try:
                        play(connection, request)
                    except OSError:
                        pass

    def stop(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(5)


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return data
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for name, _, value in (row.partition(b":") for row in head.split(b"\r\n")):
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += connection.recv(65536)
    return data


def answer(status: int = 200, body: bytes = b"{}", **headers: str) -> Play:
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    sent = "\r\n".join([*lines, "", ""]).encode() + body
    return lambda connection, request: connection.sendall(sent)


def hang_up(connection: socket.socket, request: bytes) -> None:
    pass


@pytest.fixture
def far() -> Iterator[FarSide]:
    side = FarSide()
    yield side
    side.stop()


def door(url: str, **more: Any) -> HttpDoor:
    return HttpDoor(base_url=url, system="erp", name="ERP", **{"allow_private": True, **more})


# What a status means


@pytest.mark.parametrize(
    ("status", "read", "write"),
    [
        (301, Unavailable, OutcomeUnknown),
        (400, Rejected, Rejected),
        (401, AuthenticationFailed, AuthenticationFailed),
        (403, NotAllowed, NotAllowed),
        (404, Rejected, Rejected),
        (408, RateLimited, RateLimited),
        (409, Rejected, Rejected),
        (413, Rejected, Rejected),
        (422, Rejected, Rejected),
        (425, RateLimited, RateLimited),
        (429, RateLimited, RateLimited),
        (500, Unavailable, OutcomeUnknown),
        (502, Unavailable, OutcomeUnknown),
        (503, Unavailable, OutcomeUnknown),
        (504, Unavailable, OutcomeUnknown),
    ],
)
def test_a_status_is_an_error(
    status: int, read: type[RemoteError], write: type[RemoteError]
) -> None:
    reply = Reply(status=status, headers={}, body=b"because")
    for is_write, kind in ((False, read), (True, write)):
        with pytest.raises(RemoteError) as caught:
            door("http://erp.example").check(reply, is_write=is_write)
        assert type(caught.value) is kind
        assert caught.value.detail == "because"
        assert caught.value.system == "erp"


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_2xx_is_handed_back(status: int) -> None:
    reply = Reply(status=status, headers={}, body=b"")
    assert door("http://erp.example").check(reply, is_write=True) is reply


# Retry-After


NOW = datetime(2026, 11, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("30", 30.0),
        (" 1.5 ", 1.5),
        ("-3", 0.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("Sun, 99 Nov 2026 99:99:99 GMT", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": value}, now=NOW.timestamp()) == seconds


@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_is_on_the_error(status: int) -> None:
    reply = Reply(status=status, headers={"Retry-After": "7"}, body=b"")
    with pytest.raises(Unavailable) as caught:
        door("http://erp.example").check(reply, is_write=False)
    assert caught.value.retry_after == 7


# Sent or not sent


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_name_that_does_not_resolve_was_never_sent(method: str, guarded: bool) -> None:
    with pytest.raises(Unavailable):
        door("http://erp.invalid", allow_private=not guarded).request(method, "/")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_connection_was_never_sent(method: str) -> None:
    with pytest.raises(Unavailable):
        door(closed_port()).request(method, "/")


def test_a_lost_answer_to_a_write_is_unknown(far: FarSide) -> None:
    far.plays = [hang_up]
    with pytest.raises(OutcomeUnknown):
        door(far.url).request("POST", "/", json={})
    assert len(far.requests) == 1


def test_a_lost_answer_to_a_read_is_asked_for_again(far: FarSide) -> None:
    far.plays = [hang_up, hang_up, answer(body=b"[1]")]
    assert door(far.url).request("GET", "/").json() == [1]
    assert len(far.requests) == 3


def test_a_read_gives_up_after_three(far: FarSide) -> None:
    far.plays = [hang_up]
    with pytest.raises(Unavailable):
        door(far.url).request("GET", "/")
    assert len(far.requests) == 3


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateway_s_error_is_retried_on_reads_only(far: FarSide, status: int) -> None:
    far.plays = [answer(status), answer()]
    assert door(far.url).request("GET", "/").status == 200
    far.plays = [answer(status), answer()]
    assert door(far.url).request("POST", "/").status == status
    assert len(far.requests) == 3


def test_a_post_that_reads_is_retried(far: FarSide) -> None:
    far.plays = [hang_up, answer()]
    assert door(far.url).request("POST", "/search", is_write=False).status == 200


@pytest.mark.parametrize("status", [429, 500])
def test_other_errors_are_not_retried(far: FarSide, status: int) -> None:
    far.plays = [answer(status)]
    assert door(far.url).request("GET", "/").status == status
    assert len(far.requests) == 1


def test_a_body_cut_short_is_no_answer(far: FarSide) -> None:
    def cut(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n[1, 2")

    far.plays = [cut]
    with pytest.raises(OutcomeUnknown):
        door(far.url).request("POST", "/")
    with pytest.raises(Unavailable):
        door(far.url).request("GET", "/")


def test_a_body_that_does_not_unpack_is_no_answer(far: FarSide) -> None:
    far.plays = [answer(body=b"not gzip", Content_Encoding="gzip")]
    with pytest.raises(OutcomeUnknown):
        door(far.url).request("POST", "/")


def test_noise_instead_of_http(far: FarSide) -> None:
    far.plays = [lambda connection, request: connection.sendall(b"\x00\xff SSH-2.0\r\n\r\n")]
    with pytest.raises(OutcomeUnknown):
        door(far.url).request("POST", "/")


# Time


def test_silence_ends_at_the_deadline(far: FarSide) -> None:
    far.plays = [lambda connection, request: time.sleep(1)]
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        door(far.url, total_timeout=0.3).request("POST", "/")
    assert time.monotonic() - started < 1.5


@pytest.mark.parametrize(
    "start",
    [b"", b"HTTP/1.1 200 X\r\nX-Long: ", b"HTTP/1.1 200 X\r\nContent-Length: 100000\r\n\r\n"],
    ids=["status", "headers", "body"],
)
def test_a_dripping_answer_ends_at_the_deadline(far: FarSide, start: bytes) -> None:
    def drip(connection: socket.socket, request: bytes) -> None:
        connection.sendall(start)
        for _ in range(60):
            connection.sendall(b"x")
            time.sleep(0.05)

    far.plays = [drip]
    started = time.monotonic()
    with pytest.raises(OutcomeUnknown):
        door(far.url, total_timeout=0.3).request("POST", "/")
    assert time.monotonic() - started < 1.5


# Addresses


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1",
        "http://localhost:1",
        "http://10.0.0.1",
        "http://192.168.1.1",
        "http://169.254.169.254",
        "http://[::1]:1",
        "http://0.0.0.0:1",
        "http://100.64.0.1",
        "http://2130706433",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_private_addresses_are_refused(url: str, method: str) -> None:
    with pytest.raises(Rejected) as caught:
        door(url, allow_private=False).request(method, "/")
    assert caught.value.code == "private_address"


@pytest.mark.parametrize("url", ["", "erp.example", "ftp://erp.example", "file:///etc/passwd"])
def test_an_address_must_be_one(url: str) -> None:
    with pytest.raises(ValueError, match="web address"):
        door(url)


def test_redirects_are_not_followed(far: FarSide) -> None:
    far.plays = [answer(302, Location="/elsewhere")]
    reply = door(far.url).request("GET", "/")
    assert reply.status == 302
    assert len(far.requests) == 1


def test_the_environment_s_proxy_is_not_used(far: FarSide, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", closed_port())
    far.plays = [answer()]
    assert door(far.url).request("GET", "/").status == 200


@pytest.mark.parametrize("value", ["two\nlines", "ключ"])
def test_a_header_that_cannot_be_sent_is_refused(far: FarSide, value: str) -> None:
    far.plays = [answer()]
    with pytest.raises(Rejected) as caught:
        door(far.url).request("POST", "/", headers={"Authorization": value})
    assert caught.value.code == "invalid_request"
    assert value not in caught.value.message
    assert far.requests == []


# Bodies


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1,", b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json_is_no_answer(body: bytes) -> None:
    reply = Reply(status=200, headers={}, body=body)
    with pytest.raises(OutcomeUnknown):
        door("http://erp.example").json(reply, is_write=True)
    with pytest.raises(Unavailable):
        door("http://erp.example").json(reply, is_write=False)
    assert reply.fields() == {}


def test_the_fields_of_a_refusal() -> None:
    reply = Reply(status=400, headers={}, body=b'{"type": "closed"}')
    assert reply.fields() == {"type": "closed"}
    assert Reply(status=400, headers={}, body=b"[1]").fields() == {}


def test_an_answer_that_is_too_large_is_cut_off(
    far: FarSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("erp_adapters.http.MAX_REPLY", 1000)
    far.plays = [answer(body=b"x" * 5000)]
    with pytest.raises(Unavailable):
        door(far.url).request("GET", "/")


# Observation


class Diary:
    def __init__(self) -> None:
        self.begun: list[Call] = []
        self.ends: list[tuple[int, int | None, str]] = []

    def began(self, call: Call) -> int:
        self.begun.append(call)
        return len(self.begun)

    def ended(self, token: int, *, status: int | None, duration_ms: int, excerpt: str) -> None:
        assert duration_ms >= 0
        self.ends.append((token, status, excerpt))


def test_a_call_is_told_before_and_after(far: FarSide) -> None:
    diary = Diary()
    far.plays = [answer(422, b"no")]
    door(far.url, observer=diary).request("POST", "/a/7?q=secret", template="/a/{id}")
    assert diary.begun == [Call(system="erp", method="POST", template="/a/{id}", is_write=True)]
    assert diary.ends == [(1, 422, "no")]


def test_a_good_answer_leaves_no_excerpt(far: FarSide) -> None:
    diary = Diary()
    far.plays = [answer(body=b'{"salary": 1}')]
    door(far.url, observer=diary).request("GET", "/")
    assert diary.ends == [(1, 200, "")]


def test_failures_are_told_too_and_each_try_is_a_call(far: FarSide) -> None:
    diary = Diary()
    far.plays = [hang_up]
    with pytest.raises(Unavailable):
        door(far.url, observer=diary).request("GET", "/")
    assert [call.is_write for call in diary.begun] == [False] * 3
    assert [(token, status) for token, status, _ in diary.ends] == [(1, None), (2, None), (3, None)]
    assert all(excerpt for _, _, excerpt in diary.ends)


def test_a_refused_address_is_told_too() -> None:
    diary = Diary()
    with pytest.raises(Rejected):
        door("http://10.0.0.1", allow_private=False, observer=diary).request("POST", "/")
    assert [(token, status) for token, status, _ in diary.ends] == [(1, None)]
