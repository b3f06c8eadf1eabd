"""A real Tryton 8.0 on this machine: installed from a lock, one SQLite file, loopback only.

    venv = install(cache / "venv")
    create(data, venv_dir=venv, template_dir=cache)
    with start(data, venv_dir=venv) as server:
        access = bootstrap(server, chart=chart, company_name="Demo", currency="EUR")
        ledger(access).trial_balance

Everything in the data folder survives a restart; `bootstrap` then returns the same access.
Tryton is GPL-3 and a program of its own: we only talk to it over HTTP.
"""

import hashlib
import json
import os
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from demo import processes
from demo.tryton_books import Access, Ledger, bootstrap, ledger
from demo.tryton_rpc import Session, TrytonRpcError

__all__ = ["Access", "Ledger", "Server", "bootstrap", "create", "install", "ledger", "start"]

LOCK = Path(__file__).with_name("tryton.lock")
DATABASE = "tryton"
ADMIN = "admin"
MODULES = ("account_invoice", "analytic_invoice", "account_statement", "account_payment")
MAX_BODY = 40_000_000  # bytes; Tryton's own default for bearer keys is 2 MiB


def lock_hash() -> str:
    """Names the venv and the template: another lock makes other ones."""
    return hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]


def install(venv_dir: Path) -> Path:
    """Tryton in a venv of its own; returns the venv. Does nothing where it is complete."""
    mark = venv_dir / f"complete-{lock_hash()}"
    with processes.only_one(venv_dir.with_suffix(".lock")):
        if mark.exists():
            return venv_dir
        shutil.rmtree(venv_dir, ignore_errors=True)
        processes.run([sys.executable, "-m", "venv", venv_dir])
        pip = [venv_dir / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "-q"]
        processes.run([*pip, "install", "--no-input", "--require-hashes", "-r", LOCK])
        mark.touch()
    return venv_dir


def create(data_dir: Path, *, venv_dir: Path, template_dir: Path, database: str = DATABASE) -> None:
    """An initialised database in `data_dir`, copied from a template made once per lock.

    Does nothing where the database exists.
    """
    target = data_dir / f"{database}.sqlite"
    if target.exists():
        return
    data_dir.mkdir(parents=True, exist_ok=True)
    template = template_dir / f"template-{lock_hash()}"
    with processes.only_one(template_dir / "template.lock"):
        if not (template / "complete").exists():
            _make_template(template, venv_dir=venv_dir)
    shutil.copyfile(template / "admin-password", data_dir / "admin-password")
    (data_dir / "admin-password").chmod(0o600)
    partial = target.with_suffix(".partial")
    shutil.copyfile(template / "template.sqlite", partial)
    partial.rename(target)


def _make_template(folder: Path, *, venv_dir: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "template.sqlite").touch()  # Tryton refuses a file that is not there
    password = folder / "admin-password"
    password.write_text(secrets.token_urlsafe(18))
    command = [venv_dir / "bin" / "trytond-admin", "-c", _config(folder, port=0), "-d", "template"]
    options = ["--activate-dependencies", "--email", "admin@example.com", "--all"]
    env = {**_env(folder), "TRYTONPASSFILE": str(password)}
    processes.run([*command, "-u", *MODULES, *options], env=env)
    (folder / "complete").touch()


@dataclass(kw_only=True)
class Server:
    """A running Tryton; a context manager that stops it."""

    base_url: str
    database: str
    data_dir: Path
    admin_password: str
    child: processes.Child

    def admin(self) -> Session:
        return Session(
            base_url=self.base_url,
            database=self.database,
            user=ADMIN,
            password=self.admin_password,
        )

    def stop(self) -> None:
        self.child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def start(data_dir: Path, *, venv_dir: Path, database: str = DATABASE, port: int = 0) -> Server:
    """`trytond` on a loopback port (0: any free one), waited for by a real login."""
    port = port or processes.free_port()
    # Without -d the pool of models is never loaded and no login works.
    command = [venv_dir / "bin" / "trytond", "-c", _config(data_dir, port=port), "-d", database]
    child = processes.start(command, name="Tryton", log=data_dir / "tryton.log", env=_env(data_dir))
    server = Server(
        base_url=f"http://127.0.0.1:{port}",
        database=database,
        data_dir=data_dir,
        admin_password=(data_dir / "admin-password").read_text(),
        child=child,
    )
    processes.wait_until(lambda: processes.is_listening(port), child=child)
    processes.wait_until(lambda: _can_log_in(server), child=child)
    return server


def _can_log_in(server: Server) -> bool:
    try:
        server.admin()
    except (TrytonRpcError, OSError, json.JSONDecodeError):
        return False
    return True


def _config(folder: Path, *, port: int) -> Path:
    path = folder / "trytond.conf"
    path.write_text(
        f"[database]\nuri = sqlite://\npath = {folder.resolve()}\n"
        f"[web]\nlisten = 127.0.0.1:{port}\n"
        f"[request]\nmax_size = {MAX_BODY}\n"
    )
    return path


def _env(folder: Path) -> dict[str, str]:
    """No settings of ours, so that a TRYTOND_… variable of the shell changes nothing."""
    return {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LANG": "C.UTF-8"}
