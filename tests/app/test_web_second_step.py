"""A code besides the password: set up, asked for at log-in, and demanded by a company."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled

from pleo_connector.tenants.models import AuditEntry, Tenant, User
from tests.app import factories

pytestmark = pytest.mark.django_db

PASSWORD = "a-long-password"


@pytest.fixture(autouse=True)
def _all_tenants() -> Iterator[None]:
    cache.clear()  # of wrong tries
    with scopes_disabled():
        yield


@pytest.fixture
def tenant() -> Tenant:
    return factories.make_tenant()


@pytest.fixture
def owner(tenant: Tenant) -> User:
    return factories.owner_of(tenant)


def text(reply: Any) -> str:
    return str(reply.content.decode())


def log_in(user: User) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client


def code_of(secret: str) -> str:
    now = next(iter(yield_hotp_counters_from_time()))
    return str(format_hotp_value(hotp_value(secret, now)))


def show_who_it_is(client: Client, to: str = "mfa_activate_totp") -> Any:
    shown = {"password": PASSWORD, "next": reverse(to)}
    return client.post(reverse("account_reauthenticate"), shown, follow=True)


def set_up(client: Client) -> str:
    """The secret that the app keeps."""
    page = text(show_who_it_is(client))
    found = re.search(r'<code class="secret-key">(\w+)</code>', page)
    assert found
    done = client.post(reverse("mfa_activate_totp"), {"code": code_of(found[1])}, follow=True)
    assert "10 recovery codes are left" in text(done)
    return found[1]


def is_in(client: Client) -> bool:
    return bool(client.get("/").status_code == 200)


def test_a_person_sets_it_up_and_gives_a_code_from_then_on(owner: User) -> None:
    client = log_in(owner)
    assert "None yet: whoever has your password gets in." in text(client.get(reverse("settings")))
    secret = set_up(client)
    assert "You give a code from your app" in text(client.get(reverse("settings")))
    stored = str(Authenticator.objects.get(type=Authenticator.Type.TOTP).data)
    assert secret not in stored
    cache.clear()
    again = log_in(owner)
    assert not is_in(again)
    wrong = again.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "alert-bad" in text(wrong) or "invalid-feedback" in text(wrong)
    assert not is_in(again)
    again.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert is_in(again)


def test_a_recovery_code_works_once(owner: User) -> None:
    client = log_in(owner)
    set_up(client)
    file = client.get(reverse("mfa_download_recovery_codes"))
    assert "attachment" in file["Content-Disposition"]
    code = text(file).split()[0]
    for works in (True, False):
        again = log_in(owner)
        again.post(reverse("mfa_authenticate"), {"code": code})
        assert is_in(again) is works
    made = text(client.post(reverse("mfa_generate_recovery_codes"), follow=True))
    assert "10 recovery codes are left" in made
    assert text(file).split()[1] not in made


def test_the_picture_for_the_app_is_no_inline_code(owner: User) -> None:
    reply = show_who_it_is(log_in(owner))
    page = text(reply)
    assert 'src="data:image/svg+xml;base64,' in page
    assert "<svg" not in page.partition('class="qr"')[2].partition(">")[0]
    assert "img-src 'self' data:" in reply["Content-Security-Policy"]
    assert " style=" not in page


def test_it_is_taken_off(owner: User) -> None:
    client = log_in(owner)
    set_up(client)
    asked = text(client.get(reverse("mfa_deactivate_totp")))
    assert "Your password alone opens your companies again." in asked
    client.post(reverse("mfa_deactivate_totp"))
    assert is_in(log_in(owner))


def test_before_a_change_the_person_shows_once_more_who_they_are(owner: User) -> None:
    client = log_in(owner)
    page = client.get(reverse("mfa_activate_totp"), follow=True)
    assert "Is it you?" in text(page)
    assert "Scan this with an authenticator app" in text(show_who_it_is(client))


# -- Where a company asks for it ------------------------------------------------------------------


@pytest.fixture
def strict(tenant: Tenant, owner: User) -> Tenant:
    """The company, whose owner has a second step and asked all others for one."""
    client = log_in(owner)
    set_up(client)
    asked = text(client.get(reverse("second-step-rule")))
    assert "Require a second step of all members of Nordhavn ApS?" in asked
    client.post(reverse("second-step-rule"))
    tenant.refresh_from_db()
    assert tenant.second_step_from
    assert AuditEntry.objects.filter(action="asked for a second step").exists()
    assert is_in(client)
    return tenant


def test_members_are_asked_once_a_log_in_while_there_is_time(strict: Tenant) -> None:
    connection = factories.make_connection(strict)
    client = log_in(factories.join(strict, "bookkeeper"))
    for url in ("/", reverse("connection", args=[connection.public_id]), reverse("members")):
        assert client.get(url)["Location"] == reverse("second-step")
    page = text(client.get(reverse("second-step")))
    assert "asks for a second step at log-in" in page
    assert "you can go on without" in page
    client.post(reverse("second-step"))
    assert is_in(client)


def test_then_the_company_is_shut_until_they_have_one(strict: Tenant) -> None:
    connection = factories.make_connection(strict)
    job = factories.make_job(connection, booked=1)
    user = factories.join(strict, "bookkeeper")
    client = log_in(user)
    client.post(reverse("second-step"))
    Tenant.objects.update(second_step_from=timezone.now() - timedelta(seconds=1))
    assert "Later" not in text(client.post(reverse("second-step")))
    shut = reverse("second-step")
    for url in ("/", reverse("export", args=[job.public_id]), reverse("audit-csv")):
        assert client.get(url)["Location"] == shut
    again = reverse("export-again", args=[job.public_id])
    assert client.post(again)["Location"] == shut
    part = reverse("export-progress", args=[job.public_id])
    assert client.get(part, headers={"HX-Request": "true"})["HX-Redirect"] == shut
    refused = client.get(reverse("api-connections"))
    assert refused.status_code == 403
    assert "second step" in refused.json()["detail"]
    assert "are shut to members without it" in text(client.get(shut))
    set_up(client)
    assert is_in(client)
    assert client.get(reverse("api-connections")).status_code == 200


def test_who_has_none_cannot_ask_others(tenant: Tenant, owner: User) -> None:
    said = text(log_in(owner).post(reverse("second-step-rule"), follow=True))
    assert "Set up your own second step first" in said
    tenant.refresh_from_db()
    assert tenant.second_step_from is None


def test_the_company_stops_to_ask(strict: Tenant, owner: User) -> None:
    Tenant.objects.update(second_step_from=timezone.now())
    client = Client()
    client.force_login(owner)
    assert "for a second step?" in text(client.get(reverse("second-step-rule")))
    client.post(reverse("second-step-rule"))
    assert is_in(log_in(factories.join(strict, "viewer")))
    assert "Stopped asking members" in text(client.get(reverse("audit")))
