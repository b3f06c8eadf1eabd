"""No page needs many queries, and none needs more of them when there are more rows.

The pages are those of the table of roles, so a new page is covered by itself.
"""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_scopes import scopes_disabled

from pleo_connector.connections.models import Connection, WebhookEvent
from pleo_connector.exports.models import ExportJob
from pleo_connector.history.models import DailyStat, Decision, RemoteCall, Run
from pleo_connector.mapping.models import MappingVersion
from pleo_connector.tenants.models import AuditEntry, Membership, Tenant, User
from tests.app import factories
from tests.app.test_web_roles import TABLE, Place

MOST = 15
CHANGING = ("SAVEPOINT", "RELEASE", "ROLLBACK")  # of the test's own transaction


def filled(rows: int) -> Place:
    """A company with that many rows of whatever a page may list."""
    tenant = factories.make_tenant(f"Nordhavn {rows}")
    connection = factories.make_connection(tenant, name=f"Nordhavn {rows}")
    job = factories.make_job(connection, booked=rows - 2, failed=2)
    now = timezone.now()
    _fill_history(tenant, connection, job, rows)
    Connection.objects.bulk_create(
        Connection(tenant=tenant, state="live", pleo_company_id=uuid.uuid4(), erp_kind="tryton")
        for _ in range(rows)
    )
    longer_and_shorter = factories.MAPPING, replace(factories.MAPPING, rules=factories.RULES[1:])
    MappingVersion.objects.bulk_create(
        MappingVersion(
            connection=connection, number=n + 2, settings=longer_and_shorter[n % 2].to_json()
        )
        for n in range(rows)
    )
    people = {"owner": factories.owner_of(tenant), "staff": factories.make_user("staff")}
    User.objects.filter(pk=people["staff"].pk).update(is_staff=True)
    users = User.objects.bulk_create(
        User(email=f"{rows}-{n}@firm.example", password="x") for n in range(rows)
    )
    Membership.objects.bulk_create(
        Membership(tenant=tenant, user=user, role="viewer") for user in users
    )
    AuditEntry.objects.bulk_create(
        AuditEntry(tenant=tenant, actor=people["owner"], action="paused", subject=f"{n}")
        for n in range(rows)
    )
    WebhookEvent.objects.bulk_create(
        WebhookEvent(connection=connection, webhook_id=f"{n}", received_at=now, is_known=True)
        for n in range(rows)
    )
    return Place(tenant, connection, job, people)


def _fill_history(tenant: Tenant, connection: Connection, job: ExportJob, rows: int) -> None:
    now = timezone.now()
    runs = Run.objects.bulk_create(
        Run(
            tenant=tenant,
            connection=connection,
            state=("running", "waiting", "completed")[n % 3],
            started_at=now - timedelta(hours=n + 1),
        )
        for n in range(rows)
    )
    ExportJob.objects.bulk_create(
        ExportJob(
            connection=connection,
            run=run,
            pleo_job_id=uuid.uuid4(),
            number_of_items=1,
            created_at=now,
        )
        for run in runs
    )
    attempt = job.run.attempts.all()[0]
    RemoteCall.objects.bulk_create(
        RemoteCall(attempt=attempt, system="erp", method="GET", is_write=False, began_at=now)
        for _ in range(rows)
    )
    entry = job.items.all()[0].accounting_entry_id
    Decision.objects.bulk_create(
        Decision(run=job.run, accounting_entry_id=entry, kind="k", sentence=f"{n}", made_at=now)
        for n in range(rows)
    )
    DailyStat.objects.bulk_create(
        DailyStat(
            connection=connection,
            kind="export",
            day=now.date() - timedelta(days=n),
            durations=[1] * 19,
        )
        for n in range(rows)
    )


def queries_of(place: Place, name: str) -> int:
    """Of a second visit: the first one writes where the person is."""
    client = Client()
    client.force_login(place.people["staff" if TABLE[name][0][0] == 404 else "owner"])
    with scopes_disabled():
        urls = [place.url(name), place.url(name)]  # some are used up by a visit
    client.get(urls[0])
    with CaptureQueriesContext(database) as captured:
        response = client.get(urls[1])
        b"".join(response)
    assert response.status_code in (200, 302, 400)
    return sum(not x["sql"].startswith(CHANGING) for x in captured.captured_queries)


@pytest.mark.django_db
def test_no_page_needs_many_queries_or_more_with_more_rows() -> None:
    with scopes_disabled():
        few, many = filled(10), filled(1000)
    found = {name: (queries_of(few, name), queries_of(many, name)) for name in TABLE}
    too_many = {name: counts for name, counts in found.items() if max(counts) > MOST}
    # A file has all rows, and is read in chunks: one query more here.
    growing = {
        name: (small, large)
        for name, (small, large) in found.items()
        if small != large and not (name.endswith("-csv") and large == small + 1)
    }
    assert (too_many, growing) == ({}, {})
