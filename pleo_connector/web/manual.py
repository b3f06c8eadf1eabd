"""An adapter's setup.md as text to read: paragraphs, headings, lists, tables and code."""

import re
from importlib.resources import files

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from erp_adapters.base import ErpAdapter

FENCE = "```"
HEADING = re.compile(r"^#{1,6} ")
BULLET = re.compile(r"^[-*] +")
NUMBER = re.compile(r"^\d+[.)] +")
RULE = re.compile(r"^\|[\s:|-]+\|$")  # the line under a table's head
INLINE = (
    (re.compile(r"`([^`]+)`"), r"<code>\1</code>"),
    (re.compile(r"\*\*([^*]+)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\*([^*\s][^*]*)\*"), r"<em>\1</em>"),
    (re.compile(r"\[([^\]]+)\]\((https://[^)\s]+)\)"), r'<a href="\2" rel="noopener">\1</a>'),
)


def manual_of(adapter: type[ErpAdapter]) -> SafeString:
    """Empty where the adapter has none."""
    package = adapter.__module__.rpartition(".")[0]
    file = files(package).joinpath("setup.md")
    return render(file.read_text(encoding="utf-8")) if file.is_file() else mark_safe("")


def render(text: str) -> SafeString:
    """Everything is escaped first; the tags are ours."""
    blocks = [_block(block) for block in _blocks(text)]
    return mark_safe("\n".join(blocks))  # noqa: S308


def _blocks(text: str) -> list[list[str]]:
    """Lines that belong together: fenced code as one, else what no blank line divides."""
    blocks: list[list[str]] = [[]]
    is_code = False
    for line in text.splitlines():
        if line.startswith(FENCE):
            is_code = not is_code
            blocks.append([line] if is_code else [])
        elif is_code:
            blocks[-1].append(line)
        elif not line.strip():
            blocks.append([])
        elif HEADING.match(line) or (_kind(line) and not _kind(_first(blocks))):
            blocks.append([line])
        else:
            blocks[-1].append(line)
    return [block for block in blocks if block]


def _first(blocks: list[list[str]]) -> str:
    return blocks[-1][0] if blocks[-1] else ""


def _kind(line: str) -> str:
    if BULLET.match(line):
        return "ul"
    return "ol" if NUMBER.match(line) else ""


def _block(lines: list[str]) -> str:
    first = lines[0]
    if first.startswith(FENCE):
        return f"<pre>{escape(chr(10).join(lines[1:]))}</pre>"
    if HEADING.match(first):
        level = min(max(len(first.split(" ")[0]) + 1, 2), 4)
        heading = f"<h{level}>{_inline(HEADING.sub('', first, count=1))}</h{level}>"
        return heading + (_block(lines[1:]) if lines[1:] else "")
    if first.startswith("|"):
        return _table(lines)
    if kind := _kind(first):
        return f"<{kind}>{''.join(f'<li>{_inline(x)}</li>' for x in _items(lines))}</{kind}>"
    return f"<p>{_inline(' '.join(lines))}</p>"


def _items(lines: list[str]) -> list[str]:
    """One text per item; further lines belong to the item above them."""
    items: list[str] = []
    for line in lines:
        if _kind(line) or not items:
            items.append(NUMBER.sub("", BULLET.sub("", line, count=1), count=1))
        else:
            items[-1] += " " + line.strip()
    return items


def _table(lines: list[str]) -> str:
    """Head and rows; each cell names its column, for narrow screens."""
    rows = [[cell.strip() for cell in line.strip()[1:-1].split("|")] for line in lines]
    rows = [row for row, line in zip(rows, lines, strict=True) if not RULE.match(line)]
    head, *body = rows
    names = "".join(f'<th scope="col">{_inline(name)}</th>' for name in head)
    cells = "".join(
        "<tr>"
        + "".join(
            f'<td data-label="{escape(name)}">{_inline(cell)}</td>'
            for name, cell in zip(head, row, strict=False)
        )
        + "</tr>"
        for row in body
    )
    rows_of = f"<thead><tr>{names}</tr></thead><tbody>{cells}</tbody>"
    return f'<table class="table list">{rows_of}</table>'


def _inline(text: str) -> str:
    text = str(escape(text))
    for pattern, markup in INLINE:
        text = pattern.sub(markup, text)
    return text
