"""Real far sides for all tests: the simulator, the fake ERP and Tryton, each a process of its own.

Postgres and Redis come from the settings: embedded ones where no address is set.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from demo import odoo, processes, tryton  # noqa: E402
from demo.stack import CACHE, CLIENT_ID, RATES, passing_folder  # noqa: E402
from tests.contract.adapters.closing import (  # noqa: E402, F401
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_testnodedown,
)
from tests.contract.recorded import check_recorded, count_recorded  # noqa: E402
from tests.spread import (  # noqa: E402, F401
    pytest_collection_modifyitems,
    pytest_xdist_make_scheduler,
)

SECRET = "a-secret-for-tests"


class Simulator:
    """A running simulator and its admin API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, method: str, path: str, **body: Any) -> Any:
        reply = requests.request(method, f"{self.url}/sim{path}", json=body, timeout=60)
        assert reply.ok, reply.text
        return reply.json()

    def company(self, currency: str = "DKK") -> dict[str, Any]:
        return next(c for c in self("GET", "/companies") if c["currency"] == currency)

    def chart(self, company: dict[str, Any]) -> dict[str, Any]:
        chart: dict[str, Any] = self("GET", f"/companies/{company['id']}/chart")
        return chart

    def entries(self, company: dict[str, Any]) -> dict[str, dict[str, Any]]:
        rows = self("GET", f"/companies/{company['id']}/entries")
        rows = rows["entries"] if isinstance(rows, dict) else rows
        return {row["accountingEntryId"]: row for row in rows}

    def add(
        self, company: dict[str, Any], template: str, *, count: int = 1, **entry: Any
    ) -> list[str]:
        """Ids of new entries in the export queue."""
        entries = [{"template": template, "lane": "queue", **entry} for _ in range(count)]
        rows = self("POST", f"/companies/{company['id']}/entries", entries=entries)
        rows = rows["entries"] if isinstance(rows, dict) else rows
        return [row["accountingEntryId"] for row in rows]

    def export(self, company: dict[str, Any], **choice: Any) -> dict[str, Any]:
        job: dict[str, Any] = self("POST", f"/companies/{company['id']}/export", **choice)
        return job

    def job(self, job_id: str) -> SimpleNamespace:
        return SimpleNamespace(**self("GET", f"/jobs/{job_id}"))


@pytest.fixture(scope="session")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    folder = tmp_path_factory.mktemp("simulator")
    port = processes.free_port()
    command = [sys.executable, "-m", "pleo_simulator", "--port", str(port), "--data", folder]
    command += ["--client-id", CLIENT_ID, "--client-secret", SECRET]
    command += ["--redirect-uri", "http://testserver/pleo/callback/"]
    child = processes.start(command, name="simulator", log=folder / "log", cwd=ROOT)
    processes.wait_until(lambda: processes.is_listening(port), child=child)
    yield Simulator(f"http://127.0.0.1:{port}")
    child.stop()


@pytest.fixture
def simulator(simulator_process: Simulator, settings: Any) -> Iterator[Simulator]:
    """Freshly seeded, the product pointed at it, and what it sent checked against the contract."""
    simulator_process("POST", "/reset", seed="demo")
    settings.PLEO_API_URL = settings.PLEO_AUTH_URL = simulator_process.url
    settings.PLEO_CLIENT_ID, settings.PLEO_CLIENT_SECRET = CLIENT_ID, SECRET
    settings.PUBLIC_URL = "http://testserver"
    since = count_recorded(simulator_process)
    yield simulator_process
    check_recorded(simulator_process, since)


@pytest.fixture(scope="session")
def tryton_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tryton.Server]:
    folder = tmp_path_factory.mktemp("tryton-books")
    venv = tryton.install(CACHE / "tryton")
    tryton.create(folder, venv_dir=venv, template_dir=CACHE)
    with tryton.start(folder, venv_dir=venv) as server:
        yield server


@pytest.fixture(scope="session")
def tryton_books(tryton_server: tryton.Server, simulator_process: Simulator) -> tryton.Access:
    """Tryton with a company that has the simulator's Danish company's chart."""
    company = simulator_process.company("DKK")
    return tryton.bootstrap(
        tryton_server,
        chart=simulator_process.chart(company),
        company_name=company["name"],
        currency=company["currency"],
        extra_currencies=RATES[company["currency"]],
    )


def odoo_is_here() -> Path:
    """Its folder. Skips the test, which is told at the end, where Debian's package is not."""
    try:
        return odoo.install(CACHE)
    except odoo.NotAvailable as reason:
        pytest.skip(f"odoo cannot be had here: {reason}")


@pytest.fixture(scope="session")
def odoo_server() -> Iterator[odoo.Server]:
    program = odoo_is_here()
    with passing_folder() as folder:
        odoo.create(folder, program=program, cache=CACHE)
        with odoo.start(folder, program=program) as server:
            yield server


@pytest.fixture(scope="session")
def odoo_books(odoo_server: odoo.Server, simulator_process: Simulator) -> odoo.Access:
    """Odoo with a company that has the simulator's Danish company's chart."""
    company = simulator_process.company("DKK")
    return odoo.bootstrap(
        odoo_server,
        chart=simulator_process.chart(company),
        company_name=company["name"],
        currency=company["currency"],
        extra_currencies=RATES[company["currency"]],
    )


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A thread that a test left may still hold the database, which then cannot be dropped."""
    yield
    with django_db_blocker.unblock():
        from django.db import connection

        connection.step_out()  # type: ignore[attr-defined]  # of our backend; back to its owner
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
