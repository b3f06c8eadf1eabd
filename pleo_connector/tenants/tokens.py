"""Keys for programs: made, used and taken back."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django_scopes import scopes_disabled

from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.models import ApiScope, ApiToken, Tenant, User

MARK = "pec_"  # by which scanners of source code find a token that got lost
PREFIX = len(MARK) + 6
NOTE_USE_EVERY = timedelta(minutes=1)


def hash_secret(secret: str) -> str:
    """Plain SHA-256 is enough: secrets are random, and too long to be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create_token(
    *,
    tenant: Tenant,
    name: str,
    scopes: Sequence[str],
    expires_at: datetime | None,
    actor: User,
) -> tuple[ApiToken, str]:
    """The row and the token itself, which is stored nowhere: show it now or never."""
    secret = MARK + secrets.token_urlsafe(32)
    allowed = [ApiScope(x).value for x in scopes]
    with transaction.atomic():
        token: ApiToken = ApiToken.objects.create(
            tenant=tenant,
            name=name.strip(),
            prefix=secret[:PREFIX],
            hash=hash_secret(secret),
            scopes=allowed,
            created_by=actor,
            expires_at=expires_at,
        )
        record_audit(
            tenant=tenant, actor=actor, action="made an API token", subject=str(token), may=allowed
        )
    return token, secret


def revoke_token(*, token: ApiToken, actor: User, now: datetime) -> None:
    with transaction.atomic():
        open_ones = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
        if open_ones.update(revoked_at=now):
            record_audit(
                tenant=token.tenant,
                actor=actor,
                action="revoked an API token",
                subject=str(token),
            )


def use_token(*, secret: str, now: datetime) -> ApiToken | None:
    """The token whose text this is, unless it is revoked or expired; its use is noted."""
    with scopes_disabled():
        rows = ApiToken.objects.select_related("tenant").filter(hash=hash_secret(secret))
        token: ApiToken | None = rows.first()
        if token is None or token.is_over(now):
            return None
        if token.last_used_at is None or now - token.last_used_at > NOTE_USE_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token
