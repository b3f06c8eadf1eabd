"""A session on a local Tryton over its JSON-RPC, as an administrator would have one."""

import base64
from datetime import date
from decimal import Decimal
from typing import Any

import requests


class TrytonRpcError(RuntimeError):
    pass


def encode(value: Any) -> Any:
    """Python values in Tryton's tagged JSON."""
    if isinstance(value, Decimal):
        return {"__class__": "Decimal", "decimal": str(value)}
    if isinstance(value, date):
        return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return value


def decode(value: Any) -> Any:
    """Tryton's tagged JSON in Python values; times are left as they are."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    tag = value.get("__class__")
    if tag == "Decimal":
        return Decimal(value["decimal"])
    if tag == "date":
        return date(value["year"], value["month"], value["day"])
    return {key: decode(item) for key, item in value.items()}


class Session:
    """`call` is `model.<model>.<method>` or `wizard.<wizard>.<method>` with the context added."""

    def __init__(self, *, base_url: str, database: str, user: str, password: str) -> None:
        self.url = f"{base_url}/{database}/rpc/"
        self.http = requests.Session()
        self.http.trust_env = False
        self.context: dict[str, Any] = {}
        login = self._send("common.db.login", [user, {"password": password}])
        token = base64.b64encode(f"{user}:{login[0]}:{login[1]}".encode()).decode()
        self.http.headers["Authorization"] = f"Session {token}"
        self.refresh()

    def refresh(self) -> None:
        """Read the preferences again, which hold the company once there is one."""
        self.context = self.call("model.res.user.get_preferences", True)

    def call(self, method: str, *params: Any, context: dict[str, Any] | None = None) -> Any:
        return self._send(method, [*params, {**self.context, **(context or {})}])

    def create(self, model: str, *values: dict[str, Any]) -> list[int]:
        ids: list[int] = self.call(f"model.{model}.create", list(values))
        return ids

    def write(self, model: str, ids: list[int], values: dict[str, Any]) -> None:
        self.call(f"model.{model}.write", ids, values)

    def find(
        self, model: str, domain: list[Any], *fields: str, inactive: bool = False
    ) -> list[dict[str, Any]]:
        """All records that fit `domain`, oldest first."""
        context = {"active_test": False} if inactive else None
        order = [["id", "ASC"]]
        rows: list[dict[str, Any]] = self.call(
            f"model.{model}.search_read", domain, 0, None, order, list(fields), context=context
        )
        return rows

    def xml_id(self, name: str) -> int:
        number: int = self.call("model.ir.model.data.get_id", name)
        return number

    def _send(self, method: str, params: list[Any]) -> Any:
        body = {"id": 1, "method": method, "params": encode(params)}
        reply = self.http.post(self.url, json=body, timeout=120)
        if reply.status_code != 200:
            raise TrytonRpcError(f"{method}: {reply.status_code} {reply.text[:300]}")
        answer = reply.json()
        if answer.get("error"):
            raise TrytonRpcError(f"{method}: {answer['error']}")
        return decode(answer["result"])
