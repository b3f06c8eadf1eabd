"""Long lists, newest first, where the next page is found by an index however deep it lies.

A page begins where the one before it ended, by time and number: nothing is counted or skipped, and
rows that come meanwhile neither repeat nor hide others.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpRequest

ROWS = 50
CHUNK = 1000  # rows that are read at once where a list is written out
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PLACE = re.compile(r"(\d{1,17})-(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows of one page; `newer` and `older` are the places where its neighbours begin, or empty."""

    rows: list[Any]
    newer: str = ""
    older: str = ""


def slice_of(
    request: HttpRequest, rows: Any, *, at: str = "started_at", per_page: int = ROWS
) -> Slice:
    """What `?after=` or `?before=` asks for; the newest rows where neither is readable."""
    if after := _place(request.GET.get("after", "")):
        newer = list(rows.filter(_beyond(at, after, "gt")).order_by(at, "pk")[: per_page + 1])
        if len(newer) > per_page:
            shown = newer[:per_page][::-1]
            return Slice(shown, _written(shown[0], at), _written(shown[-1], at))
    before = None if after else _place(request.GET.get("before", ""))
    found = _read(rows, at, before, per_page + 1)
    shown = found[:per_page]
    if not shown:
        return Slice([])
    older = _written(shown[-1], at) if len(found) > per_page else ""
    return Slice(shown, _written(shown[0], at) if before else "", older)


def each(rows: Any, *, most: int, at: str = "started_at") -> Iterator[list[Any]]:
    """All rows, newest first, in chunks; not more than `most`."""
    place = None
    while most > 0 and (chunk := _read(rows, at, place, min(CHUNK, most))):
        yield chunk
        most -= len(chunk)
        place = (getattr(chunk[-1], at), chunk[-1].pk)


def _read(rows: Any, at: str, place: tuple[datetime, int] | None, count: int) -> list[Any]:
    found = rows.filter(_beyond(at, place, "lt")) if place else rows
    return list(found.order_by(f"-{at}", "-pk")[:count])


def _beyond(at: str, place: tuple[datetime, int], way: str) -> Q:
    """The first condition bounds the index, the second one settles a tie."""
    when, key = place
    return Q(**{f"{at}__{way}e": when}) & (Q(**{f"{at}__{way}": when}) | Q(**{f"pk__{way}": key}))


def _written(row: Any, at: str) -> str:
    return f"{(getattr(row, at) - EPOCH) // timedelta(microseconds=1)}-{row.pk}"


def _place(text: str) -> tuple[datetime, int] | None:
    found = PLACE.fullmatch(text)
    if found is None:
        return None
    try:
        return EPOCH + timedelta(microseconds=int(found[1])), int(found[2])
    except OverflowError:
        return None
