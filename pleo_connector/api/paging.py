"""Pages by cursor: rows that are added meanwhile neither repeat nor hide others."""

from typing import Any

from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request

MOST = 200


class Pages(CursorPagination):
    """Newest first, by the row's own number, which is unique and never changes."""

    ordering = "-pk"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = MOST

    def get_page_size(self, request: Request) -> int:
        asked = request.query_params.get("page_size", str(self.page_size))
        if not (asked.isascii() and asked.isdigit() and 1 <= len(asked) <= 3) or not (
            1 <= int(asked) <= MOST
        ):
            raise ValidationError({"page_size": [f"Give a number from 1 to {MOST}."]})
        return int(asked)

    def decode_cursor(self, request: Request) -> Cursor | None:
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position and not str(cursor.position).isdecimal():
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": MOST, "default": self.page_size}
        return [
            {
                "name": "cursor",
                "in": "query",
                "schema": {"type": "string"},
                "description": "As `next` and `previous` give it; leave it out for the first page.",
            },
            {"name": "page_size", "in": "query", "schema": size, "description": "Rows a page."},
        ]
