"""How tests are dealt out to processes: file by file, but each real ERP is started in one of them.

What takes long comes first, so that no process is left alone with it at the end.
`tests/conftest.py` imports the hooks.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from demo.erps import ERPS

LONG = ("tests/chaos/test_chaos.py", *ERPS, "tests/e2e/", "tests/browser/", "tests/contract/")


def unit_of(nodeid: str) -> str:
    """Tests of one unit run in the same process, one after the other."""
    file, _, case = nodeid.partition("::")
    if file.startswith("tests/contract/adapters/"):
        return next((erp for erp in ERPS if f"[{erp}" in case), file)
    return next((erp for erp in ERPS if file.endswith(f"_{erp}.py")), file)


def place_of(nodeid: str) -> int:
    unit = unit_of(nodeid)
    return next((place for place, name in enumerate(LONG) if unit.startswith(name)), len(LONG))


class ByUnit(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByUnit:
    config.option.loadscopereorder = False
    return ByUnit(config, log)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Inside a unit the order stays, where a test that commits comes last."""
    items.sort(key=lambda item: place_of(item.nodeid))
