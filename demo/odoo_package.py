"""Debian's package of Odoo, by this machine's own apt: its mirrors, its proxies and its keys.

It lies in the suite *unstable*, so it is not installed but only unpacked. Nothing of the system's
apt is changed: lists and state lie in a passing folder. Apt checks the signature of the index and
the hash of the package.
"""

import tempfile
from pathlib import Path

from demo import processes

PACKAGE = "odoo-19"
KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


class NotAvailable(RuntimeError):
    """Odoo cannot be had on this machine."""


def unpack(folder: Path) -> None:
    """The package's files below `folder`."""
    with tempfile.TemporaryDirectory(prefix="apt-") as passing:
        try:
            package = _download(Path(passing))
            folder.mkdir(parents=True, exist_ok=True)
            processes.run(["dpkg-deb", "-x", package, folder])
        except (RuntimeError, FileNotFoundError) as error:
            raise NotAvailable(
                f"Debian's package {PACKAGE} cannot be had: {str(error)[-300:]}"
            ) from error


def _download(state: Path) -> Path:
    state.chmod(0o755)  # where we are root, apt downloads as another user
    problems = []
    for mirror in _mirrors():
        try:
            return _download_from(mirror, state)
        except RuntimeError as error:
            problems.append(str(error))
    raise NotAvailable("\n".join(problems) or "apt knows no Debian mirror.")


def _mirrors() -> list[str]:
    """Those of Debian's main archive that this machine is set up with."""
    columns = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
    command = ["apt-get", "indextargets", "--format", columns, "Identifier: Packages"]
    rows = (row.split() for row in processes.output(command).splitlines())
    found = [row[0] for row in rows if row[2:] == ["main"] and "security" not in row[1]]
    return list(dict.fromkeys(found))


def _download_from(mirror: str, state: Path) -> Path:
    signed = f"[signed-by={KEYS}] " if KEYS.exists() else ""
    (state / "sources.list").write_text(f"deb {signed}{mirror} unstable main\n")
    (state / "status").touch()
    options = {
        "Dir::Etc::SourceList": state / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": state / "lists",
        "Dir::State::Status": state / "status",
        "Dir::Cache": state / "cache",
        "Acquire::Languages": "none",
    }
    apt = ["apt-get", "-q", *(f"-o{name}={value}" for name, value in options.items())]
    (state / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (state / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    processes.run([*apt, "update"])
    processes.run([*apt, "download", PACKAGE], cwd=state)
    return next(state.glob(f"{PACKAGE}_*.deb"))
