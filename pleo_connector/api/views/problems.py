from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from pleo_connector.api.base import ApiView
from pleo_connector.api.idempotency import idempotent
from pleo_connector.api.paging import Pages
from pleo_connector.api.shapes.problems import (
    BookingProblemShape,
    BookingProblemWithEvents,
    MuteShape,
    ProblemQuery,
)
from pleo_connector.history.models import Problem
from pleo_connector.history.problems import mute, unmute
from pleo_connector.history.queries import events_of, kept_counts, kept_entries
from pleo_connector.tenants.models import ApiScope

MOST = 1000  # entries named in the answer about one problem


class Problems(ApiView):
    needs = {"GET": ApiScope.HISTORY_READ}
    pagination_class = Pages

    @extend_schema(
        operation_id="list_problems",
        parameters=[ProblemQuery],
        responses=BookingProblemShape(many=True),
    )
    def get(self, request: Request) -> Response:
        """Problems, one for each cause and connection. Those first that were first seen last."""
        query = self.read_query(ProblemQuery)
        rows = Problem.objects.select_related("connection")
        if "connection" in query:
            rows = rows.filter(connection=self.connection(query["connection"]))
        if "state" in query:
            rows = rows.filter(state=query["state"])
        page = self.paginate_queryset(rows) or []
        shown = BookingProblemShape(page, many=True, context={"kept": kept_counts(list(page))})
        return self.get_paginated_response(shown.data)


class ProblemView(ApiView):
    """An address below one problem."""

    def problem(self, public_id: UUID) -> Problem:
        rows = Problem.objects.select_related("connection__tenant")
        return get_object_or_404(rows, public_id=public_id)

    def shown(self, problem: Problem) -> Response:
        context = {
            "kept": kept_counts([problem]),
            "events": events_of(problem),
            "entries": kept_entries(problem)[:MOST],
        }
        return Response(BookingProblemWithEvents(problem, context=context).data)


class OneProblem(ProblemView):
    needs = {"GET": ApiScope.HISTORY_READ}

    @extend_schema(operation_id="get_problem", responses=BookingProblemWithEvents)
    def get(self, request: Request, public_id: UUID) -> Response:
        """One problem with its history and the entries that it keeps from being booked."""
        return self.shown(self.problem(public_id))


class Mute(ProblemView):
    needs = {"POST": ApiScope.EXPORTS_WRITE}

    @extend_schema(
        operation_id="mute_problem", request=MuteShape, responses=BookingProblemWithEvents
    )
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Mute a problem, or end that: nobody is told of it any more, or again."""
        said, problem, now = self.read_body(MuteShape), self.problem(public_id), timezone.now()
        until = said["until"]
        if until is not None and until <= now:
            raise ValidationError({"until": ["This moment is past."]})
        if said["is_muted"]:
            mute(problem=problem, actor=self.caller.user, until=until, now=now)
        else:
            unmute(problem=problem, actor=self.caller.user, now=now)
        return self.shown(problem)
