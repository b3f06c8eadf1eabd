"""The only door to a tenant: strangers get 404."""

import uuid
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, When
from django.http import Http404

from pleo_connector.tenants.models import (
    ApiToken,
    AuditEntry,
    Invitation,
    Membership,
    Role,
    Tenant,
    User,
)


def memberships_of(user: User) -> list[Membership]:
    return list(
        Membership.objects.filter(user=user).select_related("tenant").order_by("tenant__name")
    )


def members_of(tenant: Tenant) -> list[Membership]:
    """Owners first, then by what a role may do, then by address; each with `has_second_step`."""
    order = Case(*(When(role=x, then=n) for n, x in enumerate(Role)), default=len(Role))
    steps = Authenticator.objects.filter(user=OuterRef("user"), type=Authenticator.Type.TOTP)
    rows = tenant.memberships.select_related("user").annotate(has_second_step=Exists(steps))
    return list(rows.order_by(order, "user__email"))


def is_only_owner(seat: Membership) -> bool:
    owners = Membership.objects.filter(tenant=seat.tenant_id, role=Role.OWNER)
    return seat.role == Role.OWNER and not owners.exclude(pk=seat.pk).exists()


def get_member(tenant: Tenant, person_id: uuid.UUID) -> Membership:
    """Http404 where the person does not belong to the company."""
    rows = tenant.memberships.select_related("user", "tenant")
    member = rows.filter(user__public_id=person_id).first()
    if member is None:
        raise Http404("No such member.")
    return member


def invitations_of(tenant: Tenant) -> list[Invitation]:
    rows = Invitation.objects.filter(tenant=tenant).select_related("invited_by")
    return list(rows.order_by("-sent_at"))


def get_invitation(tenant: Tenant, public_id: uuid.UUID) -> Invitation:
    rows = Invitation.objects.filter(tenant=tenant).select_related("tenant")
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise Http404("No such invitation.")
    return found


def tokens_of(tenant: Tenant) -> "QuerySet[ApiToken]":
    """Those in use first, then what was revoked last."""
    rows: QuerySet[ApiToken] = ApiToken.objects.filter(tenant=tenant)
    order = (F("revoked_at").desc(nulls_first=True), "-created_at", "-pk")
    return rows.select_related("created_by").order_by(*order)


def tokens_at_work(tenant: Tenant, *, now: datetime, soon: datetime) -> tuple[int, int]:
    """How many work, and how many of them end before `soon`."""
    rows = ApiToken.objects.filter(tenant=tenant, revoked_at=None).exclude(expires_at__lt=now)
    ending = Count("pk", filter=Q(expires_at__lt=soon))
    found = rows.aggregate(all=Count("pk"), ending=ending)
    return found["all"], found["ending"]


def get_token(tenant: Tenant, public_id: uuid.UUID) -> ApiToken:
    rows = ApiToken.objects.filter(tenant=tenant).select_related("tenant")
    found = rows.filter(public_id=public_id).first()
    if found is None:
        raise Http404("No such token.")
    return found


def audit_of(tenant: Tenant) -> "QuerySet[AuditEntry]":
    rows: QuerySet[AuditEntry] = AuditEntry.objects.filter(tenant=tenant)
    return rows.select_related("actor", "token")
