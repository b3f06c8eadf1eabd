"""docker-compose.yml, held to the product as far as that goes without an engine to run it."""

import re
import shlex
from typing import Any

import pytest
import yaml
from django.conf import settings

from pleo_simulator.__main__ import parse_arguments
from tests.conftest import ROOT

SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
PRODUCT = [name for name, x in SERVICES.items() if "DATABASE_URL" in x.get("environment", {})]


def words(service: str) -> list[str]:
    return shlex.split(SERVICES[service].get("command", ""))


@pytest.mark.parametrize("service", PRODUCT)
def test_each_setting_is_one_that_the_product_reads(service: str) -> None:
    read = re.findall(r'env[\w.]*\(\s*"(\w+)"', (ROOT / "pleo_connector/settings.py").read_text())
    assert SERVICES[service]["environment"].keys() <= {*read}


@pytest.mark.parametrize("service", [name for name in PRODUCT if name != "migrate"])
def test_nothing_starts_before_the_database_has_its_tables(service: str) -> None:
    assert SERVICES[service]["depends_on"]["migrate"] == {
        "condition": "service_completed_successfully"
    }


def test_each_queue_has_a_worker_of_its_own() -> None:
    served = [words(x)[words(x).index("-Q") + 1] for x in PRODUCT if "-Q" in words(x)]
    assert sorted(served) == sorted(queue.name for queue in settings.CELERY_TASK_QUEUES)


def test_the_stand_in_starts_as_the_product_expects_it() -> None:
    options = parse_arguments(words("simulator")[3:])
    known = SERVICES["web"]["environment"]
    assert options.client_id in known["PLEO_CLIENT_ID"]
    assert options.client_secret in known["PLEO_CLIENT_SECRET"]
    assert known["PLEO_API_URL"].endswith(f"http://simulator:{options.port}}}")


def test_nothing_is_published_beyond_this_machine() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)
