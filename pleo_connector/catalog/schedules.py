"""When each kind is looked at next."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zlib import crc32

from django.db.models import F, Q
from django.db.models.functions import Now
from django_scopes import scopes_disabled

from pleo_connector.catalog.models import SyncKind, SyncSchedule
from pleo_connector.connections.models import Connection

HOURS = {SyncKind.TAGS: 1}  # the others once a day
SENT_AGAIN = timedelta(seconds=60)  # after a message that nobody worked on
BATCH = 500


def next_run_at(schedule: SyncSchedule, now: datetime) -> datetime:
    """From now on, so that what was missed is made up once; a little apart from the others."""
    spread = crc32(f"{schedule.connection_id}:{schedule.kind}".encode()) % 1000 / 1000
    return now + timedelta(hours=schedule.hours * (0.95 + spread / 10))


def ensure_schedules(connections: Iterable[Connection], *, now: datetime) -> None:
    """Rows for connections that have none; the first look is at once."""
    SyncSchedule.objects.bulk_create(
        (
            SyncSchedule(
                connection=connection, kind=kind, hours=HOURS.get(kind, 24), next_run_at=now
            )
            for connection in connections
            for kind in SyncKind
        ),
        ignore_conflicts=True,
    )


def schedule_new(*, now: datetime) -> int:
    """Of connections that went live since; how many there were."""
    with scopes_disabled():
        new = list(
            Connection.objects.filter(state=Connection.State.LIVE, sync_schedules=None)[:BATCH]
        )
        ensure_schedules(new, now=now)
    return len(new)


def take_due() -> list[int]:
    """Connections with work that is due, marked as sent, without waiting for other senders."""
    with scopes_disabled():
        not_sent = (
            Q(sent_at=None) | Q(sent_at__lte=Now() - SENT_AGAIN) | Q(sent_at__lt=F("next_run_at"))
        )
        due = SyncSchedule.objects.filter(
            not_sent,
            is_paused=False,
            next_run_at__lte=Now(),
            connection__state=Connection.State.LIVE,
        )
        rows = list(
            due.select_for_update(skip_locked=True, of=("self",))
            .order_by("next_run_at")
            .values_list("pk", "connection_id")[:BATCH]
        )
        SyncSchedule.objects.filter(pk__in=[pk for pk, _ in rows]).update(sent_at=Now())
    return list(dict.fromkeys(connection_id for _, connection_id in rows))
