"""Lists as files for a spreadsheet: streamed, bounded, and safe to open there."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from pleo_connector.web import keyset

MOST = 100_000  # rows of one file; the last line says so where there are more
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # also in full width
Row = Sequence[object]


class _Echo:
    """A file for `csv` that hands each line back."""

    def write(self, line: str) -> str:
        return line


def cell(value: object) -> object:
    """Text that a spreadsheet would take for a formula is marked as text."""
    if value is None or isinstance(value, int | float):
        return "" if value is None else value
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    is_formula = text.lstrip().startswith(FORMULA) or text.startswith(("\t", "\r", "\n"))
    return f"'{text}" if is_formula else text


def csv_of(
    name: str,
    head: Row,
    rows: Any,
    line: Callable[[Any], Row],
    *,
    inside: Callable[[], AbstractContextManager[Any]],
    at: str = "started_at",
    most: int = MOST,
) -> StreamingHttpResponse:
    """`rows` as a file, newest first. `inside` is the scope in which they are read.

    The response is written after the view has returned, so scope and language are opened anew.
    """
    language = translation.get_language()
    chunks = keyset.each(rows, most=most + 1, at=at)

    def written() -> Iterator[Row]:
        yield head
        left = most
        while True:
            with inside(), translation.override(language):
                chunk = next(chunks, [])
                lines: list[Row] = [line(row) for row in chunk[:left]]
                is_cut = len(chunk) > left
                if is_cut:
                    lines.append([_("The file ends here. Choose a shorter time for the rest.")])
            yield from lines
            left -= len(chunk)
            if not chunk or is_cut:
                return

    response = StreamingHttpResponse(_encoded(written()), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def file_of(name: str, rows: Iterable[Row]) -> StreamingHttpResponse:
    """A short list as a file."""
    response = StreamingHttpResponse(_encoded(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _encoded(rows: Iterable[Row]) -> Iterator[bytes]:
    writer = csv.writer(_Echo())
    yield b"\xef\xbb\xbf"  # so that spreadsheets read the letters right
    for row in rows:
        yield writer.writerow([cell(value) for value in row]).encode()
