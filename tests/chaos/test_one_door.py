"""Every remote call goes through the door that the sweep instruments."""

import ast
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from erp_adapters.base import Access
from erp_adapters.json_door import JsonDoor
from tests.conftest import ROOT

DOOR = "erp_adapters/http.py"
PACKAGES = ("erp_adapters", "pleo_connector")
# What can reach another machine, by the name that it is imported under.
NETWORK = {
    "aiohttp",
    "asyncio",
    "ftplib",
    "http.client",
    "httpx",
    "requests",
    "requests_hardened",
    "smtplib",
    "socket",
    "ssl",
    "subprocess",
    "urllib.request",
    "urllib3",
    "xmlrpc",
}
MAKES_CALLS = {"OAuth2Session", "OAuth1Session", "AsyncOAuth2Client", "StreamReader"}
# Classes that the door's own session is made of; none of their methods is called there.
PARTS_OF_THE_DOOR = (
    *("http.client", "http.client.HTTPResponse", "socket", "socket.socket"),
    *("requests", "requests.Session", "requests.adapters", "requests.adapters.HTTPAdapter"),
    *("urllib3", "urllib3.HTTPConnectionPool", "urllib3.HTTPSConnectionPool"),
    *("urllib3.connection", "urllib3.connection.HTTPConnection"),
    "urllib3.connection.HTTPSConnection",
)
# Where such a module is used for something else than a call.
KNOWN = {
    ("pleo_connector/connections/lease.py", "socket"): {"gethostname"},
    ("pleo_connector/pleo/oauth.py", "OAuth2Session"): {"create_authorization_url"},
    ("erp_adapters/fake/server.py", "http.server"): None,  # the far side itself
    ("pleo_connector/web/letters.py", "smtplib"): set(),  # what Django's mail raises
    ("pleo_connector/web/letters.py", "smtplib.SMTPException"): set(),
    **{("erp_adapters/deadline.py", words): set() for words in PARTS_OF_THE_DOOR},
}


def sources() -> Iterator[tuple[str, str]]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text()


def ways_out(name: str, source: str) -> list[str]:
    """Imports by which a module could make a call of its own."""
    tree = ast.parse(source)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            imported = [module, *(f"{module}.{alias.name}" for alias in node.names)]
            imported += [x.name for x in node.names if x.name in MAKES_CALLS]
        else:
            continue
        for words in imported:
            if words in NETWORK | MAKES_CALLS or words.partition(".")[0] in NETWORK:
                allowed = KNOWN.get((name, words))
                if allowed is None or not uses(tree, words) <= allowed:
                    found.append(f"{name}: {words}")
    return found


def uses(tree: ast.AST, module: str) -> set[str]:
    """Attributes taken of a module, or of what a class of that name makes."""
    owners = {module}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and ast.unparse(node.value.func) == module
        ):
            owners |= {x.id for x in node.targets if isinstance(x, ast.Name)}
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in owners
    }


def test_only_the_door_can_call() -> None:
    found = [way for name, source in sources() if name != DOOR for way in ways_out(name, source)]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "import requests\nrequests.post('https://erp.example')",
        "from requests import post",
        "from urllib.request import urlopen",
        "import http.client",
        "import socket\nsocket.create_connection(('erp.example', 443))",
        "from authlib.integrations.requests_client import OAuth2Session\n"
        "session = OAuth2Session()\nsession.post('https://erp.example')",
    ],
)
def test_a_new_way_out_is_found(source: str) -> None:
    assert ways_out("pleo_connector/exports/new.py", source)
    assert ways_out("pleo_connector/pleo/oauth.py", source) or "requests" not in source


def test_the_door_itself_sends_in_one_place() -> None:
    """The instrumented method is the only one that uses the session."""
    source = Path(ROOT / DOOR).read_text()
    tree = ast.parse(source)
    users = {
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute)
        and node.attr in ("request", "get", "post", "put", "delete", "send")
        and ast.unparse(node.value) == "self.session"
    }
    assert users == {"_send"}


def test_nobody_else_opens_the_doors_session() -> None:
    """An adapter that took `door.session` would go past the observer and the sweep."""
    found = [
        name
        for name, source in sources()
        if name != DOOR
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Attribute)
        and node.attr == "session"
        and ast.unparse(node.value).endswith("door")
    ]
    assert found == []


def test_every_door_of_an_adapter_keeps_the_erps_limits() -> None:
    """And is observed: one made without either would go past both."""
    doors = [
        (name, {word.arg for word in node.keywords}, ast.unparse(node))
        for name, source in sources()
        if name.startswith("erp_adapters/") and name != DOOR
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("HttpDoor")
    ]
    for name, words, call in doors:
        assert {"observer", "throttle"} <= words or None in words, f"{name}: {call}"
    observer, throttle = Mock(), Mock()
    access = Access(settings={}, secrets={}, observer=observer, throttle=throttle)
    door = JsonDoor(access, base_url="https://erp.example", name="Any")
    assert (door.observer, door.throttle) == (observer, throttle)
