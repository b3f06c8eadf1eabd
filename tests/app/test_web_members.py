"""Inviting, joining, changing roles and leaving, as people do it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from smtplib import SMTPException
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled

from pleo_connector.tenants.models import AuditEntry, Invitation, Membership, Tenant, User
from tests.app import factories

pytestmark = pytest.mark.django_db

NEW = "new@firm.example"


@pytest.fixture(autouse=True)
def _all_tenants() -> Iterator[None]:
    with scopes_disabled():
        yield


@pytest.fixture
def tenant() -> Tenant:
    return factories.make_tenant()


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def owner(tenant: Tenant) -> Client:
    return logged_in(factories.owner_of(tenant))


def text(reply: Any) -> str:
    return str(reply.content.decode())


def send(client: Client, email: str = NEW, role: str = "viewer") -> str:
    """The path of the link that the letter holds."""
    client.post(reverse("members"), {"email": email, "role": role})
    assert mail.outbox[-1].to == [email.lower()]
    found = re.search(r"https?://[^/]+(/invitation/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def role_of(tenant: Tenant, user: User) -> str | None:
    found = Membership.objects.filter(tenant=tenant, user=user).first()
    return found.role if found else None


def act(client: Client, name: str, user: User, **posted: str) -> str:
    return text(client.post(reverse(name, args=[user.public_id]), posted, follow=True))


# -- Invitations --------------------------------------------------------------------------------


def test_who_is_new_signs_up_and_joins(owner: Client, tenant: Tenant, settings: Any) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    link = send(owner)
    assert "Invited, not here yet" in text(owner.get(reverse("members")))
    guest = Client()
    page = text(guest.get(link))
    assert "Join Nordhavn ApS" in page
    assert "Sign up to accept" in page
    signed = {"email": NEW, "password1": "a-long-password", "next": link}
    # The letter has shown that the address is theirs: no second one is sent.
    joined = guest.post(reverse("account_signup"), signed, follow=True)
    assert len(mail.outbox) == 1
    assert "Accept the invitation" in text(joined)
    assert "You are a member of Nordhavn ApS." in text(guest.post(link, follow=True))
    assert role_of(tenant, User.objects.get(email=NEW)) == "viewer"
    assert not Invitation.objects.exists()
    assert guest.get(link).status_code == 404
    assert AuditEntry.objects.filter(action="accepted an invitation").exists()


def test_who_has_a_log_in_logs_in_and_joins(owner: Client, tenant: Tenant) -> None:
    user = factories.make_user("bookkeeper")
    link = send(owner, user.email.upper(), "bookkeeper")
    guest = Client()
    assert "Log in to accept" in text(guest.get(link))
    log_in = guest.post(link)
    assert log_in["Location"] == f"/accounts/login/?next={link}"
    entered = {"login": user.email, "password": "a-long-password", "next": link}
    assert "Accept the invitation" in text(
        guest.post(reverse("account_login"), entered, follow=True)
    )
    guest.post(link)
    assert role_of(tenant, user) == "bookkeeper"


def test_an_invitation_is_for_its_address_alone(owner: Client, tenant: Tenant) -> None:
    link = send(owner)
    other = factories.make_user("other")
    guest = logged_in(other)
    assert 'the invitation is for <span class="whole">new@firm.example' in text(guest.get(link))
    refused = guest.post(link)
    assert refused.status_code == 403
    assert role_of(tenant, other) is None
    assert Invitation.objects.exists()


def test_a_link_ends_when_it_is_old_taken_back_or_renewed(owner: Client) -> None:
    first = send(owner)
    invited = Invitation.objects.get()
    owner.post(reverse("invitation-again", args=[invited.public_id]))
    second = mail.outbox[-1].body
    assert first not in second
    guest = Client()
    assert guest.get(first).status_code == 404
    link = send(owner)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "Expired" in text(owner.get(reverse("members")))
    assert "Ask the person who invited you to send it again." in text(guest.get(link))
    link = send(owner)
    assert guest.get(link).status_code == 200
    owner.post(reverse("invitation-revoke", args=[Invitation.objects.get().public_id]))
    assert guest.get(link).status_code == 404


def test_the_letter_is_in_the_language_of_who_is_invited(owner: Client) -> None:
    user = factories.make_user("viewer")
    User.objects.filter(pk=user.pk).update(language="da")
    send(owner, user.email)
    assert "inviterer dig til Nordhavn ApS" in mail.outbox[-1].body


def test_a_letter_that_cannot_be_sent_is_said(owner: Client, monkeypatch: Any) -> None:
    def refuse(self: EmailBackend, letters: Any) -> int:
        raise SMTPException("no")

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    asked = {"email": NEW, "role": "viewer"}
    page = text(owner.post(reverse("members"), asked, follow=True))
    assert "could not be sent. Send it again in a few minutes." in page
    assert "Send again" in page


def test_who_is_a_member_is_not_invited(owner: Client, tenant: Tenant) -> None:
    user = factories.join(tenant, "viewer")
    again = text(owner.post(reverse("members"), {"email": user.email, "role": "owner"}))
    assert "is a member already." in again
    assert not mail.outbox


def test_an_admin_invites_no_owner(tenant: Tenant, owner: Client) -> None:
    admin = logged_in(factories.join(tenant, "admin"))
    admin.post(reverse("members"), {"email": NEW, "role": "owner"})
    assert not mail.outbox
    send(owner, role="owner")
    again = reverse("invitation-again", args=[Invitation.objects.get().public_id])
    assert "Only an owner can make somebody an owner." in text(admin.post(again, follow=True))


# -- Members ------------------------------------------------------------------------------------


def test_a_role_is_changed(owner: Client, tenant: Tenant) -> None:
    user = factories.join(tenant, "viewer")
    assert "is now Bookkeeper." in act(owner, "member", user, role="bookkeeper")
    assert role_of(tenant, user) == "bookkeeper"
    said = AuditEntry.objects.get(action="changed a role")
    assert said.detail == {"before": "viewer", "after": "bookkeeper"}


def test_a_member_is_removed_and_sees_nothing_from_then_on(owner: Client, tenant: Tenant) -> None:
    user = factories.join(tenant, "bookkeeper")
    client = logged_in(user)
    assert "Nordhavn" in text(client.get("/"))
    asked = text(owner.get(reverse("member-remove", args=[user.public_id])))
    assert f"Remove {user.email} from Nordhavn ApS?" in asked
    assert "is no member any more." in act(owner, "member-remove", user)
    assert role_of(tenant, user) is None
    assert "Nordhavn" not in text(client.get("/"))


def test_the_last_owner_stays(owner: Client, tenant: Tenant) -> None:
    user = factories.owner_of(tenant)
    kept = "The company needs an owner."
    assert kept in act(owner, "member", user, role="admin")
    assert kept in act(owner, "member-remove", user)
    assert kept in text(owner.post(reverse("leave"), follow=True))
    asked = text(owner.get(reverse("leave")))
    assert kept in asked
    assert "Leave Nordhavn ApS" not in asked
    assert role_of(tenant, user) == "owner"


def test_an_admin_touches_no_owner(tenant: Tenant) -> None:
    admin = logged_in(factories.join(tenant, "admin"))
    user = factories.owner_of(tenant)
    kept = "Only an owner can change or remove an owner."
    assert kept in act(admin, "member", user, role="viewer")
    assert kept in act(admin, "member-remove", user)
    assert "Change the role" not in text(admin.get(reverse("member", args=[user.public_id])))


def test_the_company_is_handed_over(owner: Client, tenant: Tenant) -> None:
    before, after = factories.owner_of(tenant), factories.join(tenant, "bookkeeper")
    assert "becomes owner" in text(owner.get(reverse("hand-over", args=[after.public_id])))
    assert "You are an admin." in act(owner, "hand-over", after)
    assert (role_of(tenant, before), role_of(tenant, after)) == ("admin", "owner")
    assert "Only an owner can make somebody an owner." in act(owner, "hand-over", before)


def test_leaving(tenant: Tenant) -> None:
    user = factories.join(tenant, "viewer")
    client = logged_in(user)
    assert "Leave Nordhavn ApS?" in text(client.get(reverse("leave")))
    left = text(client.post(reverse("leave"), follow=True))
    assert "You are no member of Nordhavn ApS any more." in left
    assert role_of(tenant, user) is None
    assert AuditEntry.objects.filter(action="left the company", actor=user).exists()


def test_a_viewer_sees_the_people_and_no_button(tenant: Tenant, owner: Client) -> None:
    send(owner)
    client = logged_in(factories.join(tenant, "viewer"))
    page = text(client.get(reverse("members")))
    assert NEW in page
    assert "What each role may do" in page
    for button in ("Send the invitation", "Send again", "Take back"):
        assert button not in page
    one = text(client.get(reverse("member", args=[factories.owner_of(tenant).public_id])))
    assert "Remove from the company" not in one
