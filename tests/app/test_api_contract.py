"""Generated requests, right and wrong ones, from two companies: what is answered fits the schema
that is checked in, is never an error of ours, and never holds anything of the other company."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import schemathesis
import yaml
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django_scopes import scope
from hypothesis import HealthCheck, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import positive_data_acceptance

from pleo_connector.api.schema import CALLS_OUT
from pleo_connector.api.urls import operations
from pleo_connector.catalog.models import KeptRecord, SyncKind, SyncPlan, SyncSchedule, SyncSettings
from pleo_connector.exports.models import Posting
from pleo_connector.mapping.models import MappingVersion
from tests.app.sync_factories import keep_record
from tests.app.test_api import Program, make_program
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db

SCHEMA = ROOT / "docs" / "openapi.yaml"
EXAMPLES = 8  # per operation, kind of request and aim
SEED = 20261124
Case = schemathesis.Case[Any]


def load() -> Any:
    schema = schemathesis.openapi.from_dict(yaml.safe_load(SCHEMA.read_text()))
    schema.app = get_wsgi_application()
    return schema


OPERATIONS: dict[str, Any] = {
    operation.label: operation
    for operation in (found.ok() for found in load().get_all_operations())
}
READ = [label for label in OPERATIONS if label.startswith("GET")]
MODES = list(schemathesis.GenerationMode)


def generated(label: str, mode: schemathesis.GenerationMode) -> list[Case]:
    """The same cases in every run."""
    cases: list[Case] = []

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def collect(case: Case) -> None:
        cases.append(case)

    collect()
    return cases


@pytest.fixture
def ours(settings: Any) -> Iterator[Program]:
    settings.API_CALLS_PER_MINUTE = 100_000
    for signal in (request_started, request_finished):  # the test's transaction goes on
        signal.disconnect(close_old_connections)
    yield make_program()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def theirs(ours: Program) -> Program:
    return make_program("Skovgaard & Co")


def secrets_of(program: Program) -> set[str]:
    """Whatever names the company or its rows."""
    job = program.job
    with scope(tenant=program.tenant):
        items = list(job.items.all())
    rows: list[Any] = [program.connection, job, job.run, program.plan.run, *items]
    found = {str(row.public_id) for row in rows}
    found |= {str(item.accounting_entry_id) for item in items}
    found |= {str(program.connection.pleo_company_id), str(job.pleo_job_id)}
    return found | {program.tenant.name, program.secret, str(program.tenant.public_id)}


def aim(case: Case, program: Program) -> None:
    """At what the program has. The rest stays as generated, as does an address that is no id."""
    path = case.path_parameters or {}
    if not is_uuid(path.get("public_id")):
        return
    with scope(tenant=program.tenant):
        entry = program.job.items.order_by("position")[0]
        problem = program.connection.problems.first()
    kind = case.operation.path.removeprefix("/api/v1/").partition("/")[0]
    owned: Any = {
        "connections": program.connection,
        "jobs": program.job,
        "entries": entry,
        "runs": program.job.run,
        "problems": problem,
        "plans": program.plan.run,
    }[kind]
    path["public_id"] = str(owned.public_id)
    if isinstance(path.get("number"), int):
        path["number"] = 1
        if "/kept/" in case.operation.path:
            path["number"] = keep(program)
    if path.get("kind") in SyncKind.values:
        path["kind"] = SyncKind.TAGS.value


def keep(program: Program) -> int:
    with scope(tenant=program.tenant):
        return keep_record(program.connection).pk


def is_uuid(text: Any) -> bool:
    try:
        return bool(UUID(text))
    except (ValueError, AttributeError, TypeError):
        return False


def send(case: Case, program: Program) -> Any:
    headers = {"Authorization": f"Bearer {program.secret}"}
    reply = case.call(headers=headers)
    left_out: Any = [positive_data_acceptance]
    if reply.status_code == 502:  # nobody answers for Pleo here
        assert case.operation.definition.raw["operationId"] in CALLS_OUT
        left_out.append(not_a_server_error)
    case.validate_response(reply, headers=headers, excluded_checks=left_out)
    return reply


def test_the_schema_that_is_checked_in_is_that_of_the_code(tmp_path: Path) -> None:
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", file=str(made), validate=True, fail_on_warn=True)
    assert made.read_text() == SCHEMA.read_text(), (
        "Run: manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml"
    )


def test_every_address_is_in_the_schema() -> None:
    paths = {label.partition(" ")[2] for label in OPERATIONS}
    assert len(paths) == len(operations)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("label", OPERATIONS)
def test_requests_to_what_the_company_has(
    label: str, mode: schemathesis.GenerationMode, ours: Program, theirs: Program
) -> None:
    hidden = secrets_of(theirs)
    statuses: Counter[int] = Counter()
    for case in generated(label, mode):
        if "{public_id}" in case.operation.path:
            aim(case, ours)
        reply = send(case, ours)
        statuses[reply.status_code] += 1
        assert not [x for x in hidden if x in reply.text]
    if label in READ and mode == schemathesis.GenerationMode.POSITIVE:
        assert statuses[200] or label.endswith("/preview/"), statuses


@pytest.mark.parametrize("label", [x for x in OPERATIONS if "{public_id}" in x])
def test_requests_to_what_another_company_has(label: str, ours: Program, theirs: Program) -> None:
    named = (theirs.connection, theirs.job, theirs.plan.run)  # the address says them again
    hidden = secrets_of(theirs) - {str(row.public_id) for row in named}
    keep(theirs)
    before = rows_of(theirs)
    for case in generated(label, schemathesis.GenerationMode.POSITIVE):
        aim(case, theirs)
        reply = send(case, ours)
        assert reply.status_code >= 400
        assert not [x for x in hidden if x in reply.text]
    assert rows_of(theirs) == before


def rows_of(program: Program) -> Any:
    with scope(tenant=program.tenant):
        program.connection.refresh_from_db()
        return (
            MappingVersion.objects.count(),
            list(Posting.objects.order_by("pk").values_list("state", "number")),
            program.connection.woken_at,
            list(SyncPlan.objects.order_by("pk").values_list("state", "decided_at")),
            list(SyncSchedule.objects.order_by("pk").values_list("hours", "asked_at", "is_paused")),
            KeptRecord.objects.count(),
            list(SyncSettings.objects.values_list("dimensions", "archive_limit")),
        )


def without_nul(value: Any) -> Any:
    """A schema cannot say that text holds none; Postgres stores none."""
    if isinstance(value, dict):
        return {without_nul(name): without_nul(part) for name, part in value.items()}
    if isinstance(value, list):
        return [without_nul(part) for part in value]
    return value.replace("\0", "") if isinstance(value, str) else value


def test_most_mappings_that_fit_the_schema_are_taken(ours: Program) -> None:
    label = "PUT /api/v1/connections/{public_id}/mapping/"
    statuses: Counter[int] = Counter()
    for case in generated(label, schemathesis.GenerationMode.POSITIVE):
        aim(case, ours)
        body: Any = case.body
        if isinstance(body, dict):
            body.pop("based_on", None)
            body["settings"].pop("time_zone", None)
            for rule in body["settings"].get("rules", ()):
                rule["account"] = "6100"  # one that sets nothing is refused
        case.body = without_nul(body)
        statuses[send(case, ours).status_code] += 1
    assert statuses[200] > statuses.total() / 2, statuses
