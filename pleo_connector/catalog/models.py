"""ERP master data as it was last read, and how Pleo's copies of it are kept in step."""

from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_scopes import ScopedManager

from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Run
from pleo_connector.history.retention import KINDS, keep, without
from pleo_connector.history.retention import Kind as KeptKind


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


class SyncKind(models.TextChoices):
    """What is kept in step by itself: one run is of one kind, and its `Run.kind` is this."""

    TAX_CODES = "tax_codes", _("Tax codes")
    ACCOUNTS = "accounts", _("Accounts")
    TAGS = "tags", _("Tags")
    VENDORS = "vendors", _("Vendors")


class Entity(models.TextChoices):
    """A kind of record at Pleo."""

    TAG_GROUP = "tag_group", _("Tag group")
    TAG = "tag", _("Tag")
    ACCOUNT = "account", _("Account")
    TAX_CODE = "tax_code", _("Tax code")
    VENDOR = "vendor", _("Vendor")


class TaxKind(models.TextChoices):
    """How a tax code works at Pleo, in its words. `exclusive` is none that it supports."""

    INCLUSIVE = "inclusive", _("The amount includes the tax")
    REVERSE = "reverse", _("Reverse charge")


class SyncSettings(models.Model):
    """What a person chose for all syncs of a connection."""

    connection = models.OneToOneField(Connection, models.CASCADE, related_name="sync_settings")
    # A run that would archive a larger share of Pleo's active records, in percent, is shown first.
    archive_limit = models.PositiveSmallIntegerField(
        default=20, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    # Codes of ERP dimensions, at most five; None until the first run has chosen by itself.
    dimensions = models.JSONField(null=True)
    # Codes that a person took off: their groups are archived without being asked about again.
    taken_off = models.JSONField(default=list)
    # `TaxKind` by folded code, where a person chose one: no ERP's list of tax codes tells it.
    tax_kinds = models.JSONField(default=dict)
    # Calls for many records at once that Pleo does not allow us, with the time it said so.
    refused_calls = models.JSONField(default=dict)
    # External ids of active accounts at Pleo that no category uses, as Pleo said when it was asked.
    unused_accounts = models.JSONField(null=True)
    unused_asked_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["SyncSettings"]] = ScopedManager(tenant="connection__tenant")

    def __str__(self) -> str:
        return f"Sync settings of {self.connection_id}"


class SyncSchedule(models.Model):
    """When one kind is looked at next, and what is known since the last look."""

    HOURS = (1, 12, 24)

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="sync_schedules")
    kind = models.CharField(max_length=20, choices=SyncKind.choices)
    hours = models.PositiveSmallIntegerField(default=24)
    is_paused = models.BooleanField(default=False)
    next_run_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)  # to a worker; a lost message is sent again
    asked_at = models.DateTimeField(null=True)  # by a person or a notification: look at everything
    only = models.CharField(max_length=200, blank=True)  # the one dimension that was asked for
    approved_at = models.DateTimeField(null=True)  # when a person first let a plan through

    # An ERP that has not changed since needs no look at Pleo, until the next full compare.
    fingerprint = models.CharField(max_length=64, blank=True)
    turns_on = models.DateField(null=True)  # when a record begins or ends by its own dates
    compared_at = models.DateTimeField(null=True)  # when all was compared and came out equal

    # What a person has to mend before this kind can go on; empty while it works.
    problem = models.CharField(max_length=500, blank=True)
    missing_permission = models.CharField(max_length=100, blank=True)  # at Pleo; reconnect

    objects: ClassVar[models.Manager["SyncSchedule"]] = ScopedManager(tenant="connection__tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "kind"], name="one_schedule_per_kind")
        ]
        indexes = [
            models.Index(
                fields=["next_run_at"], condition=Q(is_paused=False), name="schedules_by_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.connection_id}"

    def is_due(self, now: datetime) -> bool:
        return not self.is_paused and self.next_run_at is not None and self.next_run_at <= now


class SyncPlan(models.Model):
    """What one run changes at Pleo, computed before it changes anything."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for your approval")
        APPROVED = "approved", _("Approved")
        APPLYING = "applying", _("Being applied")
        OVER = "over", _("Applied")

    class Why(models.TextChoices):
        """It waits for a person."""

        FIRST = "first", _("This is the first run, so nothing is changed before you have seen it.")
        MANY = "many", _("It would archive more than the share that you allow.")
        STRANGE = (
            "strange",
            _("It would archive a tag group of which the accounting system has no dimension."),
        )

    OPEN = (State.WAITING, State.APPROVED, State.APPLYING)

    run = models.OneToOneField(Run, models.CASCADE, related_name="sync_plan")
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="sync_plans")
    kind = models.CharField(max_length=20, choices=SyncKind.choices)
    state = models.CharField(max_length=20, choices=State.choices, default=State.APPLYING)
    why = models.CharField(max_length=20, choices=Why.choices, blank=True)
    only = models.CharField(max_length=200, blank=True)  # one dimension's code, where only it
    active = models.JSONField(default=dict)  # records that were active at Pleo, by entity
    # Of the ERP's records as they were compared; of the schedule, once all is applied.
    fingerprint = models.CharField(max_length=64, blank=True)
    turns_on = models.DateField(null=True)
    is_whole = models.BooleanField(default=True)  # all that was found different is in it
    planned_at = models.DateTimeField()
    touched_at = models.DateTimeField()  # by a worker
    rounds = models.PositiveSmallIntegerField(default=0)  # compared again after a contradiction
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["SyncPlan"]] = ScopedManager(tenant="connection__tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind"],
                condition=~Q(state="over"),
                name="one_open_plan_per_kind",
            )
        ]
        indexes = [models.Index(fields=["planned_at"], name="plans_by_age")]

    def __str__(self) -> str:
        return f"{self.kind} plan of {self.connection_id}"


class SyncPlanItem(models.Model):
    """One record that is changed, and what became of it."""

    class Action(models.TextChoices):
        CREATE = "create", _("Create")
        UPDATE = "update", _("Rename or change")
        UNARCHIVE = "unarchive", _("Bring back")
        ARCHIVE = "archive", _("Archive")
        ADOPT = "adopt", _("Create in the accounting system")  # a vendor that was born in Pleo
        NONE = "none", _("Leave out")  # the ERP's record cannot be shown in Pleo; see `problem`

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        SENT = "sent", _("Sent")  # what became of it is looked up, never repeated blindly
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        KEPT = "kept", _("Kept")  # a person chose not to archive it
        DROPPED = "dropped", _("Not needed any more")

    OPEN = (State.PLANNED, State.SENT)

    plan = models.ForeignKey(SyncPlan, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()  # in which it is applied
    action = models.CharField(max_length=20, choices=Action.choices)
    entity = models.CharField(max_length=20, choices=Entity.choices)
    key = models.TextField()  # code; of an account its external id
    name = models.TextField()
    old_name = models.TextField(blank=True)  # where it is renamed
    group = models.TextField(blank=True)  # of a tag: the dimension's code
    group_id = models.CharField(max_length=100, blank=True)  # its group at Pleo, where there is one
    pleo_id = models.CharField(max_length=100, blank=True)  # empty until it is created
    more: Any = models.JSONField(default=dict)  # what else is sent
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=20, choices=State.choices, default=State.PLANNED)
    problem = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager["SyncPlanItem"]] = ScopedManager(
        tenant="plan__connection__tenant"
    )

    class Meta:
        indexes = [models.Index(fields=["plan", "state", "position"], name="items_in_order")]

    def __str__(self) -> str:
        return f"{self.action} {self.entity} {self.key}"


class KeptRecord(models.Model):
    """A record at Pleo that no run archives, because a person said so."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="kept_records")
    entity = models.CharField(max_length=20, choices=Entity.choices)
    pleo_id = models.CharField(max_length=100)
    key = models.TextField()
    name = models.TextField()
    group = models.TextField(blank=True)
    kept_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    kept_at = models.DateTimeField()

    objects: ClassVar[models.Manager["KeptRecord"]] = ScopedManager(tenant="connection__tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "entity", "pleo_id"], name="kept_once")
        ]

    def __str__(self) -> str:
        return f"{self.entity} {self.key}"


_over = Q(plan__state=SyncPlan.State.OVER)
keep(KeptKind("plan items", SyncPlanItem, "plan__planned_at", "KEEP_PLANS_DAYS", lambda: _over))
keep(
    KeptKind(
        "plans",
        SyncPlan,
        "planned_at",
        "KEEP_PLANS_DAYS",
        lambda: Q(state=SyncPlan.State.OVER) & without(SyncPlanItem, "plan"),
    )
)
_runs = KINDS["runs"]
keep(replace(_runs, unless=lambda: _runs.unless() & without(SyncPlan, "run")))
