"""Pleo → ERP: jobs, their items, and our record of what was or may have been booked."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django_scopes import ScopedManager

from erp_adapters.errors import Rejected
from erp_adapters.ledger import PostedVoucher, Voucher
from pleo_connector.bookkeeping.codes import PleoCode, code_mark
from pleo_connector.bookkeeping.exchange import booked_base
from pleo_connector.bookkeeping.facts import Facts, facts_to_json
from pleo_connector.bookkeeping.match import Half
from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Run
from pleo_connector.pleo.export_items import ExportItem, to_decimal
from pleo_connector.pleo.export_money import Scale, from_iso_units
from pleo_connector.tenants.models import User


class ExportJob(models.Model):
    """A batch of entries that a bookkeeper chose in Pleo."""

    class Status(models.TextChoices):  # Pleo's words
        PENDING = "pending", "Waiting to start"
        IN_PROGRESS = "in_progress", "Being booked"
        COMPLETED = "completed", "Completed"
        COMPLETED_WITH_ERRORS = "completed_with_errors", "Completed with errors"
        FAILED = "failed", "Failed"

    UNFINISHED = (Status.PENDING, Status.IN_PROGRESS)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="export_jobs")
    run = models.OneToOneField(Run, models.CASCADE, related_name="export_job")
    pleo_job_id = models.UUIDField()
    status = models.CharField(max_length=30, choices=Status.choices, default=Status.PENDING)
    number_of_items = models.PositiveIntegerField()
    with_vendors = models.BooleanField(default=False)  # vendorBasedBookkeeping
    failure_type = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField()  # at Pleo
    tell_again_at = models.DateTimeField(null=True)  # since then its results are to be told anew

    objects: ClassVar[models.Manager["ExportJob"]] = ScopedManager(tenant="connection__tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "pleo_job_id"], name="one_row_per_job")
        ]
        indexes = [
            models.Index(
                fields=["connection"],
                condition=models.Q(tell_again_at__isnull=False),
                name="jobs_to_tell_again",
            )
        ]

    def __str__(self) -> str:
        return f"Export job {self.pleo_job_id}"


class ExportJobItem(models.Model):
    """The progress of one accounting entry in one job."""

    class Status(models.TextChoices):  # Pleo's words
        PENDING = "pending", "Waiting"
        SUCCESSFUL = "successful", "Booked"
        FAILED = "failed", "Could not be booked"
        ABANDONED = "abandoned", "Not reported"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    job = models.ForeignKey(ExportJob, models.CASCADE, related_name="items")
    accounting_entry_id = models.UUIDField(db_index=True)
    position = models.PositiveIntegerField()
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    reported_at = models.DateTimeField(null=True)  # when Pleo took the result
    booked_before = models.BooleanField(default=False)  # by an earlier job
    failure_type = models.CharField(max_length=60, blank=True)
    failure_reason = models.TextField(blank=True)
    fix = models.CharField(max_length=30, blank=True)  # the page that mends it
    subject = models.CharField(max_length=200, blank=True)  # what entries of one cause share

    # What a person needs to recognise the entry; the rest stays in Pleo.
    entry_type = models.CharField(max_length=40, blank=True)
    entry_date = models.DateField(null=True)
    who = models.CharField(max_length=200, blank=True)  # supplier
    person = models.CharField(max_length=200, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    amount = models.DecimalField(max_digits=20, decimal_places=3, null=True)
    pleo_url = models.URLField(max_length=500, blank=True)

    # What the mapping looks at, so that a rule can be tried on it and a gap knows who waits.
    facts = models.JSONField(null=True)  # bookkeeping.Facts of each line
    codes = ArrayField(models.CharField(max_length=220), null=True)  # as `code_mark` writes them

    objects: ClassVar[models.Manager["ExportJobItem"]] = ScopedManager(
        tenant="job__connection__tenant"
    )

    # What the engine decides; `reported_at` is written apart, when Pleo took the result.
    PLANNED_FIELDS = [
        "status",
        "booked_before",
        "failure_type",
        "failure_reason",
        "fix",
        "subject",
        "entry_type",
        "entry_date",
        "who",
        "person",
        "currency",
        "amount",
        "pleo_url",
        "facts",
        "codes",
    ]

    class Meta:
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(
                fields=["job", "accounting_entry_id"], name="one_row_per_job_item"
            )
        ]

    def __str__(self) -> str:
        return f"Entry {self.accounting_entry_id}"

    @property
    def is_unreported(self) -> bool:
        final = (self.Status.SUCCESSFUL, self.Status.FAILED)
        return self.reported_at is None and self.status in final

    def describe(self, payload: ExportItem, *, scale: Scale = "iso") -> None:
        """What a person recognises the entry by; `scale` is that of the mapping."""
        money = payload.amount.in_wallet_currency
        self.entry_type = payload.type[:40]
        self.entry_date = payload.date.date()
        self.who = ((payload.supplier.name if payload.supplier else "") or "")[:200]
        self.person = ((payload.user.name if payload.user else "") or "")[:200]
        self.currency, self.amount = money.currency[:3], to_decimal(money, scale)
        link = payload.web_link or ""
        self.pleo_url = link if len(link) <= 500 else ""  # a part of it would lead nowhere

    def note_facts(self, facts: Iterable[Facts], codes: Iterable[PleoCode]) -> None:
        self.facts = [facts_to_json(x) for x in facts]
        self.codes = [code_mark(x.kind, x.key) for x in codes]

    def book(self, *, before: bool) -> None:
        self.status, self.booked_before = self.Status.SUCCESSFUL, before
        self.failure_type = self.failure_reason = self.fix = self.subject = ""

    def refuse(self, failure_type: str, sentence: str, *, fix: str, subject: str = "") -> None:
        self.status = self.Status.FAILED
        self.failure_type, self.failure_reason = failure_type, sentence
        self.fix, self.subject = fix, (subject or sentence)[:200]


class Posting(models.Model):
    """Our record that a voucher of an entry was, or may have been, booked. The exactly-once row."""

    class State(models.TextChoices):
        INTENT = "intent", "About to be booked"
        UNCERTAIN = "uncertain", "Checking in the ERP"
        ASKED = "asked", "For a person to look up"
        POSTED = "posted", "Booked"
        REJECTED = "rejected", "Refused by the ERP"
        VOID = "void", "Not booked"  # looked up and not found
        REVERSING = "reversing", "Being reversed"  # a person asked for it
        REVERSED = "reversed", "Reversed"  # its entry is booked again only if a person says so
        RETIRED = "retired", "Reversed, and free to be booked again"  # kept as it was

    class Match(models.TextChoices):
        """How far it is matched with what it pays, or with what pays it."""

        NONE = "", "Nothing to match"
        NEW = "new", "Not looked at yet"
        OPEN = "open", "Its counterpart is not booked here yet"
        DUE = "due", "The accounting system is about to be told"
        MATCHED = "matched", "Matched"
        LEFT_OPEN = "left_open", "For a person to match"

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="postings")
    accounting_entry_id = models.UUIDField()
    part = models.PositiveSmallIntegerField(default=0)  # a bill and its payment are two parts
    job = models.ForeignKey(ExportJob, models.CASCADE, related_name="postings")  # that books it
    reference = models.CharField(max_length=100)
    state = models.CharField(max_length=20, choices=State.choices, default=State.INTENT)
    voucher = models.JSONField()  # what was sent, for the entry page
    voucher_hash = models.CharField(max_length=64)
    fence = models.BigIntegerField()
    intended_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)
    erp_id = models.CharField(max_length=100, blank=True)
    number = models.CharField(max_length=100, blank=True)
    url = models.CharField(max_length=500, blank=True)
    is_final = models.BooleanField(default=False)
    posting_date = models.DateField(null=True)  # in the ERP
    is_by_hand = models.BooleanField(default=False)  # a person booked it, and nothing was sent
    reversing_at = models.DateTimeField(null=True)  # committed before the ERP is called
    reversed_at = models.DateTimeField(null=True)
    reversal_number = models.CharField(max_length=100, blank=True)
    reversal_url = models.CharField(max_length=500, blank=True)
    note = models.CharField(max_length=500, blank=True)  # why a person booked or reversed it
    noted_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    attaching_at = models.DateTimeField(null=True)  # until then no file was ever sent to it

    match = models.CharField(max_length=20, choices=Match.choices, default=Match.NONE, blank=True)
    match_role = models.CharField(max_length=20, blank=True)  # bookkeeping.match.HalfRole
    # Hashes of the keys under which it is found, or for which it looks, best first.
    match_keys = ArrayField(models.CharField(max_length=32), null=True)
    match_currency = models.CharField(max_length=3, blank=True)
    match_units = models.BigIntegerField(default=0)  # its effect on what the two share
    pays = ArrayField(models.CharField(max_length=100), default=list)  # references
    # What a bill stands at on its payable account, in the company's currency, as the ERP booked it.
    owed = models.DecimalField(max_digits=20, decimal_places=4, null=True)

    objects: ClassVar[models.Manager["Posting"]] = ScopedManager(tenant="connection__tenant")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "accounting_entry_id", "part"], name="booked_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["connection"],
                condition=models.Q(state__in=["intent", "uncertain", "asked"]),
                name="postings_in_doubt",
            ),
            models.Index(
                fields=["connection"],
                condition=models.Q(state="reversing"),
                name="postings_to_reverse",
            ),
            models.Index(fields=["connection", "reference"], name="postings_by_reference"),
            models.Index(
                fields=["connection"],
                condition=models.Q(match__in=["new", "due"]),
                name="postings_to_match",
            ),
            GinIndex(
                fields=["match_keys"],
                condition=models.Q(match_keys__isnull=False),
                name="postings_by_match_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference}: {self.state}"

    def settle(self, result: PostedVoucher | Rejected | None, *, now: datetime) -> None:
        """The outcome is known: booked, refused, or (None) looked up and not there."""
        self.settled_at = now
        if isinstance(result, PostedVoucher):
            self.state = self.State.POSTED
            self.erp_id, self.number, self.url = result.id, result.number, result.url
            self.is_final, self.posting_date = result.is_final, result.posting_date
        else:
            self.state = self.State.VOID if result is None else self.State.REJECTED

    def offer(self, half: Half, *, can_match: bool) -> None:
        """What it is in a match; looked at once it is booked, where the ERP takes matches."""
        self.match = self.Match.NEW if can_match else self.Match.NONE
        self.match_role, self.match_keys = half.role, list(half.keys)
        self.match_currency, self.match_units = half.currency[:3], half.units

    def note_owed(self, sent: Voucher, posted: PostedVoucher, company_currency: str) -> None:
        """Of a bill in what its supplier charged, which a payment in another currency settles."""
        if self.match_role == "bill" and self.match_units and self.match_currency == sent.currency:
            owed = from_iso_units(abs(self.match_units), sent.currency)
            self.owed = booked_base(owed, sent, posted, company_currency)


class AttachmentUpload(models.Model):
    """One receipt of a posted entry on its way into the ERP."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", "Attached"
        FAILED = "failed", "Could not be attached"

    posting = models.ForeignKey(Posting, models.CASCADE, related_name="attachments")
    number = models.PositiveSmallIntegerField()  # in Pleo's order from 1; 0 for all in one file
    name = models.CharField(max_length=200)  # in the ERP
    state = models.CharField(max_length=20, choices=State.choices)
    failure_type = models.CharField(max_length=60, blank=True)  # Pleo's word
    problem = models.CharField(max_length=500, blank=True)
    size = models.PositiveIntegerField(default=0)  # bytes
    tries = models.PositiveSmallIntegerField(default=0)
    changed_at = models.DateTimeField()

    objects: ClassVar[models.Manager["AttachmentUpload"]] = ScopedManager(
        tenant="posting__connection__tenant"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["posting", "number"], name="one_upload_per_file")
        ]

    def __str__(self) -> str:
        return self.name
