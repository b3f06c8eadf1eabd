"""The one HTTP door. Every remote call of the product goes through `HttpDoor.request`."""

import ssl
import time
from collections.abc import Iterator
from socket import gaierror
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.exceptions import InvalidHeader, InvalidSchema, InvalidURL
from requests_hardened import Config, HTTPSession
from requests_hardened.ip_filter import InvalidIPAddress
from urllib3.exceptions import HTTPError

from erp_adapters.deadline import bound_answers
from erp_adapters.errors import (
    OutcomeUnknown,
    RateLimited,
    Rejected,
    RemoteError,
    System,
    Unavailable,
)
from erp_adapters.limits import Throttle
from erp_adapters.reply import Call, CallObserver, Reply, Sink, error_for

CONNECT_TIMEOUT = 5.0  # seconds
TOTAL_TIMEOUT = 30.0  # seconds from sending to the last byte; a lease must outlast it
MAX_REPLY = 64 * 1024 * 1024  # bytes
READ_TRIES = 3
RETRY_PAUSE = 0.2  # seconds, longer with each try


class HttpDoor:
    """A pooled session to one far side: time-outs, address guard, safe retries, observation.

    `throttle` is asked before each try, and raises RateLimited where it would have to wait long.
    """

    def __init__(
        self,
        *,
        base_url: str,
        system: System,
        name: str,
        allow_private: bool = False,
        observer: CallObserver | None = None,
        throttle: Throttle | None = None,
        total_timeout: float = TOTAL_TIMEOUT,
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"“{base_url}” is not a web address such as https://erp.example.")
        self.base_url = base_url.rstrip("/")
        self.system: System = system
        self.name = name
        self.observer = observer
        self.throttle = throttle
        self.total_timeout = total_timeout
        self.session = HTTPSession(
            Config(
                default_timeout=(CONNECT_TIMEOUT, total_timeout),
                never_redirect=True,
                ip_filter_enable=not allow_private,
                ip_filter_allow_loopback_ips=False,
                ip_filter_tls_sni_support=True,
                user_agent_override=None,
            )
        )
        self.session.trust_env = False
        bound_answers(self.session)

    def request(
        self,
        method: str,
        path: str,
        *,
        template: str | None = None,
        is_write: bool | None = None,
        sink: Sink | None = None,
        **kwargs: Any,
    ) -> Reply:
        """One call; a read that cannot be reached is tried up to three times.

        `kwargs` are those of requests (params, json, data, files, headers, auth).
        Raises Unavailable where nothing was applied, OutcomeUnknown where a write may have been.
        Any status is returned; `check` turns it into an error.
        """
        writes = method not in ("GET", "HEAD") if is_write is None else is_write
        call = Call(system=self.system, method=method, template=template or path, is_write=writes)
        tries = 1 if writes else READ_TRIES
        for left in reversed(range(tries)):
            try:
                reply = self._throttled(call, path, kwargs, sink)
            except RateLimited:
                raise
            except Unavailable:
                if not left:
                    raise
            else:
                if reply.status not in (502, 503, 504) or not left:
                    return reply
            time.sleep(RETRY_PAUSE * (tries - left))
        raise AssertionError("unreachable")

    def _throttled(self, call: Call, path: str, kwargs: dict[str, Any], sink: Sink | None) -> Reply:
        """The wait comes first: the observer's note and check are the last step before the call."""
        if self.throttle is None:
            return self._observed(call, path, kwargs, sink)
        self.throttle.acquire()
        reply = self._observed(call, path, kwargs, sink)
        self.throttle.heard(reply.status, reply.headers)
        return reply

    def _observed(self, call: Call, path: str, kwargs: dict[str, Any], sink: Sink | None) -> Reply:
        token = self.observer.began(call) if self.observer else None
        started = time.monotonic()
        status: int | None = None
        excerpt = ""
        try:
            reply = self._send(call, path, kwargs, sink)
            status = reply.status
            excerpt = reply.text() if status >= 400 else ""
            return reply
        except (Unavailable, OutcomeUnknown) as error:
            excerpt = error.detail
            raise
        finally:
            if self.observer:
                duration = int((time.monotonic() - started) * 1000)
                self.observer.ended(token, status=status, duration_ms=duration, excerpt=excerpt)

    def _send(self, call: Call, path: str, kwargs: dict[str, Any], sink: Sink | None) -> Reply:
        url = path if path.startswith(("http://", "https://")) else self.base_url + path
        deadline = time.monotonic() + self.total_timeout
        try:
            response = self.session.request(call.method, url, stream=True, **kwargs)
            with response:
                if sink and response.status_code == 200:
                    body = self._pour(response, deadline, sink)
                else:
                    body = self._read(response, deadline)
        except InvalidIPAddress as error:
            raise Rejected(
                f"{self.name} is at a private network address, which is not allowed.",
                system=self.system,
                code="private_address",
            ) from error
        except (InvalidHeader, InvalidSchema, InvalidURL, UnicodeError) as error:
            raise Rejected(
                f"The request to {self.name} cannot be made; a credential or an address in it"
                " has characters that do not belong there.",
                system=self.system,
                code="invalid_request",
            ) from error
        except (requests.ConnectTimeout, requests.ConnectionError) as error:
            raise self._broken(call, error, sent=not _never_sent(error)) from error
        except (requests.RequestException, HTTPError) as error:
            raise self._broken(call, error, sent=True) from error
        return Reply(status=response.status_code, headers=response.headers, body=body)

    def _read(self, response: requests.Response, deadline: float) -> bytes:
        chunks, size = [], 0
        for chunk in self._pieces(response, deadline):
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_REPLY:
                raise requests.RequestException("The answer is too large.")
        return b"".join(chunks)

    def _pour(self, response: requests.Response, deadline: float, sink: Sink) -> bytes:
        """Nothing is left to return. `detail` of the refusal is the size, where it is known."""
        announced = response.headers.get("Content-Length", "")
        known = int(announced) if announced.isdecimal() else 0
        size = 0
        with sink.path.open("wb") as file:
            for chunk in self._pieces(response, deadline):
                size += file.write(chunk)
                if max(known, size) > sink.limit:
                    raise Rejected(
                        f"The file is larger than {sink.limit} bytes.",
                        system=self.system,
                        code="too_large",
                        detail=str(known or ""),
                    )
        return b""

    def _pieces(self, response: requests.Response, deadline: float) -> Iterator[bytes]:
        """The body as it comes: a server that drips bytes meets the deadline too."""
        while chunk := response.raw.read1(65536, decode_content=True):
            yield chunk
            if time.monotonic() > deadline:
                raise requests.ReadTimeout("The answer took too long.")

    def _broken(self, call: Call, error: Exception, *, sent: bool) -> Exception:
        detail = type(error).__name__
        if call.is_write and sent:
            return OutcomeUnknown(
                f"{self.name} did not answer, so it is not known whether it did what we asked.",
                system=self.system,
                detail=detail,
            )
        return Unavailable(f"{self.name} cannot be reached.", system=self.system, detail=detail)

    def check(self, reply: Reply, *, is_write: bool, now: float | None = None) -> Reply:
        """The reply itself where it is 2xx; else the error its status stands for.

        An adapter whose ERP says no in its own way looks at the reply first.
        """
        if not 200 <= reply.status < 300:
            moment = now or time.time()
            raise error_for(
                reply, name=self.name, system=self.system, is_write=is_write, now=moment
            )
        if reply.is_page:  # of whoever stands in front of it: of the far side it says nothing
            raise self._unreadable(reply, is_write=is_write)
        return reply

    def json(self, reply: Reply, *, is_write: bool, shape: type = object) -> Any:
        """The body as JSON; a 2xx that is none, or not of this `shape`, is no answer at all."""
        problem: Exception | None = None
        try:
            if isinstance(answer := reply.json(), shape):
                return answer
        except (ValueError, RecursionError) as error:  # not JSON, or no number that we can hold
            problem = error
        raise self._unreadable(reply, is_write=is_write) from problem

    def _unreadable(self, reply: Reply, *, is_write: bool) -> RemoteError:
        kind = OutcomeUnknown if is_write else Unavailable
        message = f"{self.name} gave an answer that cannot be read."
        return kind(message, system=self.system, detail=reply.text())


NEVER_SENT = {"NewConnectionError", "ConnectTimeoutError", "NameResolutionError"}


def _never_sent(error: requests.RequestException) -> bool:
    """Whether the connection failed before a byte of the request could leave."""
    if isinstance(error, requests.ConnectTimeout) or isinstance(error.__cause__, gaierror):
        return True
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    first = next(iter(getattr(reason, "args", ())), None)
    return isinstance(first, ssl.SSLCertVerificationError) or type(reason).__name__ in NEVER_SENT
