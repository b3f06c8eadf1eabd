"""The bookkeeper's pages, over plain HTTP."""

from collections.abc import Iterator

import pytest
import requests

from .support import Company, Pleo, Simulator


@pytest.fixture
def browser(simulator: Simulator, company: Company) -> Iterator[requests.Session]:
    with requests.Session() as session:
        answer = session.post(
            f"{simulator.url}/login",
            data={"email": company.email, "password": company.password},
            timeout=10,
        )
        assert 'id="export-button"' in answer.text
        yield session


def page(simulator: Simulator, browser: requests.Session, path: str) -> str:
    answer = browser.get(simulator.url + path, timeout=10)
    assert answer.status_code == 200
    return answer.text


def test_log_in_shows_hints_and_refuses_strangers(simulator: Simulator, company: Company) -> None:
    text = requests.get(simulator.url + "/", timeout=10).text
    for mark in ("login-email", "login-password", "login-submit"):
        assert f'id="{mark}"' in text
    assert company.email in text
    wrong = requests.Session()
    with wrong:
        answer = wrong.post(
            f"{simulator.url}/login", data={"email": company.email, "password": "x"}, timeout=10
        )
    assert "not right" in answer.text
    outside = requests.get(f"{simulator.url}/export", timeout=10)
    assert 'id="login-email"' in outside.text


def test_log_in_does_not_leave_the_site(simulator: Simulator, company: Company) -> None:
    answer = requests.post(
        f"{simulator.url}/login",
        data={"email": company.email, "password": company.password, "next": "//evil.example"},
        allow_redirects=False,
        timeout=10,
    )
    assert answer.headers["Location"] == "/export"


def test_export_starts_a_job_and_shows_progress(
    simulator: Simulator, company: Company, browser: requests.Session, pleo: Pleo
) -> None:
    chosen = [row["accountingEntryId"] for row in simulator.entries(company, "queue")[:2]]
    answer = browser.post(
        f"{simulator.url}/export", data={"action": "export", "entry_id": chosen}, timeout=10
    )
    assert "Export of 2 entries started" in answer.text
    assert "<progress" in answer.text
    job = pleo.get("/v3/export-jobs")["data"][0]
    assert (job["numberOfItems"], job["isInteractive"]) == (2, True)
    second = browser.post(f"{simulator.url}/export", data={"action": "export"}, timeout=10)
    assert "Another export is running" in second.text
    pleo.event(job["id"], "started")
    pleo.report(
        job["id"],
        {
            "accountingEntryId": chosen[0],
            "status": "successful",
            "externalId": "V-77",
            "externalUrl": "https://erp.example/v/77",
        },
        {
            "accountingEntryId": chosen[1],
            "status": "failed",
            "failureReason": "Account 6100 is closed.",
            "failureReasonType": "account_unknown",
        },
    )
    assert "2 of 2" in page(simulator, browser, "/export/progress")
    pleo.event(job["id"], "completed_with_errors")
    exported = page(simulator, browser, "/export?lane=exported")
    assert '<a href="https://erp.example/v/77" rel="noreferrer">V-77</a>' in exported
    review = page(simulator, browser, "/export/review")
    assert "Account 6100 is closed." in review
    assert "The account is not known" in review
    browser.post(
        f"{simulator.url}/export", data={"action": "requeue", "entry_id": chosen}, timeout=10
    )
    assert "No entry waits" in page(simulator, browser, "/export/review")


def test_every_lane_entry_and_the_apps_page_render(
    simulator: Simulator, company: Company, browser: requests.Session, pleo: Pleo
) -> None:
    for lane in ("unexported", "queue", "exported"):
        page(simulator, browser, f"/export?lane={lane}")
    for row in simulator.entries(company):
        page(simulator, browser, f"/entries/{row['accountingEntryId']}")
    apps = page(simulator, browser, "/apps")
    assert "Acme Ledger is connected" in apps
    after = browser.post(f"{simulator.url}/apps/disconnect", timeout=10).text
    assert "No app is connected" in after
    pleo.refused(401, "GET", "/v1/introspect")


def test_other_companies_entries_stay_hidden(
    simulator: Simulator, other_company: Company, browser: requests.Session
) -> None:
    foreign = simulator.entries(other_company)[0]["accountingEntryId"]
    assert browser.get(f"{simulator.url}/entries/{foreign}", timeout=10).status_code == 404
    queued = len(simulator.entries(other_company, "queue"))
    browser.post(
        f"{simulator.url}/export", data={"action": "unqueue", "entry_id": foreign}, timeout=10
    )
    assert len(simulator.entries(other_company, "queue")) == queued


def test_pages_have_no_outside_or_inline_code(
    simulator: Simulator, browser: requests.Session
) -> None:
    for path in ("/", "/export", "/export/review", "/apps"):
        text = page(simulator, browser, path)
        assert "<script>" not in text
        assert "style=" not in text
        assert 'src="http' not in text
