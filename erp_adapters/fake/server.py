"""A small ERP behind HTTP: `python -m erp_adapters.fake.server --port 0 --data fake.sqlite`.

GET  /company   /accounts   /dimensions   /tax-codes   /vendors     lists: ?after=&limit=
GET  /<list>/fingerprint       {"fingerprint"}
GET  /vendors?reference=       POST /vendors   {"reference", "name", "taxNumber", "payableAccount"}
POST /vouchers                 {"vouchers": [...]} -> {"results": [{"voucher"} | {"error"}]}
POST /vouchers/search          {"references": [...]} -> {"vouchers": [...]}
POST /vouchers/finalise        {"ids": [...]} -> {"results": [...]}
POST /settlements              {"settlements": [{"payment": id, "paid": [ids]}]} -> {"results"}
GET | DELETE /vouchers/<id>    POST /vouchers/<id>/reverse   {"reason"}
GET | POST /vouchers/<id>/attachments    raw bytes, name in X-File-Name (percent-encoded)
GET  /vouchers/<id>/attachments/<name>   {"content"} in base64

PUT  /_admin/seed              company, accounts, dimensions, taxCodes, vendors, closedMonths,
                               journals, files, changes
GET  /_admin/state             everything raw; DELETE forgets the vouchers. "settlements" are
                               [{"payment": reference, "paid": [references], "open"}]
POST | DELETE /_admin/faults   {"match", "status", "headers", "body", "contentType", "delayMs",
                                "drop": "before" | "after", "times", "skip"}
GET  /_admin/calls             how often each "METHOD path" was called
"""

import argparse
import json
import re
import sys
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from erp_adapters.fake.books import Books
from erp_adapters.fake.rules import Json, Refused
from erp_adapters.fake.settlements import Settlements

KEY = "fake-key"
PAGE = 100  # records
LISTS = {"accounts": "accounts", "dimensions": "dimensions"}
LISTS |= {"tax-codes": "taxCodes", "vendors": "vendors"}
STATUS = {"not_found": 404, "too_many_files": 409, "too_large": 413, "file_type": 415}


class Fault:
    """What to do wrong, and how often."""

    def __init__(self, wanted: Json) -> None:
        self.match = re.compile(wanted["match"])  # against "METHOD /path"
        self.wanted = wanted
        self.skip = int(wanted.get("skip", 0))
        self.times = int(wanted.get("times", 1))

    def hits(self, call: str) -> bool:
        if not self.times or not self.match.search(call):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class FakeErp:
    """The state behind the handlers: the books, the faults and a count of calls."""

    def __init__(self, file: str = ":memory:", *, key: str = KEY) -> None:
        self.books = Books(file)
        self.settlements = Settlements(self.books)
        self.key = key
        self.faults: list[Fault] = []
        self.calls: Counter[str] = Counter()
        self.lock = threading.Lock()

    def fault(self, call: str) -> Json:
        with self.lock:
            self.calls[call] += 1
            hit = (fault.wanted for fault in self.faults if fault.hits(call))
            return next(hit, {})

    def each(self, items: list[Any], do: Callable[[Any], Json], name: str = "voucher") -> Json:
        """One result per item: a refused one does not refuse the others."""
        results: list[Json] = []
        for item in items:
            try:
                results.append({name: do(item)})
            except Refused as refused:
                results.append({"error": {"code": refused.code, "message": refused.sentence}})
        return {"results": results}


class Handler(BaseHTTPRequestHandler):
    server: "Server"
    protocol_version = "HTTP/1.1"
    wbufsize = 65536  # headers and body in one packet
    body = b""
    query: dict[str, list[str]]

    def handle_any(self) -> None:
        address = urlsplit(self.path)
        self.query = parse_qs(address.query)
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = [unquote(part) for part in address.path.strip("/").split("/")]
        if parts[0] == "_admin":
            self.answer(*self.admin(parts[-1]))
            return
        fault = self.server.erp.fault(f"{self.command} {address.path}")
        time.sleep(fault.get("delayMs", 0) / 1000)
        if fault.get("drop") == "before":
            self.hang_up()
        elif "status" in fault:
            self.fail(fault)
        else:
            status, answer = self.route(parts)
            self.hang_up() if fault.get("drop") == "after" else self.answer(status, answer)

    do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

    def route(self, parts: list[str]) -> tuple[int, Json]:
        if self.headers.get("Authorization") != f"Bearer {self.server.erp.key}":
            return 401, {"message": "The key is not valid."}
        try:
            return 200, self.answered(parts)
        except Refused as refused:
            answer = {"code": refused.code, "message": refused.sentence}
            return STATUS.get(refused.code, 422), answer

    def answered(self, parts: list[str]) -> Json:
        erp = self.server.erp
        match self.command, parts:
            case _, ["vouchers", *rest]:
                return self.vouchers(rest)
            case "POST", ["vendors"]:
                return erp.books.create_vendor(self.sent())
            case "POST", ["settlements"]:
                return erp.each(self.sent()["settlements"], erp.settlements.settle, "settlement")
            case "GET", [name, "fingerprint"] if name in LISTS:
                return {"fingerprint": erp.books.fingerprint(LISTS[name])}
            case "GET", [name]:
                return self.read(name)
        raise Refused("not_found", "There is nothing here.")

    def read(self, name: str) -> Json:
        books = self.server.erp.books
        if name == "company":
            return books.rules.company()
        if name not in LISTS:
            raise Refused("not_found", f"There is nothing at /{name}.")
        if name == "vendors" and "reference" in self.query:
            return books.vendors_under(self.query["reference"][0])
        after = self.query.get("after", [""])[0]
        limit = min(int(self.query.get("limit", [str(PAGE)])[0]), PAGE)
        return books.page(LISTS[name], after=after, limit=limit)

    def vouchers(self, parts: list[str]) -> Json:
        books, each = self.server.erp.books, self.server.erp.each
        match self.command, parts:
            case "POST", []:
                return each(self.sent()["vouchers"], books.book)
            case "POST", ["search"]:
                return {"vouchers": books.search(self.sent()["references"])}
            case "POST", ["finalise"]:
                return each(self.sent()["ids"], books.finalise)
            case "GET", [number]:
                return books.voucher(number)
            case "DELETE", [number]:
                books.delete(number)
                return {}
            case "POST", [number, "reverse"]:
                return books.reverse(number, self.sent()["reason"])
            case "GET", [number, "attachments"]:
                return {"attachments": books.attachments(number)}
            case "GET", [number, "attachments", name]:
                return {"content": b64encode(books.content(number, name)).decode()}
            case "POST", [number, "attachments"]:
                return self.attach(number)
        raise Refused("not_found", "There is nothing here.")

    def attach(self, number: str) -> Json:
        self.server.erp.books.attach(
            number,
            name=unquote(self.headers.get("X-File-Name", "")),
            content_type=self.headers.get("Content-Type", ""),
            content=self.body,
        )
        return {}

    def admin(self, name: str) -> tuple[int, Json]:
        erp = self.server.erp
        match self.command, name:
            case "PUT", "seed":
                erp.books.seed(self.sent())
            case "GET", "state":
                return 200, self.state()
            case "DELETE", "state":
                erp.books.forget()
            case "POST", "faults":
                erp.faults.append(Fault(self.sent()))
            case "DELETE", "faults":
                erp.faults.clear()
            case "GET", "calls":
                return 200, dict(erp.calls)
            case _:
                return 404, {}
        return 200, {}

    def state(self) -> Json:
        erp = self.server.erp
        vouchers = [
            {
                **x,
                "attachments": erp.books.attachments(x["id"]),
                "matchedWith": erp.settlements.of(x["id"]),
            }
            for x in erp.books.everything()
        ]
        balance = erp.books.trial_balance()
        settlements = erp.settlements.all()
        return {"vouchers": vouchers, "trialBalance": balance, "settlements": settlements}

    def sent(self) -> Any:
        return json.loads(self.body)

    def fail(self, fault: Json) -> None:
        body = fault.get("body", "")
        kind = fault.get("contentType", "application/json")
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.reply(fault["status"], content, kind, fault.get("headers", {}))

    def answer(self, status: int, body: Json) -> None:
        self.reply(status, json.dumps(body).encode(), "application/json", {})

    def reply(self, status: int, content: bytes, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def hang_up(self) -> None:
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, erp: FakeErp, *, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.erp = erp


def main() -> None:
    parser = argparse.ArgumentParser(description="A small ERP for tests and demos.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--data", default=":memory:", help="SQLite file; in memory without it")
    parser.add_argument("--key", default=KEY)
    options = parser.parse_args()
    server = Server(FakeErp(options.data, key=options.key), port=options.port)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
