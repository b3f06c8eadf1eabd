from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from pleo_connector.api.shapes.base import Shape
from pleo_connector.catalog.models import (
    Entity,
    KeptRecord,
    SyncKind,
    SyncPlan,
    SyncPlanItem,
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


class PlanQuery(Shape):
    kind = serializers.ChoiceField(choices=SyncKind.choices, required=False)
    state = serializers.ChoiceField(choices=SyncPlan.State.choices, required=False)


class PlanShape(Shape):
    """What one run changes in Pleo."""

    id = serializers.UUIDField(source="run.public_id", help_text="That of its run.")
    connection = serializers.UUIDField(source="connection.public_id")
    kind = serializers.ChoiceField(choices=SyncKind.choices)
    state = serializers.ChoiceField(choices=SyncPlan.State.choices)
    why = serializers.ChoiceField(
        choices=[("", "It waits for nobody"), *SyncPlan.Why.choices],
        help_text="Why it waits for an approval.",
    )
    dimension = serializers.CharField(source="only", help_text="Where only that one was looked at.")
    planned_at = serializers.DateTimeField()
    decided_at = serializers.DateTimeField(allow_null=True)


class CountShape(Shape):
    entity = serializers.ChoiceField(choices=Entity.choices)
    action = serializers.ChoiceField(choices=SyncPlanItem.Action.choices)
    state = serializers.ChoiceField(choices=SyncPlanItem.State.choices)
    count = serializers.IntegerField()


class PlanWithCounts(PlanShape):
    active = serializers.DictField(
        child=serializers.IntegerField(), help_text="Active records in Pleo before, by entity."
    )
    counts = serializers.SerializerMethodField()

    @extend_schema_field(CountShape(many=True))
    def get_counts(self, row: SyncPlan) -> Any:
        names = ("entity", "action", "state", "count")
        return [
            dict(zip(names, (*key, count), strict=True))
            for key, count in sorted(self.context["counts"].items())
        ]


class ItemQuery(Shape):
    action = serializers.ChoiceField(choices=SyncPlanItem.Action.choices, required=False)
    entity = serializers.ChoiceField(choices=Entity.choices, required=False)
    state = serializers.ChoiceField(choices=SyncPlanItem.State.choices, required=False)
    search = serializers.CharField(
        max_length=200, required=False, help_text="Part of a code or name."
    )


class ItemShape(Shape):
    """One record of a plan, and what became of it."""

    number = serializers.IntegerField(source="position", help_text="Within its plan.")
    action = serializers.ChoiceField(choices=SyncPlanItem.Action.choices)
    entity = serializers.ChoiceField(choices=Entity.choices)
    code = serializers.CharField(source="key")
    name = serializers.CharField()
    old_name = serializers.CharField(help_text="Where it is renamed.")
    dimension = serializers.CharField(source="group", help_text="Of a tag: its dimension's code.")
    reason = serializers.CharField()
    state = serializers.ChoiceField(choices=SyncPlanItem.State.choices)
    problem = serializers.CharField()


class Numbers(serializers.ListField):
    child = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class Seen(Shape):
    planned_at = serializers.DateTimeField(
        required=False,
        help_text="Of the plan as you read it: 409 where it was made anew since.",
    )


class ApproveShape(Seen):
    keep = Numbers(
        required=False,
        max_length=10_000,
        help_text="Numbers of items to keep in Pleo that the plan would archive.",
    )
    keep_all = serializers.BooleanField(
        required=False, help_text="Keep everything that the plan would archive."
    )


class KeepShape(Seen):
    items = Numbers(max_length=10_000, help_text="Numbers of items that the plan would archive.")


class KeptShape(Shape):
    kept = serializers.IntegerField(help_text="How many records stay in Pleo.")


class ArchiveShape(Seen):
    items = Numbers(max_length=10_000, help_text="Numbers of items that are kept so far.")


class ArchivedShape(Shape):
    archived = serializers.IntegerField(help_text="How many records the plan archives after all.")


class KeptQuery(Shape):
    entity = serializers.ChoiceField(choices=Entity.choices, required=False)


class KeptRecordShape(Shape):
    """A record in Pleo that no run archives."""

    number = serializers.IntegerField(source="pk")
    entity = serializers.ChoiceField(choices=Entity.choices)
    code = serializers.CharField(source="key")
    name = serializers.CharField()
    dimension = serializers.CharField(source="group", help_text="Of a tag: its dimension's code.")
    pleo_id = serializers.CharField(help_text="Pleo's id of the record.")
    kept_at = serializers.DateTimeField()
    kept_by = serializers.SerializerMethodField(help_text="Null where a program did it.")

    def get_kept_by(self, row: KeptRecord) -> str | None:
        return row.kept_by.email if row.kept_by else None
