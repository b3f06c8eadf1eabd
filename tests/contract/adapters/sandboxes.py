"""One real far side per adapter, seeded with the same chart and read out independently."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import patch

import requests

import erp_adapters
from demo import odoo, processes, tryton
from demo.stack import passing_folder
from erp_adapters.base import Access, CatalogKind, ErpAdapter
from erp_adapters.ledger import Voucher
from tests.contract.adapters import chart
from tests.contract.adapters.proxy import Proxy
from tests.contract.adapters.toy.server import KEY, Toy

CACHE = Path(__file__).parents[3] / ".local" / "cache"  # the demo's too


@dataclass(frozen=True)
class Raw:
    """A voucher as it stands, read without the adapter. Amounts in the voucher's currency or,
    where the ERP keeps only that, in the company's."""

    reference: str
    number: str
    is_final: bool
    day: date
    lines: list[tuple[str, Decimal, Decimal, dict[str, str]]]
    files: list[tuple[str, int]]


class NotHere(Exception):
    """The ERP cannot be had on this machine; the suite says so in its closing lines."""


class Sandbox(ABC):
    """`booking` are the calls that write, as patterns; `lookup` is one that only reads.

    What is not abstract may be left as it is: the cases that need it are then left out, and the
    suite says so at its end.
    """

    kind: ClassVar[str]
    booking: ClassVar[tuple[str, ...]]
    lookup: ClassVar[str]
    attaching: ClassVar[str] = r"POST .*(/attachments|/ir\.attachment(/create)?)$"
    # Capabilities of `adapter()` that are not those of its class.
    can: ClassVar[Mapping[str, Any]] = {}
    # A line of the registry, while it is used: the toy is no ERP of the product.
    registered: ClassVar[dict[str, str]] = {}
    # An account that the ERP books on only with a value of this dimension.
    mandatory: ClassVar[tuple[str, str] | None] = None
    # Whether a dimension has a name beside its code.
    names_dimensions: ClassVar[bool] = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.proxy = Proxy(self.start())

    @classmethod
    def lacks(cls, name: str) -> bool:
        """Whether there is no such capability, or no such part of this sandbox."""
        with patch.dict(erp_adapters.ADAPTERS, cls.registered):
            capabilities = erp_adapters.get(cls.kind).capabilities
        if not hasattr(capabilities, name):
            return getattr(cls, name) is getattr(Sandbox, name)
        value = cls.can.get(name, getattr(capabilities, name))
        return value is not None and not value

    @abstractmethod
    def start(self) -> str:
        """Start and seed the far side; its address. NotHere where that cannot be."""

    @abstractmethod
    def raw(self, *references: str) -> list[Raw]: ...

    def matches(self, reference: str) -> set[str]:
        """References of the vouchers that it is matched with."""
        raise NotImplementedError

    def change(self, kind: CatalogKind) -> None:
        """Changes one record, as a person would."""
        raise NotImplementedError

    @contextmanager
    def surprise(self) -> Iterator[list[Voucher]]:
        """While it is open, the ERP books these otherwise than they are sent, without a word."""
        raise NotImplementedError
        yield []

    @contextmanager
    def without_rights(self) -> Iterator[None]:
        """While it is open, the user behind the credentials may not book."""
        raise NotImplementedError
        yield

    @abstractmethod
    def stop(self) -> None: ...

    @abstractmethod
    def settings(self) -> dict[str, Any]: ...

    @abstractmethod
    def secrets(self) -> dict[str, str]: ...

    def adapter(
        self, *, base_url: str = "", settings: Mapping[str, Any] | None = None, **secrets: str
    ) -> ErpAdapter:
        """A fresh one through the proxy; `settings` and `secrets` replace the right ones."""
        address = {"base_url": base_url or self.proxy.url}
        access = Access(
            settings={**self.settings(), **address, **(settings or {})},
            secrets={**self.secrets(), **secrets},
            allow_private=True,
        )
        with patch.dict(erp_adapters.ADAPTERS, self.registered):
            return erp_adapters.get(self.kind)(access)


class FakeSandbox(Sandbox):
    kind = "fake"
    booking = (r"POST /vouchers$",)
    lookup = r"POST /vouchers/search$"
    mandatory = ("6300", "DEP")

    def start(self) -> str:
        port = processes.free_port()
        module = [sys.executable, "-m", "erp_adapters.fake.server"]
        options = ["--port", port, "--data", self.folder / "fake.sqlite"]
        log = self.folder / "fake.log"
        self.child = processes.start([*module, *options], name="fake ERP", log=log)
        processes.wait_until(lambda: processes.is_listening(port), child=self.child)
        self.url = f"http://127.0.0.1:{port}"
        accounts = [{**row, "isPostable": row["kind"] != "heading"} for row in chart.ACCOUNTS]
        for row in accounts:
            row["kind"] = {"heading": "other"}.get(row["kind"], row["kind"])
        self.rows = {**chart.CHART, "accounts": accounts, "vendors": chart.VENDORS}
        self.seed(**self.rows, closedMonths=["2025-03"])
        return self.url

    def seed(self, **rows: Any) -> None:
        requests.put(f"{self.url}/_admin/seed", json=rows).raise_for_status()

    def raw(self, *references: str) -> list[Raw]:
        return [_fake_raw(row) for row in self.vouchers() if row["reference"] in references]

    def vouchers(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = requests.get(f"{self.url}/_admin/state").json()["vouchers"]
        return rows

    def matches(self, reference: str) -> set[str]:
        rows = self.vouchers()
        names = {row["id"]: row["reference"] for row in rows}
        (row,) = (row for row in rows if row["reference"] == reference)
        return {names[x] for x in row["matchedWith"]}

    def change(self, kind: CatalogKind) -> None:
        """A seed replaces its whole kind."""
        name = {"tax_codes": "taxCodes"}.get(kind, kind)
        *rest, last = self.rows[name]
        self.rows[name] = [*rest, {**last, "note": f"{last.get('note', '')}!"}]
        self.seed(**{name: self.rows[name]})

    @contextmanager
    def surprise(self) -> Iterator[list[Voucher]]:
        self.seed(changes={"movesClosedDates": True})
        yield [chart.voucher(posting_date=chart.CLOSED_DAY)]
        self.seed(changes={})

    def settings(self) -> dict[str, Any]:
        return {}

    def secrets(self) -> dict[str, str]:
        return {"key": "fake-key"}

    def stop(self) -> None:
        self.child.stop()


def _fake_raw(row: dict[str, Any]) -> Raw:
    return Raw(
        reference=row["reference"],
        number=row["number"],
        is_final=row["isFinal"],
        day=date.fromisoformat(row["postingDate"]),
        lines=[
            (x["account"], Decimal(x["debit"]), Decimal(x["credit"]), x["dimensions"])
            for x in row["lines"]
        ],
        files=[(file["name"], file["size"]) for file in row["attachments"]],
    )


# Of the ERPs that run for real.
COMPANY: dict[str, Any] = {
    "chart": chart.CHART,
    "company_name": "Contract & Søn",
    "currency": "EUR",
    "extra_currencies": chart.RATES,
    "country": "DK",
}


def _renamed(admin: Any, kind: CatalogKind, model: str, field: str, code: str) -> None:
    (row,) = admin.find(model, [[field, "=", code]], "name")
    other = "description" if kind == "tax_codes" else "name"
    admin.write(model, [row["id"]], {other: f"{row['name']} again"})


class TrytonSandbox(Sandbox):
    kind = "tryton"
    booking = (
        r"POST /tryton/rest/model/account\.move$",
        r"POST /tryton/rest/model/account\.move/create$",
        r"POST /tryton/(rpc/|rest/model/account\.move/\d+/post)$",
    )
    can = {"can_reverse": True}  # with user name and password
    lookup = r"POST /tryton/rest/model/account\.move/search_read$"

    def start(self) -> str:
        venv = tryton.install(CACHE / "tryton")
        tryton.create(self.folder, venv_dir=venv, template_dir=CACHE)
        self.server = tryton.start(self.folder, venv_dir=venv)
        self.access = tryton.bootstrap(self.server, **COMPANY)
        self._complete()
        return self.server.base_url

    def restart(self, *, kill: bool = False) -> None:
        self.server.child.kill() if kill else self.server.stop()
        self.server = tryton.start(self.folder, venv_dir=CACHE / "tryton")
        self.access = replace(self.access, base_url=self.server.base_url)
        self.admin = self.access.admin()
        self.proxy.point_at(self.server.base_url)

    def _complete(self) -> None:
        """What the demo's chart has no words for: vendors, what is not in use, a closed month."""
        self.admin = admin = self.access.admin()

        ids = self._ids
        admin.write("account.account", ids("account.account", "code", "6999"), {"closed": True})
        supplier = ids("account.account", "code", "2440")
        admin.write("account.account", supplier, {"party_required": True, "reconcile": True})
        admin.write("account.tax", ids("account.tax", "name", "X99"), {"active": False})
        admin.write(
            "analytic_account.account",
            ids("analytic_account.account", "code", "OLD"),
            {"active": False},
        )
        admin.create(
            "party.party", *({"code": x["code"], "name": x["name"]} for x in chart.VENDORS)
        )
        admin.write("party.party", ids("party.party", "code", "V9"), {"active": False})
        march = admin.find("account.period", [["start_date", "=", date(2025, 3, 1)]], "id")
        admin.call("model.account.period.close", [row["id"] for row in march])

    def raw(self, *references: str) -> list[Raw]:
        books = tryton.ledger(self.access, references=references, admin=self.admin)
        return [_tryton_raw(move) for move in books.moves]

    def _ids(self, model: str, field: str, value: str) -> list[int]:
        return [row["id"] for row in self.admin.find(model, [[field, "=", value]], "id")]

    def matches(self, reference: str) -> set[str]:
        line, mine = "account.move.line", [["move.description", "=", reference]]
        rows = self.admin.find(line, [*mine, ["reconciliation", "!=", None]], "reconciliation")
        same = ["reconciliation", "in", [row["reconciliation"] for row in rows]]
        found = self.admin.find(line, [same], "move.description")
        return {row["move."]["description"] for row in found} - {reference}

    def change(self, kind: CatalogKind) -> None:
        _renamed(self.admin, kind, *CHANGED[kind])

    @contextmanager
    def surprise(self) -> Iterator[list[Voucher]]:
        """Tryton itself changes nothing; what reaches it is changed on the way."""
        self.proxy.rewrite(r"account\.move(/create)?$", _a_day_later)
        yield [chart.voucher(), chart.voucher(is_final=False)]
        self.proxy.rewriting.clear()

    @contextmanager
    def without_rights(self) -> Iterator[None]:
        (user,) = self.admin.find("res.user", [["login", "=", self.access.user]], "groups")
        self.admin.write("res.user", [user["id"]], {"groups": [["remove", user["groups"]]]})
        yield
        self.admin.write("res.user", [user["id"]], {"groups": [["add", user["groups"]]]})

    def settings(self) -> dict[str, Any]:
        return {"database": self.access.database}

    def secrets(self) -> dict[str, str]:
        user = {"user": self.access.user, "password": self.access.password}
        return {"key": self.access.key, **user}

    def stop(self) -> None:
        self.server.stop()


CHANGED: dict[CatalogKind, tuple[str, str, str]] = {
    "accounts": ("account.account", "code", "3000"),
    "dimensions": ("analytic_account.account", "code", "P1"),
    "tax_codes": ("account.tax", "name", "I25"),
    "vendors": ("party.party", "code", "V2"),
}


def _a_day_later(body: bytes) -> bytes:
    day, next_day = f'"day": {chart.DAY.day}', f'"day": {chart.DAY.day + 1}'
    return body.replace(day.encode(), next_day.encode())


def _tryton_raw(row: dict[str, Any]) -> Raw:
    return Raw(
        reference=row["description"],
        number=row["number"] or "",
        is_final=row["state"] == "posted",
        day=row["date"],
        lines=[(x["account"], x["debit"], x["credit"], x["dimensions"]) for x in row["lines"]],
        files=row["attachments"],
    )


class OdooSandbox(Sandbox):
    kind = "odoo"
    booking = (r"POST /json/2/account\.move/load$", r"POST /json/2/account\.move/action_post$")
    lookup = r"POST /json/2/account\.move/web_search_read$"
    names_dimensions = False
    attaching = r"POST /json/2/ir\.attachment/load$"
    mandatory = ("6300", "DEP")

    def start(self) -> str:
        try:
            self.program = odoo.install(CACHE)
        except odoo.NotAvailable as error:
            raise NotHere(str(error)) from error
        self.passing = ExitStack()  # Postgres, another user than root, must get in
        self.folder = self.passing.enter_context(passing_folder())
        odoo.create(self.folder, program=self.program, cache=CACHE)
        self.server = odoo.start(self.folder, program=self.program)
        self.access = odoo.bootstrap(self.server, **COMPANY)
        self._complete()
        return self.server.base_url

    def restart(self, *, kill: bool = False) -> None:
        self.server.child.kill() if kill else self.server.child.stop()
        self.server.servers.close()
        self.server = odoo.start(self.folder, program=self.program)
        self.access = replace(self.access, base_url=self.server.base_url)
        self.admin = self.access.admin()
        self.proxy.point_at(self.server.base_url)

    def _complete(self) -> None:
        """What the demo's chart has no words for: vendors, rules, what is not in use, a lock."""
        self.admin = admin = self.access.admin()
        for row in chart.VENDORS:
            values = {"ref": row["code"], "name": row["name"], "supplier_rank": 1}
            admin.create("res.partner", {**values, "active": row.get("isActive", True)})
        (plan,) = admin.ids("account.analytic.plan", "name", "DEP")
        rule = {"business_domain": "general", "applicability": "mandatory", "account_prefix": "63"}
        admin.create("account.analytic.applicability", {**rule, "analytic_plan_id": plan})
        self.lock(chart.CLOSED_DAY.replace(day=31))

    def lock(self, day: date | None) -> None:
        values = {"fiscalyear_lock_date": str(day) if day else False}
        self.admin.write("res.company", [self.admin.company], values)

    def raw(self, *references: str) -> list[Raw]:
        books = odoo.ledger(self.access, references=references, admin=self.admin)
        return [_odoo_raw(move) for move in books.moves]

    def matches(self, reference: str) -> set[str]:
        (move,) = odoo.ledger(self.access, references=[reference], admin=self.admin).moves
        numbers = [line["matching"] for line in move["lines"] if line["matching"]]
        lines = self.admin.find("account.move.line", [["matching_number", "in", numbers]], "ref")
        return {line["ref"] for line in lines} - {reference}

    def change(self, kind: CatalogKind) -> None:
        _renamed(self.admin, kind, *ODOO_CHANGED[kind])

    @contextmanager
    def surprise(self) -> Iterator[list[Voucher]]:
        """A day that is locked between our look and the posting: Odoo moves it without a word."""
        day = date(2026, 6, 15)

        def lock(body: bytes) -> bytes:
            self.lock(date(2026, 6, 30))
            return body

        self.proxy.rewrite(r"account\.move/action_post$", lock)
        yield [chart.voucher(posting_date=day), chart.voucher(posting_date=day)]
        self.proxy.rewriting.clear()
        self.lock(chart.CLOSED_DAY.replace(day=31))

    @contextmanager
    def without_rights(self) -> Iterator[None]:
        (user,) = self.admin.find("res.users", [["login", "=", odoo.CONNECTOR]], "group_ids")
        (group,) = self.admin.find("res.groups", [["name", "=", "Invoicing"]], "id")
        self.admin.write("res.users", [user["id"]], {"group_ids": [[3, group["id"]]]})
        yield
        self.admin.write("res.users", [user["id"]], {"group_ids": [[4, group["id"]]]})

    def settings(self) -> dict[str, Any]:
        return {"database": self.access.database}

    def secrets(self) -> dict[str, str]:
        return {"key": self.access.key}

    def stop(self) -> None:
        self.server.stop()
        self.passing.close()


ODOO_CHANGED: dict[CatalogKind, tuple[str, str, str]] = {
    "accounts": ("account.account", "code", "3000"),
    "dimensions": ("account.analytic.account", "code", "P1"),
    "tax_codes": ("account.tax", "name", "I25"),
    "vendors": ("res.partner", "ref", "V2"),
}


def _odoo_raw(row: dict[str, Any]) -> Raw:
    return Raw(
        reference=row["description"],
        number=row["number"],
        is_final=row["state"] == "posted",
        day=row["date"],
        lines=[(x["account"], x["debit"], x["credit"], x["dimensions"]) for x in row["lines"]],
        files=row["attachments"],
    )


class ToySandbox(Sandbox):
    kind = "toy"
    registered = {"toy": "tests.contract.adapters.toy.adapter:ToyAdapter"}
    booking = (r"POST /journal$",)
    lookup = r"GET /journal$"
    attaching = r"PUT /journal/\d+/files/"

    def start(self) -> str:
        self.toy = Toy()
        return f"http://127.0.0.1:{self.toy.server_port}"

    def raw(self, *references: str) -> list[Raw]:
        return [self._raw(row) for row in self.toy.entries if row["ref"] in references]

    def _raw(self, row: dict[str, Any]) -> Raw:
        signed = [(account, Decimal(amount)) for account, amount in row["lines"]]
        files = self.toy.files.items()
        return Raw(
            reference=row["ref"],
            number=f"T{row['id']}",
            is_final=True,
            day=date.fromisoformat(row["day"]),
            lines=[(x, max(y, Decimal(0)), max(-y, Decimal(0)), {}) for x, y in signed],
            files=[
                (name, len(content)) for (number, name), content in files if number == row["id"]
            ],
        )

    def settings(self) -> dict[str, Any]:
        return {}

    def secrets(self) -> dict[str, str]:
        return {"key": KEY}

    def stop(self) -> None:
        self.toy.shutdown()
        self.toy.server_close()


# A new adapter joins the suite by one line here.
SANDBOXES: dict[str, type[Sandbox]] = {
    "fake": FakeSandbox,
    "toy": ToySandbox,
    "tryton": TrytonSandbox,
    "odoo": OdooSandbox,
}
