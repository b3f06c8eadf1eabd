"""Token endpoint and token introspection of the authorization server."""

import base64
import hashlib
import hmac
import re
from dataclasses import asdict
from typing import Any
from urllib.parse import unquote_plus

from flask import Blueprint, Response, json, request

from .clients import find_client
from .middleware import DROP_MARK
from .state import Simulator, sim
from .store import Row
from .tokens import GrantError, TokenPair

blueprint = Blueprint("oauth_tokens", __name__)
CODE_FIELDS = ("code", "redirect_uri", "code_verifier")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class OAuthError(Exception):
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.status = status


@blueprint.errorhandler(OAuthError)
def show_error(error: OAuthError) -> Response:
    response = _json({"error": error.error, "error_description": str(error)}, error.status)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="pleo"'
    return response


def _json(body: dict[str, Any], status: int = 200) -> Response:
    response = Response(json.dumps(body), status, content_type="application/json;charset=UTF-8")
    response.headers["Cache-Control"] = "no-store"
    return response


def _form(known: tuple[str, ...]) -> dict[str, str]:
    if request.mimetype != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "The body must be form encoded.")
    for name in request.form:
        if name not in known:
            raise OAuthError("invalid_request", f"Unknown parameter {name}.")
        if len(request.form.getlist(name)) > 1:
            raise OAuthError("invalid_request", f"{name} is given twice.")
    return request.form.to_dict()


def _basic() -> tuple[str, str] | None:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError as error:
        raise OAuthError("invalid_client", "The Basic credentials are malformed.", 401) from error
    return unquote_plus(name), unquote_plus(password)


def _client(form: dict[str, str], *, body_allowed: bool) -> Row:
    credentials = _basic()
    if credentials is None and body_allowed and "client_secret" in form:
        credentials = (form.get("client_id", ""), form["client_secret"])
    client = find_client(sim().store, credentials[0]) if credentials else None
    if (
        client is None
        or credentials is None
        or not hmac.compare_digest(client["secret"].encode(), credentials[1].encode())
    ):
        raise OAuthError("invalid_client", "Client authentication failed.", 401)
    if form.get("client_id", client["id"]) != client["id"]:
        raise OAuthError("invalid_request", "client_id differs from the Basic credentials.")
    return client


@blueprint.post("/oauth/token")
def token() -> Response:
    simulator = sim()
    form = _form(("grant_type", "refresh_token", "client_id", "client_secret", *CODE_FIELDS))
    client = _client(form, body_allowed=simulator.switches.flag("body_client_credentials"))
    grant = form.get("grant_type")
    if grant == "authorization_code":
        pair = _exchange(simulator, form, client)
    elif grant == "refresh_token":
        pair = _refresh(simulator, form, client)
    else:
        raise OAuthError("unsupported_grant_type", f"grant_type {grant} is not supported.")
    body = {**asdict(pair), "token_type": "Bearer"}
    if not simulator.switches.flag("scope_in_token_response"):
        del body["scope"]
    return _json(body)


def _exchange(simulator: Simulator, form: dict[str, str], client: Row) -> TokenPair:
    if "refresh_token" in form:
        raise OAuthError("invalid_request", "refresh_token does not belong to this grant.")
    if not form.get("code") or not form.get("redirect_uri"):
        raise OAuthError("invalid_request", "code or redirect_uri is missing.")
    with simulator.store.write():
        code = simulator.store.one("SELECT * FROM codes WHERE code = ?", form["code"])
        problem = _code_problem(simulator, code, form, client)
        if code is not None and problem is None:
            family_id = simulator.tokens.new_family(
                client_id=client["id"],
                company_id=code["company_id"],
                user_id=code["user_id"],
                scope=code["scope"],
            )
            simulator.store.run(
                "UPDATE codes SET family_id = ? WHERE code = ?", family_id, code["code"]
            )
            return simulator.tokens.issue(simulator.tokens.family(family_id) or {})
    raise OAuthError("invalid_grant", problem or "The code is unknown.")


def _code_problem(
    simulator: Simulator, code: Row | None, form: dict[str, str], client: Row
) -> str | None:
    if code is None or code["client_id"] != client["id"]:
        return "The code is unknown."
    if code["family_id"] is not None:
        if simulator.switches.flag("reused_code_revokes_tokens"):
            simulator.tokens.revoke_family(code["family_id"])
        return "The code was used before."
    if code["expires_at"] <= simulator.clock.now():
        return "The code has expired."
    if code["redirect_uri"] != form["redirect_uri"]:
        return "redirect_uri differs from the authorization request."
    return _verifier_problem(code["challenge"], form.get("code_verifier"))


def _verifier_problem(challenge: str | None, verifier: str | None) -> str | None:
    if challenge is None:
        return None if verifier is None else "No code_challenge was sent with the request."
    if verifier is None or not _VERIFIER.fullmatch(verifier):
        return "code_verifier is missing or malformed."
    digest = hashlib.sha256(verifier.encode()).digest()
    made = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return None if hmac.compare_digest(made, challenge) else "code_verifier does not match."


def _refresh(simulator: Simulator, form: dict[str, str], client: Row) -> TokenPair:
    for name in CODE_FIELDS:
        if name in form:
            raise OAuthError("invalid_request", f"{name} does not belong to this grant.")
    if not form.get("refresh_token"):
        raise OAuthError("invalid_request", "refresh_token is missing.")
    try:
        pair = simulator.tokens.refresh(form["refresh_token"], client["id"])
    except GrantError as error:
        raise OAuthError(simulator.switches.text("refresh_error_code"), str(error)) from error
    if simulator.switches.flag("drop_refresh_response"):
        request.environ[DROP_MARK] = True
    return pair


@blueprint.post("/oauth/token/introspect")
def introspect() -> Response:
    simulator = sim()
    form = _form(("token", "token_type_hint"))
    client = _client(form, body_allowed=False)
    if not form.get("token"):
        raise OAuthError("invalid_request", "token is missing.")
    if form.get("token_type_hint", "access_token") not in ("access_token", "refresh_token"):
        raise OAuthError("invalid_request", "token_type_hint is unknown.")
    found = simulator.tokens.live(form["token"])
    if found is None or found["client_id"] != client["id"]:
        return _json({"active": False})
    return _json(_facts(form["token"], found))


def _facts(token: str, found: Row) -> dict[str, Any]:
    return {
        "active": True,
        "sub": found["company_id"],
        "token_type": "at+JWT",
        "exp": int(found["expires_at"]),
        "iat": int(found["issued_at"]),
        "client_id": found["client_id"],
        "aud": "https://external.pleo.io",
        "iss": "pleo.staging",
        "jti": hashlib.sha256(token.encode()).hexdigest()[:32],
        "urn:pleo:params:oauth:subject_urn": f"urn:pleo:company:{found['company_id']}",
    }
