"""Connecting Pleo through the simulator's real consent page, and every way back that is refused."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled

from pleo_connector.connections.models import Connection, PleoGrant
from pleo_connector.web.views.pleo import MAX_STATES, STATES
from tests.app import factories
from tests.app.conftest import authorize
from tests.conftest import Simulator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _all_tenants() -> Iterator[None]:
    with scopes_disabled():
        yield


@pytest.fixture
def connection() -> Connection:
    return factories.make_bare_connection(factories.make_tenant())


@pytest.fixture
def client(connection: Connection) -> Client:
    client = Client()
    client.force_login(factories.owner_of(connection.tenant))
    return client


def start(client: Client, connection: Connection) -> str:
    """The address at Pleo that the person is sent to."""
    reply = client.post(reverse("pleo-connect", args=[connection.public_id]))
    assert reply.status_code == 302
    return str(reply["Location"])


def state_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["state"][0]


def come_back(client: Client, **query: str) -> Any:
    return client.get(reverse("pleo-callback"), query)


def test_connecting(client: Client, connection: Connection, simulator: Simulator) -> None:
    company = simulator.company("DKK")
    answer = authorize(start(client, connection), company)
    reply = come_back(client, **answer)
    assert reply.status_code == 302
    assert reply["Location"] == reverse("erp-choose", args=[connection.public_id])
    connection.refresh_from_db()
    assert connection.pleo_company_name == company["name"]
    again = come_back(client, **answer)
    assert again.status_code == 400
    assert "does not belong to a connection that you just started" in again.content.decode()


def test_reconnecting_names_the_company(client: Client, connection: Connection) -> None:
    connection.pleo_company_id = "11111111-1111-4111-8111-111111111111"
    connection.save()
    query = parse_qs(urlsplit(start(client, connection)).query)
    assert query["urn_pleo_params_oauth_subject"] == [
        "urn:pleo:company:11111111-1111-4111-8111-111111111111"
    ]
    assert query["code_challenge_method"] == ["S256"]


@pytest.mark.parametrize("state", ["", "made-up"])
def test_a_wrong_or_missing_state(client: Client, connection: Connection, state: str) -> None:
    start(client, connection)
    reply = come_back(client, code="a-code", **({"state": state} if state else {}))
    assert reply.status_code == 400
    assert "Start over" in reply.content.decode()
    assert not PleoGrant.objects.exists()


def test_a_state_of_another_person(client: Client, connection: Connection) -> None:
    state = state_of(start(client, connection))
    other = Client()
    other.force_login(factories.join(connection.tenant, "admin"))
    assert come_back(other, code="a-code", state=state).status_code == 400


def test_an_old_state(client: Client, connection: Connection) -> None:
    state = state_of(start(client, connection))
    session = client.session
    session[STATES][state]["at"] = (timezone.now() - timedelta(minutes=16)).isoformat()
    session.save()
    assert come_back(client, code="a-code", state=state).status_code == 400
    assert STATES not in client.session or state not in client.session[STATES]


def test_denied(client: Client, connection: Connection, simulator: Simulator) -> None:
    answer = authorize(start(client, connection), simulator.company("DKK"), decision="deny")
    reply = come_back(client, **answer)
    page = reply.content.decode()
    assert "Pleo access was not allowed. Nothing was changed." in page
    assert reverse("pleo-connect", args=[connection.public_id]) in page
    assert not PleoGrant.objects.exists()
    assert come_back(client, code="a-code", state=answer["state"]).status_code == 400


def test_a_code_that_pleo_does_not_take(
    client: Client, connection: Connection, simulator: Simulator
) -> None:
    reply = come_back(client, code="made-up", state=state_of(start(client, connection)))
    assert "Pleo could not be connected." in reply.content.decode()
    assert not PleoGrant.objects.exists()


def test_somebody_who_lost_the_right_meanwhile(client: Client, connection: Connection) -> None:
    state = state_of(start(client, connection))
    connection.tenant.memberships.update(role="viewer")
    assert come_back(client, code="a-code", state=state).status_code == 403


def test_no_redirect_leaves_the_site(
    client: Client, connection: Connection, simulator: Simulator
) -> None:
    answer = authorize(start(client, connection), simulator.company("DKK"))
    reply = come_back(client, **answer, next="https://evil.example", redirect_uri="//evil.example")
    assert reply["Location"] == reverse("erp-choose", args=[connection.public_id])


def test_old_states_are_forgotten(client: Client, connection: Connection) -> None:
    for _ in range(MAX_STATES + 3):
        start(client, connection)
    assert len(client.session[STATES]) == MAX_STATES
