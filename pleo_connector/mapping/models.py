"""The rules of a connection, in versions that are never overwritten."""

from typing import ClassVar

from django.db import models
from django_scopes import ScopedManager

from pleo_connector.connections.models import Connection
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
