"""Reads texts for Babel (`make texts`): of templates, as Django's own reader needs GNU gettext, and
of adapters, which know no Django."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from io import BytesIO
from typing import IO, Any

from babel.messages.extract import extract_python
from django.utils.translation.template import templatize

import erp_adapters


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


def adapters(*_: Any, **__: Any) -> Iterator[Any]:
    """What the registry's adapters ask for on the connect page."""
    for kind in erp_adapters.ADAPTERS:
        adapter = erp_adapters.get(kind)
        texts = [x.metadata.get(y, "") for x in fields(adapter.Settings) for y in ("label", "help")]
        texts += [text for x in adapter.auth.secrets for text in (x.label, x.help)]
        yield from ((1, "gettext", x, []) for x in texts if x and "://" not in x)
