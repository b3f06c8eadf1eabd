"""Registered OAuth clients (apps) and the words for their scopes."""

import uuid
from dataclasses import dataclass

from .store import Row, Store, decode, encode

SCOPES = {
    "export-jobs:read": "See export jobs and their progress",
    "export-jobs:write": "Start export jobs and report results",
    "export-items:read": "Read expenses queued for export, with receipts",
    "companies:read": "See company name and address",
    "tag-groups:read": "See tag groups and tags",
    "tag-groups:write": "Create, change and archive tag groups and tags",
    "tag-group:read": "See tag groups and tags",
    "tag-group:write": "Create, change and archive tag groups and tags",
    "tax-codes:read": "See tax codes",
    "tax-codes:write": "Create, change and archive tax codes",
    "accounts:read": "See the chart of accounts",
    "accounts:write": "Create, change and archive accounts",
    "vendors:read": "See vendors",
    "vendors:write": "Create, change and archive vendors",
    "users:read": "See employees",
    "test:test": "Test the connection",
}
_APPLICATIONS = uuid.UUID("5ad2a3e5-53f7-4b43-9b1d-8f9c0a6f3b10")


@dataclass(frozen=True)
class ClientSpec:
    client_id: str
    secret: str
    name: str = "Ledgerline"
    redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = tuple(SCOPES)
    requires_activation: bool = True
    initiation_uri: str | None = None
    settings_uri: str | None = None


def save_client(store: Store, spec: ClientSpec) -> None:
    store.insert(
        "clients",
        {
            "id": spec.client_id,
            "secret": spec.secret,
            "name": spec.name,
            "application_id": str(uuid.uuid5(_APPLICATIONS, spec.client_id)),
            "redirect_uris": encode(list(spec.redirect_uris)),
            "scopes": encode(list(spec.scopes)),
            "requires_activation": int(spec.requires_activation),
            "initiation_uri": spec.initiation_uri,
            "settings_uri": spec.settings_uri,
        },
    )


def find_client(store: Store, client_id: str) -> Row | None:
    row = store.one("SELECT * FROM clients WHERE id = ?", client_id)
    if row is not None:
        row["redirect_uris"] = decode(row["redirect_uris"])
        row["scopes"] = decode(row["scopes"])
    return row
