"""The fake ERP's books: its rules, and one SQLite file that survives a killed process."""

import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

Json = dict[str, Any]
MAX_FILE = 20_000_000  # bytes, where the rules name no other number
KINDS = ("accounts", "dimensions", "taxCodes", "vendors")
COMPANY = {"id": "1", "name": "Fake Company", "currency": "EUR", "country": "DK", "lockDate": None}
SCHEMA = """
create table if not exists master (kind text, code text, body text, primary key (kind, code));
create table if not exists voucher (id integer primary key, reference text, body text);
create index if not exists by_reference on voucher (reference);
create table if not exists attachment (
    id integer primary key, voucher integer, name text, content_type text, content blob);
"""


class Refused(Exception):
    """A machine code and a sentence, as an ERP says no."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class Books:
    """Not idempotent on purpose: the same reference twice makes two vouchers."""

    def __init__(self, file: str = ":memory:") -> None:
        self.lock = threading.RLock()
        self.db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self.db.execute("pragma journal_mode = wal")
        self.db.execute("pragma synchronous = normal")  # survives a killed process
        self.db.executescript(SCHEMA)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
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
        """
        with self._transaction():
            for kind in KINDS:
                if kind in data:
                    self.db.execute("delete from master where kind = ?", [kind])
                    for row in data[kind]:
                        self._put(kind, row["code"], row)
            if "company" in data:
                self._put("company", "", {**self.company(), **data["company"]})
            if "closedMonths" in data:
                self._put("closedMonths", "", {"months": data["closedMonths"]})
            if "journals" in data:  # empty: any
                codes = data["journals"]
                self._put("journals", "", {"codes": codes} if codes else {})
            if "files" in data:
                self._put("files", "", data["files"])

    def _put(self, kind: str, code: str, body: Json) -> None:
        values = [kind, code, json.dumps(body)]
        self.db.execute("insert or replace into master values (?, ?, ?)", values)

    def _get(self, kind: str, code: str) -> Json | None:
        query = "select body from master where kind = ? and code = ?"
        row = self.db.execute(query, [kind, code]).fetchone()
        found: Json | None = json.loads(row[0]) if row else None
        return found

    def company(self) -> Json:
        return self._get("company", "") or dict(COMPANY)

    def page(self, kind: str, *, after: str, limit: int) -> Json:
        query = "select body from master where kind = ? and code > ? order by code limit ?"
        with self.lock:
            rows = self.db.execute(query, [kind, after, limit + 1]).fetchall()
        items = [json.loads(row[0]) for row in rows[:limit]]
        return {"items": items, "next": items[-1]["code"] if len(rows) > limit else None}

    # Vouchers

    def book(self, sent: Json) -> Json:
        """The voucher as it stands; Refused where a rule says no."""
        with self._transaction():
            self._check(sent)
            entries = list(self._entries(sent))
            body = {**sent, "entries": entries, "number": "", "reversedBy": None}
            done = self.db.execute(
                "insert into voucher (reference, body) values (?, ?)",
                [sent["reference"], json.dumps(body)],
            )
            body["id"] = str(done.lastrowid)
            return self._number(body) if sent["isFinal"] else self._save(body)

    def _number(self, body: Json) -> Json:
        last = (self._get("numbers", "") or {"last": 0})["last"] + 1
        self._put("numbers", "", {"last": last})
        return self._save({**body, "isFinal": True, "number": f"V-{last:05d}"})

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
        with self._transaction():
            body = self.voucher(number)
            if body["isFinal"]:
                return body
            self._check(body)
            return self._number(body)

    def delete(self, number: str) -> None:
        with self._transaction():
            if self.voucher(number)["isFinal"]:
                raise Refused("final", "A final voucher cannot be deleted, only reversed.")
            self.db.execute("delete from voucher where id = ?", [number])

    def reverse(self, number: str, reason: str) -> Json:
        with self._transaction():
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
        with self._transaction():
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

    # Rules

    def _check(self, sent: Json) -> None:
        self._check_date(sent["postingDate"])
        if not sent["lines"]:
            raise Refused("no_lines", "A voucher needs at least one line.")
        journals = self._get("journals", "")
        if sent.get("journal") and journals and sent["journal"] not in journals["codes"]:
            raise Refused("journal_unknown", f"There is no journal {sent['journal']}.")
        self._check_vendor(sent.get("vendor"))
        for line in sent["lines"]:
            self._check_line(line, sent)
        debit, credit = (
            sum((Decimal(x[side]) for x in self._entries(sent)), Decimal(0))
            for side in ("debit", "credit")
        )
        if debit != credit:
            raise Refused("unbalanced", f"Debits of {debit} and credits of {credit} differ.")

    def _check_date(self, day: str) -> None:
        lock = self.company()["lockDate"]
        if lock and day <= lock:
            raise Refused("period_closed", f"{day} is closed: the books are locked to {lock}.")
        months = (self._get("closedMonths", "") or {"months": []})["months"]
        if date.fromisoformat(day).isoformat()[:7] in months:
            raise Refused("period_closed", f"{day} lies in a closed month.")

    def _check_vendor(self, code: str | None) -> None:
        if code is None:
            return
        vendor = self._get("vendors", code)
        if vendor is None or not vendor.get("isActive", True):
            raise Refused("vendor_unknown", f"There is no active vendor {code}.")

    def _check_line(self, line: Json, sent: Json) -> None:
        account = self._get("accounts", line["account"])
        if account is None:
            raise Refused("account_unknown", f"There is no account {line['account']}.")
        if not account.get("isActive", True) or not account.get("isPostable", True):
            raise Refused("account_unknown", f"Account {line['account']} takes no entries.")
        self._check_vendor(line["vendor"])
        if account.get("needsVendor") and not (line["vendor"] or sent.get("vendor")):
            raise Refused("vendor_unknown", f"Account {line['account']} needs a vendor.")
        if line["tax"]:
            self._tax(line["tax"]["code"])
        for dimension, value in line["dimensions"].items():
            self._check_value(dimension, value)
        for missing in set(account.get("requiredDimensions", ())) - set(line["dimensions"]):
            raise Refused("dimension_value_unknown", f"{line['account']} needs a {missing}.")

    def _tax(self, code: str) -> Json:
        tax = self._get("taxCodes", code)
        if tax is None or not tax.get("isActive", True):
            raise Refused("tax_code_unknown", f"There is no active tax code {code}.")
        return tax

    def _check_value(self, dimension: str, code: str) -> None:
        axis = self._get("dimensions", dimension) or {"values": []}
        for value in axis["values"]:
            usable = value.get("isActive", True) and value.get("isPostable", True)
            if value["code"] == code and usable:
                return
        raise Refused("dimension_value_unknown", f"{dimension} has no active value {code}.")

    # What the ledger gets: the lines, and the tax that this ERP adds to or takes out of them

    def _entries(self, sent: Json) -> Iterator[Json]:
        for line in sent["lines"]:
            side = "debit" if Decimal(line["debit"]) else "credit"
            amount, tax = Decimal(line[side]), line["tax"] or {"role": "base", "taxAmount": "0"}
            part = Decimal(tax["taxAmount"])
            yield _entry(line["account"], side, amount - INCLUDED[tax["role"]] * part)
            for account, reverse in TAX_ENTRIES[tax["role"]]:
                known = self._tax(tax["code"])
                yield _entry(known[account], OTHER[side] if reverse else side, part)

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
        with self._transaction():
            self.db.execute("delete from attachment")
            self.db.execute("delete from voucher")


OTHER = {"debit": "credit", "credit": "debit"}
# role of a line's tax -> entries that this ERP makes: (field of the tax code, on the other side?)
TAX_ENTRIES: dict[str, tuple[tuple[str, bool], ...]] = {
    "base": (),
    "tax": (),
    "added": (("ingoingTaxAccount", False),),
    "included": (("ingoingTaxAccount", False),),
    "reverse": (("ingoingTaxAccount", False), ("outgoingTaxAccount", True)),
}
INCLUDED = {"base": 0, "tax": 0, "added": 0, "included": 1, "reverse": 0}


def _entry(account: str, side: str, amount: Decimal) -> Json:
    return {"account": account, "debit": "0", "credit": "0", side: str(amount)}
