"""A timed right to work on a connection. One worker at a time; a late one cannot write.

The database's clock decides, so that machines with different clocks agree.
"""

import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, transaction
from django.db.models import BooleanField, Case, ExpressionWrapper, F, Q, Value, When
from django.db.models.functions import Now
from django.db.models.lookups import GreaterThanOrEqual
from django.utils import timezone
from django_scopes import scope, scopes_disabled

from erp_adapters.reply import Call
from pleo_connector.connections.models import Connection

logger = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Another worker has taken over; nothing more may be written or called."""


# Nothing can be written any more; the lease lapses, and the next worker goes on.
DATABASE_LOST = (OperationalError, InterfaceError, InternalError)
WAITED_FOR = Q(woken_at__gt=F("checked_at"))  # somebody woke it since Pleo was asked for jobs


class Busy(Exception):
    """A worker holds the lease just now."""


class Lease:
    """`due_at` is when exports would look next, for work that comes after them."""

    def __init__(self, connection: Connection, *, due_at: datetime | None = None) -> None:
        self.connection = connection
        self.fence = connection.lease_fence
        self.due_at = due_at
        self.claimed_at = self.renewed_at = time.monotonic()

    def time(self) -> datetime:
        """By the database's clock, and a little before rather than after it."""
        assert self.connection.lease_since is not None
        return self.connection.lease_since + timedelta(seconds=time.monotonic() - self.claimed_at)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction that only the present holder can commit; it renews the lease too."""
        with transaction.atomic():
            self.renew()
            yield

    def renew(self) -> None:
        """LeaseLost where another worker holds it, or where it has lapsed."""
        held = self._mine().filter(lease_until__gt=Now())
        if not held.update(lease_until=_end(), wake_at=_end()):
            raise LeaseLost
        self.renewed_at = time.monotonic()

    def release(self, *, wake_in: timedelta) -> None:
        """Give the lease back; the connection comes due after `wake_in`.

        At once, where somebody woke it after Pleo was last asked for jobs.
        """
        self._give_back(Now() + wake_in)

    def hand_back(self) -> None:
        """Of work that comes after exports: they are due when they were before."""
        self._give_back(Now() if self.due_at is None else Value(self.due_at))

    def _give_back(self, wake_at: Any) -> None:
        wakes = Case(When(WAITED_FOR, then=Now()), default=wake_at)
        self._mine().update(lease_until=None, lease_holder="", wake_at=wakes)

    def is_wanted(self) -> bool:
        """Whether exports are due, and this work has to make way for them."""
        is_due = WAITED_FOR
        if self.due_at is not None:
            is_due |= Q(GreaterThanOrEqual(Now(), Value(self.due_at)))
        return bool(self._mine().filter(is_due).exists())

    def began(self, call: Call) -> Any:
        """Before each write over a wire the right to do so is looked at again.

        Before a read only now and then, so that a long one does not lose the lease.
        """
        is_due = time.monotonic() - self.renewed_at > settings.LEASE_SECONDS / 3
        if call.is_write or is_due:
            self.renew()

    def _mine(self) -> Any:
        return Connection.objects.filter(pk=self.connection.pk, lease_fence=self.fence)


def claim(connection_id: int) -> Lease | None:
    """The lease on a live connection, or None where another worker has it."""
    with scopes_disabled():
        free = Q(lease_until=None) | Q(lease_until__lte=Now())
        claimed = Connection.objects.filter(
            free, pk=connection_id, state=Connection.State.LIVE
        ).update(
            lease_fence=F("lease_fence") + 1,
            lease_holder=worker_name(),
            lease_since=Now(),
            lease_until=_end(),
            wake_at=_end(),
        )
        if not claimed:
            return None
        return Lease(Connection.objects.select_related("tenant").get(pk=connection_id))


def claim_idle(connection_id: int) -> Lease | None:
    """For work that exports come before: None also where they are due."""
    with scopes_disabled(), transaction.atomic():
        free = Q(lease_until=None) | Q(lease_until__lte=Now())
        idle = Q(wake_at=None) | Q(wake_at__gt=Now())
        rows = Connection.objects.select_for_update(skip_locked=True)
        found = rows.filter(free, idle, pk=connection_id, state=Connection.State.LIVE).first()
        lease = claim(connection_id) if found else None
        if found and lease:
            lease.due_at = found.wake_at
        return lease


def under_lease(
    connection_id: int,
    *,
    claim: Callable[[int], Lease | None],
    work: Callable[..., None],
) -> None:
    """`work` with the lease that `claim` gives, if it gives one: the whole life of a task."""
    try:
        lease = claim(connection_id)
        if lease is not None:
            with scope(tenant=lease.connection.tenant):
                work(lease, now=timezone.now)
    except DATABASE_LOST as error:
        logger.warning("Connection %s is taken up when its lease ends: %s", connection_id, error)


@contextmanager
def between_leases(connection: Connection) -> Iterator[None]:
    """A transaction during which no worker is at work and none begins; Busy where one is.

    For what a person says about an entry that a worker may be planning.
    """
    with transaction.atomic():
        rows = Connection.objects.select_for_update(no_key=True).filter(pk=connection.pk)
        held = ExpressionWrapper(Q(lease_until__gt=Now()), output_field=BooleanField())
        if rows.annotate(is_held=held).values_list("is_held", flat=True).get():
            raise Busy
        yield


def overtake(connection_id: int) -> None:
    """Whoever works on it loses the lease at once, and can neither write nor call any more."""
    Connection.objects.filter(pk=connection_id).update(
        lease_fence=F("lease_fence") + 1, lease_until=None, lease_since=None, lease_holder=""
    )


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"[:100]


def _end() -> Any:
    return Now() + timedelta(seconds=settings.LEASE_SECONDS)
