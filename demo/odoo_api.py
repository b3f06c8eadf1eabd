"""A session on a local Odoo over its JSON-2 API, as an administrator would have one."""

from collections.abc import Mapping
from typing import Any

import requests


class OdooApiError(RuntimeError):
    pass


class Session:
    """`company` is the only one that calls see, once it is set."""

    def __init__(self, *, base_url: str, database: str, key: str, company: int = 0) -> None:
        self.url = f"{base_url}/json/2"
        self.company = company
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers.update({"Authorization": f"bearer {key}", "X-Odoo-Database": database})

    def call(
        self, model: str, method: str, *, context: Mapping[str, Any] | None = None, **arguments: Any
    ) -> Any:
        """What `method` returns; `ids` among the arguments are the records it is called on."""
        own = {"allowed_company_ids": [self.company]} if self.company else {}
        body = {**arguments, "context": {"lang": "en_US", **own, **(context or {})}}
        reply = self.http.post(f"{self.url}/{model}/{method}", json=body, timeout=120)
        if reply.status_code != 200:
            raise OdooApiError(f"{model}.{method}: {reply.status_code} {reply.text[:300]}")
        return reply.json()

    def create(self, model: str, *values: Mapping[str, Any], **context: Any) -> list[int]:
        ids: list[int] = self.call(model, "create", vals_list=list(values), context=context)
        return ids

    def write(self, model: str, ids: list[int], values: Mapping[str, Any]) -> None:
        self.call(model, "write", ids=ids, vals=values)

    def find(self, model: str, domain: list[Any], *fields: str) -> list[dict[str, Any]]:
        """All records that fit `domain`, archived ones too, oldest first."""
        rows: list[dict[str, Any]] = self.call(
            model,
            "search_read",
            domain=domain,
            fields=list(fields),
            order="id",
            context={"active_test": False},
        )
        return rows

    def ids(self, model: str, field: str, *values: str) -> list[int]:
        return [row["id"] for row in self.find(model, [[field, "in", list(values)]], "id")]
