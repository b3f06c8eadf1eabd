"""Keys for programs, from the page that shows one to the call that is refused."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled

from pleo_connector.tenants.models import ApiToken, AuditEntry, Tenant
from tests.app import factories

pytestmark = pytest.mark.django_db

ASKED = {"name": "Reports", "scopes": ["connections:read"], "days": "90"}


@pytest.fixture(autouse=True)
def _all_tenants() -> Iterator[None]:
    with scopes_disabled():
        yield


@pytest.fixture
def tenant() -> Tenant:
    return factories.make_tenant()


@pytest.fixture
def owner(tenant: Tenant) -> Client:
    client = Client()
    client.force_login(factories.owner_of(tenant))
    return client


def make(client: Client, **asked: Any) -> str:
    page = client.post(reverse("tokens"), ASKED | asked).content.decode()
    found = re.search(r"<code>(pec_\S+)</code>", page)
    assert found, page
    return found[1]


def call(secret: str) -> int:
    headers = {"Authorization": f"Bearer {secret}"}
    return Client().get(reverse("api-connections"), headers=headers).status_code


def page(client: Client) -> str:
    return client.get(reverse("tokens")).content.decode()


def test_a_token_is_shown_once_works_and_is_revoked(owner: Client) -> None:
    assert "No program has access." in page(owner)
    secret = make(owner)
    assert secret not in page(owner)
    assert secret[:10] in page(owner)
    assert call(secret) == 200
    assert "never" not in page(owner)
    revoke = reverse("token-revoke", args=[ApiToken.objects.get().public_id])
    assert "It cannot be undone." in owner.get(revoke).content.decode()
    owner.post(revoke)
    assert call(secret) == 401
    assert "Revoked" in page(owner)
    done = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"made an API token", "revoked an API token"} <= done


def test_a_token_ends_when_it_was_meant_to(owner: Client) -> None:
    secret = make(owner, days="30")
    ends = ApiToken.objects.get().expires_at
    assert ends
    assert abs(ends - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(days=2))
    assert "Ends soon" in page(owner)
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "Expired" in page(owner)
    assert call(secret) == 401
    make(owner, days="")
    assert ApiToken.objects.filter(expires_at=None).exists()


def test_one_that_ends_soon_leads_to_a_new_one_that_may_do_the_same(owner: Client) -> None:
    make(owner)
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(days=2))
    said = page(owner)
    assert "1 token ends soon." in said
    like = f"?like={ApiToken.objects.get().public_id}"
    assert f'href="{like}#make"' in said
    form = owner.get(reverse("tokens") + like).context["form"]
    assert (form["name"].value(), form["scopes"].value()) == ("Reports", ["connections:read"])
    assert owner.get(reverse("tokens") + "?like=x").status_code == 200


def test_a_token_needs_a_name_and_something_that_it_may_do(owner: Client) -> None:
    said = owner.post(reverse("tokens"), {"days": "90"}).content.decode()
    assert "Name the program." in said
    assert "Choose at least one thing that it may do." in said
    assert not ApiToken.objects.exists()


def test_a_viewer_sees_tokens_and_makes_none(owner: Client, tenant: Tenant) -> None:
    make(owner)
    client = Client()
    client.force_login(factories.join(tenant, "viewer"))
    assert "Reports" in page(client)
    for button in ("Make the token", "Revoke"):
        assert button not in page(client)
    assert client.post(reverse("tokens"), ASKED).status_code == 403
