"""The ERPs that the demo can book in: each a real one on this machine, behind the same handles."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo import odoo, tryton

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".local" / "cache"  # what is slow to make and the same for all: venv, template


@dataclass(frozen=True, kw_only=True)
class Erp:
    """`start` takes a data folder and a port, and gives a server with `base_url`, `child` and
    `stop`; `bootstrap` and `ledger` are those of the ERP's own module."""

    kind: str
    label: str
    minutes: str  # that the first start takes
    visit: str  # how a person gets in
    start: Callable[[Path, int], Any]
    bootstrap: Callable[..., Any]
    ledger: Callable[..., Any]
    settings: Callable[[Any], dict[str, str]]
    secrets: Callable[[Any], dict[str, str]]


def _start_tryton(folder: Path, port: int) -> tryton.Server:
    venv = tryton.install(CACHE / "tryton")
    tryton.create(folder, venv_dir=venv, template_dir=CACHE)
    return tryton.start(folder, venv_dir=venv, port=port)


def _start_odoo(folder: Path, port: int) -> odoo.Server:
    program = odoo.install(CACHE)
    odoo.create(folder, program=program, cache=CACHE)
    return odoo.start(folder, program=program, port=port)


def _settings(access: tryton.Access | odoo.Access) -> dict[str, str]:
    return {
        "base_url": access.base_url,
        "database": access.database,
        "company": access.company,
    }


ERPS = {
    "tryton": Erp(
        kind="tryton",
        label="Tryton",
        minutes="about a minute",
        visit="address for the Tryton client",
        start=_start_tryton,
        bootstrap=tryton.bootstrap,
        ledger=tryton.ledger,
        settings=_settings,
        secrets=lambda access: {
            "key": access.key,
            "user": access.user,
            "password": access.password,
        },
    ),
    "odoo": Erp(
        kind="odoo",
        label="Odoo",
        minutes="about two minutes",
        visit="its API; its pages need more of Debian",
        start=_start_odoo,
        bootstrap=odoo.bootstrap,
        ledger=odoo.ledger,
        settings=_settings,
        secrets=lambda access: {"key": access.key},
    ),
}
