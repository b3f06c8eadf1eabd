"""An adapter's setup.md as a page's text, in the reader's language where it is there in that."""

from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from erp_adapters.base import ErpAdapter

LANGUAGE = "en"  # of setup.md; others are setup.<language>.md
MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


@dataclass(frozen=True, slots=True)
class Manual:
    text: SafeString
    language: str


def manual_of(adapter: type[ErpAdapter], *, language: str) -> Manual | None:
    """None where the adapter has none."""
    folder = files(adapter.__module__.rpartition(".")[0])
    for name, spoken in ((f"setup.{language}.md", language), ("setup.md", LANGUAGE)):
        if (file := folder.joinpath(name)).is_file():
            return Manual(render(file.read_text(encoding="utf-8")), spoken)
    return None


def render(text: str) -> SafeString:
    """What is HTML in it is escaped; the tags are those of Markdown."""
    tokens = MARKDOWN.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):  # the page has a title already
            token.tag = f"h{min(int(token.tag[1:]) + 1, 4)}"
        elif token.type == "table_open":
            token.attrSet("class", "table list")
    _name_cells(tokens)
    page: str = MARKDOWN.renderer.render(tokens, MARKDOWN.options, {})
    return mark_safe(page)  # noqa: S308


def _name_cells(tokens: list[Token]) -> None:
    """Each cell of a table gets the name of its column, for narrow screens."""
    names: list[str] = []
    at = 0
    for token, inner in pairwise(tokens):
        if token.type == "thead_open":
            names = []
        elif token.type == "tr_open":
            at = 0
        elif token.type == "th_open":
            token.attrSet("scope", "col")
            names.append(inner.content)
        elif token.type == "td_open":
            token.attrSet("data-label", names[at])
            at += 1
