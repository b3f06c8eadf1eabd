"""Scopes, isolation of companies, rate limit, installations, companies."""

from typing import Any

import pytest
import requests

from tests.contract.validate import check_response

from .support import CLIENT_ID, Company, Pleo, Simulator

SOME_ID = "99999999-0000-4000-8000-000000000009"
SCOPED: list[tuple[str, str, str, Any]] = [
    ("GET", "/v3/export-jobs", "export-jobs:read", None),
    ("GET", f"/v3/export-jobs/{SOME_ID}", "export-jobs:read", None),
    ("GET", f"/v3/export-jobs/{SOME_ID}/items", "export-jobs:read", None),
    ("POST", "/v3/export-jobs", "export-jobs:write", {}),
    ("PUT", f"/v3/export-jobs/{SOME_ID}/items", "export-jobs:write", []),
    ("POST", "/v3/export-job-events", "export-jobs:write", {}),
    ("GET", "/v3/export-items", "export-items:read", None),
    ("GET", "/v1/companies", "companies:read", None),
    ("GET", f"/v1/companies/{SOME_ID}", "companies:read", None),
]
EVERY_SCOPE = {scope for _, _, scope, _ in SCOPED}


@pytest.mark.parametrize(("method", "path", "scope", "body"), SCOPED)
def test_each_call_needs_its_scope(
    simulator: Simulator, company: Company, method: str, path: str, scope: str, body: Any
) -> None:
    without = simulator.api_key(company, scopes=sorted(EVERY_SCOPE - {scope}))
    assert without.refused(403, method, path, json=body) == "ACCESS_DENIED"
    only = simulator.api_key(company, scopes=[scope])
    assert only.call(method, path, json=body, valid=False).status_code != 403


@pytest.mark.parametrize(("method", "path", "scope", "body"), SCOPED)
def test_each_call_needs_a_credential(
    simulator: Simulator, method: str, path: str, scope: str, body: Any
) -> None:
    for header in ({}, {"Authorization": "Bearer no"}, {"Authorization": "Basic !"}):
        response = requests.request(
            method, simulator.url + path, json=body, headers=header, timeout=10
        )
        assert response.status_code == 401
        check_response(method, path, 401, response.json())


def test_companies_do_not_see_each_other(
    simulator: Simulator, company: Company, other_company: Company
) -> None:
    job = simulator.small_job(company)
    stranger = simulator.connect(other_company)
    for method, path, query, body in (
        ("GET", f"/v3/export-jobs/{job['id']}", {}, None),
        ("GET", f"/v3/export-jobs/{job['id']}/items", {}, None),
        ("GET", "/v3/export-items", {"job_id": job["id"]}, None),
        ("GET", "/v3/export-jobs", {"company_id": company.id}, None),
        ("GET", f"/v1/companies/{company.id}", {}, None),
        ("POST", "/v3/export-job-events", {}, {"jobId": job["id"], "event": "started"}),
        ("POST", "/v3/export-jobs", {}, {"companyId": company.id, "accountingEntryIds": [SOME_ID]}),
    ):
        assert stranger.refused(403, method, path, json=body, **query) == "ACCESS_DENIED"
    assert stranger.get("/v3/export-jobs")["data"] == []
    simulator.switch(foreign_resource_status="404")
    assert stranger.refused(404, "GET", f"/v3/export-jobs/{job['id']}") == "EXPORT_NOT_FOUND"


def test_a_company_reads_itself(pleo: Pleo, company: Company) -> None:
    page = pleo.get("/v1/companies")
    assert [row["name"] for row in page["data"]] == [company.name]
    assert pleo.get(f"/v1/companies/{company.id}")["data"]["id"] == company.id
    assert pleo.refused(404, "GET", f"/v1/companies/{SOME_ID}") == "NOT_FOUND"


def test_unknown_paths_answer_as_the_api_does(simulator: Simulator) -> None:
    response = requests.get(simulator.url + "/v3/nothing", timeout=10)
    assert (response.status_code, response.json()["type"]) == (404, "NOT_FOUND")


def test_the_rate_limit_counts_per_credential(simulator: Simulator, company: Company) -> None:
    simulator.admin("POST", "/sim/clock", {"set": "2026-11-20T10:00:05Z"})
    simulator.switch(rate_limit_per_minute=2)
    pleo, second = simulator.api_key(company), simulator.api_key(company)
    assert [pleo.call("GET", "/v1/introspect").status_code for _ in range(2)] == [200, 200]
    response = requests.get(simulator.url + "/v3/export-jobs", headers=pleo.headers, timeout=10)
    check_response("GET", "/v3/export-jobs", 429, response.json())
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 60
    second.get("/v3/export-jobs")
    simulator.advance(60)
    pleo.get("/v3/export-jobs")


def test_consent_installs_and_activation_finishes(pleo: Pleo, company: Company) -> None:
    installed = pleo.get("/v1/installations/me")
    assert installed["status"] == "AUTHORIZED"
    assert installed["resource"] == f"urn:pleo:company:{company.id}"
    body = {"status": "PENDING_INTEGRATION", "metadata": {"connectionId": "c-42"}}
    assert pleo.call("PUT", "/v1/installations/me", json=body).json()["status"] == body["status"]
    active = pleo.call("POST", "/v1/installations/me:activate").json()
    assert active["status"] == "ACTIVATED"
    assert active["metadata"] == {"connectionId": "c-42"}
    trouble = {"status": "ERROR", "errorCode": "AUTH_ERROR"}
    assert (
        pleo.call("PUT", "/v1/installations/me", json=trouble).json()["errorCode"] == "AUTH_ERROR"
    )


def test_apps_without_configuration_are_active_at_once(
    simulator: Simulator, company: Company
) -> None:
    simulator.register_client(requiresActivation=False)
    assert simulator.connect(company).get("/v1/installations/me")["status"] == "ACTIVATED"


def test_api_keys_create_their_installation(simulator: Simulator, company: Company) -> None:
    pleo = simulator.api_key(company)
    pleo.refused(400, "GET", "/v1/installations/me")
    pleo.refused(404, "DELETE", "/v1/installations/me")
    created = pleo.call("POST", "/v1/installations/me", json={"metadata": {"a": "b"}}).json()
    assert (created["status"], created["metadata"]) == ("ACTIVATED", {"a": "b"})
    assert pleo.get("/v1/installations/me", company_id=company.id)["id"] == created["id"]


@pytest.mark.parametrize(
    "body",
    [
        {"status": "DONE"},
        {"metadata": {}},
        {"status": "ACTIVATED", "errorCode": "AUTH_ERROR"},
        {"status": "ERROR", "errorCode": "OTHER"},
        {"status": "ACTIVATED", "metadata": {"k" * 41: "v"}},
        {"status": "ACTIVATED", "metadata": {"k": "v" * 501}},
        {"status": "ACTIVATED", "metadata": {str(n): "v" for n in range(51)}},
        {"status": "ACTIVATED", "note": "x"},
    ],
)
def test_wrong_installation_bodies_are_refused(pleo: Pleo, body: dict[str, Any]) -> None:
    assert pleo.refused(400, "PUT", "/v1/installations/me", json=body) == "VALIDATION_FAILED"


def test_deleting_the_installation_ends_the_tokens(simulator: Simulator, company: Company) -> None:
    pair = simulator.grant(company)
    pleo = simulator.bearer(pair["access_token"])
    assert pleo.call("DELETE", "/v1/installations/me").status_code == 204
    pleo.refused(401, "GET", "/v1/introspect")
    assert simulator.refresh(pair["refresh_token"]).status_code == 400


def test_the_customer_can_disconnect(simulator: Simulator, company: Company, pleo: Pleo) -> None:
    answer = simulator.admin("POST", f"/sim/companies/{company.id}/disconnect")
    assert answer == {"disconnected": [CLIENT_ID]}
    pleo.refused(401, "GET", "/v1/introspect")


def test_export_can_require_activation(simulator: Simulator, pleo: Pleo) -> None:
    simulator.switch(api_requires_activation=True)
    pleo.refused(403, "GET", "/v3/export-jobs")
    pleo.call("POST", "/v1/installations/me:activate")
    pleo.get("/v3/export-jobs")
