from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from pleo_connector.api.base import ApiView
from pleo_connector.api.paging import Pages
from pleo_connector.api.problems import BadField, Conflict
from pleo_connector.api.shapes.base import Empty
from pleo_connector.api.shapes.mapping import MappingShape, NewMapping, VersionShape
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.bookkeeping.mapping_json import NotASetting
from pleo_connector.connections.models import Connection
from pleo_connector.mapping.actions import NewerVersion, save_mapping
from pleo_connector.mapping.models import MappingVersion
from pleo_connector.tenants.models import ApiScope


class TheMapping(ApiView):
    needs = {"GET": ApiScope.MAPPING_READ, "PUT": ApiScope.MAPPING_WRITE}

    @extend_schema(operation_id="get_mapping", responses=MappingShape)
    def get(self, request: Request, public_id: UUID) -> Response:
        """The mapping that counts."""
        return self.shown(self.connection(public_id))

    @extend_schema(operation_id="set_mapping", request=NewMapping, responses=MappingShape)
    def put(self, request: Request, public_id: UUID) -> Response:
        """Replace the mapping. It counts for entries that are booked from now on.

        422 names the setting that does not fit. The same mapping again makes no new version.
        """
        given = self.read_body(NewMapping)
        connection = self.connection(public_id)
        try:
            mapping = Mapping.from_json(given["settings"])
        except NotASetting as error:
            raise BadField(f"settings.{error.path}".rstrip("."), str(error)) from error
        try:
            save_mapping(
                connection=connection,
                mapping=mapping,
                author=self.caller.user,
                based_on=given.get("based_on"),
            )
        except NewerVersion as error:
            raise Conflict("The mapping was changed meanwhile. Read it again.") from error
        return self.shown(connection)

    def shown(self, connection: Connection) -> Response:
        latest = connection.mapping_versions.order_by("-number").first()
        settings = latest.settings if latest else Mapping().to_json()
        version = latest.number if latest else 0
        return Response(MappingShape({"version": version, "settings": settings}).data)


class Versions(ApiView):
    needs = {"GET": ApiScope.MAPPING_READ}
    pagination_class = Pages

    @extend_schema(operation_id="list_mapping_versions", responses=VersionShape(many=True))
    def get(self, request: Request, public_id: UUID) -> Response:
        """Versions of the mapping, the newest first."""
        self.read_query(Empty)
        rows = MappingVersion.objects.filter(connection=self.connection(public_id))
        return self.page(rows.select_related("author"), VersionShape)


class OneVersion(ApiView):
    needs = {"GET": ApiScope.MAPPING_READ}

    @extend_schema(operation_id="get_mapping_version", responses=VersionShape)
    def get(self, request: Request, public_id: UUID, number: int) -> Response:
        """One version of the mapping, as it counted from then on."""
        rows = MappingVersion.objects.select_related("author")
        found = get_object_or_404(rows, connection=self.connection(public_id), number=number)
        return Response(VersionShape(found).data)
