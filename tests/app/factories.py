"""Rows for page tests: a company, a wired connection, and exports in every state."""

import itertools
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from erp_adapters.ledger import (
    Account,
    Dimension,
    DimensionValue,
    LedgerLine,
    LineTax,
    TaxCode,
    Vendor,
    Voucher,
)
from pleo_connector.bookkeeping.codes import PleoCode
from pleo_connector.bookkeeping.facts import Facts
from pleo_connector.bookkeeping.mapping import Accounts, Mapping, MappingRule
from pleo_connector.catalog.models import CatalogSnapshot
from pleo_connector.catalog.records import Kind, to_json
from pleo_connector.connections.models import Connection, ErpCredentials, PleoGrant
from pleo_connector.exports.causes import note_causes
from pleo_connector.exports.models import AttachmentUpload, ExportJob, ExportJobItem, Posting
from pleo_connector.exports.voucher_json import hash_of, voucher_to_json
from pleo_connector.history.models import Attempt, Decision, RemoteCall, Run
from pleo_connector.mapping.actions import note_codes
from pleo_connector.mapping.models import MappingVersion
from pleo_connector.tenants.actions import create_tenant
from pleo_connector.tenants.models import Membership, Tenant, User

Status = ExportJobItem.Status
_numbers = itertools.count(1)

ACCOUNTS = (
    Account(code="1910", name="Bank", id="11", kind="asset"),
    Account(code="1920", name="Pleo wallet", id="12", kind="asset"),
    Account(code="1950", name="Transfers in transit", id="13", kind="asset"),
    Account(code="2440", name="Accounts payable", id="14", kind="liability", needs_vendor=True),
    Account(code="2640", name="Input VAT", id="15", kind="asset"),
    Account(code="2820", name="Owed to employees", id="16", kind="liability"),
    Account(code="3740", name="Rounding", id="17", kind="expense"),
    Account(code="5000", name="Expenses", id="18", kind="expense", is_postable=False),
    Account(code="5800", name="Travel", id="19", kind="expense"),
    Account(code="6100", name="Office supplies", id="20", kind="expense"),
    Account(code="6110", name="Stationery, closed", id="21", kind="expense", is_active=False),
    Account(code="6540", name="Software and subscriptions", id="22", kind="expense"),
)
DIMENSIONS = (
    Dimension(code="department", name="Department", id="1"),
    Dimension(code="project", name="Project", id="2"),
)
VALUES = (
    DimensionValue(dimension="department", code="SALES", name="Sales", id="1"),
    DimensionValue(dimension="department", code="OPS", name="Operations", id="2"),
    DimensionValue(dimension="project", code="P100", name="Harbour", id="3"),
)
RULES = (
    MappingRule(name="Trains", supplier="rail", account="5800", dimensions={"project": "P100"}),
    MappingRule(types=("card_purchase",), max_amount=Decimal(100), account="6100"),
    MappingRule(name="Software in sales", category="6540", team="Sales", tax_code="I25"),
)
CODES = (
    PleoCode(kind="category", key="6110", name="Stationery"),
    PleoCode(kind="category", key="5800", name="Travel"),
    PleoCode(kind="category", key="6540", name="Software and subscriptions"),
    PleoCode(kind="category", key="61-00", name="Supplies for the office"),
    PleoCode(kind="category", key="Gifts", name="Gifts"),
    PleoCode(kind="category", key="6841", name="Software licences and subscriptions of the year"),
    PleoCode(kind="contra", key="1920", name="Pleo wallet"),
    PleoCode(kind="tax", key="I25", rate=Decimal("0.25")),
    PleoCode(kind="tax", key="DK-25", rate=Decimal("0.25")),
    PleoCode(kind="tax", key="DK-12", rate=Decimal("0.125")),
)
MAPPING = Mapping(
    accounts=Accounts(wallet={"DKK": "1920"}, out_of_pocket="2820"),
    rules=RULES,
)


def make_user(role: str = "owner") -> User:
    """Named by role; each is somebody else."""
    return User.objects.create_user(f"{role}-{next(_numbers)}@firm.example", "a-long-password")


def make_tenant(name: str = "Nordhavn ApS", owner: User | None = None) -> Tenant:
    return create_tenant(name=name, owner=owner or make_user())


def owner_of(tenant: Tenant) -> User:
    return tenant.memberships.select_related("user").get(role="owner").user


def join(tenant: Tenant, role: str) -> User:
    user = make_user(role)
    Membership.objects.create(tenant=tenant, user=user, role=role)
    return user


def make_connection(
    tenant: Tenant, *, state: str = "live", name: str = "Nordhavn ApS", kind: str = "tryton"
) -> Connection:
    """Pleo and the ERP connected, catalog read, mapping saved."""
    now = timezone.now()
    connection: Connection = Connection.objects.create(
        tenant=tenant,
        state=state,
        pleo_company_id=uuid.uuid4(),
        pleo_company_name=name,
        erp_kind=kind,
        erp_settings={"base_url": "https://erp.example.com", "database": "books"},
        erp_company_id="1",
        erp_company_name=name,
        erp_currency="DKK",
        erp_country="DK",
        erp_lock_date=date(2025, 12, 31),
        erp_confirmed_at=now - timedelta(days=40),
        checked_at=now - timedelta(seconds=70),
        wake_at=now + timedelta(seconds=50),
    )
    PleoGrant.objects.create(
        connection=connection,
        access_token="access",
        refresh_token="refresh",
        expires_at=now + timedelta(hours=1),
        granted_at=now - timedelta(days=40),
        refreshed_at=now,
    )
    stored = {"secrets": {"key": "stored-key"}}
    ErpCredentials.objects.update_or_create(connection=connection, defaults=stored)
    save_catalog(connection)
    MappingVersion.objects.create(connection=connection, number=1, settings=MAPPING.to_json())
    note_codes(connection=connection, codes=CODES, now=now)
    return connection


def save_catalog(connection: Connection, accounts: Sequence[Account] = ACCOUNTS) -> None:
    records: dict[str, Sequence[Any]] = {
        Kind.ACCOUNTS: accounts,
        Kind.DIMENSIONS: DIMENSIONS,
        Kind.DIMENSION_VALUES: VALUES,
        Kind.TAX_CODES: (TaxCode(code="I25", name="Input 25 %", id="1", rate=Decimal("0.25")),),
        Kind.VENDORS: (Vendor(code="1001", name="Paper & Co", id="1"),),
    }
    for kind, rows in records.items():
        CatalogSnapshot.objects.update_or_create(
            connection=connection,
            kind=kind,
            defaults={"records": [to_json(x) for x in rows], "read_at": timezone.now()},
        )


def make_bare_connection(tenant: Tenant) -> Connection:
    connection: Connection = Connection.objects.create(tenant=tenant)
    return connection


# -- Exports ------------------------------------------------------------------------------------

SUPPLIERS = ("Paper & Co", "Skyline Rail", "Kaffebaren", "Cloud Hosting A/S", "Hotel Havnen")
PEOPLE = ("Sales lead", "Office manager", "Site engineer")
TYPES = ("card_purchase", "out_of_pocket", "card_purchase", "mileage", "invoice", "card_purchase")
EXPENSE = ("6100", "5800", "6540")
FAILURES = (
    (
        "account_unknown",
        "The entry could not be booked: account 6110 “Stationery, closed” is inactive in the "
        "accounting system. Choose another category in Pleo, or an account for it in the mapping.",
        "codes",
        "6110",
    ),
    (
        "tag_unknown",
        "The entry could not be booked: project P777 does not exist in the accounting system. "
        "Choose another tag in Pleo, or add the value in the accounting system.",
        "dimensions",
        "project P777",
    ),
    (
        "missing_configuration",
        "The entry could not be booked: it has no category. Choose a category with an account in "
        "Pleo and export it again.",
        "pleo",
        "category",
    ),
)


def make_job(
    connection: Connection,
    *,
    booked: int = 0,
    failed: int = 0,
    pending: int = 0,
    abandoned: int = 0,
    state: str = "",
    ago: timedelta = timedelta(minutes=12),
    **run_fields: Any,
) -> ExportJob:
    """An export with that many entries of each kind; they decide its state unless it is given."""
    now = timezone.now()
    over = "completed_with_errors" if failed else "completed"
    state = state or ("running" if pending else over)
    is_over = state not in ("running", "waiting")
    counts = {"total": booked + failed + pending + abandoned, "succeeded": booked, "failed": failed}
    run = Run.objects.create(
        connection=connection,
        state=state,
        origin="mapping" if failed else "",
        tries=2,
        calls=4 if is_over else 0,
        started_at=now - ago,
        moved_at=now - ago + timedelta(seconds=74),
        finished_at=now - ago + timedelta(seconds=74) if is_over else None,
        **(counts | run_fields),
    )
    job: ExportJob = ExportJob.objects.create(
        connection=connection,
        run=run,
        pleo_job_id=uuid.uuid4(),
        status=state if is_over else "in_progress",
        number_of_items=booked + failed + pending + abandoned,
        created_at=now - ago - timedelta(seconds=4),
    )
    statuses = (
        [Status.FAILED] * failed
        + [Status.SUCCESSFUL] * booked
        + [Status.PENDING] * pending
        + [Status.ABANDONED] * abandoned
    )
    items = ExportJobItem.objects.bulk_create(
        _item(job, position, status) for position, status in enumerate(statuses)
    )
    _book(job, [item for item in items if item.status == Status.SUCCESSFUL])
    _add_history(run)
    if is_over:
        note_causes(connection, job, fix="", now=run.finished_at or now)
    return job


def _item(job: ExportJob, position: int, status: str) -> ExportJobItem:
    item = ExportJobItem(
        job=job,
        accounting_entry_id=uuid.uuid4(),
        position=position,
        status=status,
        entry_type=TYPES[position % len(TYPES)],
        entry_date=date(2026, 3, 1) + timedelta(days=position % 28),
        who=SUPPLIERS[position % len(SUPPLIERS)],
        person=PEOPLE[position % len(PEOPLE)],
        currency="DKK",
        amount=Decimal(125 + 1737 * (position % 17)),
        pleo_url=f"https://app.example.com/expense/{position}",
    )
    facts = Facts(
        type=item.entry_type,
        currency="DKK",
        amount=item.amount or Decimal(0),
        category=EXPENSE[position % len(EXPENSE)],
        supplier_names=(item.who,),
        team=("SAL", "Sales"),
    )
    codes = [PleoCode(kind="category", key=EXPENSE[position % len(EXPENSE)])]
    if status == Status.FAILED:
        kind, sentence, fix, subject = FAILURES[position % len(FAILURES)]
        codes = [PleoCode(kind="category", key=subject)] if fix == "codes" else codes
    item.note_facts([facts], codes)
    if status == Status.FAILED:
        item.refuse(kind, sentence, fix=fix, subject=subject)
    return item


def _book(job: ExportJob, items: Sequence[ExportJobItem]) -> None:
    now = timezone.now()
    postings = []
    for item in items:
        content = voucher_to_json(make_voucher(item))
        postings.append(
            Posting(
                connection=job.connection,
                accounting_entry_id=item.accounting_entry_id,
                job=job,
                reference=f"pleo:{item.accounting_entry_id}",
                state=Posting.State.POSTED,
                voucher=content,
                voucher_hash=hash_of(content),
                fence=1,
                intended_at=now,
                settled_at=now,
                erp_id=str(item.position + 1),
                number=f"EXP-{item.position + 1:04}",
                url=f"https://erp.example.com/#books/model/account.move/{item.position + 1}",
                is_final=True,
                posting_date=item.entry_date,
            )
        )
    Posting.objects.bulk_create(postings)
    if postings:
        receipts = {"posting": postings[0], "changed_at": now, "tries": 1}
        AttachmentUpload.objects.create(
            number=1, name="PL-1-1.pdf", state="uploaded", size=84_211, **receipts
        )
        AttachmentUpload.objects.create(
            number=2,
            name="PL-1-2.heic",
            state="failed",
            problem="Receipt 2 has 12 MB; Tryton can be given files of up to 5 MB.",
            **receipts,
        )


def make_voucher(item: ExportJobItem) -> Voucher:
    amount = item.amount or Decimal(100)
    net = (amount * Decimal("0.8")).quantize(Decimal("0.01"))
    account = EXPENSE[item.position % len(EXPENSE)]
    tax = LineTax(code="I25", role="tax", tax_amount=amount - net, base_amount=net)
    return Voucher(
        reference=f"pleo:{item.accounting_entry_id}",
        posting_date=item.entry_date or date(2026, 3, 1),
        currency=item.currency,
        text=f"{item.who}, {item.person}",
        is_final=True,
        lines=(
            LedgerLine(
                account=account,
                debit=net,
                because=f"category Office → {account}",
                text=f"{item.who}: supplies for the spring fair",
                tax=replace(tax, role="base"),
                dimensions=(("department", "SALES"), ("project", "P100")),
            ),
            LedgerLine(
                account="2640",
                debit=amount - net,
                because="tax code I25 → 2640",
                tax=tax,
            ),
            LedgerLine(account="1920", credit=amount, because="Pleo's contra account for DKK"),
        ),
    )


def _add_history(run: Run) -> None:
    """A worker that died, the one that went on, their calls and a decision."""
    began = run.started_at
    Attempt.objects.create(run=run, fence=1, worker="worker-1:20", started_at=began)
    second = Attempt.objects.create(
        run=run,
        fence=2,
        worker="worker-2:31",
        started_at=began + timedelta(seconds=20),
        ended_at=run.finished_at,
    )
    calls = (
        ("pleo", "GET", "/v3/export-jobs/{id}/items", False, 200, 92, ""),
        ("erp", "POST", "/{database}/rest/account.move", True, 201, 640, ""),
        ("erp", "POST", "/{database}/rest/account.move", True, 400, 310, "Account is inactive"),
        ("pleo", "PUT", "/v3/export-jobs/{id}/items", True, None, None, ""),
    )
    RemoteCall.objects.bulk_create(
        RemoteCall(
            attempt=second,
            system=system,
            method=method,
            template=template,
            is_write=is_write,
            began_at=began + timedelta(seconds=20 + place),
            status=status,
            duration_ms=duration,
            excerpt=excerpt,
        )
        for place, (system, method, template, is_write, status, duration, excerpt) in enumerate(
            calls
        )
    )
    item = ExportJobItem.objects.filter(job__run=run, status=Status.SUCCESSFUL).first()
    if item:
        Decision.objects.create(
            run=run,
            accounting_entry_id=item.accounting_entry_id,
            kind="vendor_found",
            sentence="The supplier matches vendor 1001.",
            made_at=datetime.now(UTC),
        )
