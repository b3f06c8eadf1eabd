from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from erp_adapters.errors import RemoteError
from pleo_connector.api.base import ApiView
from pleo_connector.api.idempotency import idempotent
from pleo_connector.api.problems import BadField, Conflict, FarSideAway
from pleo_connector.api.shapes.base import Empty
from pleo_connector.api.shapes.syncs import DimensionsShape, NewDimensions
from pleo_connector.catalog.decisions import choose_dimensions, refresh_dimensions
from pleo_connector.catalog.models import CatalogSnapshot
from pleo_connector.catalog.queries import dimension_choices
from pleo_connector.catalog.records import Kind
from pleo_connector.connections.erp import open_erp
from pleo_connector.connections.models import Connection
from pleo_connector.tenants.models import ApiScope


class DimensionsView(ApiView):
    def shown(self, connection: Connection) -> Response:
        rows = CatalogSnapshot.objects.filter(connection=connection, kind=Kind.DIMENSIONS)
        shown: dict[str, Any] = {
            "read_at": rows.values_list("read_at", flat=True).first(),
            "dimensions": dimension_choices(connection),
        }
        return Response(DimensionsShape(shown).data)


class Dimensions(DimensionsView):
    needs = {"GET": ApiScope.SYNC_READ, "PUT": ApiScope.SYNC_WRITE}

    @extend_schema(operation_id="get_dimensions", responses=DimensionsShape)
    def get(self, request: Request, public_id: UUID) -> Response:
        """The accounting system's dimensions as last read, and which of them are tag groups."""
        self.read_query(Empty)
        return self.shown(self.connection(public_id))

    @extend_schema(
        operation_id="choose_dimensions", request=NewDimensions, responses=DimensionsShape
    )
    def put(self, request: Request, public_id: UUID) -> Response:
        """Choose which dimensions are tag groups. It is the whole choice, at most five codes.

        The groups of those that are left out are archived in Pleo with their tags by the next
        run, which is at once. Nothing is deleted: chosen again, they come back. 422 names a code
        that is none of an active dimension.
        """
        connection = self.connection(public_id)
        given = self.read_body(NewDimensions)["dimensions"]
        choose_dimensions(
            connection=connection,
            codes=_codes(connection, given),
            actor=self.caller.user,
            now=timezone.now(),
        )
        return self.shown(connection)


def _codes(connection: Connection, given: list[str]) -> list[str]:
    """As the accounting system writes them."""
    active = {x.code.casefold(): x.code for x in dimension_choices(connection) if x.is_active}
    for place, code in enumerate(given):
        if code.casefold() not in active:
            raise BadField(f"dimensions[{place}]", f"{code} is no active dimension as last read.")
    return [active[code.casefold()] for code in given]


class ReadDimensions(DimensionsView):
    needs = {"POST": ApiScope.SYNC_WRITE}

    @extend_schema(operation_id="read_dimensions", request=None, responses=DimensionsShape)
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Read the accounting system's dimensions anew. The choice stays as it is.

        409 where it is not connected, 502 where it does not answer.
        """
        connection = self.connection(public_id)
        if not connection.erp_kind:
            raise Conflict("Connect the accounting system first.")
        try:
            erp = open_erp(connection)
        except ValueError as error:  # what is stored does not fit the adapter any more
            raise Conflict(str(error)) from error
        try:
            refresh_dimensions(connection=connection, erp=erp, now=timezone.now())
        except RemoteError as error:
            raise FarSideAway(error.message) from error
        return self.shown(connection)
