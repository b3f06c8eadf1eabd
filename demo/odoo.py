"""A real Odoo 19 on this machine: Debian's package in an own venv, own Postgres, loopback only.

    program = install(cache)
    create(data, program=program, cache=cache)
    with start(data, program=program) as server:
        access = bootstrap(server, chart=chart, company_name="Demo", currency="EUR")
        ledger(access).trial_balance

Everything in the data folder survives a restart; `bootstrap` then returns the same access.
Odoo is LGPL-3 and a program of its own: we only talk to it over HTTP. Its pages do not work here:
their scripts lie in other packages of Debian, which are not unpacked.
"""

import hashlib
import json
import os
import shutil
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

import psycopg
import requests

from demo import processes
from demo.odoo_api import OdooApiError, Session
from demo.odoo_books import CONNECTOR, Access, Ledger, bootstrap, ledger
from demo.odoo_package import NotAvailable, unpack
from pleo_connector import embedded

__all__ = [
    "CONNECTOR",
    "Access",
    "Ledger",
    "NotAvailable",
    "Server",
    "bootstrap",
    "create",
    "install",
    "ledger",
    "start",
]

LOCK = Path(__file__).with_name("odoo.lock")
DATABASE = "odoo"
ROLE = "odoo"  # Odoo refuses to work as `postgres`
MODULES = "account,analytic,l10n_dk"
# Nothing here outlives a power cut, so that nothing waits for the disk.
POSTGRES = "fsync = off\nfull_page_writes = off\nshared_buffers = 32MB\n"

# Run once in Odoo's own shell: what cannot be done, or not without a key, over the API. A user
# with the rights that the connector needs; keys; analytic accounting as one of the settings
# switches it on; and beside the company that is made later one with the whole Danish chart.
PREPARE = f"""
env["res.config.settings"].create({{"group_analytic_accounting": True}}).execute()
people = env.ref("base.group_user")
rights = ["account.group_account_invoice", "base.group_partner_manager"]
groups = [people.id, *(env.ref(name).id for name in rights)]
values = {{"name": "Pleo connector", "login": "{CONNECTOR}", "group_ids": [(6, 0, groups)]}}
user = env["res.users"].with_context(no_reset_password=True).create(values)
people.api_key_duration = 36500
def key(owner, end):
    return env["res.users.apikeys"].with_user(owner)._generate("rpc", "Ledger", end)
from datetime import datetime, timedelta
keys = dict(
    admin_key=key(env.ref("base.user_admin"), None),
    key=key(user, datetime.now() + timedelta(days=36000)),
)
people.api_key_duration = 90
danish = env["res.company"].with_context(install_mode=True).create(
    {{"name": "Hele kontoplanen ApS", "country_id": env.ref("base.dk").id}}
)
env["account.chart.template"].try_loading("dk", danish, install_demo=False)
env.ref("base.user_admin").company_ids |= danish
env.cr.commit()
import json
print("KEYS", json.dumps(keys))
"""


def _hash() -> str:
    """Names what is cached: another lock or another preparation makes other ones."""
    return hashlib.sha256(LOCK.read_bytes() + MODULES.encode() + PREPARE.encode()).hexdigest()[:12]


def install(cache: Path) -> Path:
    """Odoo's folder, with `package` and `venv`. Does nothing where it is complete.

    NotAvailable where Debian's package cannot be had on this machine.
    """
    folder = cache / "odoo"
    mark = folder / f"complete-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    with processes.only_one(cache / "odoo.lock"):
        if mark.exists():
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        unpack(folder / "package")
        python = folder / "venv" / "bin" / "python"
        processes.run([sys.executable, "-m", "venv", folder / "venv"])
        pip = [python, "-m", "pip", "--disable-pip-version-check", "-q", "install", "--no-input"]
        processes.run([*pip, "--require-hashes", "-r", LOCK])
        mark.touch()
    return folder


def create(data_dir: Path, *, program: Path, cache: Path) -> None:
    """A prepared database in `data_dir`, copied from a template made once per lock.

    Does nothing where it exists.
    """
    if (data_dir / "keys.json").exists():
        return
    template = cache / f"odoo-template-{_hash()}"
    with processes.only_one(cache / "odoo-template.lock"):
        if not (template / "keys.json").exists():
            _make_template(template, program=program)
    data_dir.mkdir(parents=True, exist_ok=True)
    # With owners: where we are root, Postgres is another user.
    for name in ("postgres", "keys.json"):
        processes.run(["cp", "-a", template / name, data_dir / name])


def _make_template(folder: Path, *, program: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with embedded.postgres(folder) as url:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
        odoo = _command(folder, program, url=url, port=0)
        once = ["-i", MODULES, "--stop-after-init", "--without-demo"]
        processes.run([*odoo, *once], env=_env(program, folder))
        shell = [odoo[0], odoo[1], "shell", *odoo[2:], "--no-http"]
        said = processes.output(shell, text=PREPARE, env=_env(program, folder))
    keys = next(line for line in said.splitlines() if line.startswith("KEYS "))
    with (folder / "postgres" / "postgresql.auto.conf").open("a") as settings:
        settings.write(POSTGRES)
    (folder / "keys.json").touch(mode=0o600)
    (folder / "keys.json").write_text(keys.removeprefix("KEYS "))


@dataclass(kw_only=True)
class Server:
    """A running Odoo with its Postgres; a context manager that stops both."""

    base_url: str
    database: str
    data_dir: Path
    database_url: str
    keys: dict[str, str]
    child: processes.Child
    servers: ExitStack = field(default_factory=ExitStack)

    def admin(self) -> Session:
        return Session(base_url=self.base_url, database=DATABASE, key=self.keys["admin_key"])

    def stop(self) -> None:
        self.child.stop()
        self.servers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(data_dir: Path, *, program: Path, port: int = 0) -> Server:
    """Odoo on a loopback port (0: any free one), waited for by a real call."""
    port = port or processes.free_port()
    servers = ExitStack()
    url = servers.enter_context(embedded.postgres(data_dir))
    command = _command(data_dir, program, url=url, port=port)
    env, log = _env(program, data_dir), data_dir / "odoo.log"
    server = Server(
        base_url=f"http://127.0.0.1:{port}",
        database=DATABASE,
        data_dir=data_dir,
        database_url=url.replace("/postgres?", f"/{DATABASE}?"),
        keys=json.loads((data_dir / "keys.json").read_text()),
        child=processes.start(command, name="Odoo", log=log, env=env),
        servers=servers,
    )
    try:
        processes.wait_until(lambda: _answers(server), child=server.child)
    except RuntimeError:
        servers.close()
        raise
    return server


def _answers(server: Server) -> bool:
    try:
        server.admin().call("res.users", "context_get")
    except (OdooApiError, requests.RequestException):
        return False
    return True


def _command(folder: Path, program: Path, *, url: str, port: int) -> list[object]:
    """Python, the program and its configuration; a port of 0 starts no server."""
    host = parse_qs(urlsplit(url).query)["host"][0]
    path = folder / "odoo.conf"
    options = {
        "db_host": host,
        "db_user": ROLE,
        "db_name": DATABASE,
        "list_db": False,
        "addons_path": program / "package/usr/lib/python3/dist-packages/odoo/addons",
        "data_dir": folder.resolve() / "files",
        "http_interface": "127.0.0.1",
        "http_enable": bool(port),
        "http_port": port or 8069,
        "workers": 0,
        "max_cron_threads": 0,
        "log_level": "warn",
    }
    rows = [f"{name} = {value}\n" for name, value in options.items()]
    path.write_text("[options]\n" + "".join(rows))
    return [program / "venv/bin/python", program / "package/usr/bin/odoo", "-c", path]


def _env(program: Path, folder: Path) -> dict[str, str]:
    """No settings of ours, so that an ODOO_… or PG… variable of the shell changes nothing."""
    packages = program / "package/usr/lib/python3/dist-packages"
    path = os.environ.get("PATH", "")
    return {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8", "PYTHONPATH": str(packages)}
