"""Values of dimensions, counted, searched and paged by the database: there may be very many, and
a page shows few of them."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection as database
from django.db.models import F, Func, IntegerField

from erp_adapters.ledger import DimensionValue
from pleo_connector.catalog.models import CatalogSnapshot
from pleo_connector.catalog.records import Kind, from_json
from pleo_connector.connections.models import Connection

TABLE = CatalogSnapshot._meta.db_table
# `plan.is_in_use`. What an older version did not store has the ledger's default.
COUNTS = f"""
SELECT dimension, count(*), count(*) FILTER (WHERE coalesce(is_active, true)),
    count(*) FILTER (WHERE coalesce(is_active, true) AND coalesce(is_postable, true)
        AND coalesce(valid_from <= %(today)s, true) AND coalesce(%(today)s <= valid_until, true))
FROM {TABLE} CROSS JOIN LATERAL jsonb_to_recordset(records) AS value (
    dimension text, is_active boolean, is_postable boolean, valid_from date, valid_until date)
WHERE connection_id = %(connection)s AND kind = %(kind)s
GROUP BY dimension
"""  # noqa: S608  only our own table's name
FOUND = f"""
FROM {TABLE} CROSS JOIN LATERAL jsonb_array_elements(records) WITH ORDINALITY AS row (value, place)
WHERE connection_id = %(connection)s AND kind = %(kind)s
    AND lower(value->>'dimension') = lower(%(dimension)s)
    AND (%(search)s = '' OR strpos(lower(value->>'name'), lower(%(search)s)) > 0
        OR strpos(lower(value->>'code'), lower(%(search)s)) > 0)
"""
COUNT = f"SELECT count(*) {FOUND}"
PAGE = f"SELECT value {FOUND} ORDER BY place LIMIT %(limit)s OFFSET %(offset)s"
NAMES = f"""
SELECT dimension, code, name
FROM {TABLE} CROSS JOIN LATERAL jsonb_to_recordset(records) AS value (
    dimension text, code text, name text)
WHERE connection_id = %(connection)s AND kind = %(kind)s AND code = ANY(%(codes)s)
"""  # noqa: S608  only our own table's name


@dataclass(frozen=True, slots=True)
class ValueCount:
    """Of one dimension. Those in use are neither closed nor a heading, and today is their day."""

    total: int
    active: int
    in_use: int


def value_counts(connection: Connection, *, today: date) -> dict[str, ValueCount]:
    """By the dimension's code as the values name it."""
    with database.cursor() as cursor:
        cursor.execute(COUNTS, _filled(connection, today=today))
        return {code: ValueCount(*counts) for code, *counts in cursor.fetchall()}


def value_names(connection: Connection, codes: Collection[str]) -> dict[tuple[str, str], str]:
    """By (dimension code, value code), of the values that have one of these codes."""
    if not codes:
        return {}
    with database.cursor() as cursor:
        cursor.execute(NAMES, _filled(connection, codes=list(codes)))
        return {(dimension, code): name for dimension, code, name in cursor.fetchall()}


def number_of_values(connection: Connection) -> int:
    length = Func(F("records"), function="jsonb_array_length", output_field=IntegerField())
    rows = CatalogSnapshot.objects.filter(connection=connection, kind=Kind.DIMENSION_VALUES)
    return rows.values_list(length, flat=True).first() or 0


class FoundValues:
    """For a paginator: values of one dimension in the ERP's order; `search` is part of a name or
    code, ignoring case. `total` where it is known how many the dimension has."""

    def __init__(
        self, connection: Connection, *, dimension: str, search: str = "", total: int | None = None
    ) -> None:
        self.filled = _filled(connection, dimension=dimension, search=search)
        self.total = None if search else total

    def __len__(self) -> int:
        if self.total is not None:
            return self.total
        with database.cursor() as cursor:
            cursor.execute(COUNT, self.filled)
            return int(cursor.fetchone()[0])

    def __getitem__(self, part: slice) -> list[DimensionValue]:
        limits = {"offset": part.start, "limit": part.stop - part.start}
        with database.cursor() as cursor:
            cursor.execute(PAGE, self.filled | limits)
            rows = [row for (row,) in cursor.fetchall()]
        return [from_json(Kind.DIMENSION_VALUES, json.loads(row)) for row in rows]


def _filled(connection: Connection, **more: Any) -> dict[str, Any]:
    return {"connection": connection.pk, "kind": Kind.DIMENSION_VALUES.value, **more}
