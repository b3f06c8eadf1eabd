"""What keeps the house readable: no long module, no long function."""

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

MODULE, FUNCTION = 250, 60  # lines
# Lists of fields and of settings are as long as there are some; adapters have a limit of their own.
LISTS = ("models.py", "settings.py")
FILES = [
    path
    for place in ("pleo_connector/**/*.py", "pleo_simulator/**/*.py", "erp_adapters/*.py")
    for path in sorted(ROOT.glob(place))
    if "migrations" not in path.parts
]


def lines_of(node: ast.AST) -> int:
    return (getattr(node, "end_lineno", 0) or 0) - getattr(node, "lineno", 0) + 1


@pytest.mark.parametrize("kind", ["modules", "functions"])
def test_nothing_is_long(kind: str) -> None:
    found: dict[str, int] = {}
    for path in FILES:
        text = path.read_text()
        if kind == "modules" and path.name not in LISTS:
            found[name_of(path)] = text.count("\n")
        elif kind == "functions":
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef):
                    found[f"{name_of(path)}:{node.name}"] = lines_of(node)
    most = MODULE if kind == "modules" else FUNCTION
    assert len(found) > 100
    assert {name: lines for name, lines in found.items() if lines > most} == {}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
