from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from pleo_connector.api.base import ApiView
from pleo_connector.api.paging import Pages
from pleo_connector.api.shapes.base import Empty
from pleo_connector.api.shapes.history import CallShape, RunQuery, RunShape, RunWithAttempts
from pleo_connector.history.models import RemoteCall, Run
from pleo_connector.history.queries import attempts_of
from pleo_connector.tenants.models import ApiScope


class Runs(ApiView):
    needs = {"GET": ApiScope.HISTORY_READ}
    pagination_class = Pages

    @extend_schema(operation_id="list_runs", parameters=[RunQuery], responses=RunShape(many=True))
    def get(self, request: Request) -> Response:
        """What was run, the newest first."""
        query = self.read_query(RunQuery)
        rows = Run.objects.select_related("connection")
        if "connection" in query:
            rows = rows.filter(connection=self.connection(query["connection"]))
        if "state" in query:
            rows = rows.filter(state=query["state"])
        return self.page(rows, RunShape)


class OneRun(ApiView):
    needs = {"GET": ApiScope.HISTORY_READ}

    @extend_schema(operation_id="get_run", responses=RunWithAttempts)
    def get(self, request: Request, public_id: UUID) -> Response:
        """One run and each try at it."""
        run = get_object_or_404(Run.objects.select_related("connection"), public_id=public_id)
        return Response(RunWithAttempts(run, context={"attempts": attempts_of(run)}).data)


class Calls(ApiView):
    needs = {"GET": ApiScope.HISTORY_READ}
    pagination_class = Pages

    @extend_schema(operation_id="list_calls", responses=CallShape(many=True))
    def get(self, request: Request, public_id: UUID) -> Response:
        """Remote calls of one run, the latest first."""
        self.read_query(Empty)
        run = get_object_or_404(Run, public_id=public_id)
        return self.page(RemoteCall.objects.filter(attempt__run=run), CallShape)
