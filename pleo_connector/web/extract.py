"""Reads the texts of templates for Babel (`make texts`); Django's own reader needs GNU gettext."""

from collections.abc import Collection, Iterator, Mapping
from io import BytesIO
from typing import IO, Any

from babel.messages.extract import extract_python
from django.utils.translation.template import templatize


def templates(
    file: IO[bytes],
    keywords: Mapping[str, Any],
    comment_tags: Collection[str],
    options: Mapping[str, Any],
) -> Iterator[Any]:
    """Django turns a template into calls of gettext; indents would make them bad Python."""
    calls = templatize(file.read().decode())
    lines = "\n".join(line.strip() for line in calls.splitlines())
    yield from extract_python(
        BytesIO(lines.encode()), keywords, comment_tags, {"encoding": "utf-8"}
    )
