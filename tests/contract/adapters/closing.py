"""The closing lines of the adapter contract: cases passed per ERP, and what was left out and why.

`tests/conftest.py` imports the hooks: where workers run the tests, only its hooks are called in the
process that has the last word, and the workers tell it what they left out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

LEFT_OUT = pytest.StashKey[Counter[str]]()  # "kind name" -> cases


def left_out(config: pytest.Config) -> Counter[str]:
    return config.stash.setdefault(LEFT_OUT, Counter())


def kind_of(item: pytest.Item) -> str:
    """The ERP that a case is for; nothing where it is for none."""
    callspec = getattr(item, "callspec", None)
    return str(callspec.params.get("sandbox", "")) if callspec else ""


def needed(item: pytest.Item) -> Iterator[str]:
    for marker in item.iter_markers("needs"):
        yield from marker.args


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(left_out(session.config))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """Every worker collects the same cases."""
    told: dict[str, int] = getattr(node, "workeroutput", {}).get("left_out", {})
    left_out(node.config).update(Counter(told) - left_out(node.config))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    passed, absent = Counter[str](), Counter[str]()
    for outcome, cases in (("passed", passed), ("skipped", absent)):
        for report in terminalreporter.stats.get(outcome, ()):
            cases[dict(report.user_properties).get("erp", "")] += 1
    why: dict[str, list[str]] = defaultdict(list)
    for name, number in sorted(left_out(config).items()):
        kind, _, missing = name.partition(" ")
        why[kind].append(f"{missing} {number}")
    for kind in _known():
        if told := list(_told(kind, passed[kind], absent[kind], why[kind])):
            terminalreporter.write_line(f"adapter contract, {kind}: {'; '.join(told)}")


def _told(kind: str, passed: int, absent: int, why: list[str]) -> Iterator[str]:
    if passed:
        yield f"{passed} cases passed"
    if absent:
        yield f"{absent} cases NOT RUN, as {kind} cannot be had here"
    if passed and why:
        yield f"left out, as it has none: {', '.join(why)}"


def _known() -> list[str]:
    from tests.contract.adapters.sandboxes import SANDBOXES

    return list(SANDBOXES)
