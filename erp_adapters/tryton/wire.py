"""Calls to Tryton 8.0: REST with a bearer key, JSON-RPC with a password where REST cannot.

Tryton's odd answers: a batch that breaks an access rule is 403 without a word; anything that it
did not expect is 400 with HTML, and then nobody knows what was applied.
"""

import re
from base64 import b64encode, urlsafe_b64encode
from datetime import date
from decimal import Decimal
from functools import partial
from json import dumps
from typing import Any
from urllib.parse import quote

from erp_adapters.errors import NotAllowed, OutcomeUnknown, Rejected, Unavailable
from erp_adapters.reply import Reply
from erp_adapters.sources import DomainWire, Row


class Wire(DomainWire):
    @property
    def has_rpc(self) -> bool:
        return bool(self.secrets.get("user") and self.secrets.get("password"))

    def find(self, model: str, domain: list[Any], *fields: str, **more: Any) -> list[Row]:
        """By POST, as a hundred references do not fit into an address."""
        body = {"order": [["id", "ASC"]], **more, "domain": domain, "fields_names": list(fields)}
        rows: list[Row] = self.rest("POST", f"{model}/search_read", body, is_write=False)
        return rows

    def either(self, clauses: list[Any]) -> list[Any]:
        return [["OR", *clauses]]

    def rest(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """`path` is `<model>`, `<model>/<action>` or `<model>/<id>/<action>`."""
        template = "/rest/model/" + re.sub(r"\d+", "{id}", path.partition("?")[0])
        key = {"Authorization": f"Bearer {self.secrets['key']}"}
        more["refuse"] = partial(self._refuse, template.split("/")[3], more.get("is_write", True))
        return self._tryton(method, f"/rest/model/{path}", template, body, key, **more)

    def rpc(self, method: str, *params: Any, **context: Any) -> Any:
        """A write, by basic authentication: no session to keep or to grow stale."""
        known = {"company": self.company, "language": "en", **context}
        body = {"id": 1, "method": method, "params": [*params, known]}
        login = tuple(self.secrets[part].encode() for part in ("user", "password"))
        answer = self._tryton("POST", "/rpc/", f"/rpc/ {method}", body, {}, auth=login, shape=dict)
        if "result" in answer and not answer.get("error"):
            return answer["result"]
        self.writes -= 1
        match answer.get("error"):
            case ["UserError", [message, detail, *_]]:
                raise Rejected(message, detail=detail, code="user_error")
            case ["UserWarning", [key, message, *_]]:
                raise Rejected(message, code=key, can_override=True)
        raise OutcomeUnknown("Tryton failed without saying why.", detail=str(answer)[:200])

    def _tryton(
        self, method: str, path: str, template: str, body: Any, key: dict[str, str], **more: Any
    ) -> Any:
        context = {"active_test": False} | ({"company": self.company} if self.company else {})
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Accept-Language": "en",
            "X-Tryton-Context": urlsafe_b64encode(dumps(context).encode()).decode(),
        }
        more |= {"template": template, "headers": headers | key}
        content = None if body is None else dumps(body, default=_tagged)
        database = quote(self.database, safe="")
        return _plain(self.call(method, f"/{database}{path}", data=content, **more))

    def _refuse(self, model: str, is_write: bool, reply: Reply) -> None:
        """By status, and by what the user may do: Tryton's words are for people."""
        if reply.status == 413:
            raise Rejected("Too large: raise max_size in Tryton's [request].", code="too_large")
        if reply.status in (404, 405) and not reply.is_json:  # before 8.0 there was no REST
            raise Rejected("No Tryton 8.0 or later has this database here.", code="not_found")
        if reply.status == 400 and not reply.is_json:
            kind = OutcomeUnknown if is_write else Unavailable
            raise kind("Tryton failed without saying why.", detail=reply.text())
        if reply.status in (400, 409):
            said = self.json(reply, is_write=is_write, shape=dict)
            message, detail = said.get("message") or "Tryton refused.", said.get("description", "")
            if is_write and not self._may_create(model):
                raise NotAllowed(message, detail=detail)
            raise Rejected(
                message, detail=detail, code="user_error", can_override=reply.status == 409
            )

    def _may_create(self, model: str) -> bool:
        asked = "ir.model.access/get_access", {"models": [model]}
        return bool(self.rest("POST", *asked, is_write=False)[model]["create"])


def _tagged(value: Any) -> Row:
    """Tryton's JSON has objects with a tag for what JSON has no word for."""
    match value:
        case Decimal():
            return {"__class__": "Decimal", "decimal": str(value)}
        case bytes():
            return {"__class__": "bytes", "base64": b64encode(value).decode()}
    return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}


def _plain(value: Any) -> Any:
    """The way back, with a related record, whose key ends in a dot, in the place of its id."""
    match value:
        case {"__class__": "Decimal", "decimal": digits}:
            return Decimal(digits)
        case {"__class__": "date", "year": year, "month": month, "day": day}:
            return date(year, month, day)
        case dict():
            return {key.rstrip("."): _plain(value[key]) for key in sorted(value)}
        case list():
            return [_plain(item) for item in value]
    return value
