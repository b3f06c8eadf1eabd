"""Who calls: a program with a token, or a person in a browser. Both act within one tenant."""

from dataclasses import dataclass
from typing import Any, cast

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    get_authorization_header,
)
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from pleo_connector.tenants.models import CAN_OPERATE, ApiScope, ApiToken, Tenant, User
from pleo_connector.tenants.queries import memberships_of
from pleo_connector.tenants.second_step import Standing, standing_of
from pleo_connector.tenants.tokens import use_token

READ = frozenset(x.value for x in ApiScope if x.value.endswith(":read"))
ALL = frozenset(ApiScope.values)


@dataclass(frozen=True, slots=True)
class Caller:
    tenant: Tenant
    scopes: frozenset[str]
    user: User | None = None
    token: ApiToken | None = None

    @property
    def name(self) -> str:
        """By which calls are counted and repeated requests known."""
        who = self.token or self.user
        assert who is not None
        return str(who.public_id)


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer <token>`."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Caller] | None:
        kind, _, secret = get_authorization_header(request).partition(b" ")
        if kind.lower() != b"bearer":
            return None
        token = use_token(secret=secret.decode("latin-1").strip(), now=timezone.now())
        if token is None:
            raise AuthenticationFailed("The token is not known, is revoked or has expired.")
        return AnonymousUser(), Caller(token.tenant, frozenset(token.scopes), token=token)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class PersonSession(SessionAuthentication):
    """A person who is logged in, in the company that the pages show them."""

    def authenticate(self, request: Request) -> tuple[User, Caller] | None:
        found = super().authenticate(request)
        if found is None:
            return None
        user: User = found[0]
        seats = memberships_of(user)
        chosen = request.session.get("company")
        seat = next(
            (x for x in seats if str(x.tenant.public_id) == chosen), next(iter(seats), None)
        )
        if seat is None:
            raise PermissionDenied("You belong to no company yet.")
        seat.user = user
        if standing_of(seat, now=timezone.now()) == Standing.SHUT:
            raise PermissionDenied(
                "Your company asks for a second step at log-in. Set it up first."
            )
        return user, Caller(seat.tenant, ALL if seat.role in CAN_OPERATE else READ, user=user)


class HasScope(BasePermission):
    """Each method of a view names the scope that it needs, in `needs`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        caller = cast(Caller | None, request.auth)
        if caller is None:
            return False
        needed = getattr(view, "needs", {}).get(
            "GET" if request.method == "HEAD" else request.method
        )
        if needed is not None and needed not in caller.scopes:
            raise PermissionDenied(f"This needs the scope {needed}.")
        return True
