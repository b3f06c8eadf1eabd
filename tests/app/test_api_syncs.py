"""Syncs and plans as a program meets them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope

from pleo_connector.catalog.actions import fresh_catalog
from pleo_connector.catalog.models import KeptRecord, SyncPlan, SyncSchedule, SyncSettings
from pleo_connector.catalog.queries import records_of
from pleo_connector.connections.erp import open_erp
from pleo_connector.connections.models import Connection
from pleo_connector.tenants.models import ApiScope, AuditEntry
from pleo_connector.tenants.tokens import create_token
from tests.app.conftest import Desk, FakeErp
from tests.app.sync_factories import choose, keep_record
from tests.app.test_api import Program, make_program, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def program() -> Program:
    return make_program()


@pytest.fixture
def ids(program: Program) -> Any:
    with scope(tenant=program.tenant):
        yield program.connection.public_id, program.plan.run.public_id


def test_the_state_names_the_plan_that_waits(program: Program, ids: Any) -> None:
    choose(program.connection, "department")
    told = program.get("api-syncs", ids[0]).json()
    assert told["dimensions"] == ["department"]
    waiting = {row["kind"]: row["waiting_plan"] for row in told["schedules"]}
    assert waiting == {
        "tags": str(ids[1]),
        "accounts": None,
        "tax_codes": None,
        "vendors": None,
    }


def test_a_schedule_is_changed_and_paused(program: Program, ids: Any) -> None:
    body = {"hours": 12, "is_paused": True}
    told = program.put("api-schedule", ids[0], "tags", body=body).json()
    row = next(row for row in told["schedules"] if row["kind"] == "tags")
    assert (row["hours"], row["is_paused"]) == (12, True)
    refused(program.put("api-schedule", ids[0], "tags", body={"hours": 7}), 400, "invalid")
    refused(program.put("api-schedule", ids[0], "wines", body={}), 404, "not_found")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.actor, entry.token) == (None, program.token)


def test_one_dimension_is_synced_now_and_only_once_per_key(program: Program, ids: Any) -> None:
    body = {"kind": "tags", "dimension": "department"}
    sent = {"Idempotency-Key": "nightly-1"}
    assert program.post("api-sync-now", ids[0], body=body, **sent).status_code == 202
    asked = SyncSchedule.objects.get(kind="tags")
    assert asked.only == "department"
    again = program.post("api-sync-now", ids[0], body=body, **sent)
    assert again["Idempotent-Replayed"] == "true"
    assert SyncSchedule.objects.get(kind="tags").asked_at == asked.asked_at
    wrong = program.post("api-sync-now", ids[0], body={"dimension": "department"})
    refused(wrong, 400, "invalid")
    Connection.objects.update(state="paused")
    refused(program.post("api-sync-now", ids[0], body={}), 409, "conflict")


def test_a_plan_is_read_record_by_record(program: Program, ids: Any) -> None:
    (listed,) = program.get("api-plans", ids[0], state="waiting").json()["results"]
    assert (listed["id"], listed["why"]) == (str(ids[1]), "first")
    counts = program.get("api-plan", ids[1]).json()["counts"]
    assert [(x["action"], x["count"]) for x in counts] == [("archive", 3), ("create", 2)]
    page = program.get("api-plan-items", ids[1], action="archive", page_size=2).json()
    assert [item["number"] for item in page["results"]] == [2, 3]
    rest = program.call("get", page["next"], None).json()
    assert [item["number"] for item in rest["results"]] == [4]
    assert program.get("api-plan-item", ids[1], 4).json() == rest["results"][0]
    refused(program.get("api-plan-item", ids[1], 5), 404, "not_found")
    found = program.get("api-plan-items", ids[1], search="c00001").json()["results"]
    assert [item["code"] for item in found] == ["C00001"]


def test_a_plan_is_approved_without_what_is_kept(program: Program, ids: Any) -> None:
    kept = program.post("api-plan-keep", ids[1], body={"items": [0, 2]})
    assert kept.json() == {"kept": 1}  # nothing is kept of what would be created
    stale = {"planned_at": "2026-01-01T00:00:00Z"}
    refused(program.post("api-plan-approve", ids[1], body=stale), 409, "conflict")
    body = {"keep": [3], "planned_at": program.get("api-plan", ids[1]).json()["planned_at"]}
    reply = program.post("api-plan-approve", ids[1], body=body)
    assert (reply.status_code, reply.json()) == (202, {"kept": 1})
    assert SyncPlan.objects.get().state == "approved"
    assert KeptRecord.objects.count() == 2
    refused(program.post("api-plan-approve", ids[1], body={}), 409, "conflict")
    refused(program.post("api-plan-keep", ids[1], body={"items": [4]}), 409, "conflict")


def test_what_is_kept_is_archived_after_all_while_the_plan_waits(
    program: Program, ids: Any
) -> None:
    program.post("api-plan-keep", ids[1], body={"items": [2, 3]})
    back = program.post("api-plan-archive", ids[1], body={"items": [3, 4]})
    assert back.json() == {"archived": 1}  # the other one was never kept
    assert [row.key for row in KeptRecord.objects.all()] == ["C00002"]
    program.post("api-plan-approve", ids[1], body={})
    refused(program.post("api-plan-archive", ids[1], body={"items": [2]}), 409, "conflict")


def test_dimensions_are_listed_and_chosen(program: Program, ids: Any) -> None:
    told = program.get("api-dimensions", ids[0]).json()
    first = told["dimensions"][0]
    assert (first["code"], first["is_chosen"], bool(told["read_at"])) == ("department", False, True)
    body = {"dimensions": ["DEPARTMENT"]}
    told = program.put("api-dimensions", ids[0], body=body).json()
    assert [x["code"] for x in told["dimensions"] if x["is_chosen"]] == ["department"]
    assert program.get("api-syncs", ids[0]).json()["dimensions"] == ["department"]
    assert SyncSchedule.objects.get(kind="tags").asked_at is not None
    wrong = {"dimensions": ["department", "wines"]}
    problem = refused(program.put("api-dimensions", ids[0], body=wrong), 422, "invalid")
    assert problem["errors"][0]["field"] == "dimensions[1]"
    many = {"dimensions": ["department"] * 6}
    refused(program.put("api-dimensions", ids[0], body=many), 400, "invalid")
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.token) == ("chose the dimensions", program.token)


def test_dimensions_are_read_anew_from_the_erp(desk: Desk, fake_erp: FakeErp) -> None:
    fake_erp("PUT", "/seed", dimensions=[{"code": "project", "name": "Project", "values": []}])
    scopes = [ApiScope.SYNC_WRITE]
    _, secret = create_token(
        tenant=desk.tenant, name="x", scopes=scopes, expires_at=None, actor=desk.user
    )
    address = reverse("api-dimensions-read", args=[desk.connection.public_id])
    headers = {"Authorization": f"Bearer {secret}"}
    told = Client().post(address, headers=headers).json()
    assert [x["code"] for x in told["dimensions"]] == ["project"]
    fake_erp.fault("GET /dimensions", status=503, times=9)
    refused(Client().post(address, headers=headers), 502, "far_side")
    Connection.objects.update(erp_kind="")
    refused(Client().post(address, headers=headers), 409, "conflict")


def test_the_kind_of_a_tax_code_is_chosen(program: Program, ids: Any) -> None:
    (told,) = program.get("api-tax-kinds", ids[0]).json()["tax_codes"]
    assert told == {"code": "I25", "name": "Input 25 %", "rate": "0.25", "kind": ""}
    body = {"kinds": {"i25": "reverse"}}
    told = program.put("api-tax-kinds", ids[0], body=body).json()
    assert told["tax_codes"][0]["kind"] == "reverse"
    assert SyncSchedule.objects.get(kind="tax_codes").asked_at is not None
    unknown = {"kinds": {"I25": "", "wine": "reverse"}}
    refused(program.put("api-tax-kinds", ids[0], body=unknown), 422, "invalid")
    refused(
        program.put("api-tax-kinds", ids[0], body={"kinds": {"I25": "exclusive"}}), 400, "invalid"
    )
    back = program.put("api-tax-kinds", ids[0], body={"kinds": {"I25": ""}}).json()
    assert back["tax_codes"][0]["kind"] == ""


def test_pleo_is_asked_which_accounts_no_category_uses(desk: Desk) -> None:
    fresh_catalog(connection=desk.connection, erp=open_erp(desk.connection), now=timezone.now())
    used, idle = [x for x in records_of(desk.connection, "accounts") if x.is_postable][:2]
    rows = [
        {"externalId": x.id, "code": x.code, "name": x.name, "archived": False}
        for x in (used, idle)
    ]
    seed = {"accounts": rows, "categories": [{"name": "Office", "account": used.id}]}
    desk.simulator("PUT", f"/companies/{desk.company['id']}/master-data", **seed)
    scopes = [ApiScope.SYNC_READ, ApiScope.SYNC_WRITE]
    _, secret = create_token(
        tenant=desk.tenant, name="x", scopes=scopes, expires_at=None, actor=desk.user
    )
    address = reverse("api-account-use", args=[desk.connection.public_id])
    headers = {"Authorization": f"Bearer {secret}"}
    assert Client().get(address, headers=headers).json() == {"asked_at": None, "unused": []}
    told = Client().post(f"{address}ask/", headers=headers).json()
    assert told["unused"] == [{"id": idle.id, "code": idle.code, "name": idle.name}]
    assert told["asked_at"] is not None
    fault = {"method": "POST", "path": "/v1/chart-of-accounts:search"}
    desk.simulator("POST", "/faults", match=fault, effect={"status": 403})
    refused(Client().post(f"{address}ask/", headers=headers), 502, "far_side")
    assert Client().get(address, headers=headers).json() == told


def test_the_share_that_is_archived_unasked_is_set(program: Program, ids: Any) -> None:
    told = program.put("api-syncs", ids[0], body={"archive_limit": 5}).json()
    assert told["archive_limit"] == 5
    for body in ({"archive_limit": 101}, {"archive_limit": -1}, {}):
        refused(program.put("api-syncs", ids[0], body=body), 400, "invalid")
    assert SyncSettings.objects.get().archive_limit == 5


def test_a_kept_record_is_listed_and_let_go_once(program: Program, ids: Any) -> None:
    keep_record(program.connection)
    program.post("api-plan-keep", ids[1], body={"items": [2]})
    listed = program.get("api-kept", ids[0]).json()["results"]
    assert [(x["entity"], x["code"]) for x in listed] == [
        ("tag", "C00002"),
        ("tag_group", "REGION"),
    ]
    (region,) = program.get("api-kept", ids[0], entity="tag_group").json()["results"]
    sent = {"Idempotency-Key": "region"}
    gone = program.post("api-let-go", ids[0], region["number"], **sent)
    assert (gone.status_code, gone.json()["name"]) == (200, "Region")
    assert program.post("api-let-go", ids[0], region["number"], **sent).json() == gone.json()
    refused(program.post("api-let-go", ids[0], region["number"]), 404, "not_found")
    assert AuditEntry.objects.filter(action="let a kept record go").count() == 1


def test_a_program_that_may_only_read_decides_nothing() -> None:
    reader = make_program(scopes=["sync:read"])
    with scope(tenant=reader.tenant):
        plan = reader.plan.run.public_id
        assert reader.get("api-plan", plan).status_code == 200
        refused(reader.post("api-plan-approve", plan, body={}), 403, "permission_denied")
        assert SyncPlan.objects.get().state == "waiting"
