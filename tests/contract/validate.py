"""Holds requests and responses against the contract of the Pleo API."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from jsonschema import (  # type: ignore[import-untyped]
    Draft202012Validator,
    FormatChecker,
    ValidationError,
)
from jsonschema.validators import extend  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

CONTRACT = Path(__file__).with_name("openapi.yaml")
ROOT = "urn:pleo-contract"
METHODS = ("get", "post", "put", "delete")


@cache
def contract() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loaded: dict[str, Any] = yaml.load(CONTRACT.read_text(), Loader=loader)
    return loaded


def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())
    checks = {
        "uuid": UUID,
        "date": date.fromisoformat,
        "date-time": _date_time,
        "uri": _absolute_uri,
    }
    for name, parse in checks.items():
        checker.checks(name, raises=ValueError)(_only_text(parse))
    return checker


def _only_text(parse: Any) -> Any:
    def check(value: object) -> bool:
        if isinstance(value, str):
            parse(value)
        return True

    return check


def _date_time(text: str) -> None:
    if "T" not in text or not text.endswith("Z"):
        raise ValueError("not a UTC date-time")
    datetime.fromisoformat(text.replace("Z", "+00:00"))


def _absolute_uri(text: str) -> None:
    if not re.match(r"[a-z][a-z0-9+.-]*:\S+$", text):
        raise ValueError("not an absolute URI")


def _error_types(node: Any) -> Iterator[str]:
    """Error types the contract prints in examples, besides those it lists."""
    if isinstance(node, dict):
        if set(node) == {"type", "message"} and str(node["type"]).isupper():
            yield str(node["type"])
        for value in node.values():
            yield from _error_types(value)
    elif isinstance(node, list):
        for value in node:
            yield from _error_types(value)


@cache
def _known_error_types() -> frozenset[str]:
    return frozenset(_error_types(contract()))


def _check_known_values(
    validator: Any, known: list[str], value: Any, schema: dict[str, Any]
) -> Iterator[ValidationError]:
    if not isinstance(value, str) or value in known:
        return
    # Error types are compared without regard to case, says the contract.
    if "EXPORT_NOT_FOUND" in known and value.upper() in {*known, *_known_error_types()}:
        return
    yield ValidationError(f"{value!r} is not one of the known values {known}")


@cache
def _validator(pointer: str) -> Any:
    resource = DRAFT202012.create_resource(contract())
    registry: Registry[Any] = Registry().with_resource(ROOT, resource)
    known = extend(Draft202012Validator, {"x-known-values": _check_known_values})
    return known({"$ref": f"{ROOT}#{pointer}"}, registry=registry, format_checker=_formats())


def escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def operation(method: str, path: str) -> tuple[str, dict[str, Any]]:
    """The contract's path and operation for a concrete request path."""
    paths = contract()["paths"]
    if method.lower() in paths.get(path, {}):
        return path, paths[path][method.lower()]
    for template, operations in paths.items():
        pattern = re.sub(r"\\{[^}]+\\}", "[^/:]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in operations:
            return template, operations[method.lower()]
    raise AssertionError(f"the contract has no {method} {path}")


def schema_problems(pointer: str, value: Any) -> list[str]:
    return [
        f"{'/'.join(str(p) for p in error.absolute_path) or 'body'}: {error.message}"
        for error in _validator(pointer).iter_errors(value)
    ]


def _check(pointer: str, value: Any, what: str) -> None:
    problems = schema_problems(pointer, value)
    assert not problems, f"{what}: {problems[:5]}"


def resolve(pointer: str, node: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    if "$ref" not in node:
        return pointer, node
    pointer = node["$ref"].removeprefix("#")
    found: Any = contract()
    for part in pointer.strip("/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return pointer, found


def check_response(method: str, path: str, status: int, body: Any) -> None:
    """Fails if the contract lacks this status for the operation, or its schema refuses the body."""
    template, found = operation(method, path)
    what = f"{method} {path} {status}"
    assert str(status) in found["responses"], f"{what}: the contract lists no such status"
    base = f"/paths/{escaped(template)}/{method.lower()}/responses/{status}"
    pointer, response = resolve(base, found["responses"][str(status)])
    content = response.get("content", {})
    if "application/json" not in content:
        assert content or not body, f"{what}: a body is not described"
        return
    _check(f"{pointer}/content/application~1json/schema", body, what)


def check_request(method: str, path: str, body: Any) -> None:
    template, found = operation(method, path)
    what = f"{method} {path} request"
    assert "requestBody" in found, f"{what}: the contract describes no body"
    media = next(iter(found["requestBody"]["content"]))
    pointer = f"/paths/{escaped(template)}/{method.lower()}/requestBody/content/{escaped(media)}"
    _check(f"{pointer}/schema", body, what)


def check_schema(name: str, value: Any) -> None:
    _check(f"/components/schemas/{name}", value, name)
