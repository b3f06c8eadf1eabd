"""What comes in: JSON that Postgres can store, and query parameters that are known."""

import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from pleo_connector.api.problems import TooLarge


class StrictJson(BaseParser):
    """UTF-8 without NUL characters, unpaired surrogates, NaN and repeated names."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise TooLarge("The body is too large.")
        try:
            text = body.decode()
            loaded = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
            written = json.dumps(loaded, ensure_ascii=False)
            written.encode()  # refuses unpaired surrogates
        except (ValueError, RecursionError) as error:
            raise ParseError from error
        if "\\u0000" in written:
            raise ParseError
        return loaded


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a name is given twice")
    return made


def _refuse(constant: str) -> Any:
    raise ValueError(constant)
