"""Calls to Tryton 8.0: REST with a bearer key, JSON-RPC with a password where REST cannot.

Replies become plain Python values, refusals become `errors`. Tryton's odd answers:
a batch that breaks an access rule is 403 without a word; anything it did not expect is
400 with HTML, and then nobody knows what was applied.
"""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from json import dumps
from typing import Any
from urllib.parse import quote

from erp_adapters.base import Access
from erp_adapters.errors import (
    AuthenticationFailed,
    NotAllowed,
    OutcomeUnknown,
    Rejected,
    RemoteError,
    Unavailable,
)
from erp_adapters.http import HttpDoor, Reply
from erp_adapters.tryton.payloads import tagged, untagged

PAGE = 500  # records
NO_RIGHT = "You are not allowed to "  # the one text we know a refusal by; language is pinned
TOO_LARGE = "The file is larger than Tryton takes: raise max_size in the [request] section."


class Wire:
    """`company` is added to the context of every call once it is known."""

    def __init__(self, access: Access, *, base_url: str, database: str) -> None:
        self.door = HttpDoor(
            base_url=base_url,
            system="erp",
            name="Tryton",
            allow_private=access.allow_private,
            observer=access.observer,
        )
        self.database = quote(database, safe="")
        self.company: int | None = None
        self.writes = 0  # that Tryton said yes to
        self._key = access.secrets["key"]
        self._login = access.secrets.get("user", ""), access.secrets.get("password", "")

    @property
    def has_rpc(self) -> bool:
        return all(self._login)

    def search(
        self,
        model: str,
        domain: list[Any],
        fields: tuple[str, ...],
        *,
        order: list[list[str]] | None = None,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[dict[str, Any]]:
        """Records as dicts; the part behind a dotted field is under a key ending in a dot.

        By POST, as a hundred references do not fit into an address.
        """
        body: dict[str, Any] = {"domain": domain, "fields_names": list(fields), "order": order}
        body |= {"limit": limit, "offset": offset}
        rows: list[dict[str, Any]] = self.rest("POST", f"{model}/search_read", body, is_write=False)
        return rows

    def pages(
        self, model: str, domain: list[Any], fields: tuple[str, ...]
    ) -> Iterator[dict[str, Any]]:
        """All records, by ascending id, so that what is added meanwhile shifts no page."""
        last = 0
        while True:
            after = [*domain, ["id", ">", last]]
            page = self.search(model, after, fields, order=[["id", "ASC"]], limit=PAGE)
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1]["id"]

    def rest(self, method: str, path: str, body: Any = None, *, is_write: bool = True) -> Any:
        """One REST call; `path` is `<model>`, `<model>/<action>` or `<model>/<id>/<action>`."""
        reply = self.door.request(
            method,
            f"/{self.database}/rest/model/{path}",
            template="/rest/model/" + re.sub(r"\d+", "{id}", path.partition("?")[0]),
            is_write=is_write,
            data=None if body is None else dumps(tagged(body)).encode(),
            headers={**self._headers(), "Authorization": f"Bearer {self._key}"},
        )
        if not 200 <= reply.status < 300:
            raise self._refusal(reply, is_write=is_write)
        self.writes += is_write
        if reply.status == 204:
            return None
        return untagged(self.door.json(reply, is_write=is_write))

    def rpc(self, method: str, *params: Any, **context: Any) -> Any:
        """One JSON-RPC write. Basic authentication: no session to keep or to grow stale."""
        known = {"company": self.company, "language": "en", **context}
        reply = self.door.request(
            "POST",
            f"/{self.database}/rpc/",
            template=f"/rpc/ {method}",
            data=dumps(tagged({"id": 1, "method": method, "params": [*params, known]})).encode(),
            headers=self._headers(),
            auth=tuple(part.encode() for part in self._login),
        )
        if reply.status != 200:
            raise self._refusal(reply, is_write=True)
        answer = self.door.json(reply, is_write=True)
        if not isinstance(answer, dict) or not answer.keys() & {"result", "error"}:
            raise OutcomeUnknown("Tryton gave an answer that cannot be read.", detail=reply.text())
        if answer.get("error"):
            raise _rpc_error(answer["error"])
        self.writes += 1
        return untagged(answer.get("result"))

    def _headers(self) -> dict[str, str]:
        company = {"company": self.company} if self.company else {}
        context = dumps({**company, "active_test": False})
        return {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Language": "en",
            "X-Tryton-Context": urlsafe_b64encode(context.encode()).decode(),
        }

    def _refusal(self, reply: Reply, *, is_write: bool) -> RemoteError:
        if reply.status == 413:
            return Rejected(TOO_LARGE, code="too_large")
        if reply.status == 404:
            return Rejected("Tryton does not know this database or record.", code="not_found")
        if reply.status == 423:
            return Unavailable("Somebody is changing the same records in Tryton.")
        if reply.status in (400, 409, 422):
            if reply.is_json:
                said = self.door.json(reply, is_write=is_write)
                return _no(said.get("message", ""), said.get("description", ""), reply.status)
            kind = OutcomeUnknown if is_write else Unavailable
            return kind("Tryton failed without saying why.", detail=reply.text())
        return self._by_status(reply, is_write=is_write)

    def _by_status(self, reply: Reply, *, is_write: bool) -> RemoteError:
        try:
            self.door.check(reply, is_write=is_write)
        except RemoteError as error:
            return error
        return OutcomeUnknown("Tryton gave an answer that cannot be read.", detail=reply.text())


def binary(content: bytes) -> dict[str, str]:
    """Bytes as Tryton's JSON has them."""
    return {"__class__": "bytes", "base64": b64encode(content).decode()}


def _no(message: str, description: str, status: int) -> RemoteError:
    if message.startswith(NO_RIGHT):
        return NotAllowed(message, detail=description)
    return Rejected(
        message or "Tryton refused the request.",
        detail=description,
        code="user_error",
        can_override=status == 409,
    )


def _rpc_error(error: list[Any]) -> RemoteError:
    """Tryton's `[exception name, its arguments]`; anything else is a crash."""
    name, said = str(error[0]), error[1] if isinstance(error[1], list) else []
    if name == "UserError":
        return _no(str(said[0]), str(said[1]), 400)
    if name == "UserWarning":
        return Rejected(str(said[1]), detail=str(said[2]), code=str(said[0]), can_override=True)
    if name == "ConcurrencyException":
        return Unavailable("Somebody is changing the same records in Tryton.")
    if name == "LoginException":
        return AuthenticationFailed("Tryton wants more than the user's password to log in.")
    return OutcomeUnknown("Tryton failed without saying why.", detail=name[:200])
