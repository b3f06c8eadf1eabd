"""Who calls: Bearer tokens and API keys, scopes, company isolation, rate limit."""

import base64
import threading
from dataclasses import dataclass

from flask import request

from .errors import ApiError, denied, unauthorized
from .state import Simulator, sim


@dataclass(frozen=True)
class Caller:
    method: str
    credential: str
    client_id: str
    company_id: str
    user_id: str | None
    scopes: frozenset[str]

    @property
    def urn(self) -> str:
        return f"urn:pleo:company:{self.company_id}"


def authenticate() -> Caller:
    """The caller of the current request, or 401."""
    simulator = sim()
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        caller = _from_token(simulator, value.strip())
    elif scheme.lower() == "basic":
        caller = _from_api_key(simulator, value.strip())
    else:
        raise unauthorized("The Authorization header is missing.")
    _limit_rate(simulator, caller)
    return caller


def require(*scopes: str) -> Caller:
    """The caller, if the credential holds one of the scopes."""
    caller = authenticate()
    if scopes and caller.scopes.isdisjoint(scopes):
        resource, _, verb = scopes[0].partition(":")
        raise denied(f"Required permission '{verb.upper()}' on resource '{resource}'")
    return caller


def require_export(scope: str) -> Caller:
    caller = require(scope)
    if sim().switches.flag("api_requires_activation") and not _activated(caller):
        raise denied("The installation is not activated.")
    return caller


def same_company(caller: Caller, company_id: str | None) -> None:
    if company_id is not None and company_id != caller.company_id:
        raise denied("The credential belongs to another company.")


def _activated(caller: Caller) -> bool:
    row = sim().store.one(
        "SELECT status FROM installations WHERE client_id = ? AND company_id = ?",
        caller.client_id,
        caller.company_id,
    )
    return row is not None and row["status"] == "ACTIVATED"


def _from_token(simulator: Simulator, token: str) -> Caller:
    row = simulator.tokens.live(token)
    if row is None or row["kind"] != "access":
        raise unauthorized(_why_dead(simulator, token))
    return Caller(
        "OAUTH2",
        token,
        row["client_id"],
        row["company_id"],
        row["user_id"],
        frozenset(row["scope"].split()),
    )


def _why_dead(simulator: Simulator, token: str) -> str:
    row = simulator.store.one("SELECT * FROM tokens WHERE token = ? AND kind = 'access'", token)
    expired = row is not None and row["expires_at"] <= simulator.clock.now()
    return "JWT is expired" if expired else "JWT is not valid"


def _from_api_key(simulator: Simulator, value: str) -> Caller:
    try:
        key, colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError as error:
        raise unauthorized("The Basic credentials are malformed.") from error
    row = simulator.store.one("SELECT * FROM api_keys WHERE key = ?", key)
    if row is None or not colon or password:
        raise unauthorized("The API key is not valid.")
    return Caller(
        "API_KEY", key, row["client_id"], row["company_id"], None, frozenset(row["scope"].split())
    )


class _Window:
    """Fixed one-minute windows per credential."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute = 0
        self._counts: dict[str, int] = {}

    def count(self, credential: str, minute: int) -> int:
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts = minute, {}
            self._counts[credential] = self._counts.get(credential, 0) + 1
            return self._counts[credential]


_window = _Window()


def _limit_rate(simulator: Simulator, caller: Caller) -> None:
    limit = simulator.switches.number("rate_limit_per_minute")
    now = simulator.clock.now()
    counted = {
        "credential": caller.credential,
        "client": caller.client_id,
        "company": caller.company_id,
    }[simulator.switches.text("rate_limit_counts")]
    if limit and _window.count(counted, int(now // 60)) > limit:
        headers = {"Retry_After": str(60 - int(now % 60))}
        raise ApiError(
            429,
            "RATE_LIMIT_EXCEEDED",
            f"Over {limit} requests per minute.",
            **(headers if simulator.switches.flag("retry_after_header") else {}),
        )
