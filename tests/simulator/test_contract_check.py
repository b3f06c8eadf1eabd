"""The contract check itself notices what it has to."""

from typing import Any

import pytest

from tests.contract.validate import check_request, check_response

JOB = {
    "id": "33333333-3333-4333-8333-333333333333",
    "companyId": "aaaaaaaa-0000-4000-8000-000000000001",
    "status": "pending",
    "createdAt": "2026-05-04T08:00:00Z",
    "isInteractive": True,
    "numberOfItems": 2,
    "expiresIn": 3600,
    "vendorBasedBookkeeping": False,
}
PATH = f"/v3/export-jobs/{JOB['id']}"


def test_a_right_answer_passes() -> None:
    check_response("GET", PATH, 200, {"data": JOB})
    check_response("GET", PATH, 404, {"type": "export_not_found"})


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, JOB),
        (200, {"data": {**JOB, "status": "expired"}}),
        (200, {"data": {**JOB, "id": "1"}}),
        (200, {"data": {**JOB, "createdAt": "2026-05-04 08:00"}}),
        (404, {"message": "x"}),
        (404, {"type": "NO_SUCH_TYPE"}),
        (418, {"type": "NOT_FOUND"}),
    ],
)
def test_wrong_answers_are_noticed(status: int, body: Any) -> None:
    with pytest.raises(AssertionError):
        check_response("GET", PATH, status, body)


@pytest.mark.parametrize(
    "body",
    [
        {"exportJobId": JOB["id"], "event": "started"},
        {"jobId": JOB["id"], "event": "started", "failureReason": "x"},
        {"jobId": "1", "event": "started"},
    ],
)
def test_wrong_requests_are_noticed(body: Any) -> None:
    with pytest.raises(AssertionError):
        check_request("POST", "/v3/export-job-events", body)


def test_unknown_paths_are_noticed() -> None:
    with pytest.raises(AssertionError):
        check_response("GET", "/v3/nothing", 200, {})
