"""A tenant whose connection is wired through the simulator's real consent page."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import mechanicalsoup
import pytest
import requests
from django.db.models.signals import post_init
from django.utils import timezone, translation
from django_scopes import scope

import erp_adapters
from demo import consent, odoo, processes, tryton
from erp_adapters.base import Access
from pleo_connector.bookkeeping.mapping import Accounts, Mapping
from pleo_connector.connections import actions
from pleo_connector.connections.grants import oauth_client
from pleo_connector.connections.lease import claim
from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob
from pleo_connector.exports.tasks import work
from pleo_connector.history.actions import SENTENCE
from pleo_connector.history.models import Decision
from pleo_connector.mapping.actions import save_mapping
from pleo_connector.tenants.actions import create_tenant
from pleo_connector.tenants.models import Tenant, User
from pleo_connector.web import said
from tests.conftest import ROOT, Simulator

ACCOUNTS = Accounts(
    out_of_pocket="2820",
    external_reimbursement="2821",
    transfer="1950",
    accounts_payable="2440",
    tax_in="2640",
    tax_reverse_in="2645",
    tax_reverse_out="2614",
    rounding="3740",
    exchange_gain="3960",
    exchange_loss="7960",
)


MADE_UP = "k"  # the kind of decisions that a test writes itself


@pytest.fixture(autouse=True)
def _language(settings: Any) -> Iterator[None]:
    """What a page was last shown in stays switched on in its thread."""
    with translation.override(settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True)
def _decisions_are_known() -> Iterator[None]:
    """Whatever a test lets the product decide is told in the languages of the pages too."""
    untold: list[str] = []

    def look(instance: Decision, **more: Any) -> None:
        is_whole = len(instance.sentence) < SENTENCE
        if is_whole and instance.kind != MADE_UP and not said.is_known(instance.sentence):
            untold.append(instance.sentence)

    post_init.connect(look, sender=Decision)
    yield
    post_init.disconnect(look, sender=Decision)
    assert untold == []


class FakeErp:
    """The running fake ERP and its admin endpoints."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, method: str, path: str, **body: Any) -> Any:
        reply = requests.request(method, f"{self.url}/_admin{path}", json=body, timeout=30)
        assert reply.ok, reply.text
        return reply.json() if reply.content else None

    @property
    def vouchers(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self("GET", "/state")["vouchers"]
        return rows

    def fault(self, match: str, **what: Any) -> None:
        self("POST", "/faults", match=match, **what)


@pytest.fixture(scope="session")
def fake_erp_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeErp]:
    port = processes.free_port()
    log = tmp_path_factory.mktemp("fake-erp") / "log"
    command = [sys.executable, "-m", "erp_adapters.fake.server", "--port", str(port)]
    child = processes.start(command, name="fake ERP", log=Path(log), cwd=ROOT)
    processes.wait_until(lambda: processes.is_listening(port), child=child)
    yield FakeErp(f"http://127.0.0.1:{port}")
    child.stop()


@pytest.fixture
def fake_erp(fake_erp_process: FakeErp, simulator: Simulator) -> FakeErp:
    """Empty books with the chart of the simulator's Danish company."""
    company = simulator.company("DKK")
    fake_erp_process("DELETE", "/state")
    fake_erp_process("DELETE", "/faults")
    fake_erp_process(
        "PUT",
        "/seed",
        company={
            "id": "1",
            "name": company["name"],
            "currency": company["currency"],
            "lockDate": None,
        },
        closedMonths=[],
        journals=[],
        files={},
        **simulator.chart(company),
    )
    return fake_erp_process


def authorize(url: str, company: dict[str, Any], *, decision: str = "allow") -> dict[str, str]:
    """What Pleo sends back to us after a person decided."""
    answer: dict[str, str] = {}

    class SentBack(Exception):
        pass

    def stop_at_callback(reply: requests.Response, *_: Any, **__: Any) -> None:
        address = reply.headers.get("Location", "")
        if "/pleo/callback/" in address:
            answer.update({k: v[0] for k, v in parse_qs(urlsplit(address).query).items()})
            raise SentBack

    browser = mechanicalsoup.StatefulBrowser()
    browser.session.hooks["response"].append(stop_at_callback)
    browser.open(url)
    login = company["login"]
    with pytest.raises(SentBack):
        consent.allow(browser, **login, company_id=company["id"], decision=decision)
    return answer


@dataclass
class Desk:
    """A live connection, its company in the simulator, and a worker at hand."""

    connection: Connection
    company: dict[str, Any]
    simulator: Simulator
    user: User

    @property
    def tenant(self) -> Tenant:
        return self.connection.tenant

    def work(self) -> None:
        """What a worker does when it is woken."""
        lease = claim(self.connection.pk)
        assert lease is not None, "somebody else holds the lease"
        work(lease, now=timezone.now)
        self.connection.refresh_from_db()

    def export(self, **choice: Any) -> ExportJob:
        """The bookkeeper clicks Export, and the worker wakes."""
        job = self.simulator.export(self.company, **choice)
        self.work()
        found: ExportJob = ExportJob.objects.get(pleo_job_id=job["id"])
        return found

    def export_queue(self, **choice: Any) -> tuple[ExportJob, list[str]]:
        """All that waits in Pleo and is not seeded to fail; none of it may."""
        entries = self.simulator.entries(self.company).items()
        ids = [i for i, e in entries if e["lane"] == "queue" and not e["expectedFailure"]]
        job = self.export(entryIds=ids, **choice)
        failed = job.items.filter(status="failed").values_list("failure_reason", flat=True)
        assert list(failed) == []
        return job, ids

    def map(self, **changes: Any) -> None:
        save_mapping(
            connection=self.connection, mapping=Mapping(accounts=ACCOUNTS, **changes), author=None
        )


@pytest.fixture
def wire(simulator: Simulator, db: None) -> Iterator[Callable[..., Desk]]:
    """Makes live connections: `wire(kind, settings, secrets)`."""
    scopes = []

    def make(
        kind: str,
        erp_settings: dict[str, Any],
        secrets: dict[str, str],
        company: dict[str, Any] | None = None,
    ) -> Desk:
        company = company or simulator.company("DKK")
        user = User.objects.create_user("owner@firm.example", "x")
        tenant = create_tenant(name=company["name"], owner=user)
        entered = scope(tenant=tenant)
        entered.__enter__()
        scopes.append(entered)
        connection = actions.create_connection(tenant=tenant, actor=user)
        url, _, verifier = oauth_client().authorization_url()
        answer = authorize(url, company)
        actions.connect_pleo(
            connection=connection,
            code=answer["code"],
            verifier=verifier,
            actor=user,
            now=timezone.now(),
        )
        access = Access(settings=erp_settings, secrets=secrets, allow_private=True)
        actions.store_erp_access(
            connection=connection,
            kind=kind,
            erp_settings=erp_settings,
            secrets=secrets,
            company=erp_adapters.get(kind)(access).company(),
            actor=user,
            now=timezone.now(),
        )
        desk = Desk(connection, company, simulator, user)
        desk.map(posting_behaviour="final")
        actions.go_live(connection=connection, actor=user)
        return desk

    yield make
    for entered in reversed(scopes):
        entered.__exit__(None, None, None)


@pytest.fixture
def desk(wire: Callable[..., Desk], fake_erp: FakeErp) -> Desk:
    return wire("fake", {"base_url": fake_erp.url}, {"key": "fake-key"})


@pytest.fixture
def tryton_desk(wire: Callable[..., Desk], tryton_books: tryton.Access) -> Desk:
    books = tryton_books
    return wire(
        "tryton",
        {"base_url": books.base_url, "database": books.database, "company": books.company},
        {"key": books.key, "user": books.user, "password": books.password},
    )


@pytest.fixture
def odoo_desk(wire: Callable[..., Desk], odoo_books: odoo.Access) -> Iterator[Desk]:
    """The simulator gives the same ids in each test, so the books are emptied after it."""
    books = odoo_books
    settings = {"base_url": books.base_url, "database": books.database, "company": books.company}
    yield wire("odoo", settings, {"key": books.key})
    admin = books.admin()
    moves = admin.find("account.move", [["company_id", "=", admin.company]], "state")
    if ids := [move["id"] for move in moves]:
        admin.call(
            "account.move", "button_draft", ids=[x["id"] for x in moves if x["state"] != "draft"]
        )
        admin.write("account.move", ids, {"name": "/"})
        admin.call("account.move", "unlink", ids=ids)
