from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from pleo_connector.api.shapes.base import Shape
from pleo_connector.catalog.models import (
    SyncKind,
    SyncPlan,
    SyncSchedule,
    TaxKind,
)
from pleo_connector.catalog.selection import MOST

HOURS = [(hours, str(hours)) for hours in SyncSchedule.HOURS]


class ScheduleShape(Shape):
    """One kind that is kept in step."""

    kind = serializers.ChoiceField(choices=SyncKind.choices)
    hours = serializers.ChoiceField(choices=HOURS, help_text="Between two runs.")
    is_paused = serializers.BooleanField()
    next_run_at = serializers.DateTimeField(allow_null=True)
    compared_at = serializers.DateTimeField(
        allow_null=True, help_text="When all was last compared and came out equal."
    )
    problem = serializers.CharField(help_text="What has to be mended; empty while it works.")
    missing_permission = serializers.CharField(help_text="At Pleo; reconnect to give it.")
    waiting_plan = serializers.SerializerMethodField(
        help_text="The plan that waits for an approval, if one does."
    )

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_waiting_plan(self, row: SyncSchedule) -> Any:
        plan = self.context["plans"].get(row.kind)
        is_waiting = plan is not None and plan.state == SyncPlan.State.WAITING
        return plan.run.public_id if is_waiting else None


class SyncsShape(Shape):
    archive_limit = serializers.IntegerField(
        help_text="A run that would archive a larger share, in percent, waits for an approval."
    )
    dimensions = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="Codes of the dimensions that are tag groups; null until the first run.",
    )
    schedules = ScheduleShape(many=True, help_text="Empty until the connection went live.")


class SyncsChange(Shape):
    archive_limit = serializers.IntegerField(
        min_value=0,
        max_value=100,
        help_text="A run that would archive a larger share, in percent, waits for an approval.",
    )


class ErpDimensionShape(Shape):
    """One dimension of the accounting system."""

    code = serializers.CharField()
    name = serializers.CharField()
    is_active = serializers.BooleanField(help_text="In the accounting system; else not to choose.")
    is_chosen = serializers.BooleanField(help_text="It is a tag group in Pleo.")


class DimensionsShape(Shape):
    read_at = serializers.DateTimeField(allow_null=True, help_text="Null before the first look.")
    dimensions = ErpDimensionShape(many=True)


class NewDimensions(Shape):
    dimensions = serializers.ListField(
        child=serializers.CharField(max_length=200),
        max_length=MOST,
        help_text="Codes of active dimensions, ignoring case.",
    )


class TaxKindShape(Shape):
    """One tax code of the accounting system."""

    code = serializers.CharField()
    name = serializers.CharField()
    rate = serializers.CharField(help_text="A decimal fraction: 0.25 is 25 %.")
    kind = serializers.ChoiceField(
        choices=[("", "Not chosen"), *TaxKind.choices],
        help_text="As chosen. Else it keeps the kind that Pleo has, and a new one is `inclusive`.",
    )


class TaxKindsShape(Shape):
    tax_codes = TaxKindShape(many=True, help_text="Active ones, as last read.")


class NewTaxKinds(Shape):
    kinds = serializers.DictField(
        child=serializers.ChoiceField(choices=TaxKind.choices, allow_blank=True),
        help_text="By code, ignoring case; empty takes a choice back. Others stay as they are.",
    )


class UnusedAccountShape(Shape):
    id = serializers.CharField(help_text="The accounting system's permanent one.")
    code = serializers.CharField()
    name = serializers.CharField()


class AccountUseShape(Shape):
    asked_at = serializers.DateTimeField(allow_null=True, help_text="Null where Pleo never was.")
    unused = UnusedAccountShape(many=True, help_text="Usable accounts that no category names.")


class ScheduleChange(Shape):
    hours = serializers.ChoiceField(choices=HOURS, required=False)
    is_paused = serializers.BooleanField(required=False)


class SyncNowShape(Shape):
    """Everything, one kind, or of the tags one dimension."""

    kind = serializers.ChoiceField(choices=SyncKind.choices, required=False)
    dimension = serializers.CharField(
        max_length=200, required=False, help_text="The code of a dimension; with kind tags only."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "dimension" in attrs and attrs.get("kind") != SyncKind.TAGS:
            raise serializers.ValidationError({"dimension": "Name it with the kind tags only."})
        return attrs
