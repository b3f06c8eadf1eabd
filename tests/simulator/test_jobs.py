"""The job and item state machines, expiry, limits, strict bodies."""

from typing import Any

import pytest

from .support import Company, Pleo, Simulator

SOME_ID = "99999999-0000-4000-8000-000000000009"
FAILED = {"failureReason": "The ERP is down.", "failureReasonType": "accounting_system_unreachable"}
ROUTES: dict[str, list[str]] = {
    "pending": [],
    "in_progress": ["started"],
    "failed": ["started", "failed"],
    "completed": ["started", "completed"],
    "completed_with_errors": ["started", "completed_with_errors"],
}
MOVES = {
    ("pending", "started"): "in_progress",
    ("pending", "failed"): "failed",
    ("in_progress", "failed"): "failed",
    ("in_progress", "completed"): "completed",
    ("in_progress", "completed_with_errors"): "completed_with_errors",
}
EVENTS = ["started", "failed", "completed", "completed_with_errors"]
UNFINISHED = ("pending", "in_progress")


def job_in(simulator: Simulator, pleo: Pleo, company: Company, status: str) -> dict[str, Any]:
    job = simulator.small_job(company)
    for event in ROUTES[status]:
        assert pleo.event(job["id"], event, **(FAILED if event == "failed" else {})).ok
    return job


def item_ids(pleo: Pleo, job: dict[str, Any]) -> list[str]:
    page = pleo.get(f"/v3/export-jobs/{job['id']}/items")
    return [item["accountingEntryId"] for item in page["data"]]


def statuses(pleo: Pleo, job: dict[str, Any]) -> list[str]:
    return [i["status"] for i in pleo.get(f"/v3/export-jobs/{job['id']}/items")["data"]]


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("status", ROUTES)
def test_job_machine(
    simulator: Simulator, pleo: Pleo, company: Company, status: str, event: str
) -> None:
    job = job_in(simulator, pleo, company, status)
    response = pleo.event(job["id"], event, **(FAILED if event == "failed" else {}))
    expected = MOVES.get((status, event))
    if expected is None:
        assert response.status_code == 422
        assert response.json()["type"] == "INVALID_EXPORT_JOB_STATUS_CHANGE"
    else:
        assert (response.status_code, response.content) == (202, b"")
    shown = pleo.get(f"/v3/export-jobs/{job['id']}")["data"]
    assert shown["status"] == (expected or status)
    assert (shown["startedAt"] is not None) == ("started" in [*ROUTES[status], event])
    assert (shown["completedAt"] is not None) == shown["status"].startswith("completed")
    if shown["status"] == "failed":
        assert shown["failureReasonType"] == "accounting_system_unreachable"


@pytest.mark.parametrize("status", ROUTES)
def test_finished_jobs_are_closed_for_results_and_payloads(
    simulator: Simulator, pleo: Pleo, company: Company, status: str
) -> None:
    job = job_in(simulator, pleo, company, status)
    row = {"accountingEntryId": item_ids(pleo, job)[0], "status": "in_progress"}
    put = pleo.report(job["id"], row)
    fetch = pleo.call("GET", "/v3/export-items", job_id=job["id"])
    for response in (put, fetch):
        assert response.status_code == (200 if status in UNFINISHED else 422)
        if response.status_code == 422:
            assert response.json()["type"] == "EXPORT_JOB_STATUS_UNPROCESSABLE"


ITEM_MOVES = [
    ([], "in_progress", True),
    ([], "successful", True),
    ([], "failed", True),
    (["in_progress"], "successful", True),
    (["in_progress"], "failed", True),
    (["successful"], "successful", True),
    (["successful"], "failed", False),
    (["failed"], "successful", False),
    (["failed"], "in_progress", False),
    (["abandoned"], "successful", False),
]


@pytest.mark.parametrize(("before", "status", "stored"), ITEM_MOVES)
def test_item_machine(
    simulator: Simulator, pleo: Pleo, company: Company, before: list[str], status: str, stored: bool
) -> None:
    job = job_in(simulator, pleo, company, "in_progress")
    entry_id = item_ids(pleo, job)[0]
    for earlier in before:
        pleo.report(job["id"], {"accountingEntryId": entry_id, "status": earlier})
    answer = pleo.report(job["id"], {"accountingEntryId": entry_id, "status": status}).json()
    assert bool(answer["data"]) == stored
    kinds = [row["type"] for row in answer["errors"]]
    assert kinds == ([] if stored else ["EXPORT_ENTRY_STATUS_UPDATE_FAILED"])
    assert statuses(pleo, job)[0] == (status if stored else before[-1])


def test_rows_are_stored_or_refused_one_by_one(
    simulator: Simulator, pleo: Pleo, company: Company
) -> None:
    job = job_in(simulator, pleo, company, "in_progress")
    first, second, _ = item_ids(pleo, job)
    success = {
        "accountingEntryId": first,
        "status": "successful",
        "externalId": "V-1007",
        "externalUrl": "https://erp.example/v/1007",
        "exportedAt": "2026-05-04T08:15:00Z",
    }
    failure = {
        "accountingEntryId": second,
        "status": "failed",
        "failureReason": "Tax code U25 is not known.",
        "failureReasonType": "tax_code_unknown",
    }
    answer = pleo.report(
        job["id"], success, {"accountingEntryId": SOME_ID, "status": "successful"}, failure
    ).json()
    assert [row["accountingEntryId"] for row in answer["data"]] == [first, second]
    assert success.items() <= answer["data"][0].items()
    assert failure.items() <= answer["data"][1].items()
    assert answer["errors"][0]["type"] == "ACCOUNTING_ENTRY_DOES_NOT_EXIST"
    assert (
        pleo.get(f"/v3/export-jobs/{job['id']}/items", status="failed")["pagination"]["total"] == 1
    )


@pytest.mark.parametrize(
    ("closing", "left"), [("completed_with_errors", "abandoned"), ("failed", "abandoned")]
)
def test_closing_a_job_moves_its_entries(
    simulator: Simulator, pleo: Pleo, company: Company, closing: str, left: str
) -> None:
    job = job_in(simulator, pleo, company, "in_progress")
    done, wrong, rest = item_ids(pleo, job)
    pleo.report(
        job["id"],
        {"accountingEntryId": done, "status": "successful", "externalId": "V-1"},
        {"accountingEntryId": wrong, "status": "failed", "failureReason": "No account."},
    )
    pleo.event(job["id"], closing, **(FAILED if closing == "failed" else {}))
    assert statuses(pleo, job) == ["successful", "failed", left]
    entries = {row["accountingEntryId"]: row for row in simulator.entries(company)}
    assert (entries[done]["lane"], entries[done]["externalId"]) == ("exported", "V-1")
    assert entries[wrong]["lane"] == entries[rest]["lane"] == "queue"
    assert entries[wrong]["lastError"]["failureReason"] == "No account."
    again = simulator.export(company, entryIds=[done, wrong])
    assert again["numberOfItems"] == 2


@pytest.mark.parametrize("status", UNFINISHED)
def test_jobs_expire_an_hour_after_the_last_action(
    simulator: Simulator, pleo: Pleo, company: Company, status: str
) -> None:
    simulator.switch(access_token_seconds=100_000)
    pleo = simulator.connect(company)
    job = job_in(simulator, pleo, company, status)
    simulator.advance(3590)
    done = item_ids(pleo, job)[0]
    pleo.report(job["id"], {"accountingEntryId": done, "status": "successful"})
    simulator.advance(3590)
    assert pleo.get(f"/v3/export-jobs/{job['id']}")["data"]["status"] == status
    simulator.advance(11)
    expired = pleo.get(f"/v3/export-jobs/{job['id']}")["data"]
    assert (expired["status"], expired["failureReasonType"]) == ("failed", "job_expired")
    assert expired["expiredAt"] is not None
    assert statuses(pleo, job) == ["successful", "abandoned", "abandoned"]
    assert pleo.event(job["id"], "completed").status_code == 422


def test_results_may_leave_the_expiry_alone(
    simulator: Simulator, pleo: Pleo, company: Company
) -> None:
    simulator.switch(item_updates_refresh_expiry=False, access_token_seconds=100_000)
    pleo = simulator.connect(company)
    job = job_in(simulator, pleo, company, "in_progress")
    simulator.advance(3000)
    pleo.report(job["id"], {"accountingEntryId": item_ids(pleo, job)[0], "status": "successful"})
    simulator.advance(601)
    assert pleo.get(f"/v3/export-jobs/{job['id']}")["data"]["status"] == "failed"


def test_one_unfinished_job_per_company(simulator: Simulator, pleo: Pleo, company: Company) -> None:
    queued = [row["accountingEntryId"] for row in simulator.entries(company, "queue")]
    body = {"companyId": company.id, "accountingEntryIds": queued[:2], "isInteractive": False}
    created = pleo.call("POST", "/v3/export-jobs", json=body)
    assert created.status_code == 201
    job = created.json()["data"]
    assert (job["status"], job["isInteractive"], job["numberOfItems"]) == ("pending", False, 2)
    assert pleo.refused(409, "POST", "/v3/export-jobs", json=body) == "EXPORT_ALREADY_IN_PROGRESS"
    simulator.switch(several_unfinished_jobs=True)
    assert pleo.call("POST", "/v3/export-jobs", json=body).status_code == 201


def test_one_hundred_rows_pass_and_one_more_does_not(
    simulator: Simulator, pleo: Pleo, company: Company
) -> None:
    made = simulator.admin("POST", f"/sim/companies/{company.id}/year", {"count": 101})
    job = simulator.export(company, entryIds=made["entryIds"])
    rows = [{"accountingEntryId": i, "status": "successful"} for i in made["entryIds"]]
    path = f"/v3/export-jobs/{job['id']}/items"
    assert pleo.refused(413, "PUT", path, json=rows) == "EXPORT_JOB_ITEMS_UPDATE_LIMIT"
    assert len(pleo.report(job["id"], *rows[:100]).json()["data"]) == 100


@pytest.mark.parametrize(
    ("method", "path", "body", "named"),
    [
        (
            "POST",
            "/v3/export-job-events",
            {"exportJobId": SOME_ID, "event": "started"},
            "exportJobId",
        ),
        ("POST", "/v3/export-job-events", {"jobId": SOME_ID}, "event"),
        ("POST", "/v3/export-job-events", {"jobId": SOME_ID, "event": "canceled"}, "event"),
        ("POST", "/v3/export-job-events", {"jobId": "1", "event": "started"}, "jobId"),
        (
            "POST",
            "/v3/export-job-events",
            {
                "jobId": SOME_ID,
                "event": "failed",
                "failureReasonType": "accounting_system_validation_failure",
            },
            "failureReasonType",
        ),
        (
            "POST",
            "/v3/export-job-events",
            {"jobId": SOME_ID, "event": "completed", "failureReason": "x"},
            "failureReason",
        ),
        ("POST", "/v3/export-jobs", {"companyId": SOME_ID}, "accountingEntryIds"),
        (
            "POST",
            "/v3/export-jobs",
            {"companyId": SOME_ID, "accountingEntryIds": [SOME_ID], "options": {"x": 1}},
            "x",
        ),
        ("POST", "/v3/export-jobs", [], "object"),
    ],
)
def test_wrong_bodies_are_refused_by_name(
    pleo: Pleo, method: str, path: str, body: Any, named: str
) -> None:
    response = pleo.call(method, path, json=body, valid=False)
    assert response.status_code == 400
    assert named in response.json()["message"]


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"status": "done"}, "status"),
        ({"status": "successful", "externalId": None}, "externalId"),
        ({"status": "successful", "exportedAt": "2026-05-04"}, "exportedAt"),
        ({"status": "failed", "failureReasonType": "job_expired"}, "failureReasonType"),
        ({"status": "failed", "message": "x"}, "message"),
        ({}, "status"),
    ],
)
def test_wrong_rows_are_refused_by_name(
    simulator: Simulator, pleo: Pleo, company: Company, row: dict[str, Any], named: str
) -> None:
    job = job_in(simulator, pleo, company, "in_progress")
    rows = [{"accountingEntryId": item_ids(pleo, job)[0], **row}]
    response = pleo.call("PUT", f"/v3/export-jobs/{job['id']}/items", json=rows, valid=False)
    assert response.status_code == 400
    assert named in response.json()["message"]
    wrong: Any
    for wrong in ([], {"rows": rows}):
        pleo.refused(400, "PUT", f"/v3/export-jobs/{job['id']}/items", json=wrong)


def test_unknown_jobs_are_not_found(pleo: Pleo) -> None:
    for method, path, query, body in (
        ("GET", f"/v3/export-jobs/{SOME_ID}", {}, None),
        ("GET", f"/v3/export-jobs/{SOME_ID}/items", {}, None),
        (
            "PUT",
            f"/v3/export-jobs/{SOME_ID}/items",
            {},
            [{"accountingEntryId": SOME_ID, "status": "failed"}],
        ),
        ("GET", "/v3/export-items", {"job_id": SOME_ID}, None),
        ("POST", "/v3/export-job-events", {}, {"jobId": SOME_ID, "event": "started"}),
    ):
        assert pleo.refused(404, method, path, json=body, **query) == "EXPORT_NOT_FOUND"
    pleo.refused(400, "GET", "/v3/export-jobs/not-a-uuid")


def test_a_currency_without_contra_account_stops_export_items(
    simulator: Simulator, pleo: Pleo, company: Company
) -> None:
    job = simulator.export(company)
    path = f"/sim/companies/{company.id}/wallets/{company.currency}"
    simulator.admin("PUT", path, {"contraAccount": None})
    response = pleo.call("GET", "/v3/export-items", job_id=job["id"])
    assert (response.status_code, response.json()["type"]) == (400, "MISSING_CONTRA_ACCOUNTS")
    assert company.currency in response.json()["message"]
    pleo.event(job["id"], "failed", **FAILED)
    queued = [row["accountingEntryId"] for row in simulator.entries(company, "queue")]
    body = {"companyId": company.id, "accountingEntryIds": queued}
    assert pleo.refused(400, "POST", "/v3/export-jobs", json=body) == "MISSING_CONTRA_ACCOUNTS"
    simulator.admin("PUT", path, {"contraAccount": "1940"})
    assert pleo.call("POST", "/v3/export-jobs", json=body).status_code == 201


@pytest.mark.parametrize(
    ("switch", "value", "event", "status"),
    [
        ("refuse_completed_with_unfinished_items", True, "completed", None),
        ("correct_completed_with_failed_items", True, "completed", "completed_with_errors"),
        ("second_started_accepted", True, "started", "in_progress"),
    ],
)
def test_choices_about_events_are_switches(
    simulator: Simulator,
    pleo: Pleo,
    company: Company,
    switch: str,
    value: bool,
    event: str,
    status: str | None,
) -> None:
    simulator.switch(**{switch: value})
    job = job_in(simulator, pleo, company, "in_progress")
    assert pleo.event(job["id"], event).status_code == (202 if status else 422)
    shown = pleo.get(f"/v3/export-jobs/{job['id']}")["data"]["status"]
    assert shown == (status or "in_progress")


def test_final_results_can_be_made_changeable(
    simulator: Simulator, pleo: Pleo, company: Company
) -> None:
    simulator.switch(overwrite_final_item_status=True)
    job = job_in(simulator, pleo, company, "in_progress")
    for status in ("failed", "successful"):
        pleo.report(job["id"], {"accountingEntryId": item_ids(pleo, job)[0], "status": status})
    assert statuses(pleo, job)[0] == "successful"


def test_results_while_pending_can_be_refused(
    simulator: Simulator, pleo: Pleo, company: Company
) -> None:
    simulator.switch(item_updates_while_pending=False)
    job = simulator.small_job(company)
    row = {"accountingEntryId": item_ids(pleo, job)[0], "status": "successful"}
    assert pleo.report(job["id"], row).status_code == 422


def test_a_user_can_cancel(simulator: Simulator, pleo: Pleo, company: Company) -> None:
    job = job_in(simulator, pleo, company, "in_progress")
    simulator.admin("POST", f"/sim/jobs/{job['id']}/cancel")
    assert (
        pleo.get(f"/v3/export-jobs/{job['id']}")["data"]["failureReasonType"] == "canceled_by_user"
    )


def test_the_admin_view_lists_events_and_items(
    simulator: Simulator, pleo: Pleo, company: Company
) -> None:
    job = job_in(simulator, pleo, company, "completed")
    seen = simulator.admin("GET", f"/sim/jobs/{job['id']}")
    assert [event["event"] for event in seen["events"]] == ["created", "started", "completed"]
    assert len(seen["items"]) == 3
    listed = simulator.admin("GET", f"/sim/jobs?company_id={company.id}")
    assert [row["id"] for row in listed] == [job["id"]]
