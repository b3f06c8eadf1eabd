"""Syncs and plans as a program meets them."""

from typing import Any

import pytest
from django_scopes import scope

from pleo_connector.catalog.models import KeptRecord, SyncPlan, SyncSchedule
from pleo_connector.connections.models import Connection
from pleo_connector.tenants.models import AuditEntry
from tests.app.sync_factories import choose
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


def test_a_program_that_may_only_read_decides_nothing() -> None:
    reader = make_program(scopes=["sync:read"])
    with scope(tenant=reader.tenant):
        plan = reader.plan.run.public_id
        assert reader.get("api-plan", plan).status_code == 200
        refused(reader.post("api-plan-approve", plan, body={}), 403, "permission_denied")
        assert SyncPlan.objects.get().state == "waiting"
