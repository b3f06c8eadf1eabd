"""Answers to requests that a program may send twice."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django_scopes import ScopedManager

from pleo_connector.history.retention import Kind, keep
from pleo_connector.tenants.models import Tenant


class StoredAnswer(models.Model):
    """What a request with an `Idempotency-Key` was answered; without a status it still runs."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    caller = models.CharField(max_length=36)  # one program's keys are not another's
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    media_type = models.CharField(max_length=50, blank=True)
    created_at = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager[StoredAnswer]] = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "caller", "key"], name="answered_once")
        ]

    def __str__(self) -> str:
        return f"{self.key}: {self.status}"


keep(Kind("answers of the API", StoredAnswer, "created_at", "KEEP_ANSWERS_DAYS"))
