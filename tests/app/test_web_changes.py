"""The history of settings, and settings taken over from another connection."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django_scopes import scope, scopes_disabled

from pleo_connector.bookkeeping.mapping import Accounts, Mapping
from pleo_connector.mapping.actions import load_mapping, save_mapping
from pleo_connector.mapping.queries import changes
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
    assert "Out of pocket account" in page
    assert "Wallet account EUR" in page
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
