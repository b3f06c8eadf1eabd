"""Clients the tests drive the simulator with; every API answer is held to the contract."""

import base64
import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urljoin, urlsplit

import requests

from tests.contract.validate import check_request, check_response, contract

CLIENT_ID = "22222222-0000-4000-8000-000000000001"
CLIENT_SECRET = "0f3a9b-test-secret"
REDIRECT_URI = "http://127.0.0.1:65000/oauth/callback?tenant=t-1"
VERIFIER: str = contract()["x-test-vectors"]["pkce"]["code_verifier"]
CHALLENGE: str = contract()["x-test-vectors"]["pkce"]["code_challenge"]
EXPORT_SCOPES = "export-jobs:read export-jobs:write export-items:read"
MASTER_DATA_SCOPES = (
    "tag-group:read tag-group:write accounts:read accounts:write tax-codes:read tax-codes:write"
    " vendors:read vendors:write users:read"
)
ALL_SCOPES = f"{EXPORT_SCOPES} companies:read {MASTER_DATA_SCOPES}"


@dataclass(frozen=True)
class Company:
    id: str
    name: str
    currency: str
    email: str
    password: str


class Forms(HTMLParser):
    """The forms of a page: action, hidden and chosen fields, buttons by id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({"action": known.get("action", ""), "fields": {}, "names": set()})
        elif tag in ("input", "button") and self.forms:
            self._field(known)

    def _field(self, known: dict[str, str]) -> None:
        form = self.forms[-1]
        form["names"].add(known.get("name", ""))
        if known.get("type") == "hidden" or "checked" in known:
            form["fields"][known["name"]] = known.get("value", "")

    def having(self, name: str) -> dict[str, Any]:
        return next(form for form in self.forms if name in form["names"])


def wait_until(condition: Callable[[], Any], seconds: float = 5) -> Any:
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


class Simulator:
    """Admin API and authorization server of a running simulator."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.session.close()

    def admin(self, method: str, path: str, body: Any = None, *, status: int | None = None) -> Any:
        response = self.session.request(method, self.url + path, json=body, timeout=30)
        expected = (200, 201, 202) if status is None else (status,)
        assert response.status_code in expected, response.text
        return response.json()

    def switch(self, **values: Any) -> None:
        self.admin("PUT", "/sim/switches", values)

    def advance(self, seconds: float) -> None:
        self.admin("POST", "/sim/clock", {"advanceSeconds": seconds})

    def companies(self) -> list[Company]:
        return [
            Company(c["id"], c["name"], c["currency"], c["login"]["email"], c["login"]["password"])
            for c in self.admin("GET", "/sim/companies")
        ]

    def entries(self, company: Company, lane: str | None = None) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.admin("GET", f"/sim/companies/{company.id}/entries")
        return [row for row in rows if lane in (None, row["lane"])]

    def export(self, company: Company, **wish: Any) -> dict[str, Any]:
        job: dict[str, Any] = self.admin("POST", f"/sim/companies/{company.id}/export", wish)
        return job

    def small_job(self, company: Company, size: int = 3, **wish: Any) -> dict[str, Any]:
        ids = [row["accountingEntryId"] for row in self.entries(company, "queue")[:size]]
        return self.export(company, entryIds=ids, **wish)

    def seed(self, company: Company, wish: dict[str, Any]) -> dict[str, Any]:
        """Master data behind the API's back, in place of what there was of these kinds."""
        path = f"/sim/companies/{company.id}/master-data"
        known: dict[str, Any] = self.admin("PUT", path, wish)
        return known

    def master_data(self, company: Company) -> dict[str, Any]:
        known: dict[str, Any] = self.admin("GET", f"/sim/companies/{company.id}/master-data")
        return known

    def register_client(self, **changes: Any) -> None:
        body = {
            "clientId": CLIENT_ID,
            "clientSecret": CLIENT_SECRET,
            "name": "Acme Ledger",
            "redirectUris": [REDIRECT_URI],
        }
        self.admin("POST", "/sim/clients", body | changes)

    def api_key(self, company: Company, **wish: Any) -> "Pleo":
        key = self.admin("POST", f"/sim/companies/{company.id}/api-keys", wish)["key"]
        return Pleo(self, {"Authorization": "Basic " + encoded(f"{key}:")})

    # The authorization server, driven as a browser would without JavaScript and cookies.

    def authorize_query(self, **changes: str | None) -> dict[str, str]:
        query: dict[str, str | None] = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT_URI,
            "scope": ALL_SCOPES,
            "state": "s-1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in query.items() if value is not None}

    def authorize(self, **changes: str | None) -> requests.Response:
        return self.session.get(
            self.url + "/oauth/authorize",
            params=self.authorize_query(**changes),
            allow_redirects=False,
            timeout=10,
        )

    def submit(self, page: requests.Response, name: str, **fields: str) -> requests.Response:
        assert page.status_code == 200, page.text
        form = Forms(page.text).having(name)
        return self.session.post(
            urljoin(self.url, form["action"]),
            data=form["fields"] | fields,
            allow_redirects=False,
            timeout=10,
        )

    def consent(
        self, company: Company, decision: str = "allow", **changes: str | None
    ) -> dict[str, str]:
        """The query the app gets back."""
        page = self.authorize(**changes)
        page = self.submit(page, "email", email=company.email, password=company.password)
        page = self.submit(page, "company_id", company_id=company.id)
        answer = self.submit(page, "decision", decision=decision)
        check_response("GET", "/oauth/authorize", answer.status_code, None)
        location = answer.headers["Location"]
        assert location.startswith(REDIRECT_URI)
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    def token(
        self, *, auth: tuple[str, str] | None = (CLIENT_ID, CLIENT_SECRET), **form: str
    ) -> requests.Response:
        response = self.session.post(self.url + "/oauth/token", data=form, auth=auth, timeout=10)
        check_response("POST", "/oauth/token", response.status_code, response.json())
        if response.ok:
            check_request("POST", "/oauth/token", form)
        return response

    def exchange(self, granted: str, /, **changes: Any) -> requests.Response:
        form = {
            "grant_type": "authorization_code",
            "code": granted,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": VERIFIER,
        }
        return self.token(**(form | changes))

    def refresh(self, refresh_token: str, /, **changes: Any) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=refresh_token, **changes)

    def grant(self, company: Company, scope: str = ALL_SCOPES) -> dict[str, Any]:
        code = self.consent(company, scope=scope)["code"]
        pair: dict[str, Any] = self.exchange(code).json()
        return pair

    def connect(self, company: Company, scope: str = ALL_SCOPES) -> "Pleo":
        return self.bearer(self.grant(company, scope)["access_token"])

    def bearer(self, token: str) -> "Pleo":
        return Pleo(self, {"Authorization": f"Bearer {token}"})


class Pleo:
    """The external API under one credential."""

    def __init__(self, simulator: Simulator, headers: dict[str, str]) -> None:
        self.simulator = simulator
        self.headers = headers

    def call(
        self, method: str, path: str, /, *, json: Any = None, valid: bool = True, **query: Any
    ) -> requests.Response:
        """One call; `valid` false skips the check of our own request body."""
        if json is not None and valid:
            check_request(method, path, json)
        response = self.simulator.session.request(
            method,
            self.simulator.url + path,
            params=query,
            json=json,
            headers=self.headers,
            timeout=30,
        )
        body = response.json() if response.content else None
        check_response(method, path, response.status_code, body)
        return response

    def get(self, path: str, **query: Any) -> Any:
        response = self.call("GET", path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    def refused(self, status: int, method: str, path: str, /, **more: Any) -> str:
        """The error type, in capitals."""
        response = self.call(method, path, valid=False, **more)
        assert response.status_code == status, response.text
        return str(response.json()["type"]).upper()

    def event(self, job_id: str, event: str, **more: Any) -> requests.Response:
        body = {"jobId": job_id, "event": event, **more}
        return self.call("POST", "/v3/export-job-events", json=body)

    def report(self, job_id: str, *rows: dict[str, Any]) -> requests.Response:
        return self.call("PUT", f"/v3/export-jobs/{job_id}/items", json=list(rows))

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        page = self.get(path, **query)
        yield from page["data"]
        while page["pagination"]["hasNextPage"]:
            page = self.get(path, after=page["pagination"]["endCursor"], **query)
            yield from page["data"]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
