"""An HTTP proxy in front of any ERP that does on order what networks do by chance."""

import json
import re
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from erp_adapters.fake.server import Fault

Rewrite = Callable[[bytes], bytes]
SAID = {"message", "messages", "description", "error", "arguments", "debug"}  # for people
DROPPED = {"connection", "content-length", "transfer-encoding", "server", "date", "host"}


class Proxy(ThreadingHTTPServer):
    """`fail` takes what the fake's /_admin/faults takes; `match` sees "METHOD /path".

    More effects: "applied" (the ERP does it, then `status` is answered), "hang" ("before" or
    "after" the ERP did it: no answer until the other side gives up).
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.point_at(target)
        self.faults: list[Fault] = []
        self.calls: list[str] = []
        self.rewriting: list[tuple[str, Rewrite]] = []
        self.is_foreign = False
        self.url = f"http://127.0.0.1:{self.server_port}"
        Thread(target=self.serve_forever, daemon=True).start()

    def point_at(self, target: str) -> None:
        self.target = urlsplit(target).netloc

    def fail(self, match: str, **effect: Any) -> None:
        self.faults.append(Fault({"match": match, **effect}))

    def rewrite(self, match: str, change: Rewrite) -> None:
        """Requests reach the ERP changed, as if it had changed them itself."""
        self.rewriting.append((match, change))

    def speak_another_language(self) -> None:
        """What the ERP says for people to read is no longer English; codes stay as they are."""
        self.is_foreign = True

    def clear(self) -> None:
        self.faults.clear()
        self.calls.clear()
        self.rewriting.clear()
        self.is_foreign = False

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"
    wbufsize = 65536

    def handle_any(self) -> None:
        call = f"{self.command} {urlsplit(self.path).path}"
        self.server.calls.append(call)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        for match, change in self.server.rewriting:
            body = change(body) if re.search(match, call) else body
        effect = next((f.wanted for f in self.server.faults if f.hits(call)), {})
        time.sleep(effect.get("delayMs", 0) / 1000)
        if effect.get("drop") == "before":
            self.close_connection = True
        elif effect.get("hang") == "before":
            self.hang()
        elif "status" in effect and not effect.get("applied"):
            self.answer(effect["status"], effect.get("headers", {}), effect)
        else:
            self.forward(body, effect)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

    def forward(self, body: bytes, effect: dict[str, Any]) -> None:
        far = HTTPConnection(self.server.target, timeout=60)
        headers = {k: v for k, v in self.headers.items() if k.lower() not in DROPPED}
        far.request(self.command, self.path, body, headers)
        reply = far.getresponse()
        content = reply.read()
        far.close()
        if effect.get("drop") == "after":
            self.close_connection = True
        elif effect.get("hang") == "after":
            self.hang()
        elif "status" in effect:
            self.answer(effect["status"], effect.get("headers", {}), effect)
        else:
            kept = {k: v for k, v in reply.getheaders() if k.lower() not in DROPPED}
            if self.server.is_foreign and "json" in kept.get("Content-Type", ""):
                content = translated(content)
            self.reply(reply.status, kept, content)

    def hang(self) -> None:
        """Until the adapter hangs up."""
        self.connection.settimeout(20)
        with suppress(OSError):
            self.connection.recv(1)
        self.close_connection = True

    def answer(self, status: int, headers: dict[str, str], effect: dict[str, Any]) -> None:
        body = effect.get("body", "")
        content = body if isinstance(body, str) else json.dumps(body)
        kind = {"Content-Type": effect.get("contentType", "application/json")}
        self.reply(status, {**kind, **headers}, content.encode())

    def reply(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def translated(content: bytes) -> bytes:
    """An answer whose sentences nobody can read."""
    try:
        return json.dumps(_translated(json.loads(content), said=False)).encode()
    except ValueError:  # packed, so long: no refusal
        return content


def _translated(value: Any, *, said: bool) -> Any:
    if isinstance(value, dict):
        return {k: _translated(v, said=said or k in SAID) for k, v in value.items()}
    if isinstance(value, list):
        return [_translated(x, said=said) for x in value]
    if said and isinstance(value, str) and " " in value.strip():
        return "Æh nåh, dæt gåår ikkje."
    return value
