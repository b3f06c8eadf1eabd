"""What keeps the hundredth adapter as cheap as the second: its size, and who knows whom."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

from erp_adapters import ADAPTERS
from pleo_connector.web.manual import MARKDOWN
from tests.conftest import ROOT

LINES = 400  # of an adapter's code: calls, payloads and imports
FOLDERS = {kind: place.rpartition(":")[0].rsplit(".", 1)[0] for kind, place in ADAPTERS.items()}
KINDS = {"kind", "erp_kind"}
PRODUCT = ("erp_adapters", "pleo_connector")
TRANSLATED = sorted(ROOT.glob("erp_adapters/*/setup.*.md"))
FOREIGN = {"django", "celery", "rest_framework", "pleo_connector", "pleo_simulator"}


def source(module: str) -> Path:
    """The file of a module or of a package."""
    path = ROOT / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Modules, and of `from x import y` also what `y` would be if it is one."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports by dots"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules_of(kind: str) -> set[str]:
    """What the adapter's own module reaches in its folder; a far side beside it is none of it."""
    folder, waiting = FOLDERS[kind], {ADAPTERS[kind].rpartition(":")[0]}
    found: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module.startswith(f"{folder}.") and module not in found and source(module).exists():
            found.add(module)
            waiting |= set(imported(source(module)))
    return found


@pytest.mark.parametrize("kind", ADAPTERS)
def test_an_adapter_is_small(kind: str) -> None:
    lines = {x: lines_of_code(source(x).read_text()) for x in modules_of(kind)}
    assert 0 < sum(lines.values()) < LINES, lines


def lines_of_code(text: str) -> int:
    """All but comments, docstrings and blank lines, as line counters have it."""
    silent: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if _is_text(node):
            silent |= {*range(node.lineno, (node.end_lineno or 0) + 1)}
    spoken = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.OP, tokenize.STRING)
        for line in range(token.start[0], token.end[0] + 1)
    }
    return len(spoken - silent)


def _is_text(node: ast.AST) -> TypeGuard[ast.Expr]:
    """A statement that is nothing but a text."""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def test_code_is_counted_without_what_only_explains_it() -> None:
    silent = '"""About it."""\nimport ast\n\n# why\n'
    text = silent + 'x = (\n    1,\n)\n\n\ndef f():\n    """It."""\n    return x\n'
    assert lines_of_code(text) == 6


def test_the_page_on_writing_an_adapter_tells_of_the_toy_as_it_is() -> None:
    """Its length, and every line of code on the page; the toy itself passes the suite."""
    page = (ROOT / "docs/adapters/writing.md").read_text()
    toy = (ROOT / "tests/contract/adapters/toy/adapter.py").read_text()
    assert len(toy.splitlines()) < 150
    assert f"{len(toy.splitlines())} lines" in page
    known = {line.strip() for line in toy.splitlines()} | {'SANDBOXES = {..., "toy": ToySandbox}'}
    blocks = page.split("```python\n")[1:]
    code = [line.strip() for block in blocks for line in block.split("```")[0].splitlines()]
    assert [line for line in code if line not in known] == []


def test_each_lesson_on_the_page_names_cases_of_the_suite() -> None:
    page = (ROOT / "docs/adapters/writing.md").read_text().partition("What real ERPs taught")[2]
    lessons = [row.split("|")[2] for row in page.splitlines() if "`test_" in row]
    assert len(lessons) == 13
    suite = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    named = [name for cases in lessons for name in re.findall(r"`(test_\w+)`", cases)]
    assert [name for name in named if f"def {name}(" not in suite] == []


@pytest.mark.parametrize("kind", [kind for kind in ADAPTERS if kind != "fake"])
def test_an_adapter_has_a_page_and_a_guide(kind: str) -> None:
    """One for whoever changes it, one for the accountant who connects it."""
    page = (ROOT / f"docs/adapters/{kind}.md").read_text()
    guide = (ROOT / FOLDERS[kind].replace(".", "/") / "setup.md").read_text()
    assert f"erp_adapters/{kind}/setup.md" in page
    for what in ("A user of its own", "A key", "What to fill in", "How entries look", "Limits"):
        assert what in guide


@pytest.mark.parametrize("guide", TRANSLATED, ids=lambda x: f"{x.parent.name}-{x.suffixes[0][1:]}")
def test_a_guide_says_the_same_in_every_language(guide: Path) -> None:
    """Block for block, so that what changes in one is not forgotten in the others."""
    assert blocks_of(guide) == blocks_of(guide.with_name("setup.md"))


def blocks_of(guide: Path) -> list[str]:
    """Headings with their level, paragraphs, items of lists, rows and cells of tables."""
    return [token.tag for token in MARKDOWN.parse(guide.read_text()) if token.nesting == 1]


@pytest.mark.parametrize("kind", ADAPTERS)
def test_nothing_in_the_folder_is_left_unused(kind: str) -> None:
    """All that the adapter does not import is its far side, which is a program of its own."""
    folder = ROOT / FOLDERS[kind].replace(".", "/")
    beside = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    beside -= {module.rpartition(".")[2] for module in modules_of(kind)}
    assert beside == ({"books", "rules", "server", "settlements"} if kind == "fake" else set())


@pytest.mark.parametrize("kind", ADAPTERS)
def test_an_adapter_knows_neither_the_product_nor_another_adapter(kind: str) -> None:
    others = [folder for other, folder in FOLDERS.items() if other != kind]
    for path in (ROOT / FOLDERS[kind].replace(".", "/")).glob("*.py"):
        for module in imported(path):
            assert module.partition(".")[0] not in FOREIGN, f"{path.name} imports {module}"
            for folder in others:
                assert not f"{module}.".startswith(f"{folder}."), f"{path.name} imports {module}"


def test_what_adapters_share_knows_none_of_them() -> None:
    for path in (ROOT / "erp_adapters").glob("*.py"):
        for module in imported(path):
            assert not any(f"{module}.".startswith(f"{x}.") for x in FOLDERS.values()), path.name


def branches_on_a_kind(tree: ast.AST) -> Iterator[int]:
    """Lines that compare an ERP's kind with a text: `==`, `in`, `match`, or a look-up by it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(map(_is_erp_kind, sides)) and any(map(_names_an_erp, sides)):
                yield node.lineno
        elif isinstance(node, ast.Match) and _is_erp_kind(node.subject):
            yield node.subject.lineno
        elif isinstance(node, ast.Subscript) and _is_erp_kind(node.slice) and _is_table(node.value):
            yield node.lineno


def _is_table(node: ast.AST) -> bool:
    return isinstance(node, ast.Dict)


def _is_erp_kind(node: ast.AST) -> bool:
    name = getattr(node, "attr", getattr(node, "id", ""))
    return name in KINDS


def _names_an_erp(node: ast.AST) -> bool:
    texts = (x.value for x in ast.walk(node) if isinstance(x, ast.Constant))
    return any(text in ADAPTERS for text in texts)


@pytest.mark.parametrize("package", PRODUCT)
def test_no_branch_on_the_kind_of_an_erp_anywhere_in_the_product(package: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for line in branches_on_a_kind(ast.parse(path.read_text()))
    ]
    assert found == []


def test_a_new_erp_is_named_in_the_registry_alone() -> None:
    """Outside its folder: no template, no view, no migration of the product has heard of it."""
    named = [
        path.relative_to(ROOT).as_posix()
        for package in (*PRODUCT, "templates")
        for path in sorted((ROOT / package).rglob("*"))
        if path.suffix in (".py", ".html") and _is_outside(path) and _says_an_erp(path)
    ]
    assert named == ["erp_adapters/__init__.py"]


def _is_outside(path: Path) -> bool:
    folders = [ROOT / folder.replace(".", "/") for folder in FOLDERS.values()]
    return not any(path.is_relative_to(folder) for folder in folders)


def _says_an_erp(path: Path) -> bool:
    """As a quoted text; a word of a sentence is something else."""
    text = path.read_text()
    real = [kind for kind in ADAPTERS if kind != "fake"]
    return any(f"{quote}{kind}{quote}" in text for kind in real for quote in "'\"")


@pytest.mark.parametrize(
    "line",
    [
        'if connection.erp_kind == "tryton": ...',
        'if kind in ("tryton", "fake"): ...',
        'x = 1 if "odoo" != erp.kind else 2',
        "match erp.kind:\n    case _: ...",
        'x = {"tryton": 1}[kind]',
    ],
)
def test_the_search_for_branches_finds_them(line: str) -> None:
    assert list(branches_on_a_kind(ast.parse(line)))
