"""What support may do to a connection. Each is recorded where the customer reads it."""

from django.db import transaction

from pleo_connector.connections.actions import check_now
from pleo_connector.connections.lease import overtake
from pleo_connector.connections.models import Connection, WebhookEvent
from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.models import User


def run_now(*, connection: Connection, actor: User) -> None:
    _wake(connection, actor, "asked Pleo for exports")


def release_lease(*, connection: Connection, actor: User) -> None:
    """The next worker may take over at once.

    A worker that still holds it can neither write nor call any more: its fence is an old one. What
    it may have booked last is looked up before anything is booked.
    """
    with transaction.atomic():
        held = Connection.objects.select_for_update().get(pk=connection.pk)
        overtake(held.pk)
        _wake(held, actor, "took a connection from its worker", worker=held.lease_holder)


def replay(*, event: WebhookEvent, actor: User) -> None:
    """As if the notification had just come: Pleo is asked for what it was about."""
    _wake(event.connection, actor, "replayed a notification", event=event.event_type)


def _wake(connection: Connection, actor: User, action: str, **detail: str) -> None:
    with transaction.atomic():
        record_audit(
            tenant=connection.tenant,
            actor=actor,
            action=action,
            subject=str(connection),
            **detail,
        )
        check_now(connection=connection)
