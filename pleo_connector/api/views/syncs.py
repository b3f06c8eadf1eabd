from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from pleo_connector.api.base import ApiView
from pleo_connector.api.idempotency import idempotent
from pleo_connector.api.problems import Conflict
from pleo_connector.api.shapes.base import Empty
from pleo_connector.api.shapes.exports import Looking
from pleo_connector.api.shapes.syncs import (
    ScheduleChange,
    SyncNowShape,
    SyncsChange,
    SyncsShape,
)
from pleo_connector.catalog import decisions
from pleo_connector.catalog.keeping import NotPossible
from pleo_connector.catalog.models import SyncKind
from pleo_connector.catalog.queries import (
    latest_plans,
    schedules_of,
    sync_settings,
)
from pleo_connector.connections.models import Connection
from pleo_connector.tenants.models import ApiScope


class SyncsView(ApiView):
    def shown(self, connection: Connection) -> Response:
        chosen = sync_settings(connection)
        row = {
            "archive_limit": chosen.archive_limit,
            "dimensions": chosen.dimensions,
            "schedules": schedules_of(connection),
        }
        context = {"plans": latest_plans(connection)}
        return Response(SyncsShape(row, context=context).data)


class Syncs(SyncsView):
    needs = {"GET": ApiScope.SYNC_READ, "PUT": ApiScope.SYNC_WRITE}

    @extend_schema(operation_id="get_syncs", responses=SyncsShape)
    def get(self, request: Request, public_id: UUID) -> Response:
        """Which records are kept in step, when, and what keeps them from it."""
        self.read_query(Empty)
        return self.shown(self.connection(public_id))

    @extend_schema(operation_id="change_syncs", request=SyncsChange, responses=SyncsShape)
    def put(self, request: Request, public_id: UUID) -> Response:
        """Choose from which share on a run that archives waits for an approval.

        It counts from the next run on.
        """
        connection = self.connection(public_id)
        percent = self.read_body(SyncsChange)["archive_limit"]
        decisions.set_archive_limit(connection=connection, percent=percent, actor=self.caller.user)
        return self.shown(connection)


class OneSchedule(SyncsView):
    needs = {"PUT": ApiScope.SYNC_WRITE}

    @extend_schema(
        operation_id="change_schedule",
        parameters=[OpenApiParameter("kind", str, "path", enum=SyncKind.values)],
        request=ScheduleChange,
        responses=SyncsShape,
    )
    def put(self, request: Request, public_id: UUID, kind: str) -> Response:
        """Choose how often one kind is looked at, or pause it. Resuming looks at once."""
        connection = self.connection(public_id)
        if kind not in {row.kind for row in schedules_of(connection)}:
            raise Http404
        change = self.read_body(ScheduleChange)
        actor, now = self.caller.user, timezone.now()
        with transaction.atomic():
            if "hours" in change:
                decisions.set_interval(
                    connection=connection, kind=kind, hours=change["hours"], actor=actor, now=now
                )
            if change.get("is_paused") is True:
                decisions.pause_schedule(connection=connection, kind=kind, actor=actor)
            elif change.get("is_paused") is False:
                decisions.resume_schedule(connection=connection, kind=kind, actor=actor, now=now)
        return self.shown(connection)


class SyncNow(ApiView):
    needs = {"POST": ApiScope.SYNC_WRITE}

    @extend_schema(operation_id="sync_now", request=SyncNowShape, responses={202: Looking})
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Compare both sides now. All kinds, one, or one dimension. 409 where it is not live."""
        connection = self.connection(public_id)
        asked = self.read_body(SyncNowShape)
        try:
            decisions.ask_for_sync(
                connection=connection,
                kind=asked.get("kind", ""),
                only=asked.get("dimension", ""),
                actor=self.caller.user,
                now=timezone.now(),
            )
        except NotPossible as error:
            raise Conflict(str(error)) from error
        return Response(Looking({"state": "asked"}).data, status=202)
