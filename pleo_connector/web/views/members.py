"""Who belongs to the company, as what; roles changed, people removed, ownership handed over."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from pleo_connector.tenants.members import (
    CannotChange,
    change_role,
    hand_over,
    invite,
    remove_member,
)
from pleo_connector.tenants.models import Membership, Role
from pleo_connector.tenants.queries import get_member, invitations_of, is_only_owner, members_of
from pleo_connector.tenants.second_step import has_second_step
from pleo_connector.web.forms.members import ROLE_MEANS, InviteForm, RoleForm
from pleo_connector.web.letters import send_invitation
from pleo_connector.web.question import Question, ask
from pleo_connector.web.tables.members import InvitationTable, MemberTable
from pleo_connector.web.visit import COMPANY, Seat, on_company, require


@on_company
def members(request: HttpRequest, seat: Seat) -> HttpResponse:
    now = timezone.now()
    form = InviteForm(request.POST if request.method == "POST" else None, seat=seat.membership)
    if request.method == "POST":
        require(seat)
        if form.is_valid() and _invite(request, seat, form):
            return redirect("members")
    invited = invitations_of(seat.tenant)
    shown = {
        "form": form,
        "table": MemberTable(members_of(seat.tenant), me=seat.user),
        "invitations": InvitationTable(invited, now=now, can_configure=seat.can_configure),
        "has_invited": bool(invited),
        "can_configure": seat.can_configure,
        "second_step_from": seat.tenant.second_step_from,
        "roles": [(x.label, ROLE_MEANS[x]) for x in Role],
    }
    return render(request, "web/members.html", shown)


def _invite(request: HttpRequest, seat: Seat, form: InviteForm) -> bool:
    try:
        made, secret = invite(
            tenant=seat.tenant,
            email=form.cleaned_data["email"],
            role=form.cleaned_data["role"],
            actor=seat.membership,
            now=timezone.now(),
        )
    except CannotChange as said:
        form.add_error("email", str(said))
        return False
    send_invitation(request, made, secret)
    return True


@on_company
def member(request: HttpRequest, seat: Seat, public_id: UUID) -> HttpResponse:
    found = get_member(seat.tenant, public_id)
    posted = request.POST if request.method == "POST" else None
    form = RoleForm(posted, seat=seat.membership, role=found.role)
    if request.method == "POST":
        require(seat)
        if form.is_valid():
            return _change(request, found, form.cleaned_data["role"], seat)
    is_owner = seat.membership.role == Role.OWNER
    shown = {
        "member": found,
        "means": ROLE_MEANS[Role(found.role)],
        "form": form,
        "has_second_step": has_second_step(found.user),
        "is_me": found.pk == seat.membership.pk,
        "can_change": seat.can_configure and (is_owner or found.role != Role.OWNER),
        "can_hand_over": is_owner and found.role != Role.OWNER,
    }
    return render(request, "web/member.html", shown)


def _is_done(request: HttpRequest, do: Callable[[], None]) -> bool:
    """Where it cannot be done, it is said why."""
    try:
        do()
    except CannotChange as said:
        messages.error(request, str(said))
        return False
    return True


def _change(request: HttpRequest, member: Membership, role: str, seat: Seat) -> HttpResponse:
    if not _is_done(request, partial(change_role, member=member, role=role, actor=seat.membership)):
        return redirect("member", member.user.public_id)
    names = {"email": member.user.email, "role": member.get_role_display()}
    messages.success(request, _("%(email)s is now %(role)s.") % names)
    return redirect("members")


@on_company
def remove(request: HttpRequest, seat: Seat, public_id: UUID) -> HttpResponse:
    found = get_member(seat.tenant, public_id)
    require(seat)
    back = reverse("member", args=[public_id])
    names = {"email": found.user.email, "company": seat.tenant.name}
    if request.method == "POST":
        if not _is_done(request, partial(remove_member, member=found, actor=seat.membership)):
            return redirect(back)
        messages.success(request, _("%(email)s is no member any more.") % names)
        return redirect("members")
    question = Question(
        title=_("Remove %(email)s from %(company)s?") % names,
        consequences=[
            _("From the next click on they see nothing of the company."),
            _("What they did stays: settings, exports, and their lines in the audit log."),
            _("API tokens that they made belong to the company and keep working."),
            _("It can be undone by inviting them again."),
        ],
        action=_("Remove %(email)s") % names,
        keep=_("Keep them"),
        back=back,
        is_grave=True,
    )
    return ask(request, question)


@on_company
def hand_over_page(request: HttpRequest, seat: Seat, public_id: UUID) -> HttpResponse:
    found = get_member(seat.tenant, public_id)
    require(seat)
    back = reverse("member", args=[public_id])
    names = {"email": found.user.email, "company": seat.tenant.name}
    if request.method == "POST":
        if not _is_done(request, partial(hand_over, member=found, actor=seat.membership)):
            return redirect(back)
        messages.success(request, _("%(email)s now owns %(company)s. You are an admin.") % names)
        return redirect("members")
    question = Question(
        title=_("Hand %(company)s over to %(email)s?") % names,
        consequences=[
            _("%(email)s becomes owner and may do everything.") % names,
            _("You become an admin: you can no longer make or remove owners."),
            _("Only an owner can undo it."),
        ],
        action=_("Hand over to %(email)s") % names,
        keep=_("Keep the ownership"),
        back=back,
        is_grave=True,
    )
    return ask(request, question)


@on_company
def leave(request: HttpRequest, seat: Seat) -> HttpResponse:
    names = {"company": seat.tenant.name}
    if request.method == "POST":
        me = seat.membership
        if not _is_done(request, partial(remove_member, member=me, actor=me)):
            return redirect("members")
        request.session.pop(COMPANY, None)
        messages.success(request, _("You are no member of %(company)s any more.") % names)
        return redirect("home")
    if is_only_owner(seat.membership):
        alone = Question(
            title=_("You are the only owner of %(company)s") % names,
            consequences=[_("The company needs an owner. Make somebody else an owner first.")],
            action="",
            keep=_("Look at the members"),
            back=reverse("members"),
        )
        return ask(request, alone)
    question = Question(
        title=_("Leave %(company)s?") % names,
        consequences=[
            _("You see nothing of the company any more."),
            _("Its connections and exports go on without you."),
            _("You can come back only when an owner or admin invites you."),
        ],
        action=_("Leave %(company)s") % names,
        keep=_("Stay"),
        back=reverse("members"),
        is_grave=True,
    )
    return ask(request, question)
