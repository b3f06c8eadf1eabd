"""An invitation sent again, taken back, and accepted."""

from uuid import UUID

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django_scopes import scope

from pleo_connector.tenants.members import (
    CannotChange,
    accept,
    find_invitation,
    renew_invitation,
    revoke_invitation,
)
from pleo_connector.tenants.models import Invitation, Role, User
from pleo_connector.tenants.queries import get_invitation
from pleo_connector.web.forms.members import ROLE_MEANS
from pleo_connector.web.letters import send_invitation
from pleo_connector.web.visit import COMPANY, Seat, on_company, require, user_of


@on_company
def again(request: HttpRequest, seat: Seat, public_id: UUID) -> HttpResponse:
    found = get_invitation(seat.tenant, public_id)
    if request.method == "POST":
        require(seat)
        try:
            secret = renew_invitation(invitation=found, actor=seat.membership, now=timezone.now())
        except CannotChange as said:
            messages.error(request, str(said))
        else:
            send_invitation(request, found, secret)
    return redirect("members")


@on_company
def revoke(request: HttpRequest, seat: Seat, public_id: UUID) -> HttpResponse:
    found = get_invitation(seat.tenant, public_id)
    if request.method == "POST":
        require(seat)
        revoke_invitation(invitation=found, actor=seat.user)
        text = _("The invitation of %(email)s is taken back; its link does not work any more.")
        messages.success(request, text % {"email": found.email})
    return redirect("members")


@never_cache
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """For whoever holds the link, logged in or not."""
    found = find_invitation(secret, now=timezone.now())
    if found is None:
        return render(request, "web/invitation_over.html", status=404)
    if request.user.is_authenticated:
        return _face(request, found, user_of(request))
    if request.method == "POST":
        return redirect_to_login(request.path)
    get_adapter().stash_verified_email(request, found.email)  # for who signs up now
    return _show(request, found)


def _face(request: HttpRequest, found: Invitation, user: User) -> HttpResponse:
    is_for_them = user.email.lower() == found.email.lower()
    if request.method != "POST" or not is_for_them:
        status = 403 if request.method == "POST" else 200
        return _show(request, found, is_for_them=is_for_them, status=status)
    company = found.tenant
    with scope(tenant=company):
        accept(invitation=found, user=user)
    request.session[COMPANY] = str(company.public_id)
    messages.success(request, _("You are a member of %(company)s.") % {"company": company.name})
    return redirect("home")


def _show(
    request: HttpRequest, found: Invitation, *, is_for_them: bool = False, status: int = 200
) -> HttpResponse:
    shown = {
        "invitation": found,
        "means": ROLE_MEANS[Role(found.role)],
        "is_for_them": is_for_them,
        "is_known": User.objects.filter(email__iexact=found.email).exists(),
    }
    return render(request, "web/invitation.html", shown, status=status)
