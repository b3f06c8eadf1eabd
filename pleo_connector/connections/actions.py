"""All writes to connections. Remote calls come before or after the transactions, never inside."""

import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_scopes import scope, scopes_disabled

from erp_adapters.errors import RemoteError
from erp_adapters.ledger import Company
from pleo_connector.connections import health
from pleo_connector.connections.erp import open_pleo
from pleo_connector.connections.first_look import CannotConnect, client_with, looked_up
from pleo_connector.connections.grants import basic, oauth_client, store_tokens
from pleo_connector.connections.models import (
    Connection,
    ErpCredentials,
    PleoGrant,
    WebhookEvent,
    WebhookSubscription,
)
from pleo_connector.pleo.client import Introspection
from pleo_connector.pleo.webhooks import Notification
from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.models import Tenant, User

# All that giving access to an ERP changes. Never the whole row: a worker's lease is in it.
ERP_FIELDS = [
    *("erp_kind", "erp_settings", "erp_company_id", "erp_company_name", "erp_currency"),
    *("erp_country", "erp_lock_date", "erp_confirmed_at", "erp_problem"),
    *("erp_access_ends", "erp_access_checked_at"),
]


def create_connection(*, tenant: Tenant, actor: User) -> Connection:
    with transaction.atomic():
        connection = Connection.objects.create(tenant=tenant)
        record_audit(tenant=tenant, actor=actor, action="started a connection")
    return connection


def connect_pleo(
    *, connection: Connection, code: str, verifier: str, actor: User, now: datetime
) -> None:
    """Exchange the code, learn which company it is for, and store the grant.

    A reconnect keeps mapping, history and webhook; another company than before is refused.
    """
    tokens = oauth_client().exchange(code=code, verifier=verifier, now=now)
    found = looked_up(connection, client_with(f"Bearer {tokens.access_token}"))

    def fill(grant: PleoGrant) -> None:
        grant.api_key = None
        store_tokens(grant, tokens)

    _keep_grant(connection, found, fill, actor=actor, now=now)


def connect_pleo_by_key(*, connection: Connection, key: str, actor: User, now: datetime) -> None:
    """The same connection behind a key that a person made in Pleo; checked before it is kept."""
    pleo = client_with(basic(key))
    found = looked_up(connection, pleo)
    pleo.create_installation()

    def fill(grant: PleoGrant) -> None:
        grant.access_token = grant.refresh_token = grant.expires_at = None
        grant.api_key, grant.dead_since, grant.dead_reason = key, None, ""
        grant.save()

    _keep_grant(connection, found, fill, actor=actor, now=now)


def _keep_grant(
    connection: Connection,
    found: tuple[Introspection, str],
    fill: Callable[[PleoGrant], None],
    *,
    actor: User,
    now: datetime,
) -> None:
    who, name = found
    try:
        with transaction.atomic():
            connection.pleo_company_id, connection.pleo_company_name = who.company_id, name
            connection.save(update_fields=["pleo_company_id", "pleo_company_name"])
            grant = PleoGrant.objects.filter(connection=connection).first() or PleoGrant(
                connection=connection
            )
            grant.scopes, grant.granted_at = " ".join(sorted(who.scopes)), now
            fill(grant)
            health.changed(connection_id=connection.pk, now=now)
            record_audit(
                tenant=connection.tenant, actor=actor, action="connected Pleo", subject=name
            )
            _wake(connection.pk)
    except IntegrityError as error:
        text = _("%(company)s is already connected. One connection books it.")
        raise CannotConnect(text % {"company": name}) from error


def ensure_subscription(*, connection: Connection) -> str:
    """Subscribe to Pleo's notifications; a sentence where that failed (polling goes on)."""
    if WebhookSubscription.objects.filter(connection=connection).exists():
        return ""
    path_key = uuid.uuid4()
    url = settings.PUBLIC_URL + reverse("pleo-webhook", args=[path_key])
    try:
        pleo_id, secret = open_pleo(connection).subscribe(
            endpoint_url=url, events=settings.PLEO_WEBHOOK_EVENTS
        )
    except RemoteError as error:
        return f"Pleo will not notify us of new exports, so we look every few minutes: {error}"
    WebhookSubscription.objects.create(
        connection=connection, path_key=path_key, pleo_id=pleo_id, secret=secret
    )
    return ""


def store_erp_access(
    *,
    connection: Connection,
    kind: str,
    erp_settings: dict[str, Any],
    secrets: dict[str, str],
    company: Company,
    actor: User,
    now: datetime,
) -> None:
    """After a successful test with these values."""
    with transaction.atomic():
        connection.erp_kind, connection.erp_settings = kind, erp_settings
        connection.erp_company_id, connection.erp_company_name = company.id, company.name
        connection.erp_currency, connection.erp_lock_date = company.currency, company.lock_date
        connection.erp_country = company.country[:10]
        connection.erp_confirmed_at, connection.erp_problem = now, ""
        connection.erp_access_ends = connection.erp_access_checked_at = None
        connection.save(update_fields=ERP_FIELDS)
        health.changed(connection_id=connection.pk, now=now)
        ErpCredentials.objects.update_or_create(
            connection=connection, defaults={"secrets": secrets}
        )
        record_audit(
            tenant=connection.tenant, actor=actor, action="connected the ERP", subject=company.name
        )
        _wake(connection.pk)


def go_live(*, connection: Connection, actor: User) -> str:
    """Tell Pleo, subscribe, and let the workers in; a sentence where notifications did not work."""
    open_pleo(connection).activate_installation()
    warning = ensure_subscription(connection=connection)
    _set_state(connection, Connection.State.LIVE, actor, "went live")
    check_now(connection=connection)
    return warning


def pause(*, connection: Connection, actor: User) -> None:
    _set_state(connection, Connection.State.PAUSED, actor, "paused")


def _set_state(connection: Connection, state: str, actor: User, action: str) -> None:
    with transaction.atomic():
        connection.state = state
        connection.save(update_fields=["state"])
        record_audit(tenant=connection.tenant, actor=actor, action=action, subject=str(connection))


def check_now(*, connection: Connection) -> None:
    """The customer asks; Pleo is looked at by the next free worker."""
    with transaction.atomic():
        _wake(connection.pk)


def store_notification(*, path_key: uuid.UUID, notification: Notification, now: datetime) -> bool:
    """Keep it once and wake a worker; False for one that was here before."""
    with scopes_disabled():
        subscription = WebhookSubscription.objects.select_related("connection__tenant").get(
            path_key=path_key
        )
    connection = subscription.connection
    with scope(tenant=connection.tenant), transaction.atomic():
        _, is_new = WebhookEvent.objects.get_or_create(
            connection=connection,
            webhook_id=notification.webhook_id,
            defaults={
                "event_id": notification.event_id,
                "event_type": notification.event_type,
                "received_at": now,
                "is_known": notification.is_known,
            },
        )
        if is_new and notification.is_known:
            _wake(connection.pk)
    return is_new


def _wake(connection_id: int) -> None:
    """The connection is due; `woken_at` makes a worker that is just finishing look once more."""
    Connection.objects.filter(pk=connection_id).update(wake_at=Now(), woken_at=Now())
    # Robust: where the broker is down, `wake_due` sends it later.
    transaction.on_commit(lambda: _send(connection_id), robust=True)


def _send(connection_id: int) -> None:
    """By name: the task lives further up the import chain."""
    from pleo_connector.celery import app

    app.send_task("exports.export_pending", kwargs={"connection_id": connection_id})


def mark_erp_problem(*, connection: Connection, sentence: str) -> None:
    connection.erp_problem = sentence[:500]
    with transaction.atomic():
        connection.save(update_fields=["erp_problem"])
        health.changed(connection_id=connection.pk, now=timezone.now())


def mark_pleo_problem(*, connection: Connection, sentence: str) -> None:
    """A right is missing: the grant is of no use until a person reconnects with more rights."""
    now = timezone.now()
    with transaction.atomic():
        PleoGrant.objects.filter(connection=connection, dead_since=None).update(
            dead_since=now, dead_reason=sentence[:500]
        )
        health.changed(connection_id=connection.pk, now=now)


def note_erp_access(*, connection: Connection, ends: date | None, now: datetime) -> None:
    """When the ERP's credentials end by themselves; None where nobody can tell."""
    connection.erp_access_ends, connection.erp_access_checked_at = ends, now
    with transaction.atomic():
        connection.save(update_fields=["erp_access_ends", "erp_access_checked_at"])
        health.changed(connection_id=connection.pk, now=now)
