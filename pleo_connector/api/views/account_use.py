from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from erp_adapters.errors import RemoteError
from erp_adapters.ledger import Account
from pleo_connector.api.base import ApiView
from pleo_connector.api.idempotency import idempotent
from pleo_connector.api.problems import Conflict, FarSideAway
from pleo_connector.api.shapes.base import Empty
from pleo_connector.api.shapes.syncs import AccountUseShape
from pleo_connector.catalog.account_use import ask_account_use
from pleo_connector.catalog.queries import records_of, sync_settings
from pleo_connector.catalog.records import Kind
from pleo_connector.connections.erp import open_pleo
from pleo_connector.connections.models import Connection
from pleo_connector.tenants.models import ApiScope


class AccountUseView(ApiView):
    def shown(self, connection: Connection) -> Response:
        chosen = sync_settings(connection)
        unused = set(chosen.unused_accounts or ())
        accounts: list[Account] = records_of(connection, Kind.ACCOUNTS)
        shown = {
            "asked_at": chosen.unused_asked_at,
            "unused": [x for x in accounts if x.id in unused and x.is_active and x.is_postable],
        }
        return Response(AccountUseShape(shown).data)


class AccountUse(AccountUseView):
    needs = {"GET": ApiScope.SYNC_READ}

    @extend_schema(operation_id="get_account_use", responses=AccountUseShape)
    def get(self, request: Request, public_id: UUID) -> Response:
        """Accounts that no category of Pleo uses, as last asked. No expense reaches them."""
        self.read_query(Empty)
        return self.shown(self.connection(public_id))


class AskAccountUse(AccountUseView):
    needs = {"POST": ApiScope.SYNC_WRITE}

    @extend_schema(operation_id="ask_account_use", request=None, responses=AccountUseShape)
    @idempotent
    def post(self, request: Request, public_id: UUID) -> Response:
        """Ask Pleo which accounts its categories use.

        409 where Pleo is not connected, 502 where it does not answer.
        """
        connection = self.connection(public_id)
        if not connection.pleo_company_id:
            raise Conflict("Connect Pleo first.")
        pleo = open_pleo(connection, is_sync=True)
        try:
            ask_account_use(connection=connection, pleo=pleo, now=timezone.now())
        except RemoteError as error:
            raise FarSideAway(error.message) from error
        return self.shown(connection)
