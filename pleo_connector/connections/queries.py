"""The only door to a connection: strangers get 404, readers who want to write 403."""

import uuid

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django_scopes import scopes_disabled

from pleo_connector.connections.models import Connection
from pleo_connector.tenants.models import CAN_CONFIGURE, CAN_OPERATE, Membership, Tenant, User

ROLES = {"read": frozenset(), "operate": CAN_OPERATE, "configure": CAN_CONFIGURE}


def get_connection(
    user: User, public_id: uuid.UUID, *, to: str = "read"
) -> tuple[Connection, Membership]:
    """The connection and the user's membership; `to` is read, operate or configure."""
    with scopes_disabled():
        connection = (
            Connection.objects.select_related("tenant", "pleo_grant")
            .filter(public_id=public_id)
            .first()
        )
    if connection is None:
        raise Http404("No such connection.")
    return connection, get_place(user, connection, to=to)


def get_place(user: User, connection: Connection, *, to: str) -> Membership:
    """The user's membership where the connection is; for what hangs on one that is read already."""
    membership = Membership.objects.filter(user=user, tenant=connection.tenant_id).first()
    if membership is None:
        raise Http404("No such connection.")
    if ROLES[to] and membership.role not in ROLES[to]:
        raise PermissionDenied("Your role does not allow this. An owner or admin can do it.")
    return membership


def get_connection_of(tenant: Tenant, public_id: uuid.UUID) -> Connection:
    """For whoever acts for the tenant already, as a program with a token does."""
    rows = Connection.objects.select_related("tenant", "pleo_grant").filter(tenant=tenant)
    connection = rows.filter(public_id=public_id).first()
    if connection is None:
        raise Http404("No such connection.")
    return connection
