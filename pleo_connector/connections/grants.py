"""The one refresher of Pleo's rotating tokens.

A refresh holds the grant's row lock while it calls Pleo: two refreshes at once would destroy the
authorisation. This is the only network call inside a transaction.
"""

import base64
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from erp_adapters.errors import AuthenticationFailed
from pleo_connector.connections import health
from pleo_connector.connections.models import PleoGrant
from pleo_connector.pleo.oauth import OAuthClient, Tokens

REFRESH_BEFORE = timedelta(seconds=60)


def oauth_client() -> OAuthClient:
    return OAuthClient(
        client_id=settings.PLEO_CLIENT_ID,
        client_secret=settings.PLEO_CLIENT_SECRET,
        auth_url=settings.PLEO_AUTH_URL,
        redirect_uri=settings.PUBLIC_URL + settings.PLEO_CALLBACK_PATH,
        scopes=tuple(settings.PLEO_SCOPES),
        token_auth=settings.PLEO_TOKEN_AUTH,
        allow_private=settings.ALLOW_PRIVATE_ADDRESSES,
    )


class StoredGrant:
    """Authorizer over a connection's grant; several workers may use it at once."""

    def __init__(self, connection_id: int) -> None:
        self._connection_id = connection_id
        self._header: str | None = None
        self._expires_at: datetime | None = None

    def header(self, *, refused: str | None = None) -> str:
        """AuthenticationFailed, with a sentence for the customer, where the grant is dead."""
        if refused is None and self._header and not _is_due(self._expires_at):
            return self._header
        grant = PleoGrant.objects.get(connection_id=self._connection_id)
        if grant.api_key is None and (_is_due(grant.expires_at) or _bearer(grant) == refused):
            grant = self._refreshed(refused)
        elif grant.api_key is not None and refused:
            self._declare_dead(grant, "Pleo does not accept the API key any more.")
        self._raise_if_dead(grant)
        self._header, self._expires_at = _bearer(grant), grant.expires_at
        return self._header

    def _refreshed(self, refused: str | None) -> PleoGrant:
        with transaction.atomic():
            grant: PleoGrant = PleoGrant.objects.select_for_update().get(
                connection_id=self._connection_id
            )
            fresh = not _is_due(grant.expires_at) and _bearer(grant) != refused
            if grant.dead_since or fresh:
                return grant  # another worker was first
            try:
                tokens = oauth_client().refresh(
                    refresh_token=grant.refresh_token, now=timezone.now()
                )
            except AuthenticationFailed:
                self._declare_dead(grant, "Pleo has ended our authorisation.")
            else:
                store_tokens(grant, tokens)
        return grant

    def _declare_dead(self, grant: PleoGrant, reason: str) -> None:
        grant.access_token = grant.refresh_token = None
        now = timezone.now()
        grant.dead_since, grant.dead_reason = now, reason
        with transaction.atomic():
            grant.save()
            health.changed(connection_id=self._connection_id, now=now)

    def _raise_if_dead(self, grant: PleoGrant) -> None:
        if grant.dead_since:
            raise AuthenticationFailed(grant.dead_reason, system="pleo")


def store_tokens(grant: PleoGrant, tokens: Tokens) -> None:
    """Both tokens and the expiry in one write, before either is used."""
    grant.access_token, grant.refresh_token = tokens.access_token, tokens.refresh_token
    grant.expires_at, grant.refreshed_at = tokens.expires_at, timezone.now()
    grant.dead_since, grant.dead_reason = None, ""
    grant.save()


def _is_due(expires_at: datetime | None) -> bool:
    return expires_at is not None and expires_at - REFRESH_BEFORE <= timezone.now()


def basic(key: str) -> str:
    """An API key as Pleo takes it: the user name, with an empty password."""
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def _bearer(grant: PleoGrant) -> str:
    if grant.api_key is not None:
        return basic(grant.api_key)
    return f"Bearer {grant.access_token}"
