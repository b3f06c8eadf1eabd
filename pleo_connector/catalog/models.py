"""ERP master data that a booking may refer to, as it was last read."""

from typing import ClassVar

from django.db import models
from django_scopes import ScopedManager

from pleo_connector.connections.models import Connection


class CatalogSnapshot(models.Model):
    """All records of one kind, replaced as a whole by each complete read."""

    class Kind(models.TextChoices):
        ACCOUNTS = "accounts", "Accounts"
        DIMENSIONS = "dimensions", "Dimensions"
        DIMENSION_VALUES = "dimension_values", "Dimension values"
        TAX_CODES = "tax_codes", "Tax codes"
        VENDORS = "vendors", "Vendors"

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="catalog")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    records = models.JSONField()  # the ledger records, in the ERP's order
    read_at = models.DateTimeField()

    objects: ClassVar[models.Manager["CatalogSnapshot"]] = ScopedManager(
        tenant="connection__tenant"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "kind"], name="one_snapshot_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.connection_id}"
