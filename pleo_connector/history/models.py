"""What happened: run → attempt → remote call, and the decisions made on the way. Append-only."""

import uuid
from typing import ClassVar

from django.db import models
from django_scopes import ScopedManager

from pleo_connector.connections.models import Connection


class Run(models.Model):
    """One execution of a sync, from the moment it was found to its end; it may pause and resume."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        WAITING = "waiting", "Waiting"
        COMPLETED = "completed", "Completed"
        COMPLETED_WITH_ERRORS = "completed_with_errors", "Completed with errors"
        FAILED = "failed", "Could not run"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=20, default="export")
    state = models.CharField(max_length=30, choices=State.choices, default=State.RUNNING)
    headline = models.CharField(max_length=500, blank=True)  # the reason, where it did not go well
    waiting_for = models.CharField(max_length=100, blank=True)
    waiting_until = models.DateTimeField(null=True)
    waits = models.PositiveIntegerField(default=0)  # in a row; progress sets it back to 0
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Run"]] = ScopedManager(tenant="connection__tenant")

    class Meta:
        indexes = [
            models.Index(fields=["connection", "-started_at"], name="runs_by_connection"),
            models.Index(
                fields=["finished_at"], condition=~models.Q(kind="export"), name="runs_by_age"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} run {self.public_id}"

    @property
    def is_over(self) -> bool:
        return self.state not in (self.State.RUNNING, self.State.WAITING)


class Attempt(models.Model):
    """One worker's try at a run. One without an end belongs to a worker that died."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="attempts")
    fence = models.BigIntegerField()
    worker = models.CharField(max_length=100)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager["Attempt"]] = ScopedManager(tenant="run__connection__tenant")

    class Meta:
        indexes = [models.Index(fields=["started_at"], name="attempts_by_age")]

    def __str__(self) -> str:
        return f"Attempt {self.pk} of run {self.run_id}"


class RemoteCall(models.Model):
    """One call over a wire. Written before it leaves: one without an end never came back to us."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="calls")
    correlation_id = models.UUIDField(default=uuid.uuid4, editable=False)
    system = models.CharField(max_length=10)  # "pleo" | "erp"
    method = models.CharField(max_length=10)
    template = models.CharField(max_length=200)
    is_write = models.BooleanField()
    began_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    excerpt = models.TextField(blank=True)  # redacted; only of refusals

    objects: ClassVar[models.Manager["RemoteCall"]] = ScopedManager(
        tenant="attempt__run__connection__tenant"
    )

    class Meta:
        indexes = [models.Index(fields=["began_at"], name="calls_by_age")]

    def __str__(self) -> str:
        return f"{self.method} {self.template}"


class Decision(models.Model):
    """A choice the product made by itself, as a sentence that the customer can read."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="decisions")
    accounting_entry_id = models.UUIDField(null=True)
    kind = models.CharField(max_length=50)
    sentence = models.CharField(max_length=500)
    made_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Decision"]] = ScopedManager(tenant="run__connection__tenant")

    class Meta:
        # A resumed run plans anew and makes the same decisions.
        constraints = [
            models.UniqueConstraint(
                fields=["run", "accounting_entry_id", "kind", "sentence"],
                name="decision_once",
                nulls_distinct=False,
            )
        ]
        indexes = [models.Index(fields=["made_at"], name="decisions_by_age")]

    def __str__(self) -> str:
        return self.sentence
