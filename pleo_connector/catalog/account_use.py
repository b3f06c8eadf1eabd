"""Which accounts no category of Pleo uses: asked when a person wants to know."""

from datetime import datetime

from pleo_connector.catalog.models import SyncSettings
from pleo_connector.connections.models import Connection
from pleo_connector.pleo.client import PleoClient


def ask_account_use(*, connection: Connection, pleo: PleoClient, now: datetime) -> int:
    """How many there are. A RemoteError leaves what was known."""
    assert connection.pleo_company_id is not None
    found = sorted(x.external_id for x in pleo.unused_accounts(connection.pleo_company_id))
    SyncSettings.objects.update_or_create(
        connection=connection, defaults={"unused_accounts": found, "unused_asked_at": now}
    )
    return len(found)
