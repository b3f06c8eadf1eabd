from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from erp_adapters.errors import RemoteError
from pleo_connector.api.base import ApiView
from pleo_connector.api.idempotency import idempotent
from pleo_connector.api.paging import Pages
from pleo_connector.api.problems import Conflict, FarSideAway
from pleo_connector.api.shapes.base import Empty
from pleo_connector.api.shapes.connections import ConnectionShape
from pleo_connector.api.shapes.exports import Looking, PreviewShape, voucher_data
from pleo_connector.connections.actions import check_now
from pleo_connector.connections.erp import open_erp, open_pleo
from pleo_connector.connections.models import Connection
from pleo_connector.exports.preview import PreviewedEntry, preview, waiting_job
from pleo_connector.tenants.models import ApiScope


class Connections(ApiView):
    needs = {"GET": ApiScope.CONNECTIONS_READ}
    pagination_class = Pages

    @extend_schema(operation_id="list_connections", responses=ConnectionShape(many=True))
    def get(self, request: Request) -> Response:
        """Connections of the company, the newest first."""
        self.read_query(Empty)
        rows = Connection.objects.select_related("pleo_grant")
        return self.page(rows, ConnectionShape)


class OneConnection(ApiView):
    needs = {"GET": ApiScope.CONNECTIONS_READ}

    @extend_schema(operation_id="get_connection", responses=ConnectionShape)
    def get(self, request: Request, public_id: UUID) -> Response:
        """One connection, and why it does not work where it does not."""
        return Response(ConnectionShape(self.connection(public_id)).data)


class CheckNow(ApiView):
    needs = {"POST": ApiScope.EXPORTS_WRITE}

    @extend_schema(operation_id="check_now", request=None, responses={202: Looking})
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Ask Pleo for exports now instead of at the next look. 409 where it is not live."""
        connection = self.connection(public_id)
        if connection.state != Connection.State.LIVE:
            raise Conflict("Pleo is asked for exports while the connection is live.")
        check_now(connection=connection)
        return Response(Looking({"state": "asked"}).data, status=202)


class Preview(ApiView):
    needs = {"GET": ApiScope.EXPORTS_READ}

    @extend_schema(operation_id="preview", responses=PreviewShape)
    def get(self, request: Request, public_id: UUID) -> Response:
        """What would be booked from the oldest export that waits in Pleo. Writes nothing.

        409 where the connection is not set up, 502 where Pleo or the accounting system is away.
        """
        connection = self.connection(public_id)
        if not (connection.pleo_company_id and connection.erp_kind):
            raise Conflict("Connect Pleo and the accounting system first.")
        try:
            pleo, erp = open_pleo(connection), open_erp(connection)
        except ValueError as error:  # what is stored does not fit the adapter any more
            raise Conflict(str(error)) from error
        try:
            job = waiting_job(connection, pleo)
            now = timezone.now()
            entries = preview(connection, job, pleo=pleo, erp=erp, now=now) if job else []
        except RemoteError as error:
            raise FarSideAway(error.message) from error
        shown = {"pleo_job_id": job.id if job else None, "entries": list(map(_row, entries))}
        return Response(PreviewShape(shown).data)


def _row(entry: PreviewedEntry) -> dict[str, Any]:
    return {
        "accounting_entry_id": entry.entry_id,
        "is_booked": entry.is_booked,
        "vouchers": list(map(voucher_data, entry.vouchers)),
        "decisions": entry.decisions,
        "reasons": entry.reasons,
    }
