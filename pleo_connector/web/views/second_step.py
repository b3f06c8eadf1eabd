"""A company that asks its members for a second step at log-in, and who has none yet."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pleo_connector.tenants.members import CannotChange
from pleo_connector.tenants.second_step import (
    GRACE,
    Standing,
    demand_second_step,
    end_second_step,
    standing_of,
)
from pleo_connector.web.question import Question, ask
from pleo_connector.web.visit import LATER, Seat, current_membership, on_company, require


@login_required
def wanted(request: HttpRequest) -> HttpResponse:
    """Between a person and their company, until they have a second step."""
    membership = current_membership(request)
    standing = standing_of(membership, now=timezone.now()) if membership else Standing.FINE
    if membership is None or standing == Standing.FINE:
        return redirect("home")
    if request.method == "POST" and standing == Standing.GRACE:
        request.session[LATER] = str(membership.tenant.public_id)
        return redirect("home")
    is_shut = standing == Standing.SHUT
    shown = {"membership": membership, "is_shut": is_shut}
    return render(request, "web/second_step.html", shown)


@on_company
def rule(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Ask all members, or stop to."""
    require(seat)
    is_on = seat.tenant.second_step_from is not None
    if request.method != "POST":
        return ask(request, _stop(seat) if is_on else _start(seat))
    if is_on:
        end_second_step(actor=seat.membership)
        messages.success(request, _("Members can log in with their password alone again."))
        return redirect("members")
    try:
        demand_second_step(actor=seat.membership, now=timezone.now())
    except CannotChange as said:
        messages.error(request, str(said))
        return redirect("mfa_index")
    messages.success(request, _("All members are asked for a second step from now on."))
    return redirect("members")


def _start(seat: Seat) -> Question:
    names = {"company": seat.tenant.name}
    day = date_format(timezone.localdate() + GRACE, pgettext("day", "j M Y"))
    return Question(
        title=_("Require a second step of all members of %(company)s?") % names,
        consequences=[
            _("Besides the password, members give a code from an app on their phone at log-in."),
            _("Members without one are asked at once, and can go on without it until %(day)s.")
            % {"day": day},
            _("From then on they see nothing of the company until they have set it up."),
            _("API tokens and exports are not touched. It can be undone at any time."),
        ],
        action=_("Require it of all members"),
        keep=_("Leave it to each member"),
        back=reverse("members"),
    )


def _stop(seat: Seat) -> Question:
    return Question(
        title=_("Stop asking the members of %(company)s for a second step?")
        % {"company": seat.tenant.name},
        consequences=[
            _("Members without a second step get in with their password alone."),
            _("Those who have set one up keep it and give a code at log-in."),
            _("It can be required again at any time."),
        ],
        action=_("Stop asking for a second step"),
        keep=_("Keep asking"),
        back=reverse("members"),
        is_grave=True,
    )
