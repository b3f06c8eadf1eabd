"""Our side of Pleo's authorization server against a scripted far side."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from erp_adapters.errors import (
    AuthenticationFailed,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    RemoteError,
    Unavailable,
)
from pleo_connector.pleo.oauth import OAuthClient, Tokens
from tests.unit.pleo.scripted import Play, Script, answer, no_answer, truncated

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
PAIR = {"access_token": "sim-at-6f1c", "refresh_token": "sim-rt-91bd", "expires_in": 3600}
Grant = Callable[[OAuthClient], Tokens]


def oauth(url: str, **more: Any) -> OAuthClient:
    known: dict[str, Any] = {
        "client_id": "22222222-0000-4000-8000-000000000001",
        "client_secret": "0f3a9b",
        "auth_url": url,
        "redirect_uri": "https://us.example/pleo/callback/",
        "scopes": ("export-jobs:read", "export-items:read"),
        "allow_private": True,
    }
    return OAuthClient(**known | more)


def exchange(client: OAuthClient) -> Tokens:
    return client.exchange(code="c-1", verifier="v" * 43, now=NOW)


def refresh(client: OAuthClient) -> Tokens:
    return client.refresh(refresh_token="sim-rt-old", now=NOW)


both_grants = pytest.mark.parametrize("grant", [exchange, refresh])


# The address a person is sent to


def test_the_address_has_everything_pleo_asks_for() -> None:
    url, state, verifier = oauth("https://auth.pleo.example").authorization_url()
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    digest = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert url.startswith("https://auth.pleo.example/oauth/authorize?")
    assert query == {
        "response_type": "code",
        "client_id": "22222222-0000-4000-8000-000000000001",
        "redirect_uri": "https://us.example/pleo/callback/",
        "scope": "export-jobs:read export-items:read",
        "state": state,
        "code_challenge": digest,
        "code_challenge_method": "S256",
    }
    assert 43 <= len(verifier) <= 128


def test_a_known_company_is_named() -> None:
    urn = "urn:pleo:company:aaaaaaaa-0000-4000-8000-000000000001"
    url, _, _ = oauth("https://auth.pleo.example").authorization_url(company_urn=urn)
    assert parse_qs(urlsplit(url).query)["urn_pleo_params_oauth_subject"] == [urn]


def test_state_and_verifier_are_new_each_time() -> None:
    client = oauth("https://auth.pleo.example")
    made = [client.authorization_url() for _ in range(10)]
    assert len({state for _, state, _ in made} | {verifier for _, _, verifier in made}) == 20


# What is sent


@both_grants
def test_the_registration_goes_as_basic(script: Script, grant: Grant) -> None:
    script.play(answer(PAIR))
    grant(oauth(script.url))
    request = script.requests[0]
    scheme, _, value = request.headers["authorization"].partition(" ")
    assert scheme == "Basic"
    assert b64decode(value) == b"22222222-0000-4000-8000-000000000001:0f3a9b"
    assert not {"client_id", "client_secret"} & set(request.form)


@both_grants
def test_the_registration_may_go_in_the_form(script: Script, grant: Grant) -> None:
    script.play(answer(PAIR))
    grant(oauth(script.url, token_auth="client_secret_post"))
    request = script.requests[0]
    assert "authorization" not in request.headers
    assert request.form["client_id"] == "22222222-0000-4000-8000-000000000001"
    assert request.form["client_secret"] == "0f3a9b"


def test_a_code_is_exchanged_with_its_verifier(script: Script) -> None:
    script.play(answer(PAIR | {"token_type": "Bearer", "scope": "a:read", "new": [1]}))
    tokens = exchange(oauth(script.url))
    assert tokens == Tokens(
        access_token="sim-at-6f1c",
        refresh_token="sim-rt-91bd",
        expires_at=NOW + timedelta(hours=1),
    )
    request = script.requests[0]
    assert (request.method, request.target) == ("POST", "/oauth/token")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.form == {
        "grant_type": "authorization_code",
        "code": "c-1",
        "redirect_uri": "https://us.example/pleo/callback/",
        "code_verifier": "v" * 43,
    }


def test_a_refresh_sends_the_refresh_token_alone(script: Script) -> None:
    script.play(answer(PAIR))
    assert refresh(oauth(script.url)).refresh_token == "sim-rt-91bd"
    assert script.requests[0].form == {"grant_type": "refresh_token", "refresh_token": "sim-rt-old"}


def test_neither_tokens_nor_secret_are_printed(script: Script) -> None:
    script.play(answer(PAIR))
    client = oauth(script.url)
    printed = f"{client!r} {refresh(client)!r}"
    assert not any(word in printed for word in ("0f3a9b", "sim-at-6f1c", "sim-rt-91bd"))


# Refusals


@pytest.mark.parametrize(
    "play",
    [
        answer({"error": "invalid_grant"}, 400),
        answer({"error": "invalid_token"}, 400),
        answer({"error": "invalid_refresh_token"}, 400),
        answer({"error": "invalid_refresh_token"}, 401),
        answer({"error": "something_new"}, 400),
        answer({"type": "VALIDATION_FAILED", "message": "refresh token expired"}, 400),
        answer(b"<html>Bad Request</html>", 400),
        answer(b"", 400),
        answer(b"", 401),
    ],
)
def test_a_refusal_ends_the_grant(script: Script, play: Play) -> None:
    script.play(play)
    with pytest.raises(AuthenticationFailed):
        refresh(oauth(script.url))
    with pytest.raises(Rejected):
        exchange(oauth(script.url))
    assert len(script.requests) == 2


@both_grants
@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("kind", ["invalid_client", "unauthorized_client"])
def test_a_refusal_of_our_registration_keeps_the_grant(
    script: Script, grant: Grant, status: int, kind: str
) -> None:
    script.play(answer({"error": kind}, status))
    with pytest.raises(Unavailable, match="registration"):
        grant(oauth(script.url))


def test_words_in_a_description_are_no_error_code(script: Script) -> None:
    body = {"error": "invalid_grant", "error_description": "not invalid_client, but gone"}
    script.play(answer(body, 400))
    with pytest.raises(AuthenticationFailed):
        refresh(oauth(script.url))


@both_grants
@pytest.mark.parametrize(
    ("play", "error"),
    [
        (answer({"error": "server_error"}, 500), OutcomeUnknown),
        (answer(b"<html>", 502), OutcomeUnknown),
        (answer(b"", 503), OutcomeUnknown),
        (answer(b"", 302, Location="/login"), OutcomeUnknown),
        (answer({}, 403), NotAllowed),
        (answer({}, 404), Rejected),
        (no_answer, OutcomeUnknown),
        (truncated(b'{"access_token": "a"'), OutcomeUnknown),
    ],
)
def test_trouble_is_not_a_refusal(
    script: Script, grant: Grant, play: Play, error: type[RemoteError]
) -> None:
    script.play(play)
    with pytest.raises(error) as caught:
        grant(oauth(script.url))
    assert type(caught.value) is error
    assert len(script.requests) == 1  # never sent again by itself: it may have rotated


@both_grants
@pytest.mark.parametrize(
    ("value", "least"), [("7", 7.0), ("in an hour", 3000.0)], ids=["seconds", "date"]
)
def test_a_429_says_how_long_to_wait(
    script: Script, grant: Grant, value: str, least: float
) -> None:
    hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    script.play(answer({}, 429, Retry_After=hour if value == "in an hour" else value))
    with pytest.raises(RateLimited) as caught:
        grant(oauth(script.url))
    assert least <= (caught.value.retry_after or 0) <= 3600


@both_grants
def test_a_closed_port_was_never_reached(grant: Grant, script: Script) -> None:
    script.stop()
    with pytest.raises(Unavailable):
        grant(oauth(script.url))


@both_grants
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"\xff",
        [],
        None,
        "token",
        {},
        {name: PAIR[name] for name in ("access_token", "refresh_token")},
        {name: PAIR[name] for name in ("access_token", "expires_in")},
        {name: PAIR[name] for name in ("refresh_token", "expires_in")},
        PAIR | {"access_token": None},
        PAIR | {"access_token": ""},
        PAIR | {"refresh_token": None},
        PAIR | {"refresh_token": 7},
        PAIR | {"expires_in": None},
        PAIR | {"expires_in": "soon"},
        PAIR | {"expires_in": 10**20},
    ],
    ids=str,
)
def test_a_token_answer_that_cannot_be_read_is_unknown(
    script: Script, grant: Grant, body: Any
) -> None:
    script.play(answer(body))
    with pytest.raises(OutcomeUnknown) as caught:
        grant(oauth(script.url))
    assert "sim-" not in f"{caught.value.message} {caught.value.detail}"


@pytest.mark.parametrize("seconds", [60, "60", 60.0])
def test_a_life_may_be_text(script: Script, seconds: Any) -> None:
    script.play(answer(PAIR | {"expires_in": seconds}))
    assert refresh(oauth(script.url)).expires_at == NOW + timedelta(minutes=1)
