"""Everything for real: web, Celery worker and beat as processes, the simulator, each real ERP."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from demo.erps import ERPS
from demo.month import Demo
from demo.odoo import NotAvailable
from demo.stack import Stack, passing_folder

FAST = {
    "ENVIRONMENT": "test",
    "LEASE_SECONDS": "4",
    "SETTLE_SECONDS": "1",
    "WAKE_SECONDS": "1",
    "RETRY_SECONDS": "1,1,2",
    "POLL_SECONDS": "5",
    "SYNC_WAKE_SECONDS": "1",
}


@pytest.fixture(scope="module", params=list(ERPS))
def stack(request: pytest.FixtureRequest) -> Iterator[Stack]:
    with ExitStack() as opened:
        folder = opened.enter_context(passing_folder())
        try:
            running = opened.enter_context(Stack(folder, erp=ERPS[request.param], env=FAST))
        except NotAvailable as reason:
            pytest.skip(f"{request.param} cannot be had here: {reason}")
        yield running


@pytest.fixture(scope="module")
def demo(stack: Stack) -> Demo:
    return Demo(stack)
