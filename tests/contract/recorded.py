"""Holds the requests a simulator received against the contract of Pleo's API.

`check_recorded(simulator, since)` reads the simulator's call log. Whether the answer was good does
not matter: a request that Pleo does not know is a defect of the client even where it was refused.
"""

import re
from collections.abc import Iterator
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote

import requests

from .validate import escaped, operation, resolve, schema_problems

# The simulator's own pages, which a person's browser talks to.
PAGES = "/oauth/authorize/"
REDACTED = "[redacted]"
# Stand in for what the log does not keep; each satisfies its schema.
READABLE = {"code_verifier": "v" * 43}
INTEGER = re.compile(r"-?[0-9]{1,19}")
AUTH_KINDS = {"bearerToken": "bearer", "apiKeyBasic": "basic", "oauthClientBasic": "basic"}


class HasUrl(Protocol):
    url: str


def calls_since(simulator: HasUrl, since: int) -> dict[str, Any]:
    reply = requests.get(f"{simulator.url}/sim/calls", params={"after": since}, timeout=30)
    log: dict[str, Any] = reply.json()
    return log


def count_recorded(simulator: HasUrl) -> int:
    """The number to give as `since`, to look at later calls only."""
    return int(calls_since(simulator, 2**62)["count"])


def check_recorded(simulator: HasUrl, since: int = 0) -> int:
    """Fails with every request after `since` that breaks the contract; else how many there were."""
    calls = [
        call
        for call in calls_since(simulator, since)["calls"]
        if not call["path"].startswith(PAGES)
    ]
    found = [
        f"{call['method']} {call['path']}: {problem}"
        for call in calls
        for problem in problems(call)
    ]
    assert not found, "requests outside the contract:\n" + "\n".join(dict.fromkeys(found))
    return len(calls)


def problems(call: dict[str, Any]) -> list[str]:
    """What is wrong with one call of the log."""
    try:
        template, found = operation(call["method"], call["path"])
    except AssertionError as error:
        return [str(error)]
    base = f"/paths/{escaped(template)}/{call['method'].lower()}"
    return [
        *_parameter_problems(base, template, found, call),
        *_body_problems(base, found, call),
        *_auth_problems(found, call),
    ]


def _parameter_problems(
    base: str, template: str, found: dict[str, Any], call: dict[str, Any]
) -> Iterator[str]:
    query = parse_qs(call["query"] or "", keep_blank_values=True)
    path = _path_values(template, call["path"])
    known = set()
    for index, node in enumerate(found.get("parameters", [])):
        pointer, parameter = resolve(f"{base}/parameters/{index}", node)
        name = parameter["name"]
        values = path.get(name, []) if parameter["in"] == "path" else query.get(name, [])
        known.add((parameter["in"], name))
        if not values and parameter.get("required"):
            yield f"{name} is missing"
        if values:
            yield from _value_problems(pointer, parameter, values)
    yield from (f"unknown query name {name}" for name in query if ("query", name) not in known)
    yield from _rule_problems(found.get("x-parameter-rules", {}), query)


def _path_values(template: str, path: str) -> dict[str, list[str]]:
    pairs = zip(template.split("/"), path.split("/"), strict=True)
    found = {}
    for pattern, text in pairs:
        if pattern.startswith("{"):
            name, _, verb = pattern[1:].partition("}")
            found[name] = [unquote(text.removesuffix(verb))]
    return found


def _value_problems(pointer: str, parameter: dict[str, Any], values: list[str]) -> Iterator[str]:
    pointer, schema = resolve(f"{pointer}/schema", parameter["schema"])
    if schema.get("type") != "array" and len(values) > 1:
        yield f"{parameter['name']} is given more than once"
    value: Any = values if schema.get("type") == "array" else _typed(schema, values[0])
    for problem in schema_problems(pointer, value):
        yield f"{parameter['name']} {problem}"


def _typed(schema: dict[str, Any], text: str) -> Any:
    """A query's text as the schema's type; the text itself where it is none, which then shows."""
    if schema.get("type") == "integer" and INTEGER.fullmatch(text):
        return int(text)
    if schema.get("type") == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return text


def _rule_problems(rules: dict[str, list[str]], query: dict[str, list[str]]) -> Iterator[str]:
    for rule, names in rules.items():
        given = [name for name in names if name in query]
        if rule == "mutually-exclusive" and len(given) > 1:
            yield f"{' and '.join(given)} exclude one another"
        elif rule == "same-length" and len({len(query.get(name, [])) for name in names}) > 1:
            yield f"{' and '.join(names)} differ in length"
        elif rule == "at-least-one-of" and not given:
            yield f"one of {' and '.join(names)} is needed"


def _body_problems(base: str, found: dict[str, Any], call: dict[str, Any]) -> Iterator[str]:
    body, media = call["requestBody"], call["contentType"].partition(";")[0].strip().lower()
    if "requestBody" not in found:
        if body is not None:
            yield "a body, where none is described"
        return
    pointer, described = resolve(f"{base}/requestBody", found["requestBody"])
    if body is None:
        if described.get("required"):
            yield "the body is missing"
        return
    if media not in described["content"]:
        yield f"the body is {media or 'of no type'}, not {' or '.join(described['content'])}"
        return
    yield from (f"{where} is null" for where in _nulls("body", body))
    yield from schema_problems(f"{pointer}/content/{escaped(media)}/schema", _readable(body))


def _readable(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    return {
        name: READABLE.get(name, value) if value == REDACTED else value
        for name, value in body.items()
    }


def _nulls(where: str, node: Any) -> Iterator[str]:
    """Pleo's rule for bodies: leave a member out, never null."""
    if node is None:
        yield where
    members = node.items() if isinstance(node, dict) else ()
    rows = enumerate(node) if isinstance(node, list) else ()
    for name, value in (*members, *rows):
        yield from _nulls(f"{where}/{name}", value)


def _auth_problems(found: dict[str, Any], call: dict[str, Any]) -> Iterator[str]:
    """The contract states security at every operation."""
    allowed = {
        next((AUTH_KINDS[name] for name in way if name in AUTH_KINDS), "none")
        for way in found["security"] or [{}]
    }
    if call["authKind"] not in allowed:
        yield f"authorization is {call['authKind']}, not {' or '.join(sorted(allowed))}"
