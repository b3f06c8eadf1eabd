"""A live connection between the simulator and the fake ERP, for measures of the engine."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from demo import processes
from demo.stack import CLIENT_ID, ROOT
from pleo_connector import embedded

SECRET = "a-secret-for-benchmarks"


@dataclass
class House:
    simulator: str
    erp: str
    company: dict[str, Any]
    connection: Any

    def sim(self, method: str, path: str, **body: Any) -> Any:
        reply = requests.request(method, f"{self.simulator}/sim{path}", json=body, timeout=300)
        reply.raise_for_status()
        return reply.json()

    def queue(self, count: int, **entry: Any) -> list[str]:
        rows = [{"template": "card_purchase", "lane": "queue", **entry} for _ in range(count)]
        made = self.sim("POST", f"/companies/{self.company['id']}/entries", entries=rows)
        return [row["accountingEntryId"] for row in made]

    def export(self, ids: list[str], **choice: Any) -> None:
        self.sim("POST", f"/companies/{self.company['id']}/export", entryIds=ids, **choice)

    def erp_calls(self) -> int:
        return sum(requests.get(f"{self.erp}/_admin/calls", timeout=30).json().values())

    def work(self) -> None:
        from django.utils import timezone
        from django_scopes import scope

        from pleo_connector.connections.lease import claim
        from pleo_connector.exports.tasks import work

        lease = claim(self.connection.pk)
        assert lease is not None
        with scope(tenant=self.connection.tenant):
            work(lease, now=timezone.now)


@contextmanager
def house() -> Iterator[House]:
    """Everything in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        data = Path(folder)
        data.chmod(0o755)
        with embedded.postgres(data) as database, embedded.redis(data) as redis:
            os.environ.update(
                DJANGO_SETTINGS_MODULE="pleo_connector.settings",
                DATABASE_URL=database,
                REDIS_URL=redis,
                ENVIRONMENT="test",
                LOG_LEVEL="WARNING",
            )
            children = []
            try:
                ports = [processes.free_port(), processes.free_port()]
                simulator = [sys.executable, "-m", "pleo_simulator", "--port", str(ports[0])]
                simulator += ["--data", str(data / "sim"), "--client-id", CLIENT_ID]
                simulator += ["--client-secret", SECRET]
                simulator += ["--redirect-uri", "http://127.0.0.1:9/pleo/callback/"]
                erp = [sys.executable, "-m", "erp_adapters.fake.server", "--port", str(ports[1])]
                for name, command, port in zip(
                    ("simulator", "erp"), (simulator, erp), ports, strict=True
                ):
                    child = processes.start(command, name=name, log=data / name, cwd=ROOT)
                    children.append(child)
                    processes.wait_until(
                        lambda port=port: processes.is_listening(port),  # type: ignore[misc]
                        child=child,
                    )
                yield _wired(*(f"http://127.0.0.1:{port}" for port in ports))
            finally:
                from django.db import connection

                connection.close()
                for child in children:
                    child.stop()


def _wired(simulator: str, erp: str) -> House:
    os.environ.update(
        PLEO_API_URL=simulator,
        PLEO_AUTH_URL=simulator,
        PLEO_CLIENT_ID=CLIENT_ID,
        PLEO_CLIENT_SECRET=SECRET,
        PUBLIC_URL="http://127.0.0.1:9",
    )
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone
    from django_scopes import scope

    from pleo_connector.bookkeeping.mapping import Accounts, Mapping
    from pleo_connector.connections.models import Connection, ErpCredentials, PleoGrant
    from pleo_connector.mapping.actions import save_mapping
    from pleo_connector.tenants.actions import create_tenant
    from pleo_connector.tenants.models import User

    call_command("migrate", verbosity=0)
    made = House(simulator, erp, {}, None)
    made.sim("PUT", "/switches", rate_limit_per_minute=0)
    made.company = next(c for c in made.sim("GET", "/companies") if c["currency"] == "DKK")
    key = made.sim("POST", f"/companies/{made.company['id']}/api-keys")["key"]
    chart = made.sim("GET", f"/companies/{made.company['id']}/chart")
    seed = {"company": {"id": "1", "name": "Books", "currency": "DKK"}, "closedMonths": []}
    requests.put(f"{erp}/_admin/seed", json=seed | chart, timeout=30).raise_for_status()
    owner = User.objects.create_user("owner@bench.example", "x")
    tenant = create_tenant(name="Bench", owner=owner)
    with scope(tenant=tenant):
        made.connection = Connection.objects.create(
            tenant=tenant,
            state=Connection.State.LIVE,
            pleo_company_id=made.company["id"],
            erp_kind="fake",
            erp_settings={"base_url": erp},
        )
        PleoGrant.objects.create(connection=made.connection, api_key=key, granted_at=timezone.now())
        key_of_erp: Any = {"key": "fake-key"}
        ErpCredentials.objects.create(connection=made.connection, secrets=key_of_erp)
        accounts = Accounts(out_of_pocket="2820", tax_in="2640", accounts_payable="2440")
        mapping = Mapping(
            accounts=accounts, posting_behaviour="final", generic_vendor=chart["vendors"][0]["code"]
        )
        save_mapping(connection=made.connection, mapping=mapping, author=None)
    return made
