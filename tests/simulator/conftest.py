"""One simulator process for the session, reset before each test."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .receiver import Receiver
from .support import Company, Pleo, Simulator

ROOT = Path(__file__).resolve().parents[2]


def start(data: Path, *more: str) -> tuple[subprocess.Popen[str], str]:
    """A simulator process and its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pleo_simulator", "--port", "0", "--data", str(data), *more],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line.startswith("pleo-simulator listening on http://127.0.0.1:"), line
    return process, line.rpartition(" ")[2]


def stop(process: subprocess.Popen[str]) -> int:
    process.terminate()
    code = process.wait(timeout=10)
    assert process.stdout is not None
    process.stdout.close()
    return code


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    process, url = start(tmp_path_factory.mktemp("pleo"))
    yield url
    assert stop(process) == 0


@pytest.fixture
def simulator(address: str) -> Iterator[Simulator]:
    with Simulator(address) as running:
        running.admin("POST", "/sim/reset", {"seed": "demo"})
        running.register_client()
        yield running


@pytest.fixture
def company(simulator: Simulator) -> Company:
    """The company with one wallet in euros."""
    return simulator.companies()[0]


@pytest.fixture
def other_company(simulator: Simulator) -> Company:
    return simulator.companies()[1]


@pytest.fixture
def pleo(simulator: Simulator, company: Company) -> Pleo:
    """The API with a token of all scopes for the company."""
    return simulator.connect(company)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running
