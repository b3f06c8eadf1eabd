"""The servers that chaos is made between, each a process of its own, in a folder that goes away."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo import processes
from demo.erps import ERPS, ROOT
from demo.stack import CLIENT_ID
from pleo_connector import embedded

SECRET = "a-secret-for-chaos"
SECOND_KEY = "the-other-tenants-key"

# What only takes time is made short; the lease ends when the harness says so.
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "pleo_connector.settings",
    "ENVIRONMENT": "test",
    "LOG_LEVEL": "CRITICAL",
    "PUBLIC_URL": "http://127.0.0.1:9",
    "RETRY_SECONDS": "0",
    "PLEO_CALLS_PER_MINUTE": "1000000",
    "SETTLE_SECONDS": "0",
}


@dataclass
class Servers:
    folder: Path
    simulator: str
    fake: str
    other_fake: str  # of the second tenant, with another key
    erp: Any = None  # a running server of a real ERP, where one was asked for
    proxy: str = ""  # the wire to it


@contextmanager
def running(*, erp: str) -> Iterator[Servers]:
    """Started, and named in this process's environment; Django is not set up yet."""
    with tempfile.TemporaryDirectory(prefix="chaos-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)  # Postgres runs as another user where we are root
        os.environ.update(
            ENVIRONMENT,
            DATABASE_URL=stack.enter_context(embedded.postgres(folder, is_lasting=False)),
            REDIS_URL=stack.enter_context(embedded.redis(folder)),
            DATA_DIR=str(folder),
        )
        client = ["--client-id", CLIENT_ID, "--client-secret", SECRET]
        client += ["--redirect-uri", f"{ENVIRONMENT['PUBLIC_URL']}/pleo/callback/"]
        fake = ["erp_adapters.fake.server"]
        started = Servers(
            folder=folder,
            simulator=_start(
                stack, folder, "pleo_simulator", "--data", str(folder / "sim"), *client
            ),
            fake=_start(stack, folder, *fake),
            other_fake=_start(stack, folder, *fake, "--key", SECOND_KEY),
        )
        if erp in ERPS:
            started.erp = _start_erp(stack, folder, erp)
            target = ["--target", started.erp.base_url]
            started.proxy = _start(stack, folder, "tests.chaos.proxy", *target)
        os.environ.update(
            PLEO_API_URL=started.simulator,
            PLEO_AUTH_URL=started.simulator,
            PLEO_CLIENT_ID=CLIENT_ID,
            PLEO_CLIENT_SECRET=SECRET,
        )
        yield started


def _start(stack: ExitStack, folder: Path, module: str, *options: str) -> str:
    port = processes.free_port()
    command = [sys.executable, "-W", "ignore", "-m", module, "--port", str(port), *options]
    child = processes.start(command, name=module, log=folder / f"{module}-{port}.log", cwd=ROOT)
    stack.callback(child.stop)
    processes.wait_until(lambda: processes.is_listening(port), child=child)
    return f"http://127.0.0.1:{port}"


def _start_erp(stack: ExitStack, folder: Path, kind: str) -> Any:
    return stack.enter_context(ERPS[kind].start(folder / kind, 0))
