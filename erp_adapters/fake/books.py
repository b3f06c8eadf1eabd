"""The fake ERP's books: one SQLite file that survives a killed process."""

import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from hashlib import sha256
from typing import Any

from erp_adapters.fake.rules import Json, Refused, Rules

MAX_FILE = 20_000_000  # bytes, where the rules name no other number
KINDS = ("accounts", "dimensions", "taxCodes", "vendors")
SCHEMA = """
create table if not exists master (kind text, code text, body text, primary key (kind, code));
create table if not exists voucher (id integer primary key, reference text, body text);
create index if not exists by_reference on voucher (reference);
create table if not exists attachment (
    id integer primary key, voucher integer, name text, content_type text, content blob);
create table if not exists settlement (
    payment integer, paid integer, primary key (payment, paid));
"""


class Books:
    """Not idempotent on purpose: the same reference twice makes two vouchers."""

    def __init__(self, file: str = ":memory:") -> None:
        self.lock = threading.RLock()
        self.db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self.db.execute("pragma journal_mode = wal")
        self.db.execute("pragma synchronous = normal")  # survives a killed process
        self.db.executescript(SCHEMA)
        self.rules = Rules(self._get)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self.lock:
            self.db.execute("begin immediate")
            try:
                yield
            except BaseException:
                self.db.execute("rollback")
                raise
            self.db.execute("commit")

    # Master data

    def seed(self, data: Mapping[str, Any]) -> None:
        """Replaces whole kinds; `company` is merged; `closedMonths` are like "2026-03".

        `files` are the rules for attachments: maxBytes, types, perVoucher; each may be missing.
        `changes` makes it change vouchers without a word: movesClosedDates, suspenseAccount.
        """
        with self.transaction():
            for kind in KINDS:
                if kind in data:
                    self.db.execute("delete from master where kind = ?", [kind])
                    for row in data[kind]:
                        self._put(kind, row["code"], row)
            if "company" in data:
                self._put("company", "", {**self.rules.company(), **data["company"]})
            if "closedMonths" in data:
                self._put("closedMonths", "", {"months": data["closedMonths"]})
            if "journals" in data:  # empty: any
                codes = data["journals"]
                self._put("journals", "", {"codes": codes} if codes else {})
            for rules in ("files", "changes"):
                if rules in data:
                    self._put(rules, "", data[rules])

    def _put(self, kind: str, code: str, body: Json) -> None:
        values = [kind, code, json.dumps(body)]
        self.db.execute("insert or replace into master values (?, ?, ?)", values)

    def _get(self, kind: str, code: str) -> Json | None:
        query = "select body from master where kind = ? and code = ?"
        row = self.db.execute(query, [kind, code]).fetchone()
        found: Json | None = json.loads(row[0]) if row else None
        return found

    def page(self, kind: str, *, after: str, limit: int) -> Json:
        query = "select body from master where kind = ? and code > ? order by code limit ?"
        with self.lock:
            rows = self.db.execute(query, [kind, after, limit + 1]).fetchall()
        items = [json.loads(row[0]) for row in rows[:limit]]
        return {"items": items, "next": items[-1]["code"] if len(rows) > limit else None}

    def fingerprint(self, kind: str) -> str:
        """Differs once any record of the kind does."""
        query = "select body from master where kind = ? order by code"
        with self.lock:
            rows = [row[0] for row in self.db.execute(query, [kind])]
        return sha256(json.dumps(rows).encode()).hexdigest()

    def vendors_under(self, reference: str) -> Json:
        query = (
            "select body from master where kind = 'vendors'"
            " and json_extract(body, '$.reference') = ? order by code"
        )
        with self.lock:
            rows = self.db.execute(query, [reference]).fetchall()
        return {"items": [json.loads(row[0]) for row in rows], "next": None}

    def create_vendor(self, sent: Json) -> Json:
        """Not idempotent either; it gives the code itself."""
        with self.transaction():
            if not sent["name"]:
                raise Refused("name", "A vendor needs a name.")
            if sent.get("payableAccount"):
                self.rules.account(sent["payableAccount"])
            body = {**sent, "code": f"N{self._next('vendorNumbers'):05d}"}
            self._put("vendors", body["code"], body)
            return body

    # Vouchers

    def book(self, sent: Json) -> Json:
        """The voucher as it stands; Refused where a rule says no."""
        with self.transaction():
            body = self._checked({**sent, "number": "", "reversedBy": None})
            done = self.db.execute(
                "insert into voucher (reference, body) values (?, ?)",
                [sent["reference"], json.dumps(body)],
            )
            body["id"] = str(done.lastrowid)
            return self._number(body) if sent["isFinal"] else self._save(body)

    def _checked(self, sent: Json) -> Json:
        taken = self.rules.taken(sent)
        self.rules.check(taken)
        return {**taken, "entries": list(self.rules.entries(taken))}

    def _number(self, body: Json) -> Json:
        return self._save({**body, "isFinal": True, "number": f"V-{self._next('numbers'):05d}"})

    def _next(self, series: str) -> int:
        last: int = (self._get(series, "") or {"last": 0})["last"] + 1
        self._put(series, "", {"last": last})
        return last

    def _save(self, body: Json) -> Json:
        query = "update voucher set body = ? where id = ?"
        self.db.execute(query, [json.dumps(body), body["id"]])
        return body

    def voucher(self, number: str) -> Json:
        with self.lock:
            row = self.db.execute("select body from voucher where id = ?", [number]).fetchone()
        if row is None:
            raise Refused("not_found", f"There is no voucher {number}.")
        found: Json = json.loads(row[0])
        return found

    def search(self, references: list[str]) -> list[Json]:
        marks = ", ".join("?" * len(references))
        query = f"select body from voucher where reference in ({marks}) order by id"  # noqa: S608
        with self.lock:
            return [json.loads(row[0]) for row in self.db.execute(query, references)]

    def finalise(self, number: str) -> Json:
        with self.transaction():
            body = self.voucher(number)
            if body["isFinal"]:
                return body
            return self._number(self._checked(body))

    def delete(self, number: str) -> None:
        with self.transaction():
            if self.voucher(number)["isFinal"]:
                raise Refused("final", "A final voucher cannot be deleted, only reversed.")
            self.db.execute("delete from voucher where id = ?", [number])

    def reverse(self, number: str, reason: str) -> Json:
        with self.transaction():
            body = self.voucher(number)
            if body["reversedBy"]:
                raise Refused("reversed", f"Voucher {body['number']} is reversed already.")
            if not body["isFinal"]:
                raise Refused("draft", "A draft is deleted, not reversed.")
            sides = {"debit": "credit", "credit": "debit"}
            lines, entries = (
                [{**x, **{sides[side]: x[side] for side in sides}} for x in body[part]]
                for part in ("lines", "entries")
            )
            head = {"reference": f"reversal of {number}", "text": reason, "number": ""}
            mirror = {**body, **head, "lines": lines, "entries": entries}
            query = "insert into voucher (reference, body) values (?, '{}')"
            done = self.db.execute(query, [head["reference"]])
            mirror = self._number({**mirror, "id": str(done.lastrowid)})
            self._save({**body, "reversedBy": mirror["id"]})
            return mirror

    # Attachments

    def attach(self, number: str, *, name: str, content_type: str, content: bytes) -> None:
        with self.transaction():
            self.voucher(number)
            self._check_file(number, content_type, len(content))
            self.db.execute(
                "insert into attachment (voucher, name, content_type, content) values (?, ?, ?, ?)",
                [number, name, content_type, content],
            )

    def attachments(self, number: str) -> list[Json]:
        query = "select name, content_type, length(content) from attachment where voucher = ?"
        with self.lock:
            rows = self.db.execute(f"{query} order by id", [number]).fetchall()
        return [{"name": row[0], "contentType": row[1], "size": row[2]} for row in rows]

    def content(self, number: str, name: str) -> bytes:
        query = "select content from attachment where voucher = ? and name = ?"
        with self.lock:
            row = self.db.execute(query, [number, name]).fetchone()
        if row is None:
            raise Refused("not_found", f"Voucher {number} has no file {name}.")
        found: bytes = row[0]
        return found

    def _check_file(self, number: str, content_type: str, size: int) -> None:
        rules = self._get("files", "") or {}
        most, types = rules.get("maxBytes", MAX_FILE), rules.get("types")
        if size > most:
            raise Refused("too_large", f"A file may have {most} bytes.")
        if types and content_type not in types:
            raise Refused("file_type", f"Files of type {content_type} are not taken.")
        if "perVoucher" in rules and len(self.attachments(number)) >= rules["perVoucher"]:
            raise Refused("too_many_files", f"Voucher {number} has as many files as it can have.")

    def trial_balance(self) -> dict[str, str]:
        """Debit - credit per account over the final vouchers, whatever their currency."""
        balance: dict[str, Decimal] = defaultdict(Decimal)
        for body in self.everything():
            for entry in body["entries"] if body["isFinal"] else ():
                balance[entry["account"]] += Decimal(entry["debit"]) - Decimal(entry["credit"])
        return {account: str(amount) for account, amount in sorted(balance.items())}

    def everything(self) -> list[Json]:
        with self.lock:
            rows = self.db.execute("select body from voucher order by id").fetchall()
        return [json.loads(row[0]) for row in rows]

    def forget(self) -> None:
        """All vouchers and files; the master data stay."""
        with self.transaction():
            self.db.execute("delete from attachment")
            self.db.execute("delete from settlement")
            self.db.execute("delete from voucher")
