"""manage.py fold_days [--since 2026-03-01]: make the days of charts anew from the runs.

For the night after a backup was restored or runs were deleted by hand. Safe to repeat.
"""

from datetime import UTC, date
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db.models.functions import TruncDate
from django_scopes import scopes_disabled

from pleo_connector.connections.models import Connection
from pleo_connector.history.actions import fold_day
from pleo_connector.history.models import Run


class Command(BaseCommand):
    help = "Make the days of charts anew from the runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--since", type=date.fromisoformat, help="the first day, in UTC")

    def handle(self, *args: Any, since: date | None, **options: Any) -> None:
        with scopes_disabled():
            days = (
                Run.objects.exclude(finished_at=None)
                .annotate(day=TruncDate("finished_at", tzinfo=UTC))
                .values_list("connection_id", "kind", "day")
                .distinct()
                .order_by("day", "connection_id", "kind")
            )
            found = list(days.filter(day__gte=since) if since else days)
            connections = Connection.objects.in_bulk({row[0] for row in found})
            for connection_id, kind, day in found:
                fold_day(connections[connection_id], kind=kind, day=day)
        self.stdout.write(f"{len(found)} days folded.")
