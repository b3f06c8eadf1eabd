"""What happened: run → attempt → remote call, and the decisions made on the way. Append-only.

Beside it, what is wrong at present: a problem per cause, with its own history.
"""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django_scopes import ScopedManager

from pleo_connector.connections.encryption import EncryptedJSONField
from pleo_connector.connections.models import Connection
from pleo_connector.tenants.models import Tenant, User


class Run(models.Model):
    """One execution of a sync, from the moment it was found to its end; it may pause and resume."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        WAITING = "waiting", "Waiting"
        COMPLETED = "completed", "Completed"
        COMPLETED_WITH_ERRORS = "completed_with_errors", "Completed with errors"
        FAILED = "failed", "Could not run"

    OPEN = (State.RUNNING, State.WAITING)

    class Origin(models.TextChoices):
        """Where it has to be mended."""

        NONE = "", "Nothing failed"
        PLEO = "pleo", "Pleo"
        ERP = "erp", "Accounting system"
        MAPPING = "mapping", "Mapping"
        OURS = "ours", "Our side"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # The connection's: a list over all connections is read by one index.
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="+")
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=20, default="export")
    state = models.CharField(max_length=30, choices=State.choices, default=State.RUNNING)
    headline = models.CharField(max_length=500, blank=True)  # the reason, where it did not go well
    waiting_for = models.CharField(max_length=100, blank=True)
    waiting_until = models.DateTimeField(null=True)
    waits = models.PositiveIntegerField(default=0)  # in a row; progress sets it back to 0
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(null=True)  # when a worker last took it, paused or reported
    origin = models.CharField(max_length=10, choices=Origin.choices, default="", blank=True)

    # What lists and charts show, so that nothing is counted per row. Entries, or records of a sync.
    total = models.PositiveIntegerField(default=0)
    succeeded = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)  # attempts
    calls = models.PositiveIntegerField(default=0)  # remote ones, counted when it ends
    limit_waits = models.PositiveIntegerField(default=0)  # pauses that a rate limit asked for
    limit_seconds = models.PositiveIntegerField(default=0)
    is_limited = models.BooleanField(default=False)  # the present pause is one

    objects: ClassVar[models.Manager["Run"]] = ScopedManager(tenant="tenant")

    class Meta:
        indexes = [
            models.Index(fields=["connection", "-started_at"], name="runs_by_connection"),
            models.Index(fields=["tenant", "-started_at", "-id"], name="runs_by_tenant"),
            models.Index(fields=["-started_at", "-id"], name="runs_by_time"),
            models.Index(fields=["connection", "kind", "finished_at"], name="runs_by_end"),
            models.Index(
                fields=["started_at"],
                condition=models.Q(state__in=["running", "waiting"]),
                name="runs_open",
            ),
            models.Index(
                fields=["finished_at"], condition=~models.Q(kind="export"), name="runs_by_age"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} run {self.public_id}"

    def save(self, **kwargs: Any) -> None:
        if self.tenant_id is None:
            self.tenant_id = self.connection.tenant_id
        super().save(**kwargs)

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


# Upper ends, in seconds, of the classes in which durations are counted; the last class is open.
DURATIONS = (1, 2, 3, 5, 8, 12, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800, 3600)


class DailyStat(models.Model):
    """Runs of one kind that ended alike on one day (UTC), folded: charts never read the runs."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="daily_stats")
    kind = models.CharField(max_length=20)
    # How they ended; empty in days that were folded before states were told apart.
    state = models.CharField(max_length=30, choices=Run.State.choices, blank=True, default="")
    day = models.DateField()
    runs = models.PositiveIntegerField(default=0)
    runs_with_errors = models.PositiveIntegerField(default=0)
    runs_failed = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    succeeded = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    limit_waits = models.PositiveIntegerField(default=0)
    limit_seconds = models.PositiveIntegerField(default=0)
    durations = ArrayField(models.PositiveIntegerField())  # runs in each class of DURATIONS

    objects: ClassVar[models.Manager["DailyStat"]] = ScopedManager(tenant="connection__tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "day", "state"], name="one_stat_a_day_and_state"
            )
        ]
        indexes = [models.Index(fields=["day"], name="stats_by_day")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.connection_id} on {self.day}"


class Problem(models.Model):
    """One cause on one connection, from the first time it was seen; open, or resolved."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        RESOLVED = "resolved", "Resolved"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="problems")
    kind = models.CharField(max_length=20)  # of the runs that look for it, or "connection"
    key = models.CharField(max_length=32)  # of the cause, see `history.problems`
    origin = models.CharField(max_length=10, choices=Run.Origin.choices)
    type = models.CharField(max_length=60)  # Pleo's word for the failure, or ours
    subject = models.CharField(max_length=200, blank=True)
    sentence = models.TextField()
    fix = models.CharField(max_length=30, blank=True)  # the page that mends it
    run = models.ForeignKey(Run, models.SET_NULL, null=True, related_name="+")  # the latest
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    opening = models.PositiveIntegerField(default=1)  # grows each time it comes back
    times = models.PositiveIntegerField(default=0)  # runs that found it
    has_entries = models.BooleanField(default=False)  # open as long as one of them is
    first_seen_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    muted_until = models.DateTimeField(null=True)
    is_muted_for_good = models.BooleanField(default=False)

    objects: ClassVar[models.Manager["Problem"]] = ScopedManager(tenant="connection__tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "key"], name="one_problem_per_cause"
            )
        ]
        indexes = [
            models.Index(
                fields=["connection"], condition=models.Q(state="open"), name="problems_open"
            ),
            models.Index(fields=["connection", "-last_seen_at"], name="problems_by_connection"),
            models.Index(
                fields=["resolved_at"],
                condition=models.Q(resolved_at__isnull=False),
                name="problems_by_age",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type}: {self.subject}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

    def is_muted(self, now: datetime) -> bool:
        return self.is_muted_for_good or (self.muted_until is not None and self.muted_until > now)


class ProblemEntry(models.Model):
    """An accounting entry that a problem keeps from being booked, until it `left`."""

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="entries")
    accounting_entry_id = models.UUIDField()
    first_seen_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)  # booked, or kept by another problem

    objects: ClassVar[models.Manager["ProblemEntry"]] = ScopedManager(
        tenant="problem__connection__tenant"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["problem", "accounting_entry_id"], name="entry_once_per_problem"
            )
        ]
        indexes = [
            models.Index(
                fields=["accounting_entry_id"],
                condition=models.Q(left_at=None),
                name="problem_entries_open",
            ),
            models.Index(
                fields=["left_at"],
                condition=models.Q(left_at__isnull=False),
                name="problem_entries_by_age",
            ),
        ]

    def __str__(self) -> str:
        return f"Entry {self.accounting_entry_id}"


class ProblemEvent(models.Model):
    """What became of a problem, and who did or saw it."""

    class Kind(models.TextChoices):
        OPENED = "opened", "Opened"
        RESOLVED = "resolved", "Resolved"
        SEEN = "seen", "Seen"
        MUTED = "muted", "Muted"
        UNMUTED = "unmuted", "No longer muted"

    problem = models.ForeignKey(Problem, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    opening = models.PositiveIntegerField()  # of the problem at that time
    actor = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    until = models.DateTimeField(null=True)  # how long it is muted; None: for good
    at = models.DateTimeField()
    passed_on_at = models.DateTimeField(null=True)  # to those who want to be told of it

    objects: ClassVar[models.Manager["ProblemEvent"]] = ScopedManager(
        tenant="problem__connection__tenant"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["problem", "kind", "opening"],
                condition=models.Q(kind__in=["opened", "resolved"]),
                name="opened_and_resolved_once",
            ),
            models.UniqueConstraint(
                fields=["problem", "opening", "actor"],
                condition=models.Q(kind="seen"),
                name="seen_once_a_person",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(passed_on_at=None, kind__in=["opened", "resolved"]),
                name="events_to_pass_on",
            ),
            models.Index(fields=["at"], name="problem_events_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.problem_id}"


class WebhookEndpoint(models.Model):
    """Where a customer's program wants to be told of problems, signed with a secret of its own."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="webhook_endpoints")
    url = models.URLField(max_length=500)
    secret = EncryptedJSONField()
    created_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # removed by a person, or gone by its own word

    objects: ClassVar[models.Manager["WebhookEndpoint"]] = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "url"],
                condition=models.Q(ended_at=None),
                name="one_endpoint_per_address",
            )
        ]

    def __str__(self) -> str:
        return self.url


class Message(models.Model):
    """What is sent about problems: to an endpoint, or as a letter to a person. At least once,
    always under the same id."""

    class Kind(models.TextChoices):
        OPENED = "problem.opened", "A problem opened"
        RESOLVED = "problem.resolved", "A problem is resolved"
        TEST = "test", "Test"
        URGENT = "urgent", "A connection is dead"  # letters
        DIGEST = "digest", "Open problems of a day"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="messages")
    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, null=True, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    event = models.ForeignKey(ProblemEvent, models.SET_NULL, null=True, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    day = models.DateField(null=True)  # of a digest
    body = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True)  # None once it is over
    tries = models.PositiveIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True)  # of the last answer
    problem = models.CharField(max_length=500, blank=True)  # of the last try

    objects: ClassVar[models.Manager["Message"]] = ScopedManager(tenant="tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="told_endpoint_once"),
            models.UniqueConstraint(fields=["user", "event"], name="told_person_once"),
            models.UniqueConstraint(fields=["user", "tenant", "day"], name="one_digest_a_day"),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(next_try_at__isnull=False),
                name="messages_due",
            ),
            models.Index(fields=["tenant", "-created_at", "-id"], name="messages_by_tenant"),
            models.Index(fields=["created_at"], name="messages_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"
