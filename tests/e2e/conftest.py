"""Everything for real: web, Celery worker and beat as processes, the simulator, Tryton."""

from collections.abc import Iterator

import pytest

from demo.month import Demo
from demo.stack import Stack, passing_folder

FAST = {
    "ENVIRONMENT": "test",
    "LEASE_SECONDS": "4",
    "SETTLE_SECONDS": "1",
    "WAKE_SECONDS": "1",
    "RETRY_SECONDS": "1,1,2",
    "POLL_SECONDS": "5",
}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with passing_folder() as folder, Stack(folder, env=FAST) as running:
        yield running


@pytest.fixture(scope="module")
def demo(stack: Stack) -> Demo:
    return Demo(stack)
