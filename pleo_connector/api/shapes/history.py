from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from pleo_connector.api.shapes.base import Shape
from pleo_connector.history.models import Run


class RunQuery(Shape):
    connection = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=Run.State.choices, required=False)


class RunShape(Shape):
    id = serializers.UUIDField(source="public_id")
    connection = serializers.UUIDField(source="connection.public_id")
    kind = serializers.CharField()
    state = serializers.ChoiceField(choices=Run.State.choices)
    headline = serializers.CharField(help_text="The reason, where it did not go well.")
    origin = serializers.ChoiceField(
        choices=Run.Origin.choices, help_text="Where it has to be mended; empty: nothing failed."
    )
    total = serializers.IntegerField(help_text="Entries, or records of a sync.")
    succeeded = serializers.IntegerField()
    failed = serializers.IntegerField()
    calls = serializers.IntegerField(help_text="To both sides, counted when the run ends.")
    waits = serializers.IntegerField(help_text="Pauses in a row; progress sets it back to 0.")
    limit_waits = serializers.IntegerField(help_text="Pauses that a rate limit asked for.")
    limit_seconds = serializers.IntegerField(help_text="How long these were together.")
    waiting_for = serializers.CharField()
    waiting_until = serializers.DateTimeField(allow_null=True)
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)


class AttemptShape(Shape):
    """One worker's try. One without an end belongs to a worker that died."""

    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField()


class RunWithAttempts(RunShape):
    attempts = serializers.SerializerMethodField()

    @extend_schema_field(AttemptShape(many=True))
    def get_attempts(self, row: Run) -> Any:
        return AttemptShape(self.context["attempts"], many=True).data


class CallShape(Shape):
    """One call to Pleo or the accounting system. One without a status never came back to us."""

    id = serializers.UUIDField(source="correlation_id")
    system = serializers.ChoiceField(choices=["pleo", "erp"])
    method = serializers.CharField()
    template = serializers.CharField()
    is_write = serializers.BooleanField()
    began_at = serializers.DateTimeField()
    status = serializers.IntegerField(allow_null=True)
    duration_ms = serializers.IntegerField(allow_null=True)
    excerpt = serializers.CharField(help_text="Of a refusal, without secrets.")
