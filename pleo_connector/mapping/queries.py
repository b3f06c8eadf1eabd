from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.connections.models import Connection
from pleo_connector.mapping.models import MappingVersion, SeenCode


@dataclass(frozen=True, slots=True)
class Change:
    """One setting before and after; the path is like `accounts.wallet.EUR`."""

    path: str
    before: Any
    after: Any


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """What differs between two mappings in JSON, setting by setting."""
    old, new = dict(_flat(before)), dict(_flat(after))
    return [
        Change(path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    ]


def _flat(value: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Rules stay whole, each under its place."""
    rows: list[tuple[str, Any]] = []
    for name, inner in value.items():
        if isinstance(inner, dict):
            rows += _flat(inner, f"{prefix}{name}.")
        elif not prefix and name == "rules":
            rows += [(f"rules.{place}", rule) for place, rule in enumerate(inner, start=1)]
        else:
            rows.append((prefix + name, inner))
    return rows


def versions_of(connection: Connection, *, limit: int) -> list[tuple[MappingVersion, list[Change]]]:
    """The latest versions, newest first, each with what it changed."""
    rows = MappingVersion.objects.filter(connection=connection).select_related("author")
    versions = list(rows.order_by("-number")[: limit + 1])
    befores = [*(version.settings for version in versions[1:]), Mapping().to_json()]
    return [
        (version, changes(before, version.settings))
        for version, before in zip(versions, befores, strict=True)
    ][:limit]


def made_at(connection: Connection, number: int) -> datetime | None:
    """When the version of this number was saved."""
    row = MappingVersion.objects.filter(connection=connection, number=number).first()
    return row.created_at if row else None


def seen_codes(connection: Connection, kinds: Collection[str]) -> list[SeenCode]:
    """Codes of these kinds that Pleo sent, by code: as many as its lists have, not its entries."""
    rows = SeenCode.objects.filter(connection=connection, kind__in=kinds)
    return list(rows.order_by("key", "kind"))


def others_of(connection: Connection) -> list[Connection]:
    """Connections of the same tenant whose settings may be taken over."""
    rows = Connection.objects.filter(tenant=connection.tenant, mapping_versions__number=1)
    return list(rows.exclude(pk=connection.pk).order_by("pleo_company_name"))
