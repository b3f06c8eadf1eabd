"""Token families: one per authorisation; a rotation kills everything issued before."""

import secrets
import uuid
from dataclasses import dataclass

from .clock import Clock
from .store import Row, Store
from .switches import Switches


class GrantError(Exception):
    """The code or refresh token is of no use."""


@dataclass(frozen=True)
class TokenPair:
    access_token: str
    refresh_token: str
    expires_in: int
    scope: str


class TokenService:
    def __init__(self, store: Store, clock: Clock, switches: Switches) -> None:
        self.store = store
        self.clock = clock
        self.switches = switches

    def new_family(self, *, client_id: str, company_id: str, user_id: str, scope: str) -> str:
        family_id = str(uuid.uuid4())
        with self.store.write():
            if self.switches.flag("new_grant_revokes_earlier_grants"):
                self.revoke_grants(client_id=client_id, company_id=company_id)
            self.store.insert(
                "families",
                {
                    "id": family_id,
                    "client_id": client_id,
                    "company_id": company_id,
                    "user_id": user_id,
                    "scope": scope,
                    "created_at": self.clock.now(),
                    "revoked_at": None,
                },
            )
        return family_id

    def issue(self, family: Row) -> TokenPair:
        access = self._mint(family, "access", self.switches.number("access_token_seconds"))
        refresh = self._mint(family, "refresh", self.switches.number("refresh_token_seconds"))
        return TokenPair(
            access, refresh, self.switches.number("access_token_seconds"), str(family["scope"])
        )

    def _mint(self, family: Row, kind: str, life: int) -> str:
        length = max(24, self.switches.number("access_token_length"))
        token = f"sim-{kind[0]}t-{secrets.token_urlsafe(length)[:length]}"
        now = self.clock.now()
        self.store.insert(
            "tokens",
            {
                "token": token,
                "family_id": family["id"],
                "kind": kind,
                "state": "live",
                "issued_at": now,
                "expires_at": now + life,
            },
        )
        return token

    def refresh(self, token: str, client_id: str) -> TokenPair:
        with self.store.write():
            found, reason = self._usable_refresh_token(token, client_id)
            if found is not None:
                self.store.run(
                    "UPDATE tokens SET state = 'rotated' WHERE family_id = ?", found["id"]
                )
                return self.issue(found)
        raise GrantError(reason)

    def _usable_refresh_token(self, token: str, client_id: str) -> tuple[Row | None, str]:
        """The family to rotate, or why not; committing what the refusal itself changes."""
        row = self.store.one("SELECT * FROM tokens WHERE token = ? AND kind = 'refresh'", token)
        family = row and self.family(str(row["family_id"]))
        if row is None or not family or family["client_id"] != client_id:
            return None, "The refresh token is unknown."
        if family["revoked_at"] is not None:
            return None, "The authorisation was revoked."
        if row["state"] == "rotated":
            if self.switches.flag("rotated_refresh_token_revokes_family"):
                self.revoke_family(str(family["id"]))
            return None, "The refresh token was superseded."
        if row["expires_at"] <= self.clock.now():
            self.revoke_family(str(family["id"]))
            return None, "The refresh token has expired."
        return family, ""

    def family(self, family_id: str) -> Row | None:
        return self.store.one("SELECT * FROM families WHERE id = ?", family_id)

    def live(self, token: str) -> Row | None:
        """The family's facts joined with the token's, for a usable token of either kind."""
        return self.store.one(
            "SELECT t.kind, t.issued_at, t.expires_at, f.* FROM tokens t"
            " JOIN families f ON f.id = t.family_id WHERE t.token = ? AND t.state = 'live'"
            " AND t.expires_at > ? AND f.revoked_at IS NULL",
            token,
            self.clock.now(),
        )

    def revoke_family(self, family_id: str) -> None:
        self.store.run(
            "UPDATE families SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL",
            self.clock.now(),
            family_id,
        )

    def revoke_grants(self, *, client_id: str, company_id: str) -> None:
        self.store.run(
            "UPDATE families SET revoked_at = ? WHERE client_id = ? AND company_id = ?"
            " AND revoked_at IS NULL",
            self.clock.now(),
            client_id,
            company_id,
        )

    def expire(self, company_id: str, kind: str) -> int:
        return self.store.run(
            "UPDATE tokens SET expires_at = ? WHERE kind = ? AND state = 'live' AND family_id IN"
            " (SELECT id FROM families WHERE company_id = ?)",
            self.clock.now() - 1,
            kind,
            company_id,
        )
