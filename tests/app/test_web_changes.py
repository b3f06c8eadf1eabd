"""The history of settings, and settings taken over from another connection."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scope, scopes_disabled

from pleo_connector.bookkeeping.mapping import Accounts, Mapping, MappingRule
from pleo_connector.mapping.actions import load_mapping, load_numbered, save_mapping
from pleo_connector.mapping.queries import changes
from pleo_connector.tenants.models import AuditEntry
from tests.app import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def place() -> Any:
    with scopes_disabled():
        tenant = factories.make_tenant()
        ours, theirs = factories.make_connection(tenant), factories.make_connection(tenant)
        owner = factories.join(tenant, "owner")
    for connection, account in ((ours, "2820"), (theirs, "2899")):
        mapping = Mapping(accounts=Accounts(out_of_pocket=account, wallet={"EUR": "1940"}))
        with scope(tenant=tenant):
            save_mapping(connection=connection, mapping=mapping, author=owner)
    client = Client()
    client.force_login(owner)
    return ours, theirs, client


def test_each_change_is_listed_with_its_author(place: Any) -> None:
    ours, _, client = place
    page = client.get(reverse("changes", args=[ours.public_id])).content.decode()
    assert "Account: Out-of-pocket expenses" in page
    assert "Wallet account in EUR" in page
    assert "2820" in page


def test_settings_are_taken_over_only_after_their_difference_was_shown(place: Any) -> None:
    ours, theirs, client = place
    address = reverse("changes", args=[ours.public_id])
    shown = client.get(address, {"from": str(theirs.public_id)}).content.decode()
    assert "Change 1 setting" in shown
    with scope(tenant=ours.tenant):
        assert load_mapping(ours).accounts.out_of_pocket == "2820"
        client.post(address, {"from": str(theirs.public_id)})
        assert load_mapping(ours).accounts.out_of_pocket == "2899"


def test_a_change_is_taken_back_after_its_difference_was_shown(place: Any) -> None:
    ours, theirs, client = place
    address = reverse("changes", args=[ours.public_id])
    client.post(address, {"from": str(theirs.public_id)})
    listed = client.get(address).content.decode()
    assert "Take this change back" in listed
    shown = client.get(address, {"back": "2"}).content.decode()
    assert "Take back 1 setting?" in shown
    assert "2820" in shown
    client.post(address, {"back": "2", "version": "3"})
    with scope(tenant=ours.tenant):
        mapping, number = load_numbered(ours)
        assert (mapping.accounts.out_of_pocket, number) == ("2820", 4)
        done = AuditEntry.objects.latest("pk")
    assert done.action == "took back settings"


def test_taking_back_the_very_first_change_leaves_the_defaults(place: Any) -> None:
    ours, _, client = place
    client.post(reverse("changes", args=[ours.public_id]), {"back": "0"})
    with scope(tenant=ours.tenant):
        assert load_mapping(ours) == Mapping()


def test_what_cannot_be_taken_back(place: Any) -> None:
    ours, _, client = place
    address = reverse("changes", args=[ours.public_id])
    for wrong in ("9", "-1", "x"):
        assert client.get(address, {"back": wrong}).status_code == 404
    late = client.post(address, {"back": "1", "version": "1"}, follow=True)
    assert "nothing was saved" in late.content.decode()
    with scope(tenant=ours.tenant):
        assert load_numbered(ours)[1] == 2


def test_a_changed_rule_is_told_in_words(place: Any) -> None:
    ours, _, client = place
    rule = MappingRule(name="Trains", supplier="rail", account="5800")
    with scope(tenant=ours.tenant):
        mapping = replace(load_mapping(ours), rules=(rule,), account_codes={"61.0": "6100"})
        save_mapping(connection=ours, mapping=mapping, author=None)
    page = client.get(reverse("changes", args=[ours.public_id])).content.decode()
    assert "Trains. When supplier contains “rail”: account 5800" in page
    assert "Account for 61.0 of Pleo" in page


def test_a_foreign_connection_cannot_be_the_source(place: Any) -> None:
    ours, _, client = place
    with scopes_disabled():
        foreign = factories.make_connection(factories.make_tenant("Elsewhere"))
    address = reverse("changes", args=[ours.public_id])
    assert client.get(address, {"from": str(foreign.public_id)}).status_code == 404
    assert client.get(address, {"from": "nonsense"}).status_code == 404


def test_a_difference_names_each_setting() -> None:
    before, after = {"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}, "d": 4}
    assert [(x.path, x.before, x.after) for x in changes(before, after)] == [
        ("a.c", 2, 3),
        ("d", None, 4),
    ]
