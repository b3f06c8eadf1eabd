"""Authorization endpoint: log-in, choice of the company, consent, redirect."""

import re
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, session
from itsdangerous import BadSignature, URLSafeSerializer

from . import installations
from .clients import SCOPES, find_client
from .state import sim
from .store import Row
from .users import companies_of, find_user, log_in

blueprint = Blueprint("oauth", __name__)
PARAMETERS = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "urn_pleo_params_oauth_subject",
)
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


class PageError(Exception):
    """Wrong in a way that must not redirect: the redirect URI cannot be trusted."""


class RedirectError(Exception):
    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


@blueprint.errorhandler(PageError)
def show_page_error(error: PageError) -> Response:
    return make_response(render_template("oauth_error.html", message=str(error)), 400)


def _parameters(source: Mapping[str, str]) -> dict[str, str]:
    return {name: source[name] for name in PARAMETERS if name in source}


def _trusted_client(parameters: dict[str, str]) -> Row:
    client = find_client(sim().store, parameters.get("client_id", ""))
    if client is None:
        raise PageError("The app that sent you here is not registered.")
    if parameters.get("redirect_uri") not in client["redirect_uris"]:
        raise PageError("The app asked to return to an address that is not registered for it.")
    return client


def _check(parameters: dict[str, str], client: Row) -> None:
    switches = sim().switches
    if parameters.get("response_type") != "code":
        raise RedirectError("unsupported_response_type", "response_type must be code")
    if not parameters.get("state") and switches.flag("state_required"):
        raise RedirectError("invalid_request", "state is missing")
    _check_scope(parameters.get("scope", ""), client)
    challenge = parameters.get("code_challenge")
    if challenge is None and "code_challenge_method" not in parameters:
        if switches.flag("pkce_required"):
            raise RedirectError("invalid_request", "code_challenge is missing")
    elif parameters.get("code_challenge_method") != "S256":
        raise RedirectError("invalid_request", "code_challenge_method must be S256")
    elif not _CHALLENGE.fullmatch(challenge or ""):
        raise RedirectError("invalid_request", "code_challenge is malformed")


def _check_scope(scope: str, client: Row) -> None:
    allowed = set(client["scopes"])
    if sim().switches.flag("accept_test_scope"):
        allowed.add("test:test")
    asked = scope.split()
    if not asked or not set(asked) <= allowed:
        raise RedirectError("invalid_scope", "scope is empty or not approved for this app")


def _back(parameters: dict[str, str], **values: str) -> Response:
    if parameters.get("state"):
        values["state"] = parameters["state"]
    uri = parameters["redirect_uri"]
    joint = "&" if urlsplit(uri).query else "?"
    return make_response(redirect(f"{uri}{joint}{urlencode(values)}", 302))


def _checked(source: Mapping[str, str]) -> tuple[dict[str, str], Row, Response | None]:
    """Parameters, client and, where the request is wrong, the redirect that says so."""
    parameters = _parameters(source)
    client = _trusted_client(parameters)
    try:
        _check(parameters, client)
    except RedirectError as error:
        return (
            parameters,
            client,
            _back(parameters, error=error.error, error_description=error.description),
        )
    return parameters, client, None


def _tickets() -> URLSafeSerializer:
    return URLSafeSerializer(sim().store.secret(), salt="authorize")


def _user_of(ticket: str) -> Row:
    """The logged-in user travels as a signed form field, so no cookie is needed."""
    try:
        user = find_user(sim().store, _tickets().loads(ticket))
    except BadSignature as error:
        raise PageError("The form was changed on the way. Start again from the app.") from error
    if user is None:
        raise PageError("This user does not exist any more. Start again from the app.")
    return user


def _page(template: str, parameters: dict[str, str], client: Row, **values: Any) -> Response:
    return make_response(render_template(template, parameters=parameters, client=client, **values))


@blueprint.get("/oauth/authorize")
def authorize() -> Response:
    parameters, client, refusal = _checked(request.args)
    if refusal is not None:
        return refusal
    user = find_user(sim().store, session.get("user_id", ""))
    ticket = str(_tickets().dumps(user["id"])) if user else None
    return _page(
        "oauth_login.html",
        parameters,
        client,
        user=user,
        ticket=ticket,
        error=None,
        hints=_hints(parameters),
    )


def _hints(parameters: dict[str, str]) -> list[Row]:
    """The log-ins; the one of the company the request names comes first."""
    subject = parameters.get("urn_pleo_params_oauth_subject", "").rpartition(":")[2]
    rows = sim().store.all(
        "SELECT u.email, u.password, u.name, c.name AS company, c.id AS company_id,"
        " COUNT(*) AS companies FROM users u JOIN company_users x ON x.user_id = u.id"
        " JOIN companies c ON c.id = x.company_id GROUP BY u.id ORDER BY c.position"
    )
    return sorted(rows, key=lambda row: (row["companies"] > 1, row["company_id"] != subject))


@blueprint.post("/oauth/authorize/login")
def authorize_login() -> Response:
    parameters, client, refusal = _checked(request.form)
    if refusal is not None:
        return refusal
    if request.form.get("ticket"):
        user: Row | None = _user_of(request.form["ticket"])
    else:
        user = log_in(sim().store, request.form.get("email", ""), request.form.get("password", ""))
    if user is None:
        return _page(
            "oauth_login.html",
            parameters,
            client,
            user=None,
            ticket=None,
            error="Email or password is not right.",
            hints=_hints(parameters),
        )
    subject = parameters.get("urn_pleo_params_oauth_subject", "").rpartition(":")[2]
    return _page(
        "oauth_company.html",
        parameters,
        client,
        user=user,
        chosen=subject,
        companies=companies_of(sim().store, user["id"]),
        ticket=_tickets().dumps(user["id"]),
    )


def _company(user: Row) -> Row:
    for company in companies_of(sim().store, user["id"]):
        if company["id"] == request.form.get("company_id"):
            return company
    raise PageError("You have no access to this company.")


@blueprint.post("/oauth/authorize/company")
def authorize_company() -> Response:
    parameters, client, refusal = _checked(request.form)
    if refusal is not None:
        return refusal
    user = _user_of(request.form.get("ticket", ""))
    words = [(scope, SCOPES.get(scope, scope)) for scope in parameters["scope"].split()]
    return _page(
        "oauth_consent.html",
        parameters,
        client,
        user=user,
        company=_company(user),
        scopes=words,
        ticket=_tickets().dumps(user["id"]),
    )


@blueprint.post("/oauth/authorize/decision")
def authorize_decision() -> Response:
    parameters, client, refusal = _checked(request.form)
    if refusal is not None:
        return refusal
    user = _user_of(request.form.get("ticket", ""))
    company = _company(user)
    if request.form.get("decision") != "allow":
        return _back(
            parameters, error="access_denied", error_description="The user did not allow access."
        )
    return _back(parameters, code=_grant(parameters, client, user, company))


def _grant(parameters: dict[str, str], client: Row, user: Row, company: Row) -> str:
    simulator = sim()
    code = secrets.token_urlsafe(24)
    life = simulator.switches.number("authorization_code_seconds")
    with simulator.store.write():
        simulator.store.insert(
            "codes",
            {
                "code": code,
                "client_id": client["id"],
                "company_id": company["id"],
                "user_id": user["id"],
                "redirect_uri": parameters["redirect_uri"],
                "scope": parameters["scope"],
                "challenge": parameters.get("code_challenge"),
                "expires_at": simulator.clock.now() + life,
                "family_id": None,
            },
        )
        installations.record_grant(simulator, client, company["id"])
    return code
