"""Who looks at what: every page of a tenant comes through here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django_scopes import scope

from pleo_connector.connections.models import Connection
from pleo_connector.connections.queries import get_connection
from pleo_connector.exports.queries import get_export
from pleo_connector.history.queries import get_problem, get_run
from pleo_connector.tenants.models import CAN_CONFIGURE, CAN_OPERATE, Membership, Tenant, User
from pleo_connector.tenants.queries import memberships_of
from pleo_connector.tenants.second_step import Standing, standing_of

COMPANY = "company"  # session key: the company that the person looks at
LATER = "second_step_later"  # session key: the company whose wish for a second step can wait


class SecondStepNeeded(Exception):
    """The company asks for a second step at log-in, and the person has none."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A person's place in a company."""

    membership: Membership

    @property
    def user(self) -> User:
        return self.membership.user

    @property
    def tenant(self) -> Tenant:
        return self.membership.tenant

    @property
    def can_configure(self) -> bool:
        return self.membership.role in CAN_CONFIGURE

    @property
    def can_operate(self) -> bool:
        return self.membership.role in CAN_OPERATE


@dataclass(frozen=True, slots=True)
class Visit(Seat):
    """A person in front of one connection; its tenant's scope is open."""

    connection: Connection


View = Callable[..., HttpResponseBase]


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def seats_of(request: HttpRequest) -> list[Membership]:
    """The companies of the person, read once per request."""
    if not hasattr(request, "_seats"):
        request._seats = memberships_of(user_of(request))  # type: ignore[attr-defined]
    return cast(list[Membership], request._seats)  # type: ignore[attr-defined]


def current_membership(request: HttpRequest) -> Membership | None:
    """In the company chosen last, else the first one; None for a person without a company."""
    seats = seats_of(request)
    chosen = request.session.get(COMPANY)
    return next(
        (x for x in seats if str(x.tenant.public_id) == chosen), seats[0] if seats else None
    )


def require(seat: Seat, *, to: str = "configure") -> None:
    """PermissionDenied unless the person may `configure` or `operate`."""
    if not (seat.can_configure if to == "configure" else seat.can_operate):
        raise PermissionDenied(_("Your role does not allow this. An owner or admin can do it."))


def admit(request: HttpRequest, membership: Membership) -> None:
    """SecondStepNeeded where the person has to set one up, or is to be asked once a log-in."""
    standing = standing_of(membership, now=timezone.now())
    is_asked = request.session.get(LATER) == str(membership.tenant.public_id)
    if standing == Standing.SHUT or (
        standing == Standing.GRACE and request.method == "GET" and not is_asked
    ):
        raise SecondStepNeeded


def on_company(view: View) -> View:
    """A page of the current company. A person without one is asked to name theirs first."""

    @login_required
    @wraps(view)
    def inner(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        membership = current_membership(request)
        if membership is None:
            return redirect("home")
        membership.user = user_of(request)
        admit(request, membership)
        with scope(tenant=membership.tenant):
            return view(request, Seat(membership), **kwargs)

    return inner


def on_connection(*, write: str = "configure", is_action: bool = False) -> Callable[[View], View]:
    """A page of one connection: looking is for every member, posting for those who may `write`.

    An action has no page of its own: looked at, after a log-in perhaps, it leads to the connection.
    """

    def decorate(view: View) -> View:
        @login_required
        @wraps(view)
        def inner(request: HttpRequest, public_id: UUID, **kwargs: Any) -> HttpResponseBase:
            to = write if request.method == "POST" else "read"
            connection, membership = get_connection(user_of(request), public_id, to=to)
            visit = _visit(request, connection, membership)
            if is_action and request.method != "POST":
                return redirect("connection", public_id)
            with scope(tenant=connection.tenant):
                return view(request, visit, **kwargs)

        return inner

    return decorate


def on_export(view: View) -> View:
    """A page of one export job, found through its connection; posting is for those who operate."""

    @login_required
    @wraps(view)
    def inner(request: HttpRequest, public_id: UUID, **kwargs: Any) -> HttpResponseBase:
        to = "operate" if request.method == "POST" else "read"
        job, membership = get_export(user_of(request), public_id, to=to)
        visit = _visit(request, job.connection, membership)
        with scope(tenant=job.connection.tenant):
            return view(request, visit, job, **kwargs)

    return inner


def on_run(view: View) -> View:
    """A page of one run, found through its connection; there is nothing to post."""

    @login_required
    @wraps(view)
    def inner(request: HttpRequest, public_id: UUID, **kwargs: Any) -> HttpResponseBase:
        run, membership = get_run(user_of(request), public_id)
        visit = _visit(request, run.connection, membership)
        with scope(tenant=run.connection.tenant):
            return view(request, visit, run, **kwargs)

    return inner


def on_problem(view: Callable[..., HttpResponseBase]) -> View:
    """A page of one problem, found through its connection; posting is for those who operate."""

    @login_required
    @wraps(view)
    def inner(request: HttpRequest, public_id: UUID, **kwargs: Any) -> HttpResponseBase:
        to = "operate" if request.method == "POST" else "read"
        problem, membership = get_problem(user_of(request), public_id, to=to)
        visit = _visit(request, problem.connection, membership)
        with scope(tenant=problem.connection.tenant):
            return view(request, visit, problem, **kwargs)

    return inner


def _visit(request: HttpRequest, connection: Connection, membership: Membership) -> Visit:
    membership.user, membership.tenant = user_of(request), connection.tenant
    company = str(connection.tenant.public_id)
    if request.session.get(COMPANY) != company:
        request.session[COMPANY] = company
    admit(request, membership)
    visit = Visit(membership, connection)
    request.visit = visit  # type: ignore[attr-defined]  # for the menu beside the page
    return visit
