"""An API key instead of OAuth, and the ways in from Pleo's own pages."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scopes_disabled

from pleo_connector.connections.erp import open_pleo
from pleo_connector.connections.models import Connection, PleoGrant
from tests.app import factories
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


def text(reply: Any) -> str:
    return " ".join(reply.content.decode().split())


def key_of(simulator: Simulator, company: dict[str, Any], **wish: Any) -> str:
    made: str = simulator("POST", f"/companies/{company['id']}/api-keys", **wish)["key"]
    return made


def test_a_key_is_checked_at_once_and_its_rights_are_shown(
    client: Client, connection: Connection, simulator: Simulator
) -> None:
    company = simulator.company("DKK")
    url = reverse("pleo-key", args=[connection.public_id])
    reply = client.post(url, {"key": f" {key_of(simulator, company)} "}, follow=True)
    shown = text(reply)
    assert f"Connected to {company['name']} in Pleo. It may: " in shown
    assert reply.redirect_chain[-1][0] == reverse("erp-choose", args=[connection.public_id])
    connection.refresh_from_db()
    assert str(connection.pleo_company_id) == company["id"]
    assert connection.pleo_company_id
    assert list(open_pleo(connection).unfinished_jobs(connection.pleo_company_id)) == []
    open_pleo(connection).activate_installation()
    assert "with an API key" in text(client.get(reverse("setup", args=[connection.public_id])))


def test_keys_that_do_not_work(
    client: Client, connection: Connection, simulator: Simulator
) -> None:
    url = reverse("pleo-key", args=[connection.public_id])
    assert "Paste the key" in text(client.post(url, {"key": ""}))
    assert "does not accept this key" in text(client.post(url, {"key": "plp_guessed"}))
    assert not PleoGrant.objects.exists()
    other = simulator.company("EUR")
    connection.pleo_company_id, connection.pleo_company_name = simulator.company("DKK")["id"], "Us"
    connection.save()
    foreign = client.post(url, {"key": key_of(simulator, other)})
    assert "This connection belongs to Us." in text(foreign)
    assert not PleoGrant.objects.exists()


def test_a_key_with_too_few_rights_says_which(
    client: Client, connection: Connection, simulator: Simulator
) -> None:
    scopes = ["companies:read", "export-jobs:read"]
    key = key_of(simulator, simulator.company("DKK"), scopes=scopes)
    url = reverse("pleo-key", args=[connection.public_id])
    shown = text(client.post(url, {"key": key}, follow=True))
    assert "lacks rights" in shown


def test_connect_in_pleo_goes_on_with_what_is_begun(client: Client, connection: Connection) -> None:
    shown = text(client.get(reverse("pleo-start")))
    assert reverse("setup", args=[connection.public_id]) in shown
    assert "Add another connection" in shown
    viewer = Client()
    viewer.force_login(factories.join(connection.tenant, "viewer"))
    assert "Add a connection" not in text(viewer.get(reverse("pleo-start")))


def test_connect_in_pleo_asks_who_it_is_and_comes_back() -> None:
    reply = Client().get(reverse("pleo-start"), {"company": "x"})
    assert reply["Location"] == "/accounts/login/?next=/pleo/start/%3Fcompany%3Dx"


def test_a_company_in_the_address_finds_its_connection(
    client: Client, connection: Connection
) -> None:
    live = factories.make_connection(connection.tenant)
    urn = f"urn:pleo:company:{live.pleo_company_id}"
    start = client.get(reverse("pleo-start"), {"anything": urn})
    assert start["Location"] == reverse("setup", args=[live.public_id])
    settings = client.get(reverse("pleo-settings"), {"companyId": str(live.pleo_company_id)})
    assert settings["Location"] == reverse("accounts", args=[live.public_id])
    assert client.get(reverse("pleo-settings"))["Location"] == "/"
    foreign = factories.make_connection(factories.make_tenant("Skovgaard"))
    query = {"companyId": str(foreign.pleo_company_id)}
    assert client.get(reverse("pleo-settings"), query)["Location"] == "/"
