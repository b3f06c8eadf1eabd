"""Planned faults, the call log, the clock, reset, and the process itself."""

import signal
import time
from pathlib import Path
from typing import Any

import pytest
import requests

from .conftest import start, stop
from .support import CLIENT_ID, CLIENT_SECRET, Company, Pleo, Simulator

JOBS = "/v3/export-jobs"


def plan(simulator: Simulator, effect: dict[str, Any], **more: Any) -> None:
    fault = {"match": {"path": "^/v3/"}, "effect": effect, **more}
    assert simulator.admin("POST", "/sim/faults", fault)["id"]


def raw(simulator: Simulator, pleo: Pleo, path: str = JOBS, **more: Any) -> requests.Response:
    method = more.pop("method", "GET")
    return requests.request(method, simulator.url + path, headers=pleo.headers, timeout=10, **more)


def test_a_planned_answer_replaces_the_call(simulator: Simulator, pleo: Pleo) -> None:
    plan(
        simulator,
        {"status": 503, "headers": {"Retry-After": "7"}, "body": {"type": "SERVICE_UNAVAILABLE"}},
        times=2,
        skip=1,
    )
    answers = [raw(simulator, pleo) for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 503, 503, 200]
    assert answers[1].headers["Retry-After"] == "7"
    assert answers[1].json() == {"type": "SERVICE_UNAVAILABLE"}


def test_faults_match_method_and_path(simulator: Simulator, pleo: Pleo) -> None:
    simulator.admin(
        "POST",
        "/sim/faults",
        {"match": {"method": "post", "path": "events$"}, "effect": {"status": 500}},
    )
    assert raw(simulator, pleo).status_code == 200
    assert raw(simulator, pleo, "/v3/export-job-events").status_code == 405
    assert raw(simulator, pleo, "/v3/export-job-events", method="POST").status_code == 500
    assert simulator.admin("GET", "/sim/faults")[0]["hits"] == 1
    simulator.admin("DELETE", "/sim/faults")
    assert simulator.admin("GET", "/sim/faults") == []


def test_bodies_can_be_broken(simulator: Simulator, pleo: Pleo) -> None:
    plan(simulator, {"body": "<html>oops", "contentType": "text/html"}, times=1)
    answer = raw(simulator, pleo)
    assert (answer.status_code, answer.text) == (200, "<html>oops")
    assert answer.headers["Content-Type"] == "text/html"
    plan(simulator, {"truncate": True}, times=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        raw(simulator, pleo)


def test_answers_can_be_late(simulator: Simulator, pleo: Pleo) -> None:
    plan(simulator, {"delayMs": 150}, times=1)
    started = time.monotonic()
    assert raw(simulator, pleo).status_code == 200
    assert time.monotonic() - started >= 0.15


@pytest.mark.parametrize(("when", "status"), [("before", "pending"), ("after", "in_progress")])
def test_dropped_connections(
    simulator: Simulator, company: Company, pleo: Pleo, when: str, status: str
) -> None:
    job = simulator.small_job(company)
    plan(simulator, {"drop": when}, times=1)
    with pytest.raises(requests.ConnectionError):
        pleo.event(job["id"], "started")
    assert pleo.get(f"{JOBS}/{job['id']}")["data"]["status"] == status
    calls = simulator.admin("GET", "/sim/calls")["calls"]
    assert [c["status"] for c in calls if c["path"] == "/v3/export-job-events"] == ["dropped"]


def test_the_call_log_hides_secrets(simulator: Simulator, company: Company) -> None:
    simulator.admin("POST", "/sim/calls:clear")
    pair = simulator.grant(company)
    simulator.refresh(pair["refresh_token"])
    seen = simulator.admin("GET", "/sim/calls")
    assert {call["path"] for call in seen["calls"]} >= {"/oauth/authorize", "/oauth/token"}
    text = str(seen)
    for secret in (pair["access_token"], pair["refresh_token"], CLIENT_SECRET, company.password):
        assert secret not in text
    last = seen["calls"][-1]
    assert (last["method"], last["status"], last["authKind"]) == ("POST", 200, "basic")
    assert last["requestBody"]["grant_type"] == "refresh_token"
    assert simulator.admin("GET", f"/sim/calls?after={last['n']}")["calls"] == []


def test_the_clock_moves_by_request(simulator: Simulator) -> None:
    simulator.admin("POST", "/sim/clock", {"set": "2026-12-24T18:00:00Z"})
    assert simulator.admin("GET", "/sim/health")["now"].startswith("2026-12-24T18:00")
    simulator.advance(3600)
    assert simulator.admin("GET", "/sim/clock")["now"].startswith("2026-12-24T19:00")
    simulator.admin("POST", "/sim/clock", {"set": "noon"}, status=400)
    simulator.admin("POST", "/sim/clock", {}, status=400)


def test_switches_are_described_and_checked(simulator: Simulator) -> None:
    for facts in simulator.admin("GET", "/sim/switches").values():
        assert facts["value"] == facts["default"]
        assert facts["description"]
    simulator.admin("PUT", "/sim/switches", {"no_such_switch": 1}, status=400)
    simulator.admin("PUT", "/sim/switches", {"pkce_required": "no"}, status=400)
    simulator.admin("PUT", "/sim/switches", {"money_in_sign": "odd"}, status=400)


def test_reset_starts_over(simulator: Simulator, company: Company) -> None:
    before = simulator.entries(company)
    simulator.small_job(company)
    simulator.switch(page_total=False)
    simulator.advance(1000)
    simulator.admin("POST", "/sim/reset", {"seed": "demo"})
    assert simulator.admin("GET", "/sim/jobs") == []
    assert simulator.entries(company) == before
    assert simulator.admin("GET", "/sim/switches")["page_total"]["value"] is True
    simulator.admin("POST", "/sim/reset", {"seed": "other"}, status=400)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sim/companies/{id}/entries", {"entries": [{"template": "loan"}]}),
        ("/sim/companies/{id}/entries", {"entries": [{"lane": "attic"}]}),
        ("/sim/companies/{id}/entries", {"entries": [{"files": [{"kind": "gif"}]}]}),
        ("/sim/companies/{id}/year", {"count": 0}),
        ("/sim/companies/{id}/queue", {"pool": "other"}),
        ("/sim/companies/{id}/export", {"entryIds": []}),
        ("/sim/companies/{id}/tokens:expire", {"which": "all"}),
        ("/sim/faults", {"effect": {"drop": "never"}}),
        ("/sim/faults", {"match": {"path": "("}, "effect": {"status": 500}}),
        ("/sim/webhooks:send", {"companyId": "{id}", "variant": "odd"}),
        ("/sim/clients", {"name": "x"}),
    ],
)
def test_wrong_admin_calls_are_refused(
    simulator: Simulator, company: Company, path: str, body: Any
) -> None:
    if body.get("companyId"):
        body = {**body, "companyId": company.id}
    simulator.admin("POST", path.replace("{id}", company.id), body, status=400)


def test_entries_move_between_lanes(simulator: Simulator, company: Company) -> None:
    path = f"/sim/companies/{company.id}"
    queued = [row["accountingEntryId"] for row in simulator.entries(company, "queue")]
    assert simulator.admin("POST", f"{path}/unqueue", {"entryIds": queued[:2]})["moved"] == 2
    assert len(simulator.entries(company, "queue")) == len(queued) - 2
    assert simulator.admin("POST", f"{path}/queue", {"all": True})["moved"] == 5
    simulator.export(company, entryIds=queued[:1])
    assert simulator.admin("POST", f"{path}/unqueue", {"entryIds": queued[:1]})["moved"] == 0


def test_data_survives_a_restart_and_stop_is_fast(tmp_path: Path) -> None:
    client = ("--client-id", CLIENT_ID, "--client-secret", CLIENT_SECRET)
    process, url = start(tmp_path, *client)
    with Simulator(url) as running:
        company = running.companies()[0]
        job = running.small_job(company)
        running.advance(100)
    started = time.monotonic()
    assert stop(process) == 0
    assert time.monotonic() - started < 3
    process, url = start(tmp_path, *client)
    with Simulator(url) as running:
        assert running.admin("GET", "/sim/jobs")[0]["id"] == job["id"]
        assert running.admin("GET", "/sim/companies")[0]["id"] == company.id
    process.send_signal(signal.SIGINT)
    assert stop(process) == 0
