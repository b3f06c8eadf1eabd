"""The rules of a connection, in versions that are never overwritten."""

from typing import ClassVar

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django_scopes import ScopedManager

from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Problem
from pleo_connector.history.retention import Kind, keep
from pleo_connector.tenants.models import User


class MappingVersion(models.Model):
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="mapping_versions")
    number = models.PositiveIntegerField()  # the highest one counts
    settings = models.JSONField()  # bookkeeping.Mapping as JSON
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["MappingVersion"]] = ScopedManager(tenant="connection__tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "number"], name="one_mapping_per_number")
        ]

    def __str__(self) -> str:
        return f"Mapping {self.number} of {self.connection_id}"


class SeenCode(models.Model):
    """An account or tax code that entries of Pleo refer to, so that it can be mapped."""

    class Kind(models.TextChoices):  # bookkeeping.CodeKind
        CATEGORY = "category", "Category"
        CONTRA = "contra", "Contra account"
        TAX = "tax", "Tax code"

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="seen_codes")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True)
    identifier = models.CharField(max_length=200, blank=True)
    rate = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    seen_at = models.DateTimeField()  # last

    objects: ClassVar[models.Manager["SeenCode"]] = ScopedManager(tenant="connection__tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "kind", "key"], name="seen_once")
        ]
        indexes = [models.Index(fields=["seen_at"], name="codes_by_age")]

    def __str__(self) -> str:
        return f"{self.key} {self.name}".strip()


def _nobody_waits() -> Q:
    """No entry is kept from being booked: what waits for a code finds it on the code's page."""
    kept = Problem.objects.filter(
        connection=OuterRef("connection"), state=Problem.State.OPEN, has_entries=True
    )
    return ~Q(Exists(kept))


keep(Kind("codes of Pleo", SeenCode, "seen_at", "KEEP_CODES_DAYS", _nobody_waits))
