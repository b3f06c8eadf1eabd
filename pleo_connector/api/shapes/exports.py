from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from pleo_connector.api.shapes.base import Money, Shape
from pleo_connector.exports.models import AttachmentUpload, ExportJob, ExportJobItem, Posting
from pleo_connector.exports.shown import Counts
from pleo_connector.pleo.export_money import minor_units


class JobQuery(Shape):
    connection = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=ExportJob.Status.choices, required=False)


class CountsShape(Shape):
    """Entries by what became of them."""

    total = serializers.IntegerField()
    booked = serializers.IntegerField()
    failed = serializers.IntegerField()
    waiting = serializers.IntegerField()
    not_reported = serializers.IntegerField()
    booked_before = serializers.IntegerField(help_text="Of those booked, by an earlier export.")


class JobShape(Shape):
    id = serializers.UUIDField(source="public_id")
    connection = serializers.UUIDField(source="connection.public_id")
    run = serializers.UUIDField(source="run.public_id")
    pleo_job_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=ExportJob.Status.choices)
    headline = serializers.CharField(source="run.headline")
    failure_type = serializers.CharField()
    entries = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField(help_text="At Pleo.")

    @extend_schema_field(CountsShape)
    def get_entries(self, row: ExportJob) -> Any:
        counts: Counts = self.context["counts"][row.pk]
        return CountsShape(counts).data


class EntryQuery(Shape):
    status = serializers.ChoiceField(choices=ExportJobItem.Status.choices, required=False)


class Failure(Shape):
    type = serializers.CharField(source="failure_type", help_text="Pleo's word.")
    sentence = serializers.CharField(source="failure_reason")
    fix = serializers.CharField(help_text="What mends it, such as `accounts` or `pleo`.")


class EntryShape(Shape):
    """One accounting entry in one export."""

    id = serializers.UUIDField(source="public_id")
    accounting_entry_id = serializers.UUIDField(help_text="Pleo's.")
    status = serializers.ChoiceField(choices=ExportJobItem.Status.choices)
    booked_before = serializers.BooleanField(help_text="By an earlier export.")
    failure = serializers.SerializerMethodField()
    reported_at = serializers.DateTimeField(allow_null=True, help_text="To Pleo.")
    type = serializers.CharField(source="entry_type")
    date = serializers.DateField(source="entry_date", allow_null=True)
    supplier = serializers.CharField(source="who")
    person = serializers.CharField()
    currency = serializers.CharField()
    amount = serializers.SerializerMethodField()
    pleo_url = serializers.CharField()

    @extend_schema_field(Failure(allow_null=True))
    def get_failure(self, row: ExportJobItem) -> Any:
        return Failure(row).data if row.failure_type else None

    @extend_schema_field(Money(allow_null=True))
    def get_amount(self, row: ExportJobItem) -> str | None:
        """With as many decimals as the currency has."""
        if row.amount is None:
            return None
        return f"{row.amount:.{minor_units(row.currency)}f}"


class LineTaxShape(Shape):
    code = serializers.CharField()
    role = serializers.CharField()
    tax_amount = Money()
    base_amount = Money()


class DimensionShape(Shape):
    dimension = serializers.CharField()
    value = serializers.CharField()


class LineShape(Shape):
    """A debit or a credit, and why it is there."""

    account = serializers.CharField()
    debit = Money()
    credit = Money()
    text = serializers.CharField()
    because = serializers.CharField()
    vendor = serializers.CharField(allow_null=True)
    tax = LineTaxShape(allow_null=True)
    dimensions = DimensionShape(many=True)


class VoucherShape(Shape):
    """A document as it is sent to the accounting system."""

    reference = serializers.CharField()
    kind = serializers.CharField()
    posting_date = serializers.DateField()
    currency = serializers.CharField()
    text = serializers.CharField()
    vendor = serializers.CharField(allow_null=True)
    document_number = serializers.CharField(help_text="The supplier's invoice number.")
    is_final = serializers.BooleanField()
    lines = LineShape(many=True)


class ReceiptShape(Shape):
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=AttachmentUpload.State.choices)
    problem = serializers.CharField()


class PostingShape(Shape):
    """Our record that a voucher of the entry was, or may have been, booked."""

    reference = serializers.CharField()
    part = serializers.IntegerField(help_text="A bill and its payment are two parts.")
    state = serializers.ChoiceField(choices=Posting.State.choices)
    erp_id = serializers.CharField()
    number = serializers.CharField()
    url = serializers.CharField()
    is_final = serializers.BooleanField()
    posting_date = serializers.DateField(allow_null=True)
    is_by_hand = serializers.BooleanField(help_text="A person booked it; nothing was sent.")
    reversed_at = serializers.DateTimeField(allow_null=True)
    reversal_number = serializers.CharField(help_text="Of the mirror image, where it was reversed.")
    note = serializers.CharField(help_text="Why a person booked or reversed it.")
    intended_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)
    voucher = serializers.SerializerMethodField()
    receipts = ReceiptShape(source="attachments.all", many=True)

    @extend_schema_field(VoucherShape)
    def get_voucher(self, row: Posting) -> Any:
        return voucher_data(row.voucher)


class DecisionShape(Shape):
    """A choice that was made without a person."""

    kind = serializers.CharField()
    sentence = serializers.CharField()


class EntryWithPostings(EntryShape):
    job = serializers.UUIDField(source="job.public_id")
    postings = serializers.SerializerMethodField()
    decisions = serializers.SerializerMethodField()

    @extend_schema_field(PostingShape(many=True))
    def get_postings(self, row: ExportJobItem) -> Any:
        return PostingShape(self.context["postings"], many=True).data

    @extend_schema_field(DecisionShape(many=True))
    def get_decisions(self, row: ExportJobItem) -> Any:
        return DecisionShape(self.context["decisions"], many=True).data


class ReasonShape(Shape):
    type = serializers.CharField(help_text="Pleo's word.")
    sentence = serializers.CharField()
    fix = serializers.CharField()
    subject = serializers.CharField()


class PreviewedShape(Shape):
    accounting_entry_id = serializers.CharField()
    is_booked = serializers.BooleanField(
        help_text="By an earlier export: it would only be reported."
    )
    vouchers = VoucherShape(many=True)
    decisions = DecisionShape(many=True)
    reasons = ReasonShape(many=True, help_text="Why it could not be booked; all of them.")


class PreviewShape(Shape):
    """What would be booked from the oldest export that waits in Pleo."""

    pleo_job_id = serializers.UUIDField(allow_null=True, help_text="Null where none waits.")
    entries = PreviewedShape(many=True)


class ExportedAgain(Shape):
    entries = serializers.IntegerField(help_text="How many are exported again.")


class AttachedAgain(Shape):
    receipts = serializers.IntegerField(help_text="How many are tried again.")


class Looking(Shape):
    state = serializers.ChoiceField(choices=["asked"])


class AnswerShape(Shape):
    """What a person found in the accounting system."""

    reference = serializers.CharField(max_length=100, help_text="Of the posting in doubt.")
    is_booked = serializers.BooleanField()
    number = serializers.CharField(
        max_length=100,
        required=False,
        default="",
        allow_blank=True,
        help_text="Where it is booked.",
    )


_ADDED_LATER = {"kind": "journal", "text": "", "vendor": None, "document_number": ""}


def voucher_data(stored: dict[str, Any]) -> dict[str, Any]:
    """A stored voucher in its shape; what later versions added is left out."""
    lines = [
        line | {"dimensions": [{"dimension": x, "value": y} for x, y in line.get("dimensions", ())]}
        for line in stored["lines"]
    ]
    return VoucherShape(_ADDED_LATER | stored | {"lines": lines}).data
