"""A live connection between the simulator and an ERP, its entries, and the people around it."""

import logging
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, LiteralString

import psycopg
from django.conf import settings
from django.core.management import call_command
from django.db.models.functions import Now
from django.utils import timezone
from django_scopes import scope, scopes_disabled
from redis import Redis

import erp_adapters
from demo.erps import ERPS
from demo.stack import RATES
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.connections import actions
from pleo_connector.connections.grants import oauth_client
from pleo_connector.connections.models import Connection, ErpCredentials, PleoGrant
from pleo_connector.exports.models import ExportJob, ExportJobItem
from pleo_connector.exports.reversal import ask_reversal
from pleo_connector.exports.tasks import export_pending
from pleo_connector.mapping.actions import save_mapping
from pleo_connector.pleo.client import UNFINISHED
from pleo_connector.tenants.actions import create_tenant
from pleo_connector.tenants.models import User
from tests.app.conftest import ACCOUNTS, authorize
from tests.chaos.books import BATCH, REAL, VENDOR, Books, FakeBooks
from tests.chaos.servers import SECOND_KEY, Servers
from tests.chaos.workers import Crew, Report, Worker
from tests.conftest import Simulator

REFUSED_DAY = "2019-01-15T00:00:00Z"  # in a month that the ERP has closed
PAYABLE = {"bookkeeping": {"method": "accounts_payable"}}  # a bill and its payment
# Twenty-four entries of many types, five with receipts, two of two parts, one refused by the ERP.
ENTRIES: tuple[dict[str, Any], ...] = (
    {"template": "card_purchase", "files": 2},
    *({"template": "card_purchase", "files": 0} for _ in range(6)),
    {"template": "card_purchase", "files": 1, "overrides": PAYABLE},
    {"template": "out_of_pocket", "files": 1},
    {"template": "card_purchase", "files": 0, "overrides": {"date": REFUSED_DAY}},
    {"template": "refund", "files": 0},
    {"template": "mileage"},
    {"template": "fee"},
    {"template": "card_purchase", "files": 0, "overrides": PAYABLE},
    *({"template": "card_purchase", "files": 0} for _ in range(7)),
    {"template": "cashback"},
    {"template": "out_of_pocket", "files": 2},
    {"template": "card_purchase", "files": 1},
)
MAPPING = Mapping(
    accounts=ACCOUNTS, posting_behaviour="final", closed_period="fail", generic_vendor=VENDOR
)
# With all that hangs on them: what a run leaves behind.
OURS = (
    "history_run",
    "history_decision",
    "exports_exportjob",
    "exports_posting",
    "catalog_catalogsnapshot",
    "catalog_syncplan",
    "catalog_syncschedule",
    "catalog_syncsettings",
    "catalog_keptrecord",
    "connections_webhookevent",
)


@dataclass(frozen=True)
class Entry:
    """One that was given to Pleo, as its own data say."""

    id: str
    files: int
    is_refused: bool


@dataclass
class Order:
    """What the bookkeeper has exported: the newest job of these entries."""

    entries: list[Entry]
    job_id: str

    @property
    def ids(self) -> list[str]:
        return [entry.id for entry in self.entries]


@dataclass
class House:
    servers: Servers
    simulator: Simulator
    company: dict[str, Any]
    connection: Connection
    books: Books
    crew: Crew
    job_ids: list[str] = field(default_factory=list)
    queued: list[Entry] = field(default_factory=list)  # exported again and again, if books forget
    mapping: Mapping = MAPPING

    # -- Setting the scene ------------------------------------------------------------------

    def forget(self) -> None:
        """Everything but the wiring, on all three sides."""
        self.simulator("DELETE", "/faults")
        self.books.forget()
        for job_id in self.unfinished_at_pleo():
            self.simulator("POST", f"/jobs/{job_id}/cancel")
        self.job_ids.clear()
        self._as_owner("TRUNCATE " + ", ".join(OURS) + " CASCADE")
        with scopes_disabled():
            Connection.objects.filter(pk=self.connection.pk).update(
                lease_until=None,
                lease_holder="",
                wake_at=Now(),
                erp_problem="",
                erp_currency="",  # what a first run finds out, and stores, is found out each time
                erp_access_checked_at=None,
            )

    def order(self, wishes: Sequence[dict[str, Any]] = ENTRIES) -> Order:
        """A new job. Entries are made anew only for books that cannot be emptied."""
        if not self.queued or not self.books.forgets:
            self.queued = self.add(wishes)
        return self.export(self.queued)

    def add(self, wishes: Sequence[dict[str, Any]]) -> list[Entry]:
        rows = [{"lane": "queue", **wish} for wish in wishes]
        made = self.simulator("POST", f"/companies/{self.company['id']}/entries", entries=rows)
        known = {row["accountingEntryId"]: row for row in made}
        if isinstance(self.books, FakeBooks):
            there = self.simulator.entries(self.company)
            self.books.book_ids |= {_book_id(there[key]): key for key in known}
        return [
            Entry(
                id=key,
                files=row["fileCount"],
                is_refused=row["date"][:7] == REFUSED_DAY[:7],
            )
            for key, row in known.items()
        ]

    def export(self, entries: Sequence[Entry]) -> Order:
        job = self.simulator.export(
            self.company, entryIds=[entry.id for entry in entries], vendorBasedBookkeeping=True
        )
        self.job_ids.append(job["id"])
        return Order(list(entries), job["id"])

    def unfinished_at_pleo(self) -> list[str]:
        """Of the jobs since everything was forgotten."""
        jobs = [self.simulator.job(job_id).job for job_id in self.job_ids]
        return [job["id"] for job in jobs if job["status"] in UNFINISHED]

    def map(self, **changes: Any) -> None:
        """The settings of the connection, as they are at first but for the changes."""
        wanted = replace(MAPPING, **changes)
        if wanted != self.mapping:
            with scope(tenant=self.connection.tenant):
                save_mapping(connection=self.connection, mapping=wanted, author=None)
        self.mapping = wanted

    # -- Working ----------------------------------------------------------------------------

    def work(self, report: Report) -> None:
        """What Celery calls. In a worker's process."""
        export_pending(connection_id=self.connection.pk)

    def end_lease(self) -> None:
        """What time does, at once."""
        with scopes_disabled():
            Connection.objects.filter(pk=self.connection.pk).update(lease_until=Now())

    def empty_redis(self) -> None:
        with Redis(unix_socket_path=settings.REDIS_URL.removeprefix("redis+socket://")) as redis:
            redis.flushall()

    def end_idle_transactions(self) -> None:
        """What `idle_in_transaction_session_timeout` does, at once."""
        self._as_owner(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE state = 'idle in transaction' AND pid <> pg_backend_pid()"
        )

    def _as_owner(self, statement: LiteralString) -> None:
        """Of the database, whom no fence holds."""
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
            owner.execute(statement)

    def is_over(self, order: Order) -> bool:
        with scopes_disabled():
            job = ExportJob.objects.filter(pleo_job_id=order.job_id).first()
        return job is not None and job.status not in ExportJob.UNFINISHED

    def finish(self, order: Order, *, rounds: int = 8) -> list[Worker]:
        """Fresh workers, one after the other, until the job is over."""
        workers: list[Worker] = []
        while len(workers) < rounds and not self.is_over(order):
            self.end_lease()
            workers.append(self.crew.start(self.work))
            workers[-1].wait()
        return workers

    # -- People -----------------------------------------------------------------------------

    def consent(self) -> None:
        """A person connects Pleo (again) at Pleo's own page."""
        url, _, verifier = oauth_client().authorization_url()
        answer = authorize(url, self.company)
        with scope(tenant=self.connection.tenant):
            actions.connect_pleo(
                connection=Connection.objects.get(pk=self.connection.pk),
                code=answer["code"],
                verifier=verifier,
                actor=User.objects.get(memberships__tenant=self.connection.tenant),
                now=timezone.now(),
            )

    def reverse(self, order: Order, entry_ids: Collection[str]) -> None:
        """A person asks for it, one entry after the other."""
        with scope(tenant=self.connection.tenant):
            actor = User.objects.get(memberships__tenant=self.connection.tenant)
            items = ExportJobItem.objects.filter(job__pleo_job_id=order.job_id)
            for item in items.filter(accounting_entry_id__in=entry_ids):
                ask_reversal(item=item, reason="It is private.", actor=actor, now=timezone.now())

    def use_key(self) -> None:
        """An API key instead of rotating tokens."""
        key = self.simulator("POST", f"/companies/{self.company['id']}/api-keys")["key"]
        with scope(tenant=self.connection.tenant):
            PleoGrant.objects.filter(connection=self.connection).delete()
            PleoGrant.objects.create(
                connection=self.connection, api_key=key, granted_at=timezone.now()
            )


def _book_id(entry: dict[str, Any]) -> str:
    return str(entry["additionalInformation"]["reconciliationId"])


def furnish(servers: Servers, *, erp: str = "fake") -> House:
    """The database migrated, and one live connection."""
    logging.getLogger("django.request").setLevel(logging.ERROR)  # refusals are wanted
    call_command("migrate", verbosity=0)
    for kind in erp_adapters.ADAPTERS:
        adapter = erp_adapters.get(kind)
        adapter.capabilities = replace(adapter.capabilities, batch_size=BATCH)
    simulator = Simulator(servers.simulator)
    simulator("PUT", "/switches", rate_limit_per_minute=0)
    company = simulator.company("DKK")
    books = _books(servers, simulator, company, erp)
    made = House(
        servers=servers,
        simulator=simulator,
        company=company,
        connection=_connect(company, books.kind, books.settings, books.secrets),
        books=books,
        crew=Crew(servers.folder / "workers"),
    )
    made.use_key()
    return made


def second_tenant(house: House) -> House:
    """Another company in the same product, with tokens and an ERP of its own."""
    company = house.simulator.company("EUR")
    books = FakeBooks(house.servers.other_fake, key=SECOND_KEY)
    books.seed(company, house.simulator.chart(company))
    made = House(
        servers=house.servers,
        simulator=house.simulator,
        company=company,
        connection=_connect(company, books.kind, books.settings, books.secrets),
        books=books,
        crew=house.crew,
    )
    made.consent()
    return made


def _books(servers: Servers, simulator: Simulator, company: dict[str, Any], erp: str) -> Books:
    chart = simulator.chart(company)
    if erp == "fake":
        fake = FakeBooks(servers.fake, key="fake-key")
        fake.seed(company, chart)
        return fake
    access = ERPS[erp].bootstrap(
        servers.erp,
        chart=REAL[erp].fitted(chart),
        company_name=company["name"],
        currency=company["currency"],
        extra_currencies=RATES[company["currency"]],
    )
    return REAL[erp](ERPS[erp], access, proxy=servers.proxy)


def _connect(
    company: dict[str, Any], kind: str, erp_settings: dict[str, Any], secrets: Any
) -> Connection:
    owner = User.objects.create_user(f"owner@{company['id']}.example", "x")
    tenant = create_tenant(name=company["name"], owner=owner)
    with scope(tenant=tenant):
        made: Connection = Connection.objects.create(
            tenant=tenant,
            state=Connection.State.LIVE,
            pleo_company_id=company["id"],
            pleo_company_name=company["name"],
            erp_kind=kind,
            erp_settings=erp_settings,
        )
        ErpCredentials.objects.create(connection=made, secrets=secrets)
        save_mapping(connection=made, mapping=MAPPING, author=None)
    return made
