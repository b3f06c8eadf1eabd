"""Everything for real: web, Celery worker and beat as processes, the simulator, Tryton."""

from collections.abc import Iterator

import pytest

from demo.month import Demo
from demo.stack import Stack

FAST = {
    "ENVIRONMENT": "test",
    "LEASE_SECONDS": "4",
    "SETTLE_SECONDS": "1",
    "WAKE_SECONDS": "1",
    "RETRY_SECONDS": "1,1,2",
    "POLL_SECONDS": "5",
}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("house"), env=FAST) as running:
        yield running


@pytest.fixture(scope="module")
def demo(stack: Stack) -> Demo:
    return Demo(stack)
