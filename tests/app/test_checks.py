"""Misconfiguration is refused before anything is served."""

import os
import subprocess
import sys
from typing import Any

import pytest

from pleo_connector import checks
from tests.conftest import ROOT

PRODUCTION = {
    "ENVIRONMENT": "production",
    "SECRET_KEY": "a-key-for-a-test",
    "ENCRYPTION_KEYS": "Zm9yLWRldmVsb3BtZW50LW9ubHktMzItYnl0ZXMhISE=",
    "PLEO_CLIENT_ID": "id",
    "PLEO_CLIENT_SECRET": "secret",
}


def ids(messages: Any) -> list[str]:
    return [message.id for message in messages]


@pytest.mark.parametrize("is_embedded", [True, False])
def test_embedded_servers_are_refused_outside_development(settings: Any, is_embedded: bool) -> None:
    settings.EMBEDDED_POSTGRES = settings.EMBEDDED_REDIS = is_embedded
    assert checks.embedded_servers(None) == []
    settings.IS_DEVELOPMENT = False
    found = ids(checks.embedded_servers(None))
    assert found == (["connector.E001", "connector.E002"] if is_embedded else [])


def test_a_registration_at_pleo_is_needed_outside_development(settings: Any) -> None:
    settings.IS_DEVELOPMENT = False
    settings.PLEO_CLIENT_ID = ""
    assert ids(checks.pleo_client(None)) == ["connector.E003"]


def test_a_lease_must_outlast_a_call(settings: Any) -> None:
    settings.ENVIRONMENT, settings.LEASE_SECONDS = "production", 30
    assert ids(checks.lease_outlasts_calls(None)) == ["connector.E004"]


@pytest.mark.parametrize(
    ("calls", "found"), [(0, ["connector.E005"]), (500, []), (600, ["connector.E005"])]
)
def test_calls_to_pleo_stay_below_its_limit(settings: Any, calls: int, found: list[str]) -> None:
    settings.PLEO_CALLS_PER_MINUTE = calls
    assert ids(checks.calls_to_pleo(None)) == found


def run_check(**extra: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "check"],
        env=kept | PRODUCTION | extra,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_without_its_own_database_does_not_start() -> None:
    refused = run_check()
    assert refused.returncode != 0
    assert "connector.E001" in refused.stderr
    assert "backed up" in refused.stderr


def test_production_with_everything_set_starts() -> None:
    ready = run_check(DATABASE_URL="postgres://db/connector", REDIS_URL="redis://redis:6379/0")
    assert ready.returncode == 0, ready.stderr


def test_workers_know_every_task_that_beat_sends() -> None:
    code = (
        "from pleo_connector.celery import app; app.loader.import_default_modules();"
        "sent = {x['task'] for x in app.conf.beat_schedule.values()};"
        "print(sorted(sent - set(app.tasks)))"
    )
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
