"""Cursor and offset paging, sorting, filters, unknown parameters."""

import re
from typing import Any

import pytest

from .support import Company, Pleo, Simulator

CURSOR = re.compile(r"^[A-Z2-7=~]+$")


@pytest.fixture
def path(simulator: Simulator, pleo: Pleo, company: Company) -> str:
    job = simulator.export(company)
    return f"/v3/export-jobs/{job['id']}/items"


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["accountingEntryId"] for row in rows]


def test_pages_reach_the_end_in_both_directions(pleo: Pleo, path: str) -> None:
    whole = pleo.get(path, limit=100)
    everything = ids(whole["data"])
    assert len(everything) == whole["pagination"]["total"] > 40
    forward, page = [], pleo.get(path, limit=7)
    assert not page["pagination"]["hasPreviousPage"]
    forward += ids(page["data"])
    while page["pagination"]["hasNextPage"]:
        assert CURSOR.match(page["pagination"]["endCursor"])
        page = pleo.get(path, limit=7, after=page["pagination"]["endCursor"])
        assert page["pagination"]["hasPreviousPage"]
        forward += ids(page["data"])
    assert forward == everything
    backward = ids(page["data"])
    while page["pagination"]["hasPreviousPage"]:
        page = pleo.get(path, limit=7, before=page["pagination"]["startCursor"])
        assert page["pagination"]["hasNextPage"]
        backward = ids(page["data"]) + backward
    assert backward == everything


def test_limits_have_a_default_and_a_cap(simulator: Simulator, pleo: Pleo, path: str) -> None:
    assert len(pleo.get(path)["data"]) == 20
    echo = pleo.get(path, limit=500)["pagination"]["currentRequestPagination"]
    assert echo["limit"] == 100
    simulator.switch(default_page_limit=3, maximum_page_limit=5)
    assert len(pleo.get(path)["data"]) == 3
    assert len(pleo.get(path, limit=50)["data"]) == 5
    simulator.switch(limit_over_maximum="reject")
    pleo.refused(400, "GET", path, limit=6)
    assert pleo.get(path, limit=0)["data"] == []


def test_offsets_walk_the_same_order(pleo: Pleo, path: str) -> None:
    everything = ids(pleo.get(path, limit=100)["data"])
    assert ids(pleo.get(path, limit=5, offset=10)["data"]) == everything[10:15]
    beyond = pleo.get(path, offset=1000)
    assert beyond["data"] == []
    assert not beyond["pagination"]["hasNextPage"]


def test_positions_exclude_one_another(pleo: Pleo, path: str) -> None:
    cursor = pleo.get(path)["pagination"]["endCursor"]
    for query in (
        {"after": cursor, "before": cursor},
        {"after": cursor, "offset": 0},
        {"before": cursor, "offset": 0},
    ):
        pleo.refused(400, "GET", path, **query)


@pytest.mark.parametrize(
    "query",
    [
        {"after": "nonsense"},
        {"after": "MZXW6==="},
        {"limit": -1},
        {"limit": "many"},
        {"offset": -1},
        {"sorting_keys": "status"},
        {"sorting_keys": "status", "sorting_order": "UP"},
        {"sorting_keys": "colour", "sorting_order": "ASC"},
        {"status": "done"},
        {"status": ["failed", "pending"]},
    ],
)
def test_wrong_parameters_are_refused(pleo: Pleo, path: str, query: dict[str, Any]) -> None:
    assert pleo.refused(400, "GET", path, **query) == "PARAMETER_VALIDATION_FAILED"


def test_unknown_names_are_refused_unless_switched_off(
    simulator: Simulator, pleo: Pleo, company: Company, path: str
) -> None:
    for where in (path, "/v3/export-jobs", "/v3/export-items", "/v1/companies"):
        response = pleo.call("GET", where, companyId=company.id)
        assert response.status_code == 400
        assert "companyId" in response.json()["message"]
    simulator.switch(reject_unknown_query_parameters=False)
    pleo.get("/v3/export-jobs", companyId=company.id)


@pytest.mark.parametrize("order", ["ASC", "DESC", "ASC_NULLS_FIRST", "DESC_NULLS_LAST"])
def test_sorting_keeps_cursors_right(pleo: Pleo, path: str, order: str) -> None:
    query = {"sorting_keys": ["exportedAt", "accountingEntryId"], "sorting_order": [order, "ASC"]}
    job_id = path.split("/")[3]
    chosen = ids(pleo.get(path, limit=100)["data"])[:9]
    for number, entry_id in enumerate(chosen):
        at = f"2026-05-0{1 + number % 3}T08:00:00Z"
        row = {"accountingEntryId": entry_id, "status": "successful", "exportedAt": at}
        pleo.report(job_id, row)
    rows = pleo.get(path, limit=100, **query)["data"]
    assert ids(list(pleo.pages(path, limit=4, **query))) == ids(rows)
    times = [row["exportedAt"] for row in rows]
    known = [at for at in times if at]
    assert known == sorted(known, reverse=order.startswith("DESC"))
    assert (times[0] is None) == (order in ("DESC", "ASC_NULLS_FIRST") or order.endswith("S_FIRST"))


def test_a_filtered_cursor_survives_updates(pleo: Pleo, path: str) -> None:
    job_id = path.split("/")[3]
    total = pleo.get(path)["pagination"]["total"]
    seen: list[str] = []
    page = pleo.get(path, limit=10, status="pending")
    while page["data"]:
        seen += ids(page["data"])
        rows = [{"accountingEntryId": i, "status": "successful"} for i in ids(page["data"])]
        pleo.report(job_id, *rows)
        page = pleo.get(path, limit=10, status="pending", after=page["pagination"]["endCursor"])
    assert len(seen) == len(set(seen)) == total


def test_jobs_filter_by_status(simulator: Simulator, pleo: Pleo, company: Company) -> None:
    first = simulator.small_job(company)
    pleo.event(first["id"], "started")
    pleo.event(first["id"], "completed")
    second = simulator.small_job(company)
    listed = pleo.get("/v3/export-jobs", company_id=company.id)
    assert [job["id"] for job in listed["data"]] == [first["id"], second["id"]]
    echo = listed["pagination"]["currentRequestPagination"]["parameters"]
    assert echo == {"company_id": [company.id]}
    open_jobs = pleo.get("/v3/export-jobs", statuses=["pending", "in_progress"])["data"]
    assert [job["id"] for job in open_jobs] == [second["id"]]
    simulator.switch(default_sorting_order="DESC")
    assert pleo.get("/v3/export-jobs")["data"][0]["id"] == second["id"]
