from django.db import transaction

from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.connections.models import Connection
from pleo_connector.mapping.models import MappingVersion
from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.models import User


class NewerVersion(Exception):
    """Somebody else was first."""


def save_mapping(
    *,
    connection: Connection,
    mapping: Mapping,
    author: User | None,
    based_on: int | None = None,
) -> None:
    """A new version, unless nothing changed. NewerVersion where `based_on` is not the latest."""
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
            action="changed the mapping",
            subject=str(connection),
            changed=changed,
        )


def load_mapping(connection: Connection) -> Mapping:
    """The mapping in force; all defaults where none was saved."""
    latest = _latest(connection)
    return Mapping.from_json(latest.settings) if latest else Mapping()


def _latest(connection: Connection) -> MappingVersion | None:
    version: MappingVersion | None = (
        MappingVersion.objects.filter(connection=connection).order_by("-number").first()
    )
    return version
