"""Generated requests, right and wrong ones, against the running simulator and the contract."""

import base64
import itertools
import json
import re
from collections import Counter
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from pleo_simulator.app import create_app
from pleo_simulator.state import build
from tests.contract.conftest import Customer
from tests.contract.recorded import PAGES, calls_since, count_recorded, problems
from tests.contract.validate import check_response, contract
from tests.simulator.support import CHALLENGE, CLIENT_ID, EXPORT_SCOPES, REDIRECT_URI, encoded

EXAMPLES = 10  # per operation, credential and kind of request
SEED = 20260504

# What the contract has and the simulator does not have yet.
NOT_IMPLEMENTED = {
    "POST /v1/accounting-entries:search",
    "GET /v1/accounting-entries/{accountingEntryId}",
    "GET /v1/accounting-entries/{accountingEntryId}/receipts",
    "GET /v1/accounting-entries/{accountingEntryId}/receipts/{receiptId}",
}

# Answers whose form the contract itself marks as unknown, and why ours is another one.
UNKNOWN_FORM = {
    ("GET /oauth/authorize", 400): "A person's browser gets it, so it is a page and not JSON.",
}

# Keys the simulator sorts by; Pleo publishes none.
SORTING_KEYS = {
    "GET /v3/export-jobs": "createdAt",
    "GET /v3/export-jobs/{jobId}/items": "status",
    "GET /v3/export-items": "date",
    "GET /v1/companies": "name",
    "GET /v1/subscriptions": "createdAt",
    "GET /v1/subscriptions/{id}/activities": "createdAt",
    "GET /v0/tag-groups/{groupId}/tags": "name",
    "GET /v0/tags": "code",
    "POST /v0/tags:search": "name",
    "POST /v0/aggregations/tags": "createdAt",
    "POST /v1/chart-of-accounts:search": "code",
    "POST /v0/tax-codes:search": "code",
    "POST /v1/vendors:search": "name",
    "GET /v2/employees": "email",
}

# After these, what the next request names is used up.
CONSUMING = {
    "POST /v3/export-job-events",
    "DELETE /v1/subscriptions/{id}",
    "DELETE /v1/installations/me",
    "POST /oauth/token",
}
CONSUMING_MASTER_DATA = {
    "DELETE /v0/tag-groups/{groupId}",
    "DELETE /v0/tags",
    "DELETE /v0/tags/{tagId}",
    "DELETE /v1/chart-of-accounts/{accountId}",
    "DELETE /v0/tax-codes/{taxCodeId}",
}

# Pleo names what is wrong with each item and takes the others.
JUDGED_PER_ITEM = "POST /v1/chart-of-accounts/batch"

UNIQUE = ("code", "externalId")
NUMBERS = itertools.count()

Case = schemathesis.Case[Any]
OPERATIONS: dict[str, schemathesis.APIOperation[Any, Any, Any, Any]] = {
    operation.label: operation
    for operation in (
        found.ok()  # type: ignore[union-attr]  # an operation that cannot be read ends it here
        for found in schemathesis.openapi.from_dict(contract()).get_all_operations()
    )
}
IMPLEMENTED = [label for label in OPERATIONS if label not in NOT_IMPLEMENTED]
CREDENTIALS = ("OAuth", "API key")
every_operation = pytest.mark.parametrize("label", IMPLEMENTED)
every_credential = pytest.mark.parametrize("credential", CREDENTIALS)


def generated(
    label: str, mode: schemathesis.GenerationMode, examples: int = EXAMPLES
) -> list[Case]:
    """The same cases in every run."""
    cases: list[Case] = []

    @seed(SEED)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=OPERATIONS[label].as_strategy(generation_mode=mode))
    def collect(case: Case) -> None:
        cases.append(case)

    collect()
    return cases


def send(case: Case, customer: Customer, headers: dict[str, str]) -> requests.Response:
    request = case.as_transport_kwargs(base_url=customer.url, headers=headers)
    reply = requests.request(**request, allow_redirects=False, timeout=30)
    hold_to_contract(case, reply)
    return reply


def hold_to_contract(case: Case, reply: requests.Response) -> None:
    checks: list[CheckFunction] = [
        not_a_server_error,
        status_code_conformance,
    ]
    label = case.operation.label
    if label != JUDGED_PER_ITEM or reply.status_code != 201:
        checks.append(negative_data_rejection)
    if (label, reply.status_code) not in UNKNOWN_FORM:
        checks += [content_type_conformance, response_schema_conformance]
        # The same once more with formats and known values.
        is_json = "json" in reply.headers.get("Content-Type", "")
        body = reply.json() if is_json else None
        check_response(case.method, case.operation.path, reply.status_code, body)
    case.validate_response(reply, checks=checks)


def recorded(customer: Customer, since: int) -> list[dict[str, Any]]:
    calls: list[dict[str, Any]] = calls_since(customer, since)["calls"]
    return [call for call in calls if not call["path"].startswith(PAGES)]


def beyond_nulls(call: dict[str, Any]) -> list[str]:
    """What `check_recorded` would say; it alone forbids the nulls which the contract allows."""
    return [
        problem
        for problem in problems(call)
        if not problem.endswith(" is null") and not _judged_per_item(call, problem)
    ]


def _judged_per_item(call: dict[str, Any], problem: str) -> bool:
    length = problem.endswith((" is too long", " should be non-empty"))
    return length and f"{call['method']} {call['path']}" == JUDGED_PER_ITEM


def used_up(label: str, customer: Customer) -> None:
    if label in CONSUMING:
        customer.renew()
    if label in CONSUMING_MASTER_DATA:
        customer.renew_master_data()


# What there is


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Methods and paths of the simulator."""
    simulator = build(tmp_path_factory.mktemp("unused"))
    rules = create_app(simulator).url_map.iter_rules()
    found = {
        f"{method} {rule.rule}"
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    simulator.store.close()
    return found


def without_names(label: str) -> str:
    """Parameters are named differently on both sides."""
    for opening, closing in (("{", "}"), ("<", ">")):
        while opening in label:
            head, _, rest = label.partition(opening)
            label = f"{head}*{rest.partition(closing)[2]}"
    return label


def test_the_list_of_what_is_missing_is_true(served: set[str]) -> None:
    there = {without_names(label) for label in served}
    assert set(OPERATIONS) >= NOT_IMPLEMENTED
    missing = {label for label in OPERATIONS if without_names(label) not in there}
    assert missing == NOT_IMPLEMENTED


def test_the_simulator_has_nothing_that_pleo_has_not(served: set[str]) -> None:
    known = {without_names(label) for label in OPERATIONS}
    api = {label for label in served if re.match(r"(v\d|oauth)/", label.split(" /")[1])}
    own = {label for label in api if "/oauth/authorize/" in label}  # its pages
    assert {label for label in api - own if without_names(label) not in known} == set()


@pytest.mark.parametrize(("label", "status"), UNKNOWN_FORM)
def test_an_exception_is_one_that_the_contract_marks(label: str, status: int) -> None:
    method, path = label.split()
    answer = contract()["paths"][path][method.lower()]["responses"][str(status)]
    assert answer["x-inferred"]
    assert "form" in answer["x-inferred-part"]


# What it answers


@every_credential
@every_operation
def test_right_requests_reach_what_the_company_has(
    label: str, credential: str, customer: Customer
) -> None:
    statuses: Counter[int] = Counter()
    since = count_recorded(customer)
    for case in generated(label, schemathesis.GenerationMode.POSITIVE):
        aim(case, customer, credential)
        reply = send(case, customer, customer.headers(case.operation.path, credential))
        statuses[reply.status_code] += 1
        if reply.ok:
            used_up(label, customer)
    good = sum(count for status, count in statuses.items() if status < 400)
    assert good > statuses.total() / 2, f"mostly refused: {statuses}"
    sent = recorded(customer, since)
    assert [problem for call in sent for problem in beyond_nulls(call)] == []


@every_credential
@every_operation
def test_right_requests_for_what_does_not_exist(
    label: str, credential: str, customer: Customer
) -> None:
    for case in generated(label, schemathesis.GenerationMode.POSITIVE):
        headers = customer.headers(case.operation.path, credential)
        if send(case, customer, headers).ok:
            used_up(label, customer)


@every_credential
@every_operation
def test_wrong_requests_are_refused(label: str, credential: str, customer: Customer) -> None:
    since = count_recorded(customer)
    for case in generated(label, schemathesis.GenerationMode.NEGATIVE):
        reply = send(case, customer, customer.headers(case.operation.path, credential))
        if reply.ok:
            used_up(label, customer)
    taken = [call for call in recorded(customer, since) if call["status"] < 400]
    assert [problem for call in taken for problem in beyond_nulls(call)] == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer gone"},
        {"Authorization": b"Bearer \xff"},
        {"Authorization": "Basic ***"},
        {"Authorization": b"Basic \xff"},
        {"Authorization": f"Basic {encoded('nobody:')}"},
        {"Authorization": f"Basic {encoded('nobody')}"},
        {"Authorization": "Digest x"},
    ],
    ids=str,
)
def test_nobody_gets_in(headers: dict[str, Any], customer: Customer) -> None:
    for label in IMPLEMENTED:
        if label == "GET /oauth/authorize":
            continue
        case = generated(label, schemathesis.GenerationMode.POSITIVE, 1)[0]
        assert send(case, customer, headers).status_code == 401, label


# Where a generated request rarely goes


def cursor(*position: Any) -> str:
    return base64.b32encode(json.dumps(position).encode()).decode()


@pytest.mark.parametrize(
    "query",
    [
        {"after": cursor("x")},
        {"before": cursor({})},
        {"after": cursor([1])},
        {"after": cursor(1, 2)},
        {"after": cursor(1.5, 1), "sorting_keys": "status", "sorting_order": "ASC"},
        {"after": base64.b32encode(b"[" * 100_000).decode()[:60_000]},
        {"offset": "9" * 5000},
        {"offset": str(2**63)},
        {"limit": "9" * 5000},
        {"limit": str(2**31)},
        {"limit": "٣"},
    ],
    ids=lambda query: str(query)[:40],
)
def test_a_position_that_is_none_is_refused(query: dict[str, str], customer: Customer) -> None:
    reply = requests.get(
        f"{customer.url}/v3/export-jobs", params=query, headers=customer.key, timeout=10
    )
    assert reply.status_code == 400
    check_response("GET", "/v3/export-jobs", 400, reply.json())


@pytest.mark.parametrize(
    "raw",
    [
        b'{"metadata": {"a": NaN}}',
        b'{"metadata": {"a": 1e999}}',
        b'{"metadata": {"a": "\\ud800"}}',
        b'{"metadata": {"\\udfff": "a"}}',
        b'{"metadata": {"a": "\xff"}}',
        b"[" * 100_000,
        b"1" * 5000,
        b"",
        b"{",
    ],
    ids=lambda raw: str(raw)[:40],
)
def test_a_body_that_is_not_json_is_refused(raw: bytes, customer: Customer) -> None:
    reply = requests.post(
        f"{customer.url}/v1/installations/me",
        data=raw,
        headers=customer.key | {"Content-Type": "application/json"},
        timeout=10,
    )
    assert reply.status_code == 400
    assert reply.json()["type"] == "JSON_MAPPING_EXCEPTION"
    check_response("POST", "/v1/installations/me", 400, reply.json())


@pytest.mark.parametrize(
    "moment",
    [
        "2026-13-01T00:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-01-01T24:00:01Z",
        "٢٠٢٦-01-01T00:00:00Z",
    ],
)
def test_a_moment_that_is_none_is_refused(moment: str, customer: Customer) -> None:
    row = {
        "accountingEntryId": customer.job_entries[0],
        "status": "in_progress",
        "exportedAt": moment,
    }
    path = f"/v3/export-jobs/{customer.job_id}/items"
    reply = requests.put(customer.url + path, json=[row], headers=customer.key, timeout=10)
    assert reply.status_code == 400
    check_response("PUT", path, 400, reply.json())


# From any right request to one about this customer


def aim(case: Case, customer: Customer, credential: str) -> None:
    label = case.operation.label
    own = {
        "jobId": customer.job_id,
        "job_id": customer.job_id,
        "companyId": customer.company.id,
        "company_id": customer.company.id,
        **customer.master_data,
        "id": customer.vendor_id if "/vendors" in label else customer.subscription_id,
    }
    for name in case.path_parameters or {}:
        case.path_parameters[name] = own[name]
    query = _own_query(label, case.query or {}, own)
    if query or case.query:
        case.query = query
    if isinstance(case.body, dict | list):
        case.body = _own_body(label, case.body, customer, own, credential)


def _own_query(label: str, query: dict[str, Any], own: dict[str, str]) -> dict[str, Any]:
    if label == "GET /oauth/authorize":
        return query | {
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT_URI,
            "scope": EXPORT_SCOPES,
            "code_challenge": CHALLENGE,
        }
    query = {
        name: own.get(name, value)
        for name, value in query.items()
        # Of the three that exclude one another the offset stays; paging has tests of its own.
        if name not in ("before", "after", "organization_id")
    }
    rules = OPERATIONS[label].definition.raw.get("x-parameter-rules", {})
    if "company_id" in rules.get("at-least-one-of", ()):
        query["company_id"] = own["company_id"]
    keys = [SORTING_KEYS[label]] if "sorting_keys" in query else []
    orders = query.pop("sorting_order", None) or ["ASC"]
    query.pop("sorting_keys", None)
    return query | ({"sorting_keys": keys, "sorting_order": orders[:1]} if keys else {})


def _own_body(
    label: str, body: Any, customer: Customer, own: dict[str, str], credential: str
) -> Any:
    if label == "POST /oauth/token":
        return customer.form(body, credential)
    if label == "POST /oauth/token/introspect":
        return body | {"token": customer.pair["access_token"]}
    if isinstance(body, list):
        ids = customer.job_entries
        return [
            row | {"accountingEntryId": ids[index % len(ids)]} for index, row in enumerate(body)
        ]
    body = {name: own.get(name, value) for name, value in body.items()}
    for name, kind in (("tagIds", "tagId"), ("tagGroupIds", "groupId"), ("ids", "id")):
        if body.get(name):
            body[name] = [own[kind]]
    if "amountsByTaxCodeId" in body:
        rows = list(body["amountsByTaxCodeId"].values())
        body["amountsByTaxCodeId"] = {own["taxCodeId"]: rows[0]} if rows else {}
    if not label.endswith(":search"):
        # What has to be unique.
        fresh = {name: f"{body[name]}{next(NUMBERS)}"[-255:] for name in UNIQUE if body.get(name)}
        body |= fresh
    if "accountingEntryIds" in body:
        body["accountingEntryIds"] = customer.entries[: len(body["accountingEntryIds"])]
    return body
