"""Who gets in, as what, and who has to go. All writes to members and invitations."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django_scopes import scopes_disabled

from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.models import Invitation, Membership, Role, Tenant, User
from pleo_connector.tenants.tokens import hash_secret

VALID_FOR = timedelta(days=14)
MOST_OPEN = 200  # invitations of one company: nobody's letters are sent through us


class CannotChange(Exception):
    """A sentence for the person who asked for it."""


def invite(
    *, tenant: Tenant, email: str, role: str, actor: Membership, now: datetime
) -> tuple[Invitation, str]:
    """The invitation and the secret of its link. One that is open already is renewed."""
    _may_give(actor, role)
    if Membership.objects.filter(tenant=tenant, user__email__iexact=email).exists():
        raise CannotChange(_("%(email)s is a member already.") % {"email": email})
    secret = secrets.token_urlsafe(24)
    with transaction.atomic():
        Invitation.objects.filter(tenant=tenant, email__iexact=email).delete()
        if Invitation.objects.filter(tenant=tenant).count() >= MOST_OPEN:
            raise CannotChange(_("Too many invitations are open. Take some back first."))
        made: Invitation = Invitation.objects.create(
            tenant=tenant,
            email=email.lower(),
            role=Role(role),
            secret_hash=hash_secret(secret),
            invited_by=actor.user,
            sent_at=now,
            expires_at=now + VALID_FOR,
        )
        record_audit(
            tenant=tenant, actor=actor.user, action="invited a member", subject=email, role=role
        )
    return made, secret


def renew_invitation(*, invitation: Invitation, actor: Membership, now: datetime) -> str:
    """The secret of a new link, valid anew; the old link stops to work."""
    _may_give(actor, invitation.role)
    secret = secrets.token_urlsafe(24)
    with transaction.atomic():
        invitation.secret_hash, invitation.invited_by = hash_secret(secret), actor.user
        invitation.sent_at, invitation.expires_at = now, now + VALID_FOR
        invitation.save(update_fields=["secret_hash", "invited_by", "sent_at", "expires_at"])
        record_audit(
            tenant=invitation.tenant,
            actor=actor.user,
            action="invited again",
            subject=invitation.email,
            role=invitation.role,
        )
    return secret


def revoke_invitation(*, invitation: Invitation, actor: User) -> None:
    with transaction.atomic():
        record_audit(
            tenant=invitation.tenant,
            actor=actor,
            action="revoked an invitation",
            subject=invitation.email,
        )
        invitation.delete()


def find_invitation(secret: str, *, now: datetime) -> Invitation | None:
    """The one whose link holds this secret, while it is open."""
    with scopes_disabled():
        rows = Invitation.objects.select_related("tenant", "invited_by")
        found: Invitation | None = rows.filter(secret_hash=hash_secret(secret)).first()
    return None if found is None or found.is_over(now) else found


def accept(*, invitation: Invitation, user: User) -> Membership:
    """CannotChange where it was meant for somebody else."""
    if user.email.lower() != invitation.email.lower():
        text = _("The invitation is for %(email)s. Log in with that address to accept it.")
        raise CannotChange(text % {"email": invitation.email})
    with transaction.atomic():
        membership, _made = Membership.objects.get_or_create(
            tenant=invitation.tenant, user=user, defaults={"role": invitation.role}
        )
        invitation.delete()
        record_audit(
            tenant=invitation.tenant,
            actor=user,
            action="accepted an invitation",
            subject=user.email,
            role=membership.role,
        )
    return membership


def change_role(*, member: Membership, role: str, actor: Membership) -> None:
    """CannotChange where the actor may not, or where nobody would own the company."""
    _may_give(actor, role)
    with transaction.atomic():
        _may_lose(actor, member, to=role)
        before, member.role = member.role, Role(role)
        member.save(update_fields=["role"])
        record_audit(
            tenant=member.tenant,
            actor=actor.user,
            action="changed a role",
            subject=member.user.email,
            before=before,
            after=role,
        )


def hand_over(*, member: Membership, actor: Membership) -> None:
    """The member becomes owner, who was one becomes admin: both or neither."""
    _may_give(actor, Role.OWNER)
    with transaction.atomic():
        change_role(member=member, role=Role.OWNER, actor=actor)
        change_role(member=actor, role=Role.ADMIN, actor=actor)


def remove_member(*, member: Membership, actor: Membership) -> None:
    """CannotChange as in `change_role`. What the person did stays in the audit log."""
    with transaction.atomic():
        _may_lose(actor, member)
        record_audit(
            tenant=member.tenant,
            actor=actor.user,
            action="left the company" if member.pk == actor.pk else "removed a member",
            subject=member.user.email,
            role=member.role,
        )
        member.delete()


def _may_give(actor: Membership, role: str) -> None:
    """An admin must not be able to make an owner, themselves least of all."""
    if role == Role.OWNER and actor.role != Role.OWNER:
        raise CannotChange(_("Only an owner can make somebody an owner."))


def _may_lose(actor: Membership, member: Membership, *, to: str = "") -> None:
    """Locks the company, so that two owners cannot remove each other at once."""
    Tenant.objects.select_for_update().get(pk=member.tenant_id)
    roles = dict(Membership.objects.filter(pk__in=(member.pk, actor.pk)).values_list("pk", "role"))
    if len(roles) < len({member.pk, actor.pk}):
        raise CannotChange(_("Somebody else was faster: the person is no member any more."))
    member.role, actor.role = roles[member.pk], roles[actor.pk]
    if member.role != Role.OWNER or to == Role.OWNER:
        return
    if actor.role != Role.OWNER:
        raise CannotChange(_("Only an owner can change or remove an owner."))
    if not Membership.objects.filter(tenant=member.tenant_id, role=Role.OWNER).exclude(
        pk=member.pk
    ):
        raise CannotChange(_("The company needs an owner. Make somebody else an owner first."))
