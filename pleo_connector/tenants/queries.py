"""The only door to a tenant: strangers get 404."""

import uuid

from django.http import Http404

from pleo_connector.tenants.models import Membership, Tenant, User


def memberships_of(user: User) -> list[Membership]:
    return list(
        Membership.objects.filter(user=user).select_related("tenant").order_by("tenant__name")
    )


def get_membership(user: User, public_id: uuid.UUID | None = None) -> Membership:
    """The user's place in a tenant; the first one where none is named. Http404 for strangers."""
    for membership in memberships_of(user):
        if public_id in (None, membership.tenant.public_id):
            return membership
    raise Http404("No such company.")


def members_of(tenant: Tenant) -> list[Membership]:
    return list(tenant.memberships.select_related("user").order_by("user__email"))
