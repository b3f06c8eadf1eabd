"""Tested ERP access between the test and the person's yes: encrypted, in their session only."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from erp_adapters.ledger import Company
from pleo_connector.connections.encryption import EncryptedJSONField
from pleo_connector.connections.models import Connection

KEY = "pending_erp"
MAX_AGE = timedelta(minutes=15)
SEAL = EncryptedJSONField()  # sessions lie in the database, and secrets must not lie there bare


@dataclass(frozen=True, slots=True)
class Pending:
    settings: dict[str, Any]
    secrets: dict[str, str]
    company: Company


def keep(
    session: SessionBase,
    connection: Connection,
    kind: str,
    settings: dict[str, Any],
    secrets: dict[str, str],
    company: Company,
) -> None:
    lock = company.lock_date.isoformat() if company.lock_date else None
    session[KEY] = SEAL.get_prep_value(
        {
            "of": _of(connection, kind),
            "at": timezone.now().isoformat(),
            "settings": settings,
            "secrets": secrets,
            "company": asdict(company) | {"lock_date": lock},
        }
    )


def look(session: SessionBase, connection: Connection, kind: str) -> Pending | None:
    """None where nothing was tested, or not for this connection, or too long ago."""
    stored: Any = SEAL.from_db_value(session.get(KEY))
    if not stored or stored["of"] != _of(connection, kind):
        return None
    if timezone.now() - datetime.fromisoformat(stored["at"]) > MAX_AGE:
        return None
    company = stored["company"]
    lock = company["lock_date"]
    company["lock_date"] = date.fromisoformat(lock) if lock else None
    return Pending(stored["settings"], stored["secrets"], Company(**company))


def forget(session: SessionBase) -> None:
    session.pop(KEY, None)


def _of(connection: Connection, kind: str) -> str:
    return f"{connection.public_id} {kind}"
