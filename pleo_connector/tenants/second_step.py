"""A second step at log-in: whether a person has one, and whether their company asks for it."""

from datetime import datetime, timedelta
from enum import Enum

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext as _

from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.members import CannotChange
from pleo_connector.tenants.models import Membership, User

GRACE = timedelta(days=14)  # in which members without one still get in


class Standing(Enum):
    FINE = "fine"
    GRACE = "grace"  # asked for, but not demanded yet
    SHUT = "shut"


def has_second_step(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def standing_of(membership: Membership, *, now: datetime) -> Standing:
    """One query where the company asks for a second step, none where it does not."""
    begins = membership.tenant.second_step_from
    if begins is None or has_second_step(membership.user):
        return Standing.FINE
    return Standing.GRACE if now < begins else Standing.SHUT


def demand_second_step(*, actor: Membership, now: datetime) -> None:
    """Of all members after a time of grace. CannotChange where the actor has none."""
    if not has_second_step(actor.user):
        raise CannotChange(_("Set up your own second step first, so that you stay able to log in."))
    _save(actor, now + GRACE, "asked for a second step")


def end_second_step(*, actor: Membership) -> None:
    _save(actor, None, "stopped to ask for a second step")


def _save(actor: Membership, begins: datetime | None, action: str) -> None:
    with transaction.atomic():
        actor.tenant.second_step_from = begins
        actor.tenant.save(update_fields=["second_step_from"])
        record_audit(
            tenant=actor.tenant,
            actor=actor.user,
            action=action,
            subject=actor.tenant.name,
            begins=begins.isoformat() if begins else "",
        )
