"""The pages of rules: their order, each of them, and what they would make of an entry."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scope, scopes_disabled

from pleo_connector.bookkeeping.mapping import MappingRule
from pleo_connector.connections.models import Connection
from pleo_connector.mapping.actions import load_mapping, load_numbered, save_mapping
from pleo_connector.tenants.models import Tenant
from tests.app import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Any:
    made = factories.make_tenant()
    with scope(tenant=made):
        yield made


@pytest.fixture
def connection(tenant: Tenant) -> Connection:
    return factories.make_connection(tenant)


@pytest.fixture
def client(tenant: Tenant) -> Client:
    client = Client()
    client.force_login(factories.owner_of(tenant))
    return client


def names(connection: Connection) -> list[str]:
    return [rule.name for rule in load_mapping(connection).rules]


def url(connection: Connection, name: str = "rules", *args: Any) -> str:
    return reverse(name, args=[connection.public_id, *args])


def text(reply: Any) -> str:
    return str(reply.content.decode())


def test_rules_move_up_and_down_and_away(client: Client, connection: Connection) -> None:
    assert names(connection) == ["Trains", "", "Software in sales"]
    client.post(url(connection), {"down": "1"})
    assert names(connection) == ["", "Trains", "Software in sales"]
    client.post(url(connection), {"up": "3"})
    assert names(connection) == ["", "Software in sales", "Trains"]
    client.post(url(connection), {"up": "1"})
    client.post(url(connection), {"delete": "9"})
    assert names(connection) == ["", "Software in sales", "Trains"]
    asked = text(client.get(url(connection), {"delete": "2"}))
    assert "Delete the rule “Software in sales”?" in asked
    client.post(url(connection), {"delete": "2"})
    assert names(connection) == ["", "Trains"]


def test_a_rule_is_added_at_the_end_and_changed_in_its_place(
    client: Client, connection: Connection
) -> None:
    new = {"name": "Cars", "supplier": "garage", "account": "6100", "dimension_0": "OPS"}
    client.post(url(connection, "rule-new"), new)
    assert load_mapping(connection).rules[-1] == MappingRule(
        name="Cars", supplier="garage", account="6100", dimensions={"department": "OPS"}
    )
    shown = text(client.get(url(connection, "rule", 1)))
    assert 'value="Trains"' in shown
    client.post(url(connection, "rule", 1), new | {"types": ["fee"], "min_amount": "10.50"})
    assert names(connection) == ["Cars", "", "Software in sales", "Cars"]
    assert client.get(url(connection, "rule", 9)).status_code == 404


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"supplier": "garage"}, "Choose what the rule sets"),
        ({"account": "6100", "min_amount": "5", "max_amount": "4"}, "below the amount"),
        ({"account": "6100", "currency": "1"}, "at least 3 characters"),
        ({"account": "6100", "currency": "12A"}, "three letters"),
        ({"account": "5000"}, "Select a valid choice"),
        ({"dimension_1": "P9"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_a_rule_is_said(
    client: Client, connection: Connection, given: dict[str, str], said: str
) -> None:
    reply = client.post(url(connection, "rule-new"), given)
    assert said in text(reply)
    assert len(names(connection)) == 3


def test_a_dimension_with_many_values_is_typed(
    client: Client, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pleo_connector.web.forms.rules.IN_A_LIST", 0)
    wrong = client.post(url(connection, "rule-new"), {"dimension_1": "P9"})
    assert "Project has no value P9" in text(wrong)
    client.post(url(connection, "rule-new"), {"dimension_1": "P100"})
    assert load_mapping(connection).rules[-1].dimensions == {"project": "P100"}


def test_a_list_that_somebody_else_changed_is_looked_at_again(
    client: Client, connection: Connection
) -> None:
    mapping, version = load_numbered(connection)
    save_mapping(
        connection=connection, mapping=replace(mapping, rules=mapping.rules[1:]), author=None
    )
    reply = client.post(url(connection), {"delete": "1", "version": str(version)}, follow=True)
    assert "nothing was saved" in text(reply)
    assert names(connection) == ["", "Software in sales"]


def test_typed_values_show_which_rule_takes_them_and_why_others_do_not(
    client: Client, connection: Connection
) -> None:
    typed = {
        "type": "card_purchase",
        "amount": "250.00",
        "category": "6540",
        "supplier": "Cloud Hosting",
        "team": "sales",
    }
    shown = text(client.get(url(connection), typed))
    assert "Rule 3, Software in sales, takes it: tax code I25 Input 25 %." in shown
    assert "The supplier is Cloud Hosting, without “rail”." in shown
    assert "above 100.00." in shown
    other = text(client.get(url(connection), typed | {"supplier": "Skyline RAIL"}))
    assert "Rule 1, Trains, takes it" in other
    assert "Not reached" in other
    none = text(client.get(url(connection), typed | {"type": "wallet_topup"}))
    assert "No rule takes it." in none
    assert "The category is not given, not 6540." in none


def test_the_rules_are_tried_on_a_recent_entry(client: Client, connection: Connection) -> None:
    job = factories.make_job(connection, booked=3)
    item = job.items.get(position=1)  # Skyline Rail
    listed = text(client.get(url(connection)))
    assert "Skyline Rail" in listed
    shown = text(client.get(url(connection), {"entry": str(item.public_id)}))
    assert "Rule 1, Trains, takes it: account 5800 Travel, Project: P100 Harbour." in shown


def test_an_entry_of_another_connection_is_not_tried(
    client: Client, connection: Connection
) -> None:
    with scopes_disabled():
        other = factories.make_connection(factories.make_tenant("Skovgaard"))
        item = factories.make_job(other, booked=2).items.get(position=1)
    shown = text(client.get(url(connection), {"entry": str(item.public_id)}))
    assert "takes it" not in shown


def test_a_reader_sees_the_rules_without_buttons(tenant: Tenant, connection: Connection) -> None:
    client = Client()
    client.force_login(factories.join(tenant, "viewer"))
    shown = text(client.get(url(connection)))
    assert "Trains" in shown
    assert 'name="up"' not in shown
