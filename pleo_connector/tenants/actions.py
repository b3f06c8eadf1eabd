from typing import Any

from django.db import transaction
from django_scopes import get_scope, scope

from pleo_connector.tenants.models import AuditEntry, Mail, Membership, Role, Tenant, User


def create_tenant(*, name: str, owner: User) -> Tenant:
    with transaction.atomic():
        tenant = Tenant.objects.create(name=name.strip())
        Membership.objects.create(tenant=tenant, user=owner, role=Role.OWNER)
        with scope(tenant=tenant):
            record_audit(
                tenant=tenant, actor=owner, action="created the company", subject=tenant.name
            )
    return tenant


def save_preferences(*, user: User, language: str, time_zone: str, mail: str = Mail.ALL) -> None:
    """How pages and letters speak to the person; empty: as their browser asks."""
    user.language, user.time_zone, user.mail = language, time_zone, Mail(mail)
    user.save(update_fields=["language", "time_zone", "mail"])


def record_audit(
    *, tenant: Tenant, actor: User | None, action: str, subject: str = "", **detail: Any
) -> None:
    """Call inside the transaction of the change that it records.

    Where a program acts, the scope that the API opened names its token.
    """
    AuditEntry.objects.create(
        tenant=tenant,
        actor=actor,
        token=get_scope().get("token"),
        action=action,
        subject=subject[:200],
        detail=detail,
    )
