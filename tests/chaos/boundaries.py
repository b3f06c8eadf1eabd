"""Where a worker may die: around each remote call and each commit, found by instrumenting.

Nothing is listed by hand: the one HTTP door and Django's database layer report each boundary as
(label, how often it was reached), so that new code is swept too.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from erp_adapters.http import HttpDoor
from erp_adapters.reply import Call

WRITE = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')


@dataclass(frozen=True, order=True)
class Boundary:
    """The `number`-th time that a worker comes to `label`."""

    label: str
    number: int

    def __str__(self) -> str:
        return f"{self.label} #{self.number}"

    @classmethod
    def read(cls, text: str) -> "Boundary":
        label, _, number = text.rpartition(" #")
        return cls(label, int(number))

    @property
    def is_write_call(self) -> bool:
        """Where a write leaves. Its check was the step before: nothing can be fenced here."""
        return self.label.startswith("before ") and " write " in self.label


class Reach:
    """Counts labels over all threads and tells `act` of each."""

    def __init__(self, act: Callable[[Boundary], None]) -> None:
        self.act = act
        self.counts: Counter[str] = Counter()
        self.lock = threading.Lock()

    def __call__(self, label: str) -> None:
        with self.lock:
            self.counts[label] += 1
            boundary = Boundary(label, self.counts[label])
        self.act(boundary)


def install(act: Callable[[Boundary], None]) -> None:
    """For the rest of this process's life; call it in a forked worker."""
    reach = Reach(act)
    _instrument_calls(reach)
    _instrument_commits(reach)


def _instrument_calls(reach: Callable[[str], None]) -> None:
    observed, send = HttpDoor._observed, HttpDoor._send

    def entered(door: HttpDoor, call: Call, *rest: Any) -> Any:
        reach(f"enter {_name(call)}")
        return observed(door, call, *rest)

    def sent(door: HttpDoor, call: Call, *rest: Any) -> Any:
        reach(f"before {_name(call)}")
        try:
            return send(door, call, *rest)
        finally:
            reach(f"after {_name(call)}")

    HttpDoor._observed = entered  # type: ignore[assignment, method-assign]
    HttpDoor._send = sent  # type: ignore[assignment, method-assign]


def _name(call: Call) -> str:
    kind = "write" if call.is_write else "read"
    return f"{call.system} {kind} {call.method} {call.template}"


def _instrument_commits(reach: Callable[[str], None]) -> None:
    wrapper: Any = CursorWrapper  # its stub leaves out the method below
    execute, commit = wrapper._execute_with_wrappers, BaseDatabaseWrapper.commit
    open_writes: dict[int, set[str]] = {}  # by connection: tables written in its transaction

    def executed(
        cursor: CursorWrapper, sql: Any, params: Any, many: bool, executor: Callable[..., Any]
    ) -> Any:
        found = WRITE.match(sql) if isinstance(sql, str) else None
        if found is None:
            return execute(cursor, sql, params, many, executor)
        if cursor.db.in_atomic_block:
            open_writes.setdefault(id(cursor.db), set()).add(found[1])
            return execute(cursor, sql, params, many, executor)
        reach(f"before commit {found[1]}")
        result = execute(cursor, sql, params, many, executor)
        reach(f"after commit {found[1]}")
        return result

    def committed(database: BaseDatabaseWrapper) -> None:
        tables = "+".join(sorted(open_writes.pop(id(database), set())))
        if not tables:
            commit(database)
            return
        reach(f"before commit {tables}")
        commit(database)
        reach(f"after commit {tables}")

    wrapper._execute_with_wrappers = executed
    BaseDatabaseWrapper.commit = committed  # type: ignore[assignment, method-assign]
