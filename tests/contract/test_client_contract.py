"""What our client sends is what the contract describes, and the check would notice otherwise."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest

from erp_adapters.errors import Rejected
from pleo_connector.pleo.client import ItemResult, PleoClient
from pleo_connector.pleo.oauth import OAuthClient
from tests.conftest import Simulator as Process
from tests.contract.recorded import calls_since, check_recorded, count_recorded, problems
from tests.simulator.support import (
    ALL_SCOPES,
    CLIENT_ID,
    CLIENT_SECRET,
    REDIRECT_URI,
    Company,
    Simulator,
)

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
EVERY = {
    "GET /oauth/authorize",
    "POST /oauth/token",
    "GET /v1/introspect",
    "GET /v1/companies/{}",
    "POST /v1/installations/me:activate",
    "POST /v1/subscriptions",
    "GET /v1/subscriptions/{}/secret",
    "DELETE /v1/subscriptions/{}",
    "GET /v3/export-jobs",
    "POST /v3/export-jobs",
    "GET /v3/export-jobs/{}",
    "GET /v3/export-jobs/{}/items",
    "GET /v3/export-items",
    "PUT /v3/export-jobs/{}/items",
    "POST /v3/export-job-events",
    "DELETE /v1/installations/me",
}


class Fixed:
    def __init__(self, header: str) -> None:
        self.value = header

    def header(self, *, refused: str | None = None) -> str:
        return self.value


@pytest.fixture
def pleo(simulator_process: Process) -> Iterator[Simulator]:
    with Simulator(simulator_process.url) as running:
        running.admin("POST", "/sim/reset", {"seed": "demo"})
        running.register_client()
        yield running


@pytest.fixture
def company(pleo: Simulator) -> Company:
    return pleo.companies()[0]


def client(pleo: Simulator, header: str) -> PleoClient:
    return PleoClient(base_url=pleo.url, authorizer=Fixed(header), allow_private=True)


def registration(pleo: Simulator, **more: Any) -> OAuthClient:
    return OAuthClient(
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        auth_url=pleo.url,
        redirect_uri=REDIRECT_URI,
        scopes=tuple(ALL_SCOPES.split()),
        allow_private=True,
        **more,
    )


def authorized(pleo: Simulator, company: Company, oauth: OAuthClient) -> tuple[str, str]:
    """Code and verifier after a person allowed the access our own address asks for."""
    url, state, verifier = oauth.authorization_url(company_urn=f"urn:pleo:company:{company.id}")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    answer = pleo.consent(company, **asked)
    assert answer["state"] == state
    return answer["code"], verifier


def walk(api: PleoClient, pleo: Simulator, company: Company) -> None:
    """Every call of the client, with every optional member once."""
    me = api.introspect()
    assert me.company_id == UUID(company.id)
    assert api.company_name(me.company_id) == company.name
    api.activate_installation()
    events = ["v1.export-job.created"]
    subscription, secret = api.subscribe(endpoint_url="https://us.example/hook", events=events)
    assert secret.startswith("whsec_")
    pleo.switch(maximum_page_limit=2)
    pleo.small_job(company, 3)
    job = api.unfinished_jobs(me.company_id)[0]
    assert api.job(job.id) == job
    items = api.job_items(job.id)
    assert len(list(api.export_items(job.id))) == len(items) == 3
    api.job_event(job.id, "started")
    good, bad, half = (item.accounting_entry_id for item in items)
    results = [
        ItemResult(
            accounting_entry_id=good,
            status="successful",
            external_id="V-1",
            external_url="https://erp.example/1",
            exported_at=NOW,
        ),
        ItemResult(
            accounting_entry_id=bad,
            status="failed",
            failure_type="account_unknown",
            failure_reason="There is no account 9999.",
        ),
        ItemResult(accounting_entry_id=half, status="in_progress"),
    ]
    assert api.update_items(job.id, results) == {}
    api.job_event(
        job.id, "failed", failure_type="accounting_system_unreachable", failure_reason="No answer."
    )
    assert api.job(job.id).is_finished
    again = api.create_job(me.company_id, [good, bad], with_vendors=True)
    assert (again.number_of_items, again.vendor_based_bookkeeping) == (2, True)
    api.unsubscribe(subscription)
    api.unsubscribe(subscription)
    api.delete_installation()


@pytest.mark.parametrize("token_auth", ["client_secret_basic", "client_secret_post"])
def test_every_request_under_oauth(pleo: Simulator, company: Company, token_auth: str) -> None:
    since = count_recorded(pleo)
    oauth = registration(pleo, token_auth=token_auth)
    code, verifier = authorized(pleo, company, oauth)
    tokens = oauth.exchange(code=code, verifier=verifier, now=NOW)
    tokens = oauth.refresh(refresh_token=tokens.refresh_token, now=NOW)
    walk(client(pleo, f"Bearer {tokens.access_token}"), pleo, company)
    assert check_recorded(pleo, since) > len(EVERY)
    assert names(pleo, since) == EVERY


def test_every_request_under_an_api_key(pleo: Simulator, company: Company) -> None:
    header = pleo.api_key(company, clientId=CLIENT_ID).headers["Authorization"]
    pleo.connect(company)  # installs the app
    since = count_recorded(pleo)
    walk(client(pleo, header), pleo, company)
    assert check_recorded(pleo, since) >= len(EVERY) - 2
    assert names(pleo, since) == EVERY - {"GET /oauth/authorize", "POST /oauth/token"}


def names(pleo: Simulator, since: int) -> set[str]:
    found = set()
    for call in calls_since(pleo, since)["calls"]:
        parts = ["{}" if part.count("-") == 4 else part for part in call["path"].split("/")]
        found.add(f"{call['method']} {'/'.join(parts)}")
    return {name for name in found if "/oauth/authorize/" not in name}


def test_a_refused_request_is_checked_too(pleo: Simulator, company: Company) -> None:
    header = pleo.connect(company).headers["Authorization"]
    job_id = UUID(pleo.small_job(company)["id"])
    since = count_recorded(pleo)
    with pytest.raises(Rejected):
        client(pleo, header).job_event(job_id, "begun")
    with pytest.raises(AssertionError, match=r"POST /v3/export-job-events: event: 'begun'"):
        check_recorded(pleo, since)


# The check itself

JOB = "/v3/export-jobs/33333333-3333-4333-8333-333333333333"
ROW = {"accountingEntryId": "11111111-1111-4111-8111-111111111111", "status": "successful"}
TOKEN = {"grant_type": "refresh_token", "refresh_token": "[redacted]"}
CODE = {
    "grant_type": "authorization_code",
    "code": "[redacted]",
    "code_verifier": "[redacted]",
    "redirect_uri": "https://us.example/callback",
}
FORM = "application/x-www-form-urlencoded"


def call(method: str, path: str, query: str = "", body: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "method": method,
        "path": path,
        "query": query,
        "requestBody": body,
        "contentType": "application/json;charset=UTF-8" if body is not None else "",
        "authKind": "bearer",
    } | more


@pytest.mark.parametrize(
    "right",
    [
        call("GET", "/v3/export-jobs"),
        call("GET", "/v3/export-jobs", "statuses=pending&statuses=in_progress&limit=100"),
        call("GET", "/v3/export-jobs", "after=MZXW6%3D%3D%3D", authKind="basic"),
        call("GET", "/v3/export-jobs", "sorting_keys=id&sorting_order=ASC&offset=0"),
        call("GET", JOB),
        call("PUT", f"{JOB}/items", body=[ROW]),
        call("POST", "/v1/installations/me:activate"),
        call("POST", "/v1/vendors/33333333-3333-4333-8333-333333333333:archive"),
        call("POST", "/oauth/token", body=TOKEN, contentType=FORM, authKind="basic"),
        call("POST", "/oauth/token", body=CODE, contentType=FORM, authKind="none"),
    ],
    ids=lambda right: f"{right['method']} {right['path']}",
)
def test_a_right_request_passes(right: dict[str, Any]) -> None:
    assert problems(right) == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (call("GET", "/v3/nothing"), "the contract has no GET /v3/nothing"),
        (call("PATCH", "/v3/export-jobs"), "the contract has no PATCH"),
        (call("GET", "/v3/export-jobs", "companyId=x"), "unknown query name companyId"),
        (call("GET", "/v3/export-jobs", "exact="), "unknown query name exact"),
        (call("GET", "/v3/export-jobs", "company_id=1"), "company_id body: '1' is not a 'uuid'"),
        (call("GET", "/v3/export-jobs", "statuses=pending,failed"), "statuses 0:"),
        (call("GET", "/v3/export-jobs", "limit=ten"), "limit body: 'ten' is not"),
        (call("GET", "/v3/export-jobs", "limit=-1"), "limit body: -1 is less"),
        (call("GET", "/v3/export-jobs", f"limit={'9' * 5000}"), "limit body: '999"),
        (call("GET", "/v3/export-jobs", "limit=1&limit=2"), "limit is given more than once"),
        (call("GET", "/v3/export-jobs", "after=x!"), "after body:"),
        (call("GET", "/v3/export-jobs", "after=MZ&offset=0"), "after and offset exclude"),
        (call("GET", "/v3/export-jobs", "sorting_keys=id"), "differ in length"),
        (call("GET", "/v3/export-jobs/1"), "jobId body: '1' is not a 'uuid'"),
        (call("GET", "/v3/export-items"), "job_id is missing"),
        (call("GET", "/v0/tag-groups"), "one of company_id and organization_id is needed"),
        (call("GET", JOB, body={}), "a body, where none is described"),
        (call("GET", JOB, authKind="none"), "authorization is none, not basic or bearer"),
        (call("PUT", f"{JOB}/items"), "the body is missing"),
        (call("PUT", f"{JOB}/items", body={"items": [ROW]}), "is not of type 'array'"),
        (call("PUT", f"{JOB}/items", body=[ROW | {"note": "x"}]), "'note' was unexpected"),
        (call("PUT", f"{JOB}/items", body=[ROW | {"externalId": None}]), "0/externalId is null"),
        (call("PUT", f"{JOB}/items", body=[ROW] * 101), "is too long"),
        (call("PUT", f"{JOB}/items", body=[ROW], contentType="text/plain"), "is text/plain, not"),
        (call("POST", "/oauth/token", body=TOKEN, authKind="basic"), "is application/json, not"),
        (call("POST", "/oauth/token", body=TOKEN, contentType=FORM), "authorization is bearer"),
        (
            call("POST", "/oauth/token", body=TOKEN | CODE, contentType=FORM, authKind="basic"),
            "not valid under any",
        ),
    ],
    ids=str,
)
def test_a_wrong_request_is_noticed(wrong: dict[str, Any], words: str) -> None:
    assert any(words in problem for problem in problems(wrong)), problems(wrong)
