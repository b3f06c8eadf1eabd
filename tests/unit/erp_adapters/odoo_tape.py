"""A conversation with a real Odoo 19, recorded once and played back where there is none.

python -m tests.unit.erp_adapters.odoo_tape     # records it anew
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import mkdtemp
from threading import Thread
from typing import Any

import requests

from erp_adapters.base import Access, ErpAdapter
from erp_adapters.ledger import LedgerLine
from erp_adapters.odoo.adapter import OdooAdapter
from tests.contract.adapters.chart import line, tax, voucher

TAPE = Path(__file__).with_name("odoo_tape.json")
SETTINGS = {"database": "odoo", "company": "", "journal": "MISC", "bill_journal": "BILL"}
LOCKED = date(2025, 3, 15)


def taxed(account: str, base: str, amount: str) -> LedgerLine:
    return line(account, base, tax=tax("I25", "added", base=base, amount=amount))


def scene(erp: ErpAdapter) -> dict[str, Any]:
    """What is asked: the company, master data, and three vouchers of which one is refused."""
    both = (("DEP", "IT"), ("PRJ", "P1"))
    entry = voucher(
        line("6100", "80.00", dimensions=both, tax=tax("R25", "reverse", base="80", amount="20")),
        taxed("6200", "40.00", "9.98"),
        line("5840", "-129.98"),
        reference="tape:entry",
    )
    owed = line("2440", "-49.98", vendor="V1")
    bill = voucher(
        *(taxed("6100", "40.00", "9.98"), owed), reference="tape:bill", kind="bill", vendor="V1"
    )
    locked = voucher(reference="tape:locked", posting_date=LOCKED)
    return {
        "company": erp.company(),
        "accounts": list(erp.accounts()),
        "taxes": list(erp.tax_codes()),
        "posted": erp.post([entry, bill, locked]),
        "found": erp.find_posted(["tape:entry", "tape:bill", "tape:locked"]),
    }


class Player(ThreadingHTTPServer):
    """Answers as recorded; with `target` it asks there and records instead."""

    daemon_threads = True

    def __init__(self, target: str = "") -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.target = target
        self.tape: list[dict[str, Any]] = [] if target else json.loads(TAPE.read_text())
        self.asked: list[dict[str, Any]] = []
        Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, call: str, body: Any, headers: dict[str, str]) -> Any:
        self.asked.append({"call": call, "body": body})
        if self.target:
            reply = requests.post(self.target + call, json=body, headers=headers, timeout=60)
            self.tape.append({"call": call, "body": body, "answer": reply.json()})
        return self.tape[len(self.asked) - 1]["answer"]


class Handler(BaseHTTPRequestHandler):
    server: Player

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        kept = {k: v for k, v in self.headers.items() if k in ("Authorization", "X-Odoo-Database")}
        content = json.dumps(self.server.answer(self.path, body, kept)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def playing(target: str = "", key: str = "a-key") -> Iterator[tuple[Player, OdooAdapter]]:
    player = Player(target)
    settings = {**SETTINGS, "base_url": f"http://127.0.0.1:{player.server_port}"}
    yield player, OdooAdapter(Access(settings=settings, secrets={"key": key}, allow_private=True))
    player.shutdown()
    player.server_close()


def record() -> None:
    from tests.contract.adapters.sandboxes import OdooSandbox

    sandbox = OdooSandbox(Path(mkdtemp()))
    with playing(sandbox.server.base_url, sandbox.access.key) as (player, erp):
        scene(erp)
    sandbox.proxy.stop()
    sandbox.stop()
    TAPE.write_text(json.dumps(player.tape, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    record()
