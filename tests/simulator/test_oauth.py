"""Authorization code flow, refresh rotation, introspection."""

import pytest
import requests

from tests.contract.validate import check_response

from .support import (
    ALL_SCOPES,
    CHALLENGE,
    CLIENT_ID,
    CLIENT_SECRET,
    REDIRECT_URI,
    VERIFIER,
    Company,
    Simulator,
    challenge_of,
    encoded,
)


def test_the_whole_flow_gives_a_working_token(simulator: Simulator, company: Company) -> None:
    answer = simulator.consent(company)
    assert answer["state"] == "s-1"
    assert answer["tenant"] == "t-1"
    pair = simulator.exchange(answer["code"]).json()
    assert pair["expires_in"] == 3600
    assert pair["token_type"] == "Bearer"
    assert pair["scope"] == ALL_SCOPES
    who = simulator.bearer(pair["access_token"]).get("/v1/introspect")["data"]
    assert who["subjectURN"] == f"urn:pleo:company:{company.id}"
    assert who["authMethod"] == "OAUTH2"
    assert set(who["scope"].split()) == set(ALL_SCOPES.split())


def test_the_pkce_vector_of_the_contract_fits() -> None:
    assert challenge_of(VERIFIER) == CHALLENGE


def test_consent_names_app_company_and_permissions(simulator: Simulator, company: Company) -> None:
    page = simulator.submit(
        simulator.authorize(), "email", email=company.email, password=company.password
    )
    assert f'id="company-{company.id}"' in page.text
    page = simulator.submit(page, "company_id", company_id=company.id)
    for words in ("Acme Ledger", company.name, "Start export jobs", 'id="allow"', 'id="deny"'):
        assert words in page.text


def test_denial_goes_back_with_access_denied(simulator: Simulator, company: Company) -> None:
    answer = simulator.consent(company, "deny")
    assert answer["error"] == "access_denied"
    assert answer["state"] == "s-1"
    assert "code" not in answer


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "unknown"},
        {"client_id": None},
        {"redirect_uri": REDIRECT_URI + "/"},
        {"redirect_uri": "http://127.0.0.1:65000/oauth/callback"},
        {"redirect_uri": None},
    ],
)
def test_untrusted_requests_never_redirect(
    simulator: Simulator, changes: dict[str, str | None]
) -> None:
    answer = simulator.authorize(**changes)
    assert answer.status_code == 400
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"state": None}, "invalid_request"),
        ({"scope": "payroll:write"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
    ],
)
def test_wrong_requests_redirect_with_an_error(
    simulator: Simulator, changes: dict[str, str | None], error: str
) -> None:
    answer = simulator.authorize(**changes)
    assert answer.status_code == 302
    assert f"error={error}" in answer.headers["Location"]


def test_pkce_can_be_switched_off(simulator: Simulator, company: Company) -> None:
    simulator.switch(pkce_required=False)
    code = simulator.consent(company, code_challenge=None, code_challenge_method=None)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
    response = requests.post(
        f"{simulator.url}/oauth/token", data=form, auth=(CLIENT_ID, CLIENT_SECRET), timeout=10
    )
    assert response.status_code == 200


def test_wrong_password_shows_the_form_again(simulator: Simulator, company: Company) -> None:
    page = simulator.submit(simulator.authorize(), "email", email=company.email, password="not it")
    assert "not right" in page.text
    assert (
        simulator.submit(page, "email", email=company.email, password=company.password).status_code
        == 200
    )


def test_a_bookkeeper_cannot_choose_a_foreign_company(
    simulator: Simulator, company: Company, other_company: Company
) -> None:
    page = simulator.submit(
        simulator.authorize(), "email", email=company.email, password=company.password
    )
    assert simulator.submit(page, "company_id", company_id=other_company.id).status_code == 400


def test_a_forged_ticket_is_refused(simulator: Simulator, company: Company) -> None:
    page = simulator.submit(
        simulator.authorize(), "email", email=company.email, password=company.password
    )
    answer = simulator.submit(page, "company_id", company_id=company.id, ticket="forged")
    assert answer.status_code == 400


def test_a_code_works_once_and_not_for_long(simulator: Simulator, company: Company) -> None:
    code = simulator.consent(company)["code"]
    assert simulator.exchange(code).status_code == 200
    assert simulator.exchange(code).json()["error"] == "invalid_grant"
    late = simulator.consent(company)["code"]
    simulator.advance(61)
    assert simulator.exchange(late).json()["error"] == "invalid_grant"


def test_reuse_of_a_code_can_revoke_its_tokens(simulator: Simulator, company: Company) -> None:
    simulator.switch(reused_code_revokes_tokens=True)
    code = simulator.consent(company)["code"]
    pleo = simulator.bearer(simulator.exchange(code).json()["access_token"])
    simulator.exchange(code)
    assert pleo.refused(401, "GET", "/v1/introspect") == "UNAUTHORIZED"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": "unknown"}, "invalid_grant"),
        ({"redirect_uri": REDIRECT_URI + "x"}, "invalid_grant"),
        ({"code_verifier": VERIFIER[::-1]}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_grant"),
        ({"refresh_token": "x"}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"resource": "x"}, "invalid_request"),
    ],
)
def test_wrong_exchanges_fail(
    simulator: Simulator, company: Company, changes: dict[str, str], error: str
) -> None:
    code = simulator.consent(company)["code"]
    response = simulator.exchange(code, **changes)
    assert (response.status_code, response.json()["error"]) == (400, error)


@pytest.mark.parametrize("auth", [(CLIENT_ID, "wrong"), ("wrong", CLIENT_SECRET), None])
def test_client_authentication_is_required(
    simulator: Simulator, company: Company, auth: tuple[str, str] | None
) -> None:
    response = simulator.exchange(simulator.consent(company)["code"], auth=auth)
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(("allowed", "status"), [(True, 200), (False, 401)])
def test_credentials_in_the_form_follow_the_switch(
    simulator: Simulator, company: Company, allowed: bool, status: int
) -> None:
    simulator.switch(body_client_credentials=allowed)
    code = simulator.consent(company)["code"]
    response = simulator.exchange(code, auth=None, client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    assert response.status_code == status


def test_a_refresh_kills_every_earlier_token(simulator: Simulator, company: Company) -> None:
    first = simulator.grant(company)
    second = simulator.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    simulator.bearer(first["access_token"]).refused(401, "GET", "/v1/introspect")
    simulator.bearer(second["access_token"]).get("/v1/introspect")
    replay = simulator.refresh(first["refresh_token"])
    assert (replay.status_code, replay.json()["error"]) == (400, "invalid_grant")
    assert simulator.refresh(second["refresh_token"]).status_code == 200


def test_replay_can_revoke_the_family(simulator: Simulator, company: Company) -> None:
    simulator.switch(rotated_refresh_token_revokes_family=True)
    first = simulator.grant(company)
    second = simulator.refresh(first["refresh_token"]).json()
    assert simulator.refresh(first["refresh_token"]).status_code == 400
    assert simulator.refresh(second["refresh_token"]).status_code == 400
    simulator.bearer(second["access_token"]).refused(401, "GET", "/v1/introspect")


def test_an_expired_refresh_token_kills_the_family(simulator: Simulator, company: Company) -> None:
    simulator.switch(access_token_seconds=10_000_000)
    pair = simulator.grant(company)
    simulator.advance(60 * 86_400 + 1)
    simulator.bearer(pair["access_token"]).get("/v1/introspect")
    assert simulator.refresh(pair["refresh_token"]).json()["error"] == "invalid_grant"
    simulator.bearer(pair["access_token"]).refused(401, "GET", "/v1/introspect")


def test_access_tokens_expire_by_the_simulator_clock(
    simulator: Simulator, company: Company
) -> None:
    pair = simulator.grant(company)
    simulator.advance(3601)
    pleo = simulator.bearer(pair["access_token"])
    assert pleo.call("GET", "/v1/introspect").json()["message"] == "JWT is expired"
    assert simulator.refresh(pair["refresh_token"]).status_code == 200


@pytest.mark.parametrize("which", ["access", "refresh"])
def test_tokens_can_be_expired_at_will(simulator: Simulator, company: Company, which: str) -> None:
    pair = simulator.grant(company)
    simulator.admin("POST", f"/sim/companies/{company.id}/tokens:expire", {"which": which})
    access = simulator.bearer(pair["access_token"]).call("GET", "/v1/introspect").status_code
    assert access == (401 if which == "access" else 200)
    refresh = simulator.refresh(pair["refresh_token"]).status_code
    assert refresh == (400 if which == "refresh" else 200)


def test_a_dropped_refresh_answer_still_rotates(simulator: Simulator, company: Company) -> None:
    pair = simulator.grant(company)
    simulator.switch(drop_refresh_response=True)
    with pytest.raises(requests.ConnectionError):
        simulator.refresh(pair["refresh_token"])
    simulator.switch(drop_refresh_response=False)
    assert simulator.refresh(pair["refresh_token"]).status_code == 400
    simulator.bearer(pair["access_token"]).refused(401, "GET", "/v1/introspect")


def test_a_refresh_token_belongs_to_its_client(simulator: Simulator, company: Company) -> None:
    simulator.register_client(clientId="other", clientSecret="s2", redirectUris=[])
    pair = simulator.grant(company)
    assert simulator.refresh(pair["refresh_token"], auth=("other", "s2")).status_code == 400
    assert simulator.refresh(pair["refresh_token"]).status_code == 200


@pytest.mark.parametrize("code", ["invalid_token", "invalid_refresh_token"])
def test_the_refresh_error_has_other_spellings(simulator: Simulator, code: str) -> None:
    simulator.switch(refresh_error_code=code)
    assert simulator.refresh("unknown").json()["error"] == code


def introspect(simulator: Simulator, token: str, auth: tuple[str, str]) -> requests.Response:
    response = requests.post(
        f"{simulator.url}/oauth/token/introspect", data={"token": token}, auth=auth, timeout=10
    )
    check_response("POST", "/oauth/token/introspect", response.status_code, response.json())
    return response


def test_token_introspection_is_for_the_own_client(simulator: Simulator, company: Company) -> None:
    simulator.register_client(clientId="other", clientSecret="s2", redirectUris=[])
    token = simulator.grant(company)["access_token"]
    facts = introspect(simulator, token, (CLIENT_ID, CLIENT_SECRET)).json()
    assert facts["active"]
    assert facts["sub"] == company.id
    assert facts["exp"] - facts["iat"] == 3600
    assert introspect(simulator, token, ("other", "s2")).json() == {"active": False}
    assert introspect(simulator, token, ("other", "no")).status_code == 401
    simulator.advance(3601)
    assert introspect(simulator, token, (CLIENT_ID, CLIENT_SECRET)).json() == {"active": False}


def test_introspection_takes_forms_only(simulator: Simulator) -> None:
    response = requests.post(
        f"{simulator.url}/oauth/token/introspect",
        json={"token": "x"},
        auth=(CLIENT_ID, CLIENT_SECRET),
        timeout=10,
    )
    check_response("POST", "/oauth/token/introspect", response.status_code, response.json())
    assert response.status_code == 400


def test_api_keys_are_basic_user_names(simulator: Simulator, company: Company) -> None:
    pleo = simulator.api_key(company, scopes=["export-jobs:read"])
    who = pleo.get("/v1/introspect")["data"]
    assert (who["authMethod"], who["scope"]) == ("API_KEY", "export-jobs:read")
    assert pleo.get("/v3/export-jobs")["data"] == []
    pleo.refused(403, "GET", "/v3/export-items", job_id=company.id)
    key = simulator.admin("POST", f"/sim/companies/{company.id}/api-keys", {})["key"]
    pleo.headers = {"Authorization": "Basic " + encoded(f"{key}:password")}
    pleo.refused(401, "GET", "/v3/export-jobs")
    pleo.headers = {"Authorization": f"Bearer {key}"}
    pleo.refused(401, "GET", "/v3/export-jobs")


def test_a_session_may_continue_without_the_password(
    simulator: Simulator, company: Company
) -> None:
    with requests.Session() as browser:
        browser.post(
            f"{simulator.url}/login",
            data={"email": company.email, "password": company.password},
            timeout=10,
        )
        page = browser.get(
            f"{simulator.url}/oauth/authorize", params=simulator.authorize_query(), timeout=10
        )
    assert 'id="login-continue"' in page.text
    assert 'id="login-email"' in page.text
