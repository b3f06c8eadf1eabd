"""What is wired: one Pleo company paired with one ERP company, its credentials and its lease."""

import uuid
from typing import ClassVar

from django.db import models
from django_scopes import ScopedManager

from pleo_connector.connections.encryption import EncryptedJSONField
from pleo_connector.tenants.models import Tenant


class Connection(models.Model):
    class State(models.TextChoices):
        SETUP = "setup", "Being set up"
        LIVE = "live", "Live"
        PAUSED = "paused", "Paused"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="connections")
    created_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.SETUP)

    # Two connections to one Pleo company would book its entries twice.
    pleo_company_id = models.UUIDField(null=True, unique=True)
    pleo_company_name = models.CharField(max_length=200, blank=True)

    erp_kind = models.CharField(max_length=30, blank=True)
    erp_settings = models.JSONField(default=dict)
    erp_company_id = models.CharField(max_length=200, blank=True)
    erp_company_name = models.CharField(max_length=200, blank=True)
    erp_currency = models.CharField(max_length=3, blank=True)
    erp_country = models.CharField(max_length=10, blank=True)  # a code; empty: the ERP has none
    erp_lock_date = models.DateField(null=True)
    erp_confirmed_at = models.DateTimeField(null=True)
    # A sentence where the ERP's credentials are dead; empty while they work.
    erp_problem = models.CharField(max_length=500, blank=True)
    # When those credentials end by themselves, as far as the ERP tells; looked at once a day.
    erp_access_ends = models.DateField(null=True)
    erp_access_checked_at = models.DateTimeField(null=True)

    # When a worker should look next. While one works this is the end of its lease, so that a
    # dead worker's connection comes due by itself.
    wake_at = models.DateTimeField(null=True, db_index=True)
    lease_fence = models.BigIntegerField(default=0)  # grows with each lease; a late worker's is old
    lease_holder = models.CharField(max_length=100, blank=True)
    lease_since = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    woken_at = models.DateTimeField(null=True)  # by a notification or a person
    checked_at = models.DateTimeField(null=True)  # when Pleo was last asked for jobs

    objects: ClassVar[models.Manager["Connection"]] = ScopedManager(tenant="tenant")

    def __str__(self) -> str:
        return f"{self.pleo_company_name or 'New connection'} → {self.erp_company_name or '?'}"


class PleoGrant(models.Model):
    """The right to act at Pleo for one company: rotating tokens, or an API key."""

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="pleo_grant")
    api_key = EncryptedJSONField(null=True)
    access_token = EncryptedJSONField(null=True)
    refresh_token = EncryptedJSONField(null=True)
    expires_at = models.DateTimeField(null=True)
    scopes = models.TextField(blank=True)
    granted_at = models.DateTimeField()
    refreshed_at = models.DateTimeField(null=True)
    dead_since = models.DateTimeField(null=True)
    dead_reason = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager["PleoGrant"]] = ScopedManager(tenant="connection__tenant")

    def __str__(self) -> str:
        return f"Pleo grant of {self.connection_id}"


class ErpCredentials(models.Model):
    connection = models.OneToOneField(Connection, models.CASCADE, related_name="erp_credentials")
    secrets = EncryptedJSONField(default=dict)  # by the names that the adapter's `auth` declares
    changed_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[models.Manager["ErpCredentials"]] = ScopedManager(tenant="connection__tenant")

    def __str__(self) -> str:
        return f"ERP credentials of {self.connection_id}"


class WebhookSubscription(models.Model):
    """Pleo's promise to tell us. `path_key` makes the address unguessable and names the tenant."""

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="subscription")
    path_key = models.UUIDField(default=uuid.uuid4, unique=True)
    pleo_id = models.CharField(max_length=100)
    secret = EncryptedJSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["WebhookSubscription"]] = ScopedManager(
        tenant="connection__tenant"
    )

    def __str__(self) -> str:
        return f"Subscription {self.pleo_id}"


class WebhookEvent(models.Model):
    """A verified notification, stored once. It only wakes a worker; Pleo is asked for the facts."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="webhook_events")
    webhook_id = models.CharField(max_length=200)
    event_id = models.CharField(max_length=200)
    event_type = models.CharField(max_length=100)
    received_at = models.DateTimeField()
    is_known = models.BooleanField()

    objects: ClassVar[models.Manager["WebhookEvent"]] = ScopedManager(tenant="connection__tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "webhook_id"], name="webhook_once")
        ]
        indexes = [models.Index(fields=["received_at"], name="webhooks_by_age")]

    def __str__(self) -> str:
        return f"{self.event_type} {self.webhook_id}"
