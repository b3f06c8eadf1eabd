"""An HTTP proxy in front of any ERP that does on order what networks do by chance."""

import json
import time
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from erp_adapters.fake.server import Fault

DROPPED = {"connection", "content-length", "transfer-encoding", "server", "date", "host"}


class Proxy(ThreadingHTTPServer):
    """`fail` takes what the fake's /_admin/faults takes; `match` sees "METHOD /path"."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.point_at(target)
        self.faults: list[Fault] = []
        self.calls: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        Thread(target=self.serve_forever, daemon=True).start()

    def point_at(self, target: str) -> None:
        self.target = urlsplit(target).netloc

    def fail(self, match: str, **effect: Any) -> None:
        self.faults.append(Fault({"match": match, **effect}))

    def clear(self) -> None:
        self.faults.clear()
        self.calls.clear()

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
        effect = next((f.wanted for f in self.server.faults if f.hits(call)), {})
        time.sleep(effect.get("delayMs", 0) / 1000)
        if effect.get("drop") == "before":
            self.close_connection = True
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
        elif "status" in effect:
            self.answer(effect["status"], effect.get("headers", {}), effect)
        else:
            kept = {k: v for k, v in reply.getheaders() if k.lower() not in DROPPED}
            self.reply(reply.status, kept, content)

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
