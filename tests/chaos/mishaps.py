"""What may go wrong, drawn from a seed: on both wires, to the worker, and to what it stands on."""

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

import psycopg
import requests
from django.conf import settings
from django.db import connection as database
from django.utils import timezone
from urllib3.exceptions import ProtocolError

from erp_adapters.errors import RemoteError
from erp_adapters.http import HttpDoor
from erp_adapters.reply import Call
from pleo_connector.connections.limits import SharedStorage, shared_windows
from tests.chaos import boundaries
from tests.chaos.books import Books
from tests.chaos.boundaries import Boundary
from tests.chaos.house import House
from tests.chaos.workers import Report

PLEO_PATHS = (
    ("GET", "/v3/export-jobs$"),
    ("GET", "/v3/export-jobs/[^/]+$"),
    ("GET", "/v3/export-jobs/[^/]+/items"),
    ("PUT", "/v3/export-jobs/[^/]+/items"),
    ("GET", "/v3/export-items"),
    ("POST", "/v3/export-job-events"),
    ("GET", "/files/"),
    ("POST", "/oauth/token"),
)
STATUSES = (401, 403, 408, 409, 422, 429, 429, 500, 502, 503)
HTML = {"status": 200, "body": "<html>Down for maintenance</html>", "contentType": "text/html"}
CALLS, STEPS = 60, 300  # about as many as a run has
LATE = 0.35  # seconds for which a call is kept waiting
PATIENCE = 0.2  # seconds that a hasty worker waits for an answer
SETTLED = 0.8  # seconds after which a late answer has been applied
WIRE = ("reset", "lost", "truncated", "drip")
STEPS_OF_A_WRITE = "after commit connections_connection+history_remotecall"


@dataclass
class Life:
    """What happens to one worker, and what its machine's clock says."""

    at: dict[int, str] = field(default_factory=dict)  # the how manieth boundary -> what
    wire: dict[int, str] = field(default_factory=dict)  # the how manieth call -> what
    skew: timedelta = timedelta()
    is_hasty: bool = False

    def told(self) -> str:
        return f"at {self.at}, wire {self.wire}, clock {self.skew}, hasty {self.is_hasty}"


@dataclass
class Schedule:
    """All that a seed decides."""

    seed: int
    batch: int
    sample: list[int]  # positions of the entries that are exported
    far: list[tuple[str, dict[str, Any]]]  # (which side, a fault for its admin API)
    lives: list[Life]
    notifications: list[tuple[int, str]]  # (before which worker, of what kind)
    is_double: bool  # two workers at once
    is_late: bool  # the ERP may apply a write after we stopped waiting
    is_woken_early: bool  # by a notification, before the ERP can be asked what came of it
    is_shared: bool  # the customer wants one journal per export

    def told(self) -> str:
        rows = [f"seed {self.seed}: batch {self.batch}, {len(self.sample)} entries"]
        rows += [f"  {side}: {fault}" for side, fault in self.far]
        rows += [f"  worker {n}: {life.told()}" for n, life in enumerate(self.lives)]
        rows += [f"  notified: {self.notifications}, double: {self.is_double}"]
        rows += [f"  late: {self.is_late}, woken early: {self.is_woken_early}"]
        rows += [f"  one journal per export: {self.is_shared}"]
        return "\n".join(rows)


def draw(seed: int, entries: int, books: Books | type[Books]) -> Schedule:
    """A real ERP may be slow by itself, so that "late" would say nothing there."""
    dice = Random(seed)
    is_late = dice.random() < 0.2 and books.forgets
    lives = [_life(dice, is_late=is_late) for _ in range(dice.randint(1, 3))]
    return Schedule(
        seed=seed,
        batch=dice.choice((1, 3, 8, 100)),
        sample=sorted(dice.sample(range(entries), dice.randint(5, entries))),
        far=[_far(dice, books.paths, is_late=is_late) for _ in range(dice.randint(0, 5))],
        lives=lives,
        notifications=[
            (dice.randint(0, len(lives)), dice.choice(NOTES)) for _ in range(dice.randint(0, 4))
        ],
        is_double=dice.random() < 0.25,
        is_late=is_late,
        is_woken_early=dice.random() < 0.5,
        is_shared=dice.random() < 0.3 and books.forgets,
    )


# "stale" is of a job that is over: the order in which they come means nothing.
NOTES = ("valid", "duplicate", "late", "forged", "unknown", "stale")
WORKER = (
    *("die", "die", "stop", "database", "expire", "revoke", "job_expiry", "cancel"),
    *("redis", "redis_lost"),
)
# 429 and 503 may say how long; a longer time than a job lives is said to Pleo at once.
PATIENCE_ASKED: tuple[dict[str, str], ...] = (
    {},
    {"Retry-After": "0"},
    {"Retry-After": "1"},
    {"Retry-After": "7200"},
    {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"},
)


def _far(dice: Random, paths: Sequence[str], *, is_late: bool) -> tuple[str, dict[str, Any]]:
    effect = _effect(dice, is_late=is_late)
    often = {"times": dice.choice((1, 1, 2, 3, 6)), "skip": dice.randint(0, 6)}
    if dice.random() < 0.5:
        return "erp", {"match": dice.choice(paths), **effect, **often}
    method, path = dice.choice(PLEO_PATHS)
    if dice.random() < 0.15:
        effect = {"truncate": True}
    return "pleo", {"match": {"method": method, "path": path}, "effect": effect, **often}


def _effect(dice: Random, *, is_late: bool) -> dict[str, Any]:
    kind = dice.choice(("status", "status", "status", "html", "drop", "drop", "delay"))
    if kind == "delay":
        return {"delayMs": int(LATE * 1000) if is_late else dice.choice((5, 30, 80))}
    if kind == "drop":
        return {"drop": dice.choice(("before", "after"))}
    if kind == "html":
        return dict(HTML)
    status = dice.choice(STATUSES)
    headers = dice.choice(PATIENCE_ASKED) if status in (429, 503) else {}
    said = {"code": "planned", "type": "PLANNED", "message": "A planned refusal."}
    body = said if dice.random() < 0.7 else ""
    return {"status": status, "headers": headers, "body": body}


def _life(dice: Random, *, is_late: bool) -> Life:
    events = dice.randint(0, 2)
    return Life(
        at={dice.randint(1, STEPS): dice.choice(WORKER) for _ in range(events)},
        wire={dice.randint(1, CALLS): dice.choice(WIRE) for _ in range(dice.randint(0, 2))},
        skew=timedelta(seconds=dice.choice((0, 0, 0, -2400, -300, 300, 2400))),
        is_hasty=is_late,
    )


# -- In the worker's process ---------------------------------------------------------------------


def lead(life: Life, house: House, job_id: str, report: Report) -> None:
    """A worker's life, in its own process."""
    _set_clock(life.skew)
    _disturb_wire(life)
    steps = iter(range(1, 100_000))
    due: list[str] = []

    def act(boundary: Boundary) -> None:
        step = next(steps)
        if step in life.at:
            due.append(life.at[step])
        if due and not _is_unfenceable(boundary):
            report.say("met", f"{due[0]} at {boundary}")
            befall(due.pop(0), house, job_id)

    boundaries.install(act)
    house.work(report)


def _is_unfenceable(boundary: Boundary) -> bool:
    """Between the check of the lease and the write that it allows."""
    return boundary.is_write_call or boundary.label == STEPS_OF_A_WRITE


def befall(what: str, house: House, job_id: str) -> None:
    company = house.company["id"]
    match what:
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "database":
            _lose_database()
        case "expire":
            house.simulator("POST", f"/companies/{company}/tokens:expire", which="access")
        case "revoke":
            for which in ("access", "refresh"):
                house.simulator("POST", f"/companies/{company}/tokens:expire", which=which)
        case "job_expiry":
            house.simulator("POST", "/clock", advanceSeconds=3700)
        case "cancel":
            if job_id in house.unfinished_at_pleo():
                house.simulator("POST", f"/jobs/{job_id}/cancel")
        case "redis":
            house.empty_redis()
        case "redis_lost":
            windows = shared_windows(settings.REDIS_URL)
            windows.shared = SharedStorage("redis://127.0.0.1:9/0")


def _lose_database() -> None:
    """The server ends this worker's session, as a restart or a failover does."""
    mine = database.connection and database.connection.info.backend_pid
    if mine:
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 1000)", [mine])


def _set_clock(skew: timedelta) -> None:
    real = timezone.now

    def now() -> datetime:
        return real() + skew

    timezone.now = now


def _disturb_wire(life: Life) -> None:
    """On our side of the wire: what a far side cannot be asked to do."""
    send, pieces = HttpDoor._send, HttpDoor._pieces
    calls = iter(range(1, 100_000))
    troubled: list[str] = []

    def sent(door: HttpDoor, call: Call, *rest: Any) -> Any:
        if life.is_hasty:
            door.session.config.default_timeout = (PATIENCE, PATIENCE)
            door.total_timeout = PATIENCE
        kind = life.wire.get(next(calls), "")
        if kind == "reset":  # nobody knows whether it was read
            raise door._broken(call, ConnectionResetError(), sent=True)
        if kind in ("truncated", "drip"):
            troubled.append(kind)
        try:
            reply = send(door, call, *rest)
        except RemoteError:
            troubled.clear()
            raise
        if kind == "lost":
            raise door._broken(call, TimeoutError(), sent=True)
        return reply

    def pieced(door: HttpDoor, response: requests.Response, deadline: float) -> Iterator[bytes]:
        kind = troubled.pop() if troubled else ""
        for piece in pieces(door, response, deadline):
            yield piece[: len(piece) // 2] if kind else piece
            if kind == "truncated":
                raise ProtocolError("The answer ends too early.")
            if kind == "drip":
                raise requests.ReadTimeout("The answer took too long.")

    HttpDoor._send = sent  # type: ignore[assignment, method-assign]
    HttpDoor._pieces = pieced  # type: ignore[assignment, method-assign]


def patient(schedule: Schedule) -> Callable[[], None]:
    """Sets how long an unknown outcome needs; gives back what waits for it."""
    settings.SETTLE_SECONDS = SETTLED if schedule.is_late else 0.0
    return (lambda: time.sleep(SETTLED)) if schedule.is_late else (lambda: None)
