from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from erp_adapters.ledger import TaxCode
from pleo_connector.api.base import ApiView
from pleo_connector.api.problems import BadField
from pleo_connector.api.shapes.base import Empty
from pleo_connector.api.shapes.syncs import NewTaxKinds, TaxKindsShape
from pleo_connector.catalog.decisions import choose_tax_kinds
from pleo_connector.catalog.queries import records_of, sync_settings
from pleo_connector.catalog.records import Kind
from pleo_connector.connections.models import Connection
from pleo_connector.tenants.models import ApiScope


class TaxKinds(ApiView):
    needs = {"GET": ApiScope.SYNC_READ, "PUT": ApiScope.SYNC_WRITE}

    @extend_schema(operation_id="get_tax_kinds", responses=TaxKindsShape)
    def get(self, request: Request, public_id: UUID) -> Response:
        """How each tax code works in Pleo, where that was chosen."""
        self.read_query(Empty)
        return self.shown(self.connection(public_id))

    @extend_schema(operation_id="choose_tax_kinds", request=NewTaxKinds, responses=TaxKindsShape)
    def put(self, request: Request, public_id: UUID) -> Response:
        """Choose how tax codes work in Pleo: the amount includes the tax, or reverse charge.

        Pleo gets what changed by the next run, which is at once. 422 names one that is not known.
        """
        connection = self.connection(public_id)
        kinds = self.read_body(NewTaxKinds)["kinds"]
        known = {code.code.casefold() for code in codes_of(connection)}
        for code in kinds:
            if code.casefold() not in known:
                raise BadField(f"kinds.{code}", f"{code} is no active tax code as last read.")
        choose_tax_kinds(
            connection=connection, kinds=kinds, actor=self.caller.user, now=timezone.now()
        )
        return self.shown(connection)

    def shown(self, connection: Connection) -> Response:
        chosen = sync_settings(connection).tax_kinds
        rows = [
            {"code": x.code, "name": x.name, "rate": str(x.rate), "kind": kind}
            for x in codes_of(connection)
            for kind in [chosen.get(x.code.casefold(), "")]
        ]
        return Response(TaxKindsShape({"tax_codes": rows}).data)


def codes_of(connection: Connection) -> list[TaxCode]:
    records: list[TaxCode] = records_of(connection, Kind.TAX_CODES)
    return [code for code in records if code.is_active]
