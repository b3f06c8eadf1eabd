"""A toy ERP for the page on writing an adapter: a journal whose entries are final at once.

GET  /company
GET  /accounts?after=   /taxes?after=    {"rows": [...], "more": bool}, ten at a time, by code
POST /journal           {"entries": [...]} -> {"ids": [...]}; 422 {"error", "day"} for the lot
GET  /journal?ref=&ref= {"entries": [...]}
PUT  /journal/<id>/files/<name>     raw bytes; the same name again replaces them
"""

import json
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.contract.adapters import chart

KEY = "toy-key"
PAGE = 10
Json = dict[str, Any]


class Toy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = Lock()
        self.rows = {"accounts": chart.ACCOUNTS, "taxes": chart.TAXES}
        self.entries: list[Json] = []
        self.files: dict[tuple[str, str], bytes] = {}
        Thread(target=self.serve_forever, daemon=True).start()

    def page(self, kind: str, after: str) -> Json:
        rows = sorted((x for x in self.rows[kind] if x["code"] > after), key=lambda x: x["code"])
        return {"rows": rows[:PAGE], "more": len(rows) > PAGE}

    def book(self, sent: list[Json]) -> tuple[int, Json]:
        """All or none of them."""
        with self.lock:
            for entry in sent:
                if entry["day"][:7] == "2025-03":
                    return 422, {"error": "closed", "day": entry["day"]}
            first = len(self.entries) + 1
            ids = [str(first + n) for n in range(len(sent))]
            for number, entry in zip(ids, sent, strict=True):
                lines = [part for line in entry["lines"] for part in self.parts(line)]
                self.entries.append({**entry, "id": number, "lines": lines})
        return 200, {"ids": ids}

    def parts(self, line: Json) -> list[tuple[str, str]]:
        """The line and its tax, which the toy takes out of it or adds on both sides."""
        tax = next((x for x in self.rows["taxes"] if x["code"] == line["tax"]), None)
        amount, rate = Decimal(line["amount"]), Decimal(tax["rate"] if tax else 0)
        if tax is None or not rate:
            return [(line["account"], str(amount))]
        if tax["type"] == "reverse":
            both = [("2610", str(amount * rate)), ("2611", str(-amount * rate))]
            return [(line["account"], str(amount)), *both]
        net = amount / (1 + rate)
        return [(line["account"], str(net)), ("2610", str(amount - net))]


class Handler(BaseHTTPRequestHandler):
    server: Toy
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, answer = 401, dict[str, Any]()
        if self.headers.get("X-Key") == KEY:
            parts = [unquote(part) for part in address.path.strip("/").split("/")]
            status, answer = self.answer(parts, parse_qs(address.query), body)
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = handle_any  # noqa: N815

    def answer(self, parts: list[str], query: Any, body: bytes) -> tuple[int, Json]:
        toy = self.server
        match self.command, parts:
            case "GET", ["company"]:
                return 200, {"id": "7", "name": "Toys & Søn", "currency": "EUR", "country": "DK"}
            case "GET", ["accounts" | "taxes" as kind]:
                return 200, toy.page(kind, query.get("after", [""])[0])
            case "POST", ["journal"]:
                return toy.book(json.loads(body)["entries"])
            case "GET", ["journal"]:
                found = [x for x in toy.entries if x["ref"] in query.get("ref", ())]
                return 200, {"entries": found}
            case "PUT", ["journal", number, "files", name]:
                toy.files[number, name] = body
                return 200, {}
        return 404, {}

    def log_message(self, format: str, *args: Any) -> None:
        pass
