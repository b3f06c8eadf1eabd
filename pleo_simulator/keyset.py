"""Pages read by the database itself, so that a long list costs each page its own rows only."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self, TypeVar

from flask import request

from .errors import invalid_parameter
from .paging import PageRequest, decode_cursor, echo, encode_cursor, read_page
from .state import sim
from .store import Row, encode

T = TypeVar("T")
Clause = tuple[str, list[Any]]


class Selection:
    """Rows of one table that fit every condition."""

    def __init__(self, table: str) -> None:
        self.table = table
        self.clauses: list[Clause] = []

    def where(self, condition: str, *params: Any) -> Self:
        self.clauses.append((condition, list(params)))
        return self

    def one_of(self, column: str, values: Iterable[Any] | None) -> Self:
        """No values is no condition."""
        chosen = list(values or ())
        if chosen:
            self.where(f"{column} IN (SELECT value FROM json_each(?))", encode(chosen))
        return self

    def sql(self, start: str, *more: Clause, tail: str = "") -> tuple[str, list[Any]]:
        clauses = [*self.clauses, *more]
        text = " AND ".join(f"({condition})" for condition, _ in clauses) or "1"
        params = [value for _, values in clauses for value in values]
        return f"SELECT {start} FROM {self.table} WHERE {text} {tail}", params

    def rows(self) -> list[Row]:
        sql, params = self.sql("*", tail="ORDER BY position")
        return sim().store.all(sql, *params)

    def count(self) -> int:
        return self._number("COUNT(*)")

    def exists(self, *more: Clause) -> bool:
        sql, params = self.sql("1 AS found", *more, tail="LIMIT 1")
        return sim().store.one(sql, *params) is not None

    def _number(self, what: str) -> int:
        sql, params = self.sql(f"{what} AS number")
        row = sim().store.one(sql, *params)
        return int(row["number"]) if row else 0


class _Order:
    """Sorting keys as expressions that are never null, `position` last."""

    def __init__(self, wish: PageRequest, default: str, sortable: Mapping[str, str]) -> None:
        for key in wish.keys:
            if key not in sortable:
                raise invalid_parameter(f"sorting_keys {key} is not one of {', '.join(sortable)}")
        self.columns = [*(sortable[key] for key in wish.keys), "position"]
        self.parts: list[tuple[str, bool]] = []
        for key, order in zip(wish.keys, wish.orders, strict=True):
            self._add(sortable[key], order)
        self.parts.append(("position", default.startswith("DESC")))
        self.nulls_first = [_nulls_first(order) for order in wish.orders]

    def _add(self, column: str, order: str) -> None:
        self.parts.append((f"({column} IS {'NOT ' if _nulls_first(order) else ''}NULL)", False))
        self.parts.append((f"COALESCE({column}, '')", order.startswith("DESC")))

    def sql(self, *, backwards: bool) -> str:
        return "ORDER BY " + ", ".join(
            f"{part} {'DESC' if descending != backwards else 'ASC'}"
            for part, descending in self.parts
        )

    def cursor(self, row: Row) -> str:
        return encode_cursor([row[column] for column in self.columns])

    def bound(self, name: str, cursor: str) -> list[Any]:
        """One value per part."""
        position = decode_cursor(name, cursor, len(self.columns))
        values: list[Any] = []
        for value, first in zip(position[:-1], self.nulls_first, strict=True):
            values += [int((value is None) != first), "" if value is None else value]
        values.append(position[-1])
        right = all(isinstance(value, str | int | float) for value in values)
        if not right or not isinstance(values[-1], int) or any(_too_big(v) for v in values):
            raise invalid_parameter(f"{name} belongs to another sorting")
        return values

    def beyond(self, values: list[Any], *, backwards: bool, including: bool = False) -> Clause:
        """Rows after the bound, or before it."""
        ways, params = [], []
        for place, (part, descending) in enumerate(self.parts):
            last = place == len(self.parts) - 1
            sign = ("<" if descending != backwards else ">") + ("=" if last and including else "")
            equal = [f"{earlier} = ?" for earlier, _ in self.parts[:place]]
            ways.append(" AND ".join([*equal, f"{part} {sign} ?"]))
            params += [*values[:place], values[place]]
        return " OR ".join(f"({way})" for way in ways) if len(ways) > 1 else ways[0], params


def _nulls_first(order: str) -> bool:
    """Nulls last when ascending and first when descending unless the order says otherwise."""
    return order.endswith("FIRST") or (order.startswith("DESC") and not order.endswith("LAST"))


def _too_big(value: Any) -> bool:
    return isinstance(value, int) and abs(value) >= 2**63


def page(
    selection: Selection, sortable: Mapping[str, str], show: Callable[[Row], T]
) -> dict[str, Any]:
    """The page the current request asks for."""
    switches = sim().switches
    wish = read_page(request, switches)
    order = _Order(wish, switches.text("default_sorting_order"), sortable)
    name = "before" if wish.before is not None else "after"
    cursor = wish.before if wish.before is not None else wish.after
    backwards = wish.before is not None
    bound = None if cursor is None else order.bound(name, cursor)
    rows, more = _read(selection, wish, order, bound)
    around = _has_other_side(selection, wish, order, bound)
    block: dict[str, Any] = {
        "currentRequestPagination": echo(wish),
        "hasNextPage": around if backwards else more,
        "hasPreviousPage": more if backwards else around,
    }
    if rows:
        block |= {"startCursor": order.cursor(rows[0]), "endCursor": order.cursor(rows[-1])}
    if switches.flag("page_total"):
        block["total"] = selection.count()
    return {"data": [show(row) for row in rows], "pagination": block}


def _read(
    selection: Selection, wish: PageRequest, order: _Order, bound: list[Any] | None
) -> tuple[list[Row], bool]:
    backwards = wish.before is not None
    more = [] if bound is None else [order.beyond(bound, backwards=backwards)]
    sql, params = selection.sql(
        "*", *more, tail=f"{order.sql(backwards=backwards)} LIMIT ? OFFSET ?"
    )
    rows = sim().store.all(sql, *params, wish.limit + 1, wish.offset or 0)
    chosen = rows[: wish.limit]
    return (chosen[::-1] if backwards else chosen), len(rows) > wish.limit


def _has_other_side(
    selection: Selection, wish: PageRequest, order: _Order, bound: list[Any] | None
) -> bool:
    """Whether something stands on the side the page was not read towards."""
    if bound is None:
        return bool(wish.offset) and selection.exists()
    return selection.exists(order.beyond(bound, backwards=wish.before is None, including=True))
