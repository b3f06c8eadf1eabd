"""The REST API as a program meets it: tokens, pages, repeated requests, and its errors."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from pleo_connector.api.models import StoredAnswer
from pleo_connector.catalog.models import SyncPlan
from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob
from pleo_connector.tenants.models import ApiScope, ApiToken, AuditEntry, Tenant, User
from pleo_connector.tenants.tokens import create_token, revoke_token
from tests.app import factories
from tests.app.sync_factories import make_plan, make_schedules

pytestmark = pytest.mark.django_db


@dataclass
class Program:
    """A company with an export, and a program that holds a token to it."""

    tenant: Tenant
    owner: User
    connection: Connection
    job: ExportJob
    token: ApiToken
    secret: str
    plan: SyncPlan

    def get(self, name: str, *args: Any, **query: Any) -> Any:
        return self.call("get", reverse(name, args=args), query)

    def post(self, name: str, *args: Any, body: Any = None, **headers: str) -> Any:
        return self.call("post", reverse(name, args=args), body, **headers)

    def put(self, name: str, *args: Any, body: Any) -> Any:
        return self.call("put", reverse(name, args=args), body)

    def call(self, method: str, address: str, data: Any, **headers: str) -> Any:
        headers = {"Authorization": f"Bearer {self.secret}", **headers}
        kind = {} if method == "get" else {"content_type": "application/json"}
        return getattr(Client(), method)(address, data or {}, headers=headers, **kind)


def make_program(name: str = "Nordhavn ApS", scopes: Any = tuple(ApiScope)) -> Program:
    with scopes_disabled():
        owner = factories.make_user()
        tenant = factories.make_tenant(name, owner)
        connection = factories.make_connection(tenant, name=name)
        job = factories.make_job(connection, booked=2, failed=1)
        make_schedules(connection)
        plan = make_plan(connection, create=2, archive=3)
        token, secret = create_token(
            tenant=tenant, name="Nightly", scopes=scopes, expires_at=None, actor=owner
        )
    return Program(tenant, owner, connection, job, token, secret, plan)


@pytest.fixture
def program() -> Program:
    return make_program()


def refused(reply: Any, status: int, code: str) -> dict[str, Any]:
    assert (reply.status_code, reply["Content-Type"]) == (status, "application/problem+json")
    problem: dict[str, Any] = reply.json()
    assert (problem["status"], problem["code"]) == (status, code), problem
    assert problem["detail"].endswith((".", ">")), problem
    return problem


# -- Tokens -------------------------------------------------------------------------------------


def test_a_token_is_stored_as_a_hash_only(program: Program) -> None:
    with scope(tenant=program.tenant):
        row = ApiToken.objects.filter(pk=program.token.pk).values().get()
    assert program.secret.startswith(row["prefix"])
    assert not any(program.secret in str(value) for value in row.values())


def test_without_a_token_or_with_a_wrong_one_nothing_is_told(program: Program) -> None:
    address = reverse("api-connection", args=[program.connection.public_id])
    refused(Client().get(address), 401, "not_authenticated")
    wrong = Client().get(address, headers={"Authorization": "Bearer pec_guessed"})
    refused(wrong, 401, "authentication_failed")
    assert wrong["WWW-Authenticate"] == "Bearer"


def test_a_token_ends_when_it_expires_and_when_it_is_revoked(program: Program) -> None:
    assert program.get("api-connections").status_code == 200
    with scope(tenant=program.tenant):
        revoke_token(token=program.token, actor=program.owner, now=timezone.now())
    refused(program.get("api-connections"), 401, "authentication_failed")
    with scope(tenant=program.tenant):
        past = timezone.now() - timedelta(seconds=1)
        ApiToken.objects.update(revoked_at=None, expires_at=past)
    refused(program.get("api-connections"), 401, "authentication_failed")


def test_a_token_remembers_when_it_was_used(program: Program) -> None:
    program.get("api-connections")
    with scope(tenant=program.tenant):
        assert ApiToken.objects.get().last_used_at is not None


def test_a_scope_that_is_missing_is_named(program: Program) -> None:
    reader = make_program(scopes=[ApiScope.EXPORTS_READ])
    assert reader.get("api-jobs").status_code == 200
    problem = refused(reader.get("api-connections"), 403, "permission_denied")
    assert "connections:read" in problem["detail"]
    refused(reader.post("api-export-again", reader.job.public_id), 403, "permission_denied")


def test_what_a_program_does_is_audited_with_its_token(program: Program) -> None:
    settings = program.get("api-mapping", program.connection.public_id).json()["settings"]
    body = {"settings": settings | {"merge_tax_lines": True}}
    assert program.put("api-mapping", program.connection.public_id, body=body).status_code == 200
    with scope(tenant=program.tenant):
        entry = AuditEntry.objects.get(action="changed the mapping")
    assert (entry.token_id, entry.actor_id) == (program.token.pk, None)


# -- Another company ----------------------------------------------------------------------------


def test_nothing_of_another_company_is_found_or_listed(program: Program) -> None:
    other = make_program("Elsewhere")
    entry = first_entry(other)
    for name, key in (
        ("api-connection", other.connection.public_id),
        ("api-mapping", other.connection.public_id),
        ("api-mapping-versions", other.connection.public_id),
        ("api-preview", other.connection.public_id),
        ("api-job", other.job.public_id),
        ("api-entries", other.job.public_id),
        ("api-entry", entry.public_id),
        ("api-run", other.job.run.public_id),
        ("api-calls", other.job.run.public_id),
    ):
        refused(program.get(name, key), 404, "not_found")
    for name in ("api-connections", "api-jobs", "api-runs"):
        found = program.get(name).json()["results"]
        assert found
        assert str(other.connection.public_id) not in str(found)
    theirs = {"connection": str(other.connection.public_id)}
    refused(program.get("api-jobs", **theirs), 404, "not_found")


def first_entry(program: Program) -> Any:
    with scope(tenant=program.tenant):
        return program.job.items.order_by("position")[0]


# -- What is told -------------------------------------------------------------------------------


def test_an_entry_says_what_was_booked_and_why(program: Program) -> None:
    with scope(tenant=program.tenant):
        item = program.job.items.filter(status="successful")[0]
    told = program.get("api-entry", item.public_id).json()
    assert told["status"] == "successful"
    assert told["failure"] is None
    lines = told["postings"][0]["voucher"]["lines"]
    assert {line["because"] for line in lines} >= {"tax code I25 → 2640"}
    assert lines[0]["dimensions"][0] == {"dimension": "department", "value": "SALES"}
    assert [receipt["state"] for receipt in told["postings"][0]["receipts"]] == [
        "uploaded",
        "failed",
    ]
    assert [decision["kind"] for decision in told["decisions"]] == ["vendor_found"]


def test_an_entry_that_could_not_be_booked_says_what_mends_it(program: Program) -> None:
    found = program.get("api-entries", program.job.public_id, status="failed").json()["results"]
    assert len(found) == 1
    assert found[0]["failure"]["sentence"]
    assert found[0]["failure"]["fix"]
    assert program.get("api-job", program.job.public_id).json()["entries"]["failed"] == 1


def test_a_run_says_where_it_failed_and_its_counts(program: Program) -> None:
    with scope(tenant=program.tenant):
        run = program.job.run
        run.origin, run.total, run.succeeded, run.failed = "mapping", 9, 8, 1
        run.calls, run.waits, run.limit_waits, run.limit_seconds = 7, 2, 3, 60
        run.save()
    told = program.get("api-run", run.public_id).json()
    rows = program.get("api-runs").json()["results"]
    (listed,) = (row for row in rows if row["id"] == str(run.public_id))
    expected = {"origin": "mapping", "total": 9, "succeeded": 8, "failed": 1, "calls": 7}
    expected |= {"waits": 2, "limit_waits": 3, "limit_seconds": 60}
    assert {name: told[name] for name in expected} == expected
    assert {name: listed[name] for name in expected} == expected


def test_lists_come_in_pages_that_new_rows_do_not_disturb(program: Program) -> None:
    with scope(tenant=program.tenant):
        jobs = [factories.make_job(program.connection, booked=1) for _ in range(4)]
    first = program.get("api-jobs", page_size=3).json()
    assert [row["id"] for row in first["results"]] == [str(j.public_id) for j in jobs[:0:-1]]
    with scope(tenant=program.tenant):
        factories.make_job(program.connection, booked=1)
    rest = program.call("get", first["next"], None).json()
    assert [row["id"] for row in rest["results"]] == [
        str(jobs[0].public_id),
        str(program.job.public_id),
    ]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"page_size": "0"}, "page_size"),
        ({"page_size": "many"}, "page_size"),
        ({"status": "lost"}, "status"),
        ({"connection": "1"}, "connection"),
        ({"tenant": "2"}, "tenant"),
    ],
    ids=["size-0", "size-text", "status", "connection", "unknown"],
)
def test_a_parameter_that_does_not_fit_is_named(
    program: Program, query: dict[str, str], field: str
) -> None:
    problem = refused(program.get("api-jobs", **query), 400, "invalid")
    assert [error["field"] for error in problem["errors"]] == [field]


def test_a_cursor_that_was_made_up_is_not_found(program: Program) -> None:
    refused(program.get("api-jobs", cursor="cD1hYmM="), 404, "not_found")


@pytest.mark.parametrize("name", ["api-connections", "api-jobs", "api-runs"])
def test_lists_need_no_more_queries_for_more_rows(
    program: Program, name: str, django_assert_max_num_queries: Any
) -> None:
    with scope(tenant=program.tenant):
        for _ in range(20):
            factories.make_job(program.connection, booked=1)
    with django_assert_max_num_queries(6):
        assert program.get(name).status_code == 200


# -- Writing ------------------------------------------------------------------------------------


def test_a_setting_that_does_not_fit_is_named(program: Program) -> None:
    body = {"settings": {"rules": [{"account": "6100", "min_amount": "much"}]}}
    reply = program.put("api-mapping", program.connection.public_id, body=body)
    problem = refused(reply, 422, "invalid")
    assert [error["field"] for error in problem["errors"]] == ["settings.rules[0].min_amount"]


def test_a_mapping_that_was_changed_meanwhile_is_not_overwritten(program: Program) -> None:
    one = program.connection.public_id
    read = program.get("api-mapping", one).json()
    changed = {"settings": read["settings"] | {"merge_tax_lines": True}}
    body = changed | {"based_on": read["version"]}
    assert program.put("api-mapping", one, body=body).json()["version"] == read["version"] + 1
    mine = {"settings": read["settings"], "based_on": read["version"]}
    refused(program.put("api-mapping", one, body=mine), 409, "conflict")
    versions = program.get("api-mapping-versions", one).json()["results"]
    assert [row["version"] for row in versions] == [2, 1]
    assert program.get("api-mapping-version", one, 1).json()["settings"] == read["settings"]


@pytest.mark.parametrize(
    "body",
    ["{", '{"a": NaN}', '{"a": 1, "a": 2}', r'{"a": "\u0000"}', r'{"a": "\ud800"}', "[" * 9999],
    ids=["cut", "nan", "twice", "nul", "surrogate", "deep"],
)
def test_a_body_that_is_no_json_is_refused(program: Program, body: str) -> None:
    address = reverse("api-mapping", args=[program.connection.public_id])
    auth = {"Authorization": f"Bearer {program.secret}"}
    reply = Client().put(address, body, content_type="application/json", headers=auth)
    refused(reply, 400, "parse_error")


def test_the_same_request_twice_is_done_once(program: Program) -> None:
    one = program.connection.public_id
    key = {"Idempotency-Key": "check-1"}
    first = program.post("api-check-now", one, **key)
    with scope(tenant=program.tenant):
        Connection.objects.update(state=Connection.State.PAUSED)
    again = program.post("api-check-now", one, **key)
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again["Idempotent-Replayed"] == "true"
    refused(program.post("api-check-now", one), 409, "conflict")


def test_a_key_is_not_used_for_another_request(program: Program) -> None:
    key = {"Idempotency-Key": "one"}
    program.post("api-check-now", program.connection.public_id, **key)
    reply = program.post("api-export-again", program.job.public_id, **key)
    refused(reply, 422, "unprocessable")
    other = make_program("Elsewhere")
    assert other.post("api-check-now", other.connection.public_id, **key).status_code == 202


def test_a_request_that_still_runs_is_not_done_beside_itself(program: Program) -> None:
    key = {"Idempotency-Key": "slow"}
    assert program.post("api-check-now", program.connection.public_id, **key).status_code == 202
    with scope(tenant=program.tenant):
        StoredAnswer.objects.update(status=None, created_at=timezone.now())
    refused(program.post("api-check-now", program.connection.public_id, **key), 409, "conflict")
    with scope(tenant=program.tenant):
        StoredAnswer.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert program.post("api-check-now", program.connection.public_id, **key).status_code == 202


def test_a_refusal_is_repeated_as_it_was(program: Program) -> None:
    key = {"Idempotency-Key": "refused"}
    with scope(tenant=program.tenant):
        Connection.objects.update(state=Connection.State.PAUSED)
    one = program.connection.public_id
    refused(program.post("api-check-now", one, **key), 409, "conflict")
    with scope(tenant=program.tenant):
        Connection.objects.update(state=Connection.State.LIVE)
    refused(program.post("api-check-now", one, **key), 409, "conflict")


def test_a_far_side_that_is_away_is_no_error_of_ours(program: Program) -> None:
    key = {"Idempotency-Key": "later"}
    reply = program.post("api-export-again", program.job.public_id, **key)
    assert refused(reply, 502, "far_side")["detail"]
    with scope(tenant=program.tenant):
        assert not StoredAnswer.objects.exists()  # so that the next try is made


# -- The rest -----------------------------------------------------------------------------------


def test_a_caller_that_calls_too_often_is_told_to_wait(program: Program, settings: Any) -> None:
    settings.API_CALLS_PER_MINUTE = 2
    assert [program.get("api-jobs").status_code for _ in range(2)] == [200, 200]
    reply = program.get("api-jobs")
    refused(reply, 429, "throttled")
    assert 1 <= int(reply["Retry-After"]) <= 60
    assert make_program("Elsewhere").get("api-jobs").status_code == 200


def test_what_is_not_there_is_told_as_a_problem_too(program: Program) -> None:
    refused(Client().get("/api/v1/nothing/"), 404, "not_found")
    refused(Client().get("/api/v1/connections/1/"), 404, "not_found")
    refused(program.post("api-jobs", body={}), 405, "method_not_allowed")


def test_a_bug_of_ours_is_told_without_its_text(
    program: Program, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("pleo_connector.api.views.exports.counts_of", broken)
    reply = program.get("api-jobs")
    problem = refused(reply, 500, "error")
    assert "secret" not in str(problem)
    assert "secret detail" in caplog.text


def test_a_person_who_is_logged_in_acts_in_their_company(program: Program) -> None:
    with scopes_disabled():
        viewer = factories.join(program.tenant, "viewer")
    client = Client()
    client.force_login(viewer)
    found = client.get(reverse("api-connections")).json()["results"]
    assert [row["id"] for row in found] == [str(program.connection.public_id)]
    address = reverse("api-check-now", args=[program.connection.public_id])
    refused(client.post(address), 403, "permission_denied")


def test_a_person_needs_the_token_of_the_form_to_write(program: Program) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(program.owner)
    address = reverse("api-check-now", args=[program.connection.public_id])
    assert client.post(address).status_code == 403
