from collections.abc import Iterator

import pytest

from tests.unit.pleo.scripted import Script


@pytest.fixture
def script() -> Iterator[Script]:
    running = Script()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("erp_adapters.http.RETRY_PAUSE", 0.0)
