"""A bounded part of `make chaos` in every test run, against processes of its own."""

import json
import subprocess
import sys
from functools import cache
from typing import Any

import pytest

from demo.erps import ERPS
from tests.conftest import ROOT, odoo_is_here

pytestmark = pytest.mark.timeout(900)  # all suites of a far side are played by its first test

CLEAN = dict.fromkeys(
    ("duplicates", "losses", "wrong_states", "needs_human", "stuck", "unhandled"), 0
)


@cache
def played(*options: str) -> tuple[dict[str, dict[str, Any]], str]:
    """(results by suite, what was said about findings)."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.chaos", "--sample", *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as running:
        try:
            answer, said = running.communicate()
        except BaseException:
            running.terminate()  # it stops its servers then
            raise
    rows = [json.loads(line) for line in answer.splitlines() if line.startswith("{")]
    return {row["suite"]: row for row in rows}, said


def result(suite: str, *options: str) -> dict[str, Any]:
    rows, said = played(*options)
    assert suite in rows, said
    assert rows[suite]["ok"], said
    return rows[suite]


@pytest.mark.parametrize(
    "suite",
    [
        "crash sweep, fake",
        "crash sweep, one journal per export, fake",
        "crash sweep, master data, fake",
        "overtaken workers, fake",
        "overtaken workers, one journal per export, fake",
        "overtaken workers, master data, fake",
        "crash sweep, reversal, fake",
        "fault schedules",
        "eight workers, one expired token",
        "two tenants in one process",
    ],
)
def test_nothing_is_booked_twice_lost_or_left_to_a_person(suite: str) -> None:
    row = result(suite)
    assert {name: row[name] for name in CLEAN} == CLEAN


@pytest.mark.parametrize(
    "suite", ["without the intent", "without the fence", "without the look-up"]
)
def test_a_broken_build_is_caught(suite: str) -> None:
    row = result(f"broken build {suite}")
    assert row["caught"]
    assert row["duplicates"]


def test_an_expired_token_is_refreshed_once() -> None:
    row = result("eight workers, one expired token")
    assert row["refreshes"] == row["repetitions"] > 0


@pytest.mark.parametrize("suite", ["crash sweep", "fault schedules"])
@pytest.mark.parametrize("erp", list(ERPS))
def test_a_crash_or_a_bad_wire_while_booking_in_a_real_erp_loses_nothing(
    erp: str, suite: str
) -> None:
    if erp == "odoo":
        odoo_is_here()
    row = result(f"{suite}, {erp}", "--erp", erp)
    assert {name: row[name] for name in CLEAN} == CLEAN
