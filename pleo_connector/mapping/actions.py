from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from pleo_connector.bookkeeping.codes import PleoCode
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.connections.models import Connection
from pleo_connector.mapping.models import MappingVersion, SeenCode
from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.models import User

LONGEST = 200  # letters of a code


class NewerVersion(Exception):
    """Somebody else was first."""


def save_mapping(
    *,
    connection: Connection,
    mapping: Mapping,
    author: User | None,
    based_on: int | None = None,
    restores: int | None = None,
) -> None:
    """A new version, unless nothing changed. NewerVersion where `based_on` is not the latest.

    `restores` is the version whose settings these were, where a person undoes a change.
    """
    with transaction.atomic():
        Connection.objects.select_for_update().get(pk=connection.pk)  # versions in one order
        latest = _latest(connection)
        if based_on not in (None, latest.number if latest else 0):
            raise NewerVersion
        settings = mapping.to_json()
        if latest and latest.settings == settings:
            return
        MappingVersion.objects.create(
            connection=connection,
            number=latest.number + 1 if latest else 1,
            settings=settings,
            author=author,
        )
        before = latest.settings if latest else {}
        changed = sorted(key for key in settings if settings[key] != before.get(key))
        record_audit(
            tenant=connection.tenant,
            actor=author,
            action="changed the mapping" if restores is None else "took back settings",
            subject=str(connection),
            changed=changed,
        )


def note_codes(*, connection: Connection, codes: Iterable[PleoCode], now: datetime) -> None:
    """Codes that Pleo sent, for the pages where they are mapped; one statement for all."""
    rows = {
        (code.kind, code.key): SeenCode(
            connection=connection,
            kind=code.kind,
            key=code.key,
            name=code.name[:200],
            identifier=code.identifier[:200],
            rate=code.rate,
            seen_at=now,
        )
        for code in codes
        if len(code.key) <= LONGEST  # no account or tax code of an ERP is as long
    }
    SeenCode.objects.bulk_create(
        [rows[key] for key in sorted(rows)],  # in one order, so that two writers never lock
        update_conflicts=True,
        unique_fields=["connection", "kind", "key"],
        update_fields=["name", "identifier", "rate", "seen_at"],
    )


def load_mapping(connection: Connection) -> Mapping:
    """The mapping in force; all defaults where none was saved."""
    return load_numbered(connection)[0]


def load_numbered(connection: Connection) -> tuple[Mapping, int]:
    """The mapping in force and its number, for `based_on`; 0 where none was saved."""
    latest = _latest(connection)
    return (Mapping.from_json(latest.settings), latest.number) if latest else (Mapping(), 0)


def load_version(connection: Connection, number: int) -> Mapping | None:
    """The mapping of this number; the defaults for 0; None where there is no such version."""
    if number == 0:
        return Mapping()
    row = MappingVersion.objects.filter(connection=connection, number=number).first()
    return Mapping.from_json(row.settings) if row else None


def _latest(connection: Connection) -> MappingVersion | None:
    version: MappingVersion | None = (
        MappingVersion.objects.filter(connection=connection).order_by("-number").first()
    )
    return version
