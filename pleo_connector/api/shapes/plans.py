"""Plans of a sync and what is kept, as programs read and decide them."""

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
)


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
