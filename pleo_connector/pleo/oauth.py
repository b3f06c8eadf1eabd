"""Pleo's authorization server: the address a person is sent to, and the two token calls.

Source: Pleo's OAuth how-tos. Authorization code with PKCE S256; a refresh gives a new pair and
kills every earlier token, so there must be one refresher per grant.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

from erp_adapters.errors import AuthenticationFailed, OutcomeUnknown, Rejected, Unavailable
from erp_adapters.http import HttpDoor
from erp_adapters.reply import Reply

OUR_FAULT = ("invalid_client", "unauthorized_client")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClient:
    """Our registration at Pleo, for one environment."""

    client_id: str
    client_secret: str = field(repr=False)
    auth_url: str
    redirect_uri: str
    scopes: tuple[str, ...]
    token_auth: str = "client_secret_basic"  # or client_secret_post
    allow_private: bool = False

    def authorization_url(self, *, company_urn: str = "") -> tuple[str, str, str]:
        """(address, state, code verifier) of a new authorization request."""
        verifier = generate_token(64)
        session = OAuth2Session(
            self.client_id,
            scope=" ".join(self.scopes),
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
        )
        extra = {"urn_pleo_params_oauth_subject": company_urn} if company_urn else {}
        url, state = session.create_authorization_url(
            f"{self.auth_url}/oauth/authorize", code_verifier=verifier, **extra
        )
        return url, state, verifier

    def exchange(self, *, code: str, verifier: str, now: datetime) -> Tokens:
        """Rejected where the code is used, expired or not ours."""
        return self._tokens(
            now,
            grant_type="authorization_code",
            code=code,
            redirect_uri=self.redirect_uri,
            code_verifier=verifier,
        )

    def refresh(self, *, refresh_token: str, now: datetime) -> Tokens:
        """AuthenticationFailed where the grant is gone; OutcomeUnknown where no answer came."""
        return self._tokens(now, grant_type="refresh_token", refresh_token=refresh_token)

    def _tokens(self, now: datetime, **form: str) -> Tokens:
        door = HttpDoor(
            base_url=self.auth_url,
            system="pleo",
            name="Pleo",
            allow_private=self.allow_private,
        )
        basic = (self.client_id, self.client_secret)
        if self.token_auth == "client_secret_post":
            form |= {"client_id": self.client_id, "client_secret": self.client_secret}
        reply = door.request(
            "POST",
            "/oauth/token",
            data=form,
            auth=None if self.token_auth == "client_secret_post" else basic,
            headers={"Accept": "application/json"},
        )
        if reply.status in (400, 401):
            raise _refusal(reply, form["grant_type"])
        body = door.json(door.check(reply, is_write=True), is_write=True)
        return _parse(body, now)


def _refusal(reply: Reply, grant_type: str) -> Exception:
    """Any refusal of a refresh is final, except one of our own registration."""
    detail = reply.text(200)
    if _error_code(reply) in OUR_FAULT:
        return Unavailable(
            "Pleo does not accept this product's registration.", system="pleo", detail=detail
        )
    kind = AuthenticationFailed if grant_type == "refresh_token" else Rejected
    return kind("Pleo does not accept the authorisation.", system="pleo", detail=detail)


def _error_code(reply: Reply) -> str:
    """From OAuth's error form or Pleo's own; empty where it is neither."""
    known = reply.fields()
    return str(known.get("error") or known.get("type") or "").lower()


def _parse(body: Any, now: datetime) -> Tokens:
    try:
        return Tokens(
            access_token=_text(body["access_token"]),
            refresh_token=_text(body["refresh_token"]),
            expires_at=now + timedelta(seconds=int(body["expires_in"])),
        )
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        raise OutcomeUnknown(
            "Pleo's token answer cannot be read.", system="pleo", detail=type(error).__name__
        ) from error


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("not a token")
    return value
