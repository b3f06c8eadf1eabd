"""Strict checks of request bodies and query parameters; the message names the culprit."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from math import isfinite
from typing import Any
from uuid import UUID

from flask import Request

from .errors import ApiError, invalid, invalid_parameter

Check = Callable[[str, Any], None]
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d{1,9})?Z", re.ASCII)
_WEB_ADDRESS = re.compile(r"https?://[^\s/]+\S*")


def json_body(request: Request) -> Any:
    if request.mimetype != "application/json":
        raise invalid("Content-Type is not application/json")
    try:
        body = json.loads(request.get_data(), parse_constant=_number, parse_float=_number)
        json.dumps(body, ensure_ascii=False).encode()  # half a surrogate pair cannot be stored
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "JSON_MAPPING_EXCEPTION", "The body is not valid JSON.") from error
    return body


def _number(text: str) -> float:
    """JSON knows no NaN and no infinity, which Python would take and send out again."""
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text} is not a JSON number")
    return value


def check_object(
    where: str, body: Any, fields: Mapping[str, Check], required: tuple[str, ...] = ()
) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise invalid(f"{where} is not an object")
    for name in body:
        if name not in fields:
            raise invalid(f"{where} has the unknown member {name}")
    for name in required:
        if name not in body:
            raise invalid(f"{where}.{name} is missing")
    for name, value in body.items():
        fields[name](f"{where}.{name}", value)
    return body


def nested(fields: Mapping[str, Check]) -> Check:
    def check(where: str, value: Any) -> None:
        check_object(where, value, fields)

    return check


def text(where: str, value: Any) -> None:
    if not isinstance(value, str):
        raise invalid(f"{where} is not a string")


def boolean(where: str, value: Any) -> None:
    if not isinstance(value, bool):
        raise invalid(f"{where} is not a boolean")


def uuid(where: str, value: Any) -> None:
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise invalid(f"{where} is not a UUID")


def instant(where: str, value: Any) -> None:
    found = _INSTANT.fullmatch(value) if isinstance(value, str) else None
    try:
        datetime.fromisoformat(found[1] if found else "")
    except ValueError as error:
        raise invalid(f"{where} is not a UTC date-time") from error


def web_address(where: str, value: Any) -> None:
    if not isinstance(value, str) or not _WEB_ADDRESS.fullmatch(value):
        raise invalid(f"{where} is not an http or https address")


def anything(where: str, value: Any) -> None:
    """Accepts every value: the member is only known by name."""


def one_of(*choices: str) -> Check:
    def check(where: str, value: Any) -> None:
        if value not in choices:
            raise invalid(f"{where} is not one of {', '.join(choices)}")

    return check


def nullable(inner: Check) -> Check:
    def check(where: str, value: Any) -> None:
        if value is not None:
            inner(where, value)

    return check


def list_of(
    inner: Check, *, unique: bool = False, least: int = 1, most: int | None = None
) -> Check:
    def check(where: str, value: Any) -> None:
        if not isinstance(value, list) or len(value) < least:
            raise invalid(f"{where} is not a list with at least {least} members")
        if most is not None and len(value) > most:
            raise invalid(f"{where} has more than {most} members")
        for index, member in enumerate(value):
            inner(f"{where}[{index}]", member)
        if unique and len(set(value)) != len(value):
            raise invalid(f"{where} has a member twice")

    return check


def text_of(least: int = 0, most: int | None = None, pattern: str | None = None) -> Check:
    def check(where: str, value: Any) -> None:
        text(where, value)
        if len(value) < least:
            raise invalid(f"{where} is empty")
        if most is not None and len(value) > most:
            raise invalid(f"{where} is longer than {most} characters")
        if pattern is not None and not re.fullmatch(pattern, value):
            raise invalid(f"{where} has the wrong form")

    return check


def fraction(where: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise invalid(f"{where} is not a number from 0 to 1")


def whole_number(where: str, value: Any) -> None:
    right = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    if isinstance(value, bool) or not right or abs(value) >= 2**63:
        raise invalid(f"{where} is not a whole number")


def string_metadata(where: str, value: Any) -> None:
    """At most 50 pairs of strings, names up to 40 and texts up to 500 characters."""
    text_map(where, value)
    metadata(where, value)


def text_map(where: str, value: Any) -> None:
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise invalid(f"{where} is not a map of strings")


def metadata(where: str, value: Any) -> None:
    """At most 50 pairs, names up to 40 and texts up to 500 characters."""
    if not isinstance(value, dict):
        raise invalid(f"{where} is not an object")
    if len(value) > 50:
        raise invalid(f"{where} has more than 50 members")
    for name, member in value.items():
        if len(name) > 40:
            raise invalid(f"{where}.{name} is a name longer than 40 characters")
        if isinstance(member, list):
            raise invalid(f"{where}.{name} is a list")
        if isinstance(member, str) and len(member) > 500:
            raise invalid(f"{where}.{name} is longer than 500 characters")


def path_uuid(name: str, value: str) -> str:
    if not _UUID.fullmatch(value):
        raise invalid_parameter(f"{name} is not a UUID")
    return str(UUID(value))


def query_uuid(request: Request, name: str) -> str | None:
    value = request.args.get(name)
    return None if value is None else path_uuid(name, value)


def query_set(request: Request, name: str) -> set[str]:
    """Of a parameter whose values the contract wants once each."""
    values = request.args.getlist(name)
    if len(values) != len(set(values)):
        raise invalid_parameter(f"{name} names a value twice")
    return set(values)


def query_flag(request: Request, name: str, *, default: bool = False) -> bool:
    values = request.args.getlist(name)
    if not values:
        return default
    if len(values) > 1 or values[0] not in ("true", "false"):
        raise invalid_parameter(f"{name} is not true or false")
    return values[0] == "true"


def query_uuids(request: Request, name: str) -> list[str]:
    return [path_uuid(name, value) for value in request.args.getlist(name)]


def query_choices(request: Request, name: str, choices: tuple[str, ...]) -> list[str]:
    values = request.args.getlist(name)
    for value in values:
        if value not in choices:
            raise invalid_parameter(f"{name} is not one of {', '.join(choices)}")
    return values


def check_query_names(request: Request, known: tuple[str, ...]) -> None:
    for name in request.args:
        if name not in known:
            raise invalid_parameter(f"Unknown query parameter {name}")
