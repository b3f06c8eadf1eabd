"""What makes a connection's master data due at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from pleo_connector.catalog.models import SyncKind, SyncSchedule, SyncSettings
from pleo_connector.catalog.schedules import ensure_schedules
from pleo_connector.connections.models import Connection


def retry_after_reconnect(*, connection: Connection, now: datetime) -> None:
    """Somebody gave access anew, to either side: with more rights perhaps, so all is tried."""
    if connection.state != Connection.State.LIVE:
        return
    with transaction.atomic():
        SyncSettings.objects.filter(connection=connection).update(refused_calls={})
        look_now(connection, list(SyncKind), now, is_asked=False)


def vendor_was_born(*, connection: Connection, now: datetime) -> None:
    """Pleo's notification of a new vendor. Pleo is asked for the facts."""
    with transaction.atomic():
        look_now(connection, [SyncKind.VENDORS], now, is_asked=False)


def look_now(
    connection: Connection,
    kinds: Sequence[SyncKind],
    now: datetime,
    *,
    only: str = "",
    is_asked: bool = True,
) -> None:
    """Within the transaction of what asks for it."""
    ensure_schedules([connection], now=now)
    change: dict[str, Any] = {"next_run_at": now, "sent_at": None}
    if is_asked:
        change |= {"asked_at": now, "only": only}
    SyncSchedule.objects.filter(connection=connection, kind__in=kinds).update(**change)
    # Robust: where the broker is down, beat sends it later.
    transaction.on_commit(lambda: _send(connection.pk), robust=True)


def _send(connection_id: int) -> None:
    from pleo_connector.celery import app

    app.send_task("catalog.sync_pending", kwargs={"connection_id": connection_id})
