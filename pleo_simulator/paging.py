"""Cursor and offset paging as on every Pleo list."""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Request

from .errors import invalid_parameter
from .store import Row
from .switches import Switches

PAGE_PARAMETERS = ("before", "after", "offset", "limit", "sorting_keys", "sorting_order")
ORDERS = ("ASC", "ASC_NULLS_FIRST", "ASC_NULLS_LAST", "DESC", "DESC_NULLS_FIRST", "DESC_NULLS_LAST")
_DIGITS = re.compile(r"[0-9]{1,19}")
T = TypeVar("T")


@dataclass(frozen=True)
class PageRequest:
    limit: int
    offset: int | None
    before: str | None
    after: str | None
    keys: tuple[str, ...]
    orders: tuple[str, ...]
    filters: dict[str, list[str]]


def read_page(request: Request, switches: Switches) -> PageRequest:
    names = [n for n in ("before", "after", "offset") if n in request.args]
    if len(names) > 1:
        raise invalid_parameter(f"{' and '.join(names)} exclude one another")
    keys = tuple(request.args.getlist("sorting_keys"))
    orders = tuple(request.args.getlist("sorting_order"))
    if len(keys) != len(orders):
        raise invalid_parameter("sorting_order needs one entry per sorting key")
    for order in orders:
        if order not in ORDERS:
            raise invalid_parameter(f"sorting_order {order} is unknown")
    return PageRequest(
        limit=_limit(request, switches),
        offset=_whole_number(request, "offset", 2**63 - 1),
        before=request.args.get("before"),
        after=request.args.get("after"),
        keys=keys,
        orders=orders,
        filters={n: request.args.getlist(n) for n in request.args if n not in PAGE_PARAMETERS},
    )


def _whole_number(request: Request, name: str, most: int) -> int | None:
    value = request.args.get(name)
    if value is None:
        return None
    if not _DIGITS.fullmatch(value) or int(value) > most:
        raise invalid_parameter(f"{name} is not a whole number from 0 to {most}")
    return int(value)


def _limit(request: Request, switches: Switches) -> int:
    limit = _whole_number(request, "limit", 2**31 - 1)
    maximum = switches.number("maximum_page_limit")
    if limit is None:
        return min(switches.number("default_page_limit"), maximum)
    if limit > maximum and switches["limit_over_maximum"] == "reject":
        raise invalid_parameter(f"limit is over {maximum}")
    return min(limit, maximum)


def encode_cursor(position: Sequence[Any]) -> str:
    return base64.b32encode(json.dumps(list(position)).encode()).decode()


def decode_cursor(name: str, cursor: str, length: int) -> list[Any]:
    try:
        position = json.loads(base64.b32decode(cursor))
    except (ValueError, RecursionError) as error:
        raise invalid_parameter(f"{name} is not a cursor of this list") from error
    if not isinstance(position, list) or len(position) != length:
        raise invalid_parameter(f"{name} belongs to another sorting")
    return position


def _rank(value: Any, order: str) -> tuple[int, Any]:
    """Nulls last when ascending and first when descending unless the order says otherwise."""
    descending = order.startswith("DESC")
    nulls_first = order.endswith("FIRST") or (descending and not order.endswith("LAST"))
    if value is None:
        return (0 if nulls_first != descending else 2, 0)
    return (1, value)


class Listing:
    """Rows in their final order, each with the position its cursor stands for."""

    def __init__(
        self,
        rows: Sequence[Row],
        page: PageRequest,
        default_order: str,
        sortable: Mapping[str, str],
    ) -> None:
        for key in page.keys:
            if key not in sortable:
                raise invalid_parameter(f"sorting_keys {key} is not one of {', '.join(sortable)}")
        self.columns = [*(sortable[key] for key in page.keys), "position"]
        self.orders = [*page.orders, default_order]
        self.rows = list(rows)
        for column, order in reversed(list(zip(self.columns, self.orders, strict=True))):
            self.rows.sort(
                key=lambda row: _rank(row[column], order), reverse=order.startswith("DESC")
            )

    def position(self, row: Row) -> list[Any]:
        return [row[column] for column in self.columns]

    def count_up_to(self, position: list[Any], *, including: bool) -> int:
        """How many rows stand before the position; it need not exist any more."""
        return sum(
            1
            for row in self.rows
            if self._stands_before(self.position(row), position, including=including)
        )

    def _stands_before(self, row: list[Any], other: list[Any], *, including: bool) -> bool:
        for value, bound, order in zip(row, other, self.orders, strict=True):
            left, right = _rank(value, order), _rank(bound, order)
            if left != right:
                return (left > right) if order.startswith("DESC") else (left < right)
        return including

    def window(self, page: PageRequest) -> tuple[int, int]:
        try:
            return self._window(page)
        except TypeError as error:
            raise invalid_parameter("The cursor belongs to another sorting") from error

    def _window(self, page: PageRequest) -> tuple[int, int]:
        if page.after is not None:
            bound = decode_cursor("after", page.after, len(self.columns))
            start = self.count_up_to(bound, including=True)
            return start, start + page.limit
        if page.before is not None:
            bound = decode_cursor("before", page.before, len(self.columns))
            end = self.count_up_to(bound, including=False)
            return max(0, end - page.limit), end
        start = page.offset or 0
        return start, start + page.limit


def paginate(
    rows: Sequence[Row],
    page: PageRequest,
    switches: Switches,
    sortable: Mapping[str, str],
    show: Callable[[Row], T],
) -> dict[str, Any]:
    listing = Listing(rows, page, switches.text("default_sorting_order"), sortable)
    start, end = listing.window(page)
    chosen = listing.rows[start:end]
    return {
        "data": [show(row) for row in chosen],
        "pagination": _block(listing, page, switches, start, chosen),
    }


def _block(
    listing: Listing, page: PageRequest, switches: Switches, start: int, chosen: list[Row]
) -> dict[str, Any]:
    block: dict[str, Any] = {
        "currentRequestPagination": echo(page),
        "hasNextPage": start + len(chosen) < len(listing.rows),
        "hasPreviousPage": start > 0 and bool(listing.rows),
    }
    if chosen:
        block["startCursor"] = encode_cursor(listing.position(chosen[0]))
        block["endCursor"] = encode_cursor(listing.position(chosen[-1]))
    if switches.flag("page_total"):
        block["total"] = len(listing.rows)
    return block


def echo(page: PageRequest) -> dict[str, Any]:
    echo: dict[str, Any] = {"parameters": page.filters, "limit": page.limit}
    if page.keys:
        echo |= {"sortingKeys": list(page.keys), "sortingOrder": list(page.orders)}
    for name in ("before", "after", "offset"):
        value = getattr(page, name)
        if value is not None:
            echo[name] = value
    return echo
