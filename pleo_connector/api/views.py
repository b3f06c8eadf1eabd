"""The JSON API. A person's session opens it; the same door functions guard it as the pages."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.utils import timezone
from django_scopes import scope
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from erp_adapters.errors import RemoteError
from pleo_connector.connections.erp import open_erp, open_pleo
from pleo_connector.connections.queries import get_connection
from pleo_connector.exports.preview import PreviewedEntry, preview, waiting_job
from pleo_connector.tenants.models import User


class FarSideAway(APIException):
    status_code = 502
    default_code = "far_side"


class Preview(APIView):
    """GET: what would be booked from the oldest export that waits in Pleo. Writes nothing."""

    def get(self, request: Request, public_id: UUID) -> Response:
        assert isinstance(request.user, User)  # the permission class has seen to it
        connection, _ = get_connection(request.user, public_id)
        with scope(tenant=connection.tenant):
            try:
                pleo, erp = open_pleo(connection), open_erp(connection)
                job = waiting_job(connection, pleo)
                now = timezone.now()
                entries = preview(connection, job, pleo=pleo, erp=erp, now=now) if job else []
            except (RemoteError, ValueError, KeyError) as error:
                said = error.message if isinstance(error, RemoteError) else str(error)
                raise FarSideAway(said) from error
        return Response(
            {"jobId": str(job.id) if job else None, "entries": list(map(_row, entries))}
        )


def _row(entry: PreviewedEntry) -> dict[str, Any]:
    return {
        "accountingEntryId": entry.entry_id,
        "isBooked": entry.is_booked,
        "vouchers": list(entry.vouchers),
        "decisions": [asdict(decision) for decision in entry.decisions],
        "reasons": [asdict(reason) for reason in entry.reasons],
    }
