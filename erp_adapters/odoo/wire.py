"""Calls to Odoo's JSON-2: one POST is one transaction, done with 200 and undone with all else."""

from collections.abc import Sequence
from typing import Any

from erp_adapters.errors import NotAllowed, Rejected, Unavailable
from erp_adapters.reply import Reply
from erp_adapters.sources import DomainWire, Row, nested

BUSY = ("psycopg2.errors.SerializationFailure", "psycopg2.errors.DeadlockDetected")
OURS = ("odoo.exceptions.", "builtins.", "werkzeug.exceptions.UnprocessableEntity")

Record = tuple[Row, Sequence[Row]]  # with our key as its `id`, and its lines; of none, an empty one


class Wire(DomainWire):
    def do(
        self, method: str, *, is_write: bool = True, shape: type = object, **arguments: Any
    ) -> Any:
        """`method` is `<model>/<method>`; `ids` among the arguments are the records it is for."""
        context: Row = {"lang": "en_US"}
        context |= {"allowed_company_ids": [self.company]} if self.company else {}
        body = {**arguments, "context": context | arguments.get("context", {})}
        headers = {"Authorization": f"bearer {self.secrets['key']}"}
        headers |= {"X-Odoo-Database": self.database} if self.database else {}
        how: Row = {"is_write": is_write, "shape": shape, "refuse": self._refuse}
        return self.call("POST", f"/json/2/{method}", json=body, headers=headers, **how)

    def find(self, model: str, domain: list[Any], *fields: str, **more: Any) -> list[Row]:
        asked = {"order": "id", "specification": nested(fields), "domain": domain, **more}
        asked |= {"is_write": False, "context": {"active_test": False}}
        rows: list[Row] = self.do(f"{model}/web_search_read", shape=dict, **asked)["records"]
        return rows

    def either(self, clauses: list[Any]) -> list[Any]:
        return ["|"] * (len(clauses) - 1) + clauses

    def load(self, model: str, records: Sequence[Record], *, anew: bool = False) -> list[int]:
        """Ids of the records. All or nothing.

        What stands under a key is left as it is, or written `anew`.
        """
        head, (line, *_) = records[0]
        rows = [
            [*(head if n == 0 else dict.fromkeys(head, "")).values(), *line.values()]
            for head, lines in records
            for n, line in enumerate(lines)
        ]
        sent: Row = {"data": [[str(cell) for cell in row] for row in rows]}
        sent["fields"] = [*head, *(f"line_ids/{name}" for name in line)]
        context = {} if anew else {"mode": "update", "noupdate": True}
        answer = self.do(f"{model}/load", shape=dict, context=context, **sent)
        if ids := answer["ids"]:
            return list(ids)
        said = answer["messages"][0]["message"]
        if not self.do(f"{model}/has_access", is_write=False, operation="create"):
            raise NotAllowed(said)
        raise Rejected(said, code="load")

    def _refuse(self, reply: Reply) -> None:
        """By the name of Odoo's exception; where there is none, by the status."""
        said = reply.fields() if reply.status >= 400 else {}
        name, message = str(said.get("name")), str(said.get("message"))
        if reply.status == 404 and not name.startswith(OURS):
            old = self.request("GET", "/web/version").status == 404  # which came with JSON-2
            what = "No Odoo 19 or later answers here." if old else "Odoo knows no such database."
            raise Rejected(what, code="version" if old else "not_found")
        if name in BUSY:
            raise Unavailable("Somebody is changing the same records in Odoo.")
        if name == "odoo.exceptions.AccessError":
            raise NotAllowed(message)
        if name.startswith(OURS):
            raise Rejected(message, code=name.rpartition(".")[2])
