from typing import Any

from rest_framework import serializers

from pleo_connector.api.shapes.base import Shape
from pleo_connector.history.models import Message, Problem, ProblemEvent, Run

Kind = Message.Kind


class ProblemQuery(Shape):
    connection = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=Problem.State.choices, required=False)


class BookingProblemShape(Shape):
    """One cause on one connection, however many entries it keeps from being booked."""

    id = serializers.UUIDField(source="public_id")
    connection = serializers.UUIDField(source="connection.public_id")
    kind = serializers.CharField(help_text="Of the runs that look for it, or `connection`.")
    state = serializers.ChoiceField(choices=Problem.State.choices)
    origin = serializers.ChoiceField(choices=Run.Origin.choices, help_text="Where it is mended.")
    type = serializers.CharField(help_text="Pleo's word for the failure, or ours.")
    subject = serializers.CharField()
    sentence = serializers.CharField()
    fix = serializers.CharField(help_text="A mark of the page that mends it.")
    entries = serializers.SerializerMethodField()
    times = serializers.IntegerField(help_text="Runs that found it.")
    opening = serializers.IntegerField(help_text="Grows each time it comes back.")
    first_seen_at = serializers.DateTimeField()
    opened_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    is_muted_for_good = serializers.BooleanField()
    muted_until = serializers.DateTimeField(allow_null=True)

    def get_entries(self, row: Problem) -> int:
        """How many it keeps from being booked."""
        found: int = self.context["kept"].get(row.pk, 0)
        return found


class EventShape(Shape):
    kind = serializers.ChoiceField(choices=ProblemEvent.Kind.choices)
    opening = serializers.IntegerField()
    at = serializers.DateTimeField()
    by = serializers.SerializerMethodField(help_text="A person's e-mail address.")

    def get_by(self, row: ProblemEvent) -> str:
        return row.actor.email if row.actor else ""


class BookingProblemWithEvents(BookingProblemShape):
    events = serializers.SerializerMethodField()
    accounting_entries = serializers.SerializerMethodField()

    def get_events(self, row: Problem) -> list[dict[str, Any]]:
        """The newest first."""
        return list(EventShape(self.context["events"], many=True).data)

    def get_accounting_entries(self, row: Problem) -> list[str]:
        """Pleo's ids of those it keeps; the first thousand."""
        return [str(x.accounting_entry_id) for x in self.context["entries"]]


class MuteShape(Shape):
    """Until then, or for good, nobody is told of it; `is_muted` false ends that."""

    is_muted = serializers.BooleanField()
    until = serializers.DateTimeField(required=False, allow_null=True, default=None)


class MessageData(Shape):
    """The problem as it was then."""

    id = serializers.UUIDField()
    connection = serializers.UUIDField()
    connection_name = serializers.CharField()
    state = serializers.ChoiceField(choices=Problem.State.choices)
    origin = serializers.ChoiceField(choices=Run.Origin.choices)
    type = serializers.CharField()
    subject = serializers.CharField()
    sentence = serializers.CharField()
    opening = serializers.IntegerField(help_text="Grows each time it comes back.")
    opened_at = serializers.DateTimeField()
    at = serializers.DateTimeField()
    url = serializers.CharField(help_text="The page of the problem.")


class MessageShape(Shape):
    """What a webhook of ours carries."""

    type = serializers.ChoiceField(choices=[Kind.OPENED, Kind.RESOLVED])
    timestamp = serializers.DateTimeField()
    data = MessageData()  # type: ignore[assignment]  # the member is called so
