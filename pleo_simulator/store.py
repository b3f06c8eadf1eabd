"""The store file: SQLite behind one lock, so that every state change is a single transaction."""

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .schema import NAMES, TABLES, VERSION

Row = dict[str, Any]


class Store:
    """Reads and writes of all threads pass one connection; nested writes join the outer one."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.create_function("folded", 1, _folded, deterministic=True)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._create_tables()

    def _create_tables(self) -> None:
        known = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if known != VERSION:
            for name in (*NAMES, "meta"):
                self._connection.execute(f"DROP TABLE IF EXISTS {name}")
        self._connection.executescript(TABLES)
        self._connection.execute(f"PRAGMA user_version = {VERSION}")

    @contextmanager
    def write(self) -> Iterator[None]:
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._leave(commit=False)
                raise
            self._leave(commit=True)

    def _leave(self, *, commit: bool) -> None:
        self._depth -= 1
        if self._depth == 0 and self._connection.in_transaction:
            self._connection.execute("COMMIT" if commit else "ROLLBACK")

    def all(self, sql: str, *params: Any) -> list[Row]:
        with self._lock:
            return [dict(row) for row in self._connection.execute(sql, params)]

    def one(self, sql: str, *params: Any) -> Row | None:
        rows = self.all(sql, *params)
        return rows[0] if rows else None

    def run(self, sql: str, *params: Any) -> int:
        with self.write():
            return self._connection.execute(sql, params).rowcount

    def insert(self, table: str, row: Row) -> None:
        names = ", ".join(row)
        marks = ", ".join("?" for _ in row)
        self.run(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})", *row.values())

    def update(self, table: str, row_id: str, changes: Row) -> None:
        names = ", ".join(f"{name} = ?" for name in changes)
        self.run(f"UPDATE {table} SET {names} WHERE id = ?", *changes.values(), row_id)

    def next_position(self, table: str) -> int:
        row = self.one(f"SELECT COALESCE(MAX(position), 0) + 1 AS position FROM {table}")
        return int(row["position"]) if row else 1

    def read_meta(self, key: str) -> str | None:
        row = self.one("SELECT value FROM meta WHERE key = ?", key)
        return None if row is None else str(row["value"])

    def write_meta(self, key: str, value: str) -> None:
        self.insert("meta", {"key": key, "value": value})

    def secret(self) -> str:
        """The key for file links and sessions; made once per store file."""
        with self.write():
            known = self.read_meta("secret")
            if known is None:
                known = secrets.token_hex(32)
                self.write_meta("secret", known)
            return known

    def clear(self) -> None:
        with self.write():
            for name in NAMES:
                self.run(f"DELETE FROM {name}")
            self.run("DELETE FROM meta WHERE key != 'secret'")

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def _folded(text: str | None) -> str | None:
    """SQLite itself ignores case in ASCII only."""
    return None if text is None else text.casefold()


def encode(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def decode(text: str | None) -> Any:
    return None if text is None else json.loads(text)
