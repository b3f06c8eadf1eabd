"""Every test runs against every sandbox; each is started once, and only if a test asks."""

from collections.abc import Iterator

import pytest

from erp_adapters.base import ErpAdapter
from tests.contract.adapters.proxy import Proxy
from tests.contract.adapters.sandboxes import SANDBOXES, Sandbox


@pytest.fixture(scope="session", params=list(SANDBOXES))
def sandbox(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sandbox]:
    started = SANDBOXES[request.param](tmp_path_factory.mktemp(request.param))
    yield started
    started.proxy.stop()
    started.stop()


@pytest.fixture
def network(sandbox: Sandbox) -> Iterator[Proxy]:
    """What lies between the adapter and its ERP; order trouble here."""
    sandbox.proxy.clear()
    yield sandbox.proxy
    sandbox.proxy.clear()


@pytest.fixture
def erp(sandbox: Sandbox, network: Proxy) -> ErpAdapter:
    """A fresh adapter, as the engine makes one per unit of work."""
    return sandbox.adapter()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("erp_adapters.http.RETRY_PAUSE", 0.0)
