"""Every test runs against every sandbox; each is started once, and only if a test asks.

A case that says `needs("...")`, by the name of a capability or of an optional part of `Sandbox`,
is left out for an ERP that has no such thing; the closing lines say which were left out and why.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from erp_adapters import ADAPTERS
from erp_adapters.base import ErpAdapter
from tests.contract.adapters import closing
from tests.contract.adapters.proxy import Proxy
from tests.contract.adapters.sandboxes import SANDBOXES, NotHere, Sandbox


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = closing.left_out(config)
    kept: list[pytest.Item] = []
    excluded: list[pytest.Item] = []
    for item in items:
        kind = closing.kind_of(item)
        item.user_properties.append(("erp", kind))
        missing = next((x for x in closing.needed(item) if kind and SANDBOXES[kind].lacks(x)), "")
        if missing:
            left_out[f"{kind} {missing}"] += 1
        (excluded if missing else kept).append(item)
    if excluded:
        config.hook.pytest_deselected(items=excluded)
        items[:] = kept


@pytest.fixture(scope="session", params=list(SANDBOXES))
def sandbox(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sandbox]:
    try:
        started = SANDBOXES[request.param](tmp_path_factory.mktemp(request.param))
    except NotHere as reason:
        pytest.skip(f"{request.param} cannot be had here: {reason}")
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
def registered(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The registry line of an ERP that is only there for the suite."""
    for kind, place in SANDBOXES[closing.kind_of(request.node) or "fake"].registered.items():
        monkeypatch.setitem(ADAPTERS, kind, place)


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("erp_adapters.http.RETRY_PAUSE", 0.0)


def pytest_configure(config: Any) -> None:
    config.addinivalue_line("markers", "needs(*names): what an ERP must have for the case")
