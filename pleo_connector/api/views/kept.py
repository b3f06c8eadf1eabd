from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from pleo_connector.api.base import ApiView
from pleo_connector.api.idempotency import idempotent
from pleo_connector.api.paging import Pages
from pleo_connector.api.shapes.plans import KeptQuery, KeptRecordShape
from pleo_connector.catalog.decisions import let_go
from pleo_connector.catalog.queries import kept_records
from pleo_connector.tenants.models import ApiScope


class KeptRecords(ApiView):
    needs = {"GET": ApiScope.SYNC_READ}
    pagination_class = Pages

    @extend_schema(
        operation_id="list_kept_records",
        parameters=[KeptQuery],
        responses=KeptRecordShape(many=True),
    )
    def get(self, request: Request, public_id: UUID) -> Response:
        """Records in Pleo that no run archives, the last kept first."""
        query = self.read_query(KeptQuery)
        rows = kept_records(self.connection(public_id)).filter(**query)
        return self.page(rows, KeptRecordShape)


class LetGo(ApiView):
    needs = {"POST": ApiScope.SYNC_WRITE}

    @extend_schema(operation_id="let_kept_record_go", request=None, responses=KeptRecordShape)
    @idempotent
    def post(self, request: Request, public_id: UUID, number: int) -> Response:
        """Let runs archive a kept record again, and answer with it as it was.

        The next run archives it in Pleo, unless the accounting system has it by then.
        """
        rows = kept_records(self.connection(public_id))
        record = get_object_or_404(rows.select_related("connection__tenant"), pk=number)
        shown = KeptRecordShape(record).data
        let_go(kept=record, actor=self.caller.user, now=timezone.now())
        return Response(shown)
