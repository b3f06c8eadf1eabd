"""The whole house on one machine: Postgres, Redis, Pleo's stand-in, an ERP, web, worker, beat."""

import os
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import requests

from demo import processes
from demo.erps import CACHE, ERPS, ROOT, Erp
from demo.processes import Child, free_port, is_listening, wait_until
from pleo_connector import embedded

__all__ = ["CACHE", "ROOT", "Ports", "Stack", "passing_folder"]
PYTHON = sys.executable
CLIENT_ID = "11111111-0000-4000-8000-00000000c0de"


# How many of a currency one unit of the company's buys, for the ERP's own rate table.
RATES = {
    "EUR": {
        "USD": Decimal("1.087"),
        "GBP": Decimal("0.853"),
        "SEK": Decimal("11.21"),
        "DKK": Decimal("7.46"),
        "NOK": Decimal("11.65"),
        "CHF": Decimal("0.94"),
        "JPY": Decimal("163"),
        "PLN": Decimal("4.27"),
    },
    "DKK": {"EUR": Decimal("0.134"), "USD": Decimal("0.146"), "SEK": Decimal("1.50")},
    "GBP": {"EUR": Decimal("1.172"), "USD": Decimal("1.274")},
}


@contextmanager
def passing_folder() -> Iterator[Path]:
    """Gone afterwards. Postgres runs as another user where we are root, and must get in."""
    with tempfile.TemporaryDirectory(prefix="house-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@dataclass
class Ports:
    web: int = 0
    simulator: int = 0
    erp: int = 0

    def chosen(self) -> "Ports":
        """The same with a free port for each that is 0; RuntimeError where one is taken."""
        for name, port in vars(self).items():
            if port and is_listening(port):
                raise RuntimeError(
                    f"Port {port} is taken. Stop what listens there, or set {name.upper()}_PORT."
                )
        return Ports(**{name: port or free_port() for name, port in vars(self).items()})


@dataclass
class Stack:
    """Started with `with`; every process is stopped at the end, and the data stays in `data`."""

    data: Path
    erp: Erp = field(default_factory=lambda: ERPS["tryton"])
    ports: Ports = field(default_factory=Ports)
    env: Mapping[str, str] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)
    say: Any = lambda sentence: None
    started: float = field(default_factory=time.monotonic)
    servers: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Self:
        self.ports = self.ports.chosen()
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.web}"

    @property
    def simulator_url(self) -> str:
        return f"http://127.0.0.1:{self.ports.simulator}"

    def start(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        self.say("Starting PostgreSQL and Redis")
        self.environment = self.product_environment()
        self.start_simulator()
        which, first = self.erp.label, self.erp.minutes
        self.say(f"Starting {which} (the first time it is installed and set up, {first})")
        self.erp_server = self.start_erp()
        self.say("Preparing the database")
        processes.run([PYTHON, ROOT / "manage.py", "migrate", "-v", "0"], env=self.environment)
        self.start_web()
        self.start_worker()
        self.start_beat()

    def product_environment(self) -> dict[str, str]:
        redis = self.servers.enter_context(embedded.redis(self.data))
        postgres = self.servers.enter_context(embedded.postgres(self.data))
        secret = self._secret()
        return {
            **os.environ,
            "ENVIRONMENT": "development",
            "DATABASE_URL": postgres,
            "REDIS_URL": redis,
            "DATA_DIR": str(self.data),
            "PUBLIC_URL": self.web_url,
            "PLEO_API_URL": self.simulator_url,
            "PLEO_AUTH_URL": self.simulator_url,
            "PLEO_APP_URL": self.simulator_url,
            "PLEO_CLIENT_ID": CLIENT_ID,
            "PLEO_CLIENT_SECRET": secret,
            "SECRET_KEY": secret,
            "PYTHONWARNINGS": "ignore",
            "LOG_LEVEL": "INFO",
            **self.env,
        }

    def _secret(self) -> str:
        """One secret per data folder: tokens of an earlier run stay readable."""
        file = self.data / "secret"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_hex(24))
        return file.read_text()

    def start_simulator(self) -> None:
        command = [PYTHON, "-m", "pleo_simulator", "--port", str(self.ports.simulator)]
        command += ["--data", str(self.data / "simulator"), "--client-id", CLIENT_ID]
        command += ["--client-secret", self.environment["PLEO_CLIENT_SECRET"]]
        command += ["--redirect-uri", f"{self.web_url}/pleo/callback/"]
        command += ["--initiation-uri", self.web_url, "--settings-uri", self.web_url]
        self._start("simulator", command, self.ports.simulator)

    def start_erp(self) -> Any:
        server = self.erp.start(self.data / self.erp.kind, self.ports.erp)
        self.servers.callback(server.stop)
        self.children[self.erp.kind] = server.child
        return server

    def start_web(self) -> None:
        command = [PYTHON, "-m", "gunicorn", "pleo_connector.wsgi", "--workers", "1"]
        command += ["--threads", "8", "--bind", f"127.0.0.1:{self.ports.web}"]
        self._start("web", command, self.ports.web)

    def start_worker(self, name: str = "worker") -> Child:
        command = [PYTHON, "-m", "celery", "-A", "pleo_connector", "worker", "--concurrency", "2"]
        command += ["--loglevel", "INFO", "--without-gossip", "--without-mingle"]
        return self._start(name, command)

    def start_beat(self) -> None:
        command = [PYTHON, "-m", "celery", "-A", "pleo_connector", "beat", "--loglevel", "WARNING"]
        self._start("beat", [*command, "--pidfile="])

    def _start(self, name: str, command: list[str], port: int | None = None) -> Child:
        log = self.data / "logs" / f"{name}.log"
        child = processes.start(command, name=name, log=log, env=self.environment, cwd=ROOT)
        self.children[name] = child
        if port:
            wait_until(lambda: is_listening(port), child=child)
        return child

    def stop(self) -> None:
        """Newest first, so that nobody calls a server that is gone."""
        for name in reversed(list(self.children)):
            self.children.pop(name).stop()
        self.servers.close()

    # -- The far sides, for walks and checks --------------------------------------------------

    def sim(self, method: str, path: str, **body: Any) -> Any:
        """The simulator's admin API."""
        url = f"{self.simulator_url}/sim{path}"
        reply = requests.request(method, url, json=body or None, timeout=60)
        reply.raise_for_status()
        return reply.json()

    def books(self, company: Mapping[str, Any]) -> Any:
        """The ERP's company for one of the simulator's, with the same chart; made once."""
        chart = self.sim("GET", f"/companies/{company['id']}/chart")
        return self.erp.bootstrap(
            self.erp_server,
            chart=chart,
            suppliers=chart["vendors"],
            company_name=company["name"],
            currency=company["currency"],
            extra_currencies=RATES.get(company["currency"], {}),
        )
