"""Long lists in an order of their own, where the last page costs what the first one does."""

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

ROWS = 100


@dataclass(frozen=True, slots=True)
class Part:
    rows: list[Any]
    before: int | None  # where the rows in front of these end; None where there are none
    after: int | None


def part_of(
    request: HttpRequest, rows: "QuerySet[Any]", *, by: str = "position", size: int = ROWS
) -> Part:
    """The rows after `?after=`, or those right before `?before=`; `by` is unique and ascending."""
    before, after = _number(request, "before"), _number(request, "after")
    if before is not None:
        found = list(rows.filter(**{f"{by}__lt": before}).order_by(f"-{by}")[: size + 1])
        shown = found[:size][::-1]
        has_before, has_after = len(found) > size, True
    else:
        more = rows if after is None else rows.filter(**{f"{by}__gt": after})
        found = list(more.order_by(by)[: size + 1])
        shown = found[:size]
        has_before, has_after = after is not None, len(found) > size
    if not shown:
        return Part([], None, None)
    first, last = getattr(shown[0], by), getattr(shown[-1], by)
    return Part(shown, first if has_before else None, last if has_after else None)


def _number(request: HttpRequest, name: str) -> int | None:
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else None
