"""Who: tenants, their members, and what they did."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_scopes import ScopedManager


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> User:
        user = self.model(email=self.normalize_email(email), **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)


class Mail(models.TextChoices):
    """Which letters about problems a person wants."""

    ALL = "all", _("At once when a connection stops working, and once a day what is new")
    URGENT = "urgent", _("Only when a connection stops working")
    NONE = "none", pgettext_lazy("e-mails", "None")


class User(AbstractUser):
    """A person, known by their e-mail address."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(unique=True)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # How pages speak to the person; empty: as their browser asks.
    language = models.CharField(max_length=10, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    mail = models.CharField(max_length=10, choices=Mail.choices, default=Mail.ALL)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.email


class Tenant(models.Model):
    """Our customer: owns connections, and sees nobody else's."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=200)
    # From when on members need a second step at log-in; null: never.
    second_step_from = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    ADMIN = "admin", _("Admin")
    BOOKKEEPER = "bookkeeper", _("Bookkeeper")
    VIEWER = "viewer", _("Viewer")


# What a role may do: `configure` connections, `operate` exports, or only look.
CAN_CONFIGURE = frozenset({Role.OWNER, Role.ADMIN})
CAN_OPERATE = CAN_CONFIGURE | {Role.BOOKKEEPER}


class Membership(models.Model):
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="one_membership")]

    def __str__(self) -> str:
        return f"{self.user} in {self.tenant}"


class Invitation(models.Model):
    """An e-mail address that may become a member. Its link holds a secret that is not stored."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="invitations")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role.choices)
    secret_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects: ClassVar[models.Manager[Invitation]] = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "email"], name="one_invitation_per_address")
        ]

    def __str__(self) -> str:
        return f"Invitation of {self.email}"

    def is_over(self, now: datetime) -> bool:
        return self.expires_at <= now


class ApiScope(models.TextChoices):
    """What a program may do: one area each, looking and changing apart."""

    CONNECTIONS_READ = "connections:read", _("See connections")
    EXPORTS_READ = "exports:read", _("See exports and their entries")
    EXPORTS_WRITE = "exports:write", _("Export again, look for exports in Pleo, settle entries")
    MAPPING_READ = "mapping:read", _("See the mapping and its versions")
    MAPPING_WRITE = "mapping:write", _("Change the mapping")
    HISTORY_READ = "history:read", _("See the history and the calls behind it")
    SYNC_READ = "sync:read", _("See plans for Pleo's tags and accounts")
    SYNC_WRITE = "sync:write", _("Approve plans and sync now")


class ApiToken(models.Model):
    """A program's key to one tenant. Only its hash is stored: the token itself is shown once."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="api_tokens")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=20)  # by which a person recognises it
    hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=30))  # of ApiScope
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[ApiToken]] = ScopedManager(tenant="tenant")

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_over(self, now: datetime) -> bool:
        return self.revoked_at is not None or (self.expires_at or now) < now


class AuditEntry(models.Model):
    """What a person or a program did, kept for good. Without both the product acted by itself."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    actor = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    token = models.ForeignKey(ApiToken, models.SET_NULL, null=True, related_name="+")
    action = models.CharField(max_length=60)  # a verb phrase such as "connected Pleo"
    subject = models.CharField(max_length=200, blank=True)
    detail = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager[AuditEntry]] = ScopedManager(tenant="tenant")

    class Meta:
        indexes = [models.Index(fields=["tenant", "-created_at"], name="audit_by_tenant")]

    def __str__(self) -> str:
        return f"{self.actor} {self.action}"
