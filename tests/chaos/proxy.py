"""A wire that fails as planned, in front of an ERP that only fails by itself.

python -m tests.chaos.proxy --port 0 --target http://127.0.0.1:8000

POST | DELETE /_admin/faults    as the fake ERP takes them (erp_adapters.fake.server), and
                                "truncate": true for an answer that ends half-way
"""

import argparse
import json
import threading
import time
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from erp_adapters.fake.server import Fault

OWN = {"connection", "content-length", "host", "keep-alive", "transfer-encoding"}  # of each hop


class Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, target: str) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.target = urlsplit(target).netloc
        self.faults: list[Fault] = []
        self.lock = threading.Lock()

    def fault(self, call: str) -> dict[str, Any]:
        with self.lock:
            hit = (fault.wanted for fault in self.faults if fault.hits(call))
            return next(hit, {})


class Handler(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/_admin/faults":
            self.plan(body)
            return
        fault = self.server.fault(f"{self.command} {self.path}")
        time.sleep(fault.get("delayMs", 0) / 1000)
        if fault.get("drop") == "before":
            self.close_connection = True
        elif "status" in fault:
            said = fault.get("body", "")
            text = said if isinstance(said, str) else json.dumps(said)
            kind = {"Content-Type": fault.get("contentType", "application/json")}
            self.answer(fault["status"], {**kind, **fault.get("headers", {})}, text.encode())
        else:
            self.forward(body, fault)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

    def plan(self, body: bytes) -> None:
        with self.server.lock:
            if self.command == "DELETE":
                self.server.faults.clear()
            else:
                self.server.faults.append(Fault(json.loads(body)))
        self.answer(200, {}, b"{}")

    def forward(self, body: bytes, fault: dict[str, Any]) -> None:
        headers = {name: x for name, x in self.headers.items() if name.lower() not in OWN}
        far = HTTPConnection(self.server.target, timeout=60)
        try:
            far.request(self.command, self.path, body=body, headers=headers)
            reply = far.getresponse()
            content = reply.read()
        finally:
            far.close()
        if fault.get("drop") == "after":
            self.close_connection = True
            return
        kept = {name: x for name, x in reply.getheaders() if name.lower() not in OWN}
        self.answer(reply.status, kept, content, cut=bool(fault.get("truncate")))

    def answer(
        self, status: int, headers: dict[str, str], content: bytes, *, cut: bool = False
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        self.close_connection = self.close_connection or cut

    def log_message(self, format: str, *values: Any) -> None:
        """Nothing to the log: there are thousands."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="tests.chaos.proxy")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--target", required=True)
    options = parser.parse_args()
    Proxy(options.port, options.target).serve_forever()
