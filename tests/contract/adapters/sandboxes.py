"""One real far side per adapter, seeded with the same chart and read out independently."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

import erp_adapters
from demo import processes, tryton
from erp_adapters.base import Access, ErpAdapter
from tests.contract.adapters import chart
from tests.contract.adapters.proxy import Proxy

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


class Sandbox(ABC):
    """`booking` are the calls that write, as patterns; `lookup` is one that only reads."""

    kind: str
    booking: tuple[str, ...]
    lookup: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.proxy = Proxy(self.start())

    @abstractmethod
    def start(self) -> str:
        """Start and seed the far side; its address."""

    @abstractmethod
    def raw(self, *references: str) -> list[Raw]: ...

    @abstractmethod
    def stop(self) -> None: ...

    @abstractmethod
    def settings(self) -> dict[str, Any]: ...

    @abstractmethod
    def secrets(self) -> dict[str, str]: ...

    def adapter(
        self, *, base_url: str = "", settings: Mapping[str, str] | None = None, **secrets: str
    ) -> ErpAdapter:
        """A fresh one through the proxy; `settings` and `secrets` replace the right ones."""
        address = {"base_url": base_url or self.proxy.url}
        access = Access(
            settings={**self.settings(), **address, **(settings or {})},
            secrets={**self.secrets(), **secrets},
            allow_private=True,
        )
        return erp_adapters.get(self.kind)(access)


class FakeSandbox(Sandbox):
    kind = "fake"
    booking = (r"POST /vouchers$",)
    lookup = r"POST /vouchers/search$"

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
        seed = {**chart.CHART, "accounts": accounts, "vendors": chart.VENDORS}
        requests.put(f"{self.url}/_admin/seed", json={**seed, "closedMonths": ["2025-03"]})
        return self.url

    def raw(self, *references: str) -> list[Raw]:
        rows = requests.get(f"{self.url}/_admin/state").json()["vouchers"]
        return [_fake_raw(row) for row in rows if row["reference"] in references]

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


class TrytonSandbox(Sandbox):
    kind = "tryton"
    booking = (
        r"POST /tryton/rest/model/account\.move$",
        r"POST /tryton/rest/model/account\.move/create$",
        r"POST /tryton/(rpc/|rest/model/account\.move/\d+/post)$",
    )
    lookup = r"POST /tryton/rest/model/account\.move/search_read$"

    def start(self) -> str:
        venv = tryton.install(CACHE / "tryton")
        tryton.create(self.folder, venv_dir=venv, template_dir=CACHE)
        self.server = tryton.start(self.folder, venv_dir=venv)
        self.access = tryton.bootstrap(
            self.server,
            chart=chart.CHART,
            company_name="Contract & Søn",
            currency="EUR",
            extra_currencies=chart.RATES,
            country="DK",
        )
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

        def ids(model: str, field: str, value: str) -> list[int]:
            return [row["id"] for row in admin.find(model, [[field, "=", value]], "id")]

        admin.write("account.account", ids("account.account", "code", "6999"), {"closed": True})
        supplier = ids("account.account", "code", "2440")
        admin.write("account.account", supplier, {"party_required": True})
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

    def settings(self) -> dict[str, Any]:
        return {"database": self.access.database}

    def secrets(self) -> dict[str, str]:
        user = {"user": self.access.user, "password": self.access.password}
        return {"key": self.access.key, **user}

    def stop(self) -> None:
        self.server.stop()


def _tryton_raw(row: dict[str, Any]) -> Raw:
    return Raw(
        reference=row["description"],
        number=row["number"] or "",
        is_final=row["state"] == "posted",
        day=row["date"],
        lines=[(x["account"], x["debit"], x["credit"], x["dimensions"]) for x in row["lines"]],
        files=row["attachments"],
    )


# A new adapter joins the suite by one line here.
SANDBOXES: dict[str, Callable[[Path], Sandbox]] = {
    "fake": FakeSandbox,
    "tryton": TrytonSandbox,
}
