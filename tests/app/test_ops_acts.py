"""What staff can do: asked first, done once, written down for the customer, and never too much."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled

from erp_adapters.fake.adapter import FakeAdapter
from pleo_connector.connections.lease import LeaseLost, claim
from pleo_connector.connections.models import Connection, WebhookEvent
from pleo_connector.exports.models import ExportJob, Posting
from pleo_connector.history.models import Attempt, Run
from pleo_connector.ops.views.acts import DEEDS
from pleo_connector.tenants.models import AuditEntry, User
from tests.app import factories
from tests.app.conftest import Desk, FakeErp


@pytest.fixture
def connection(db: None) -> Iterator[Connection]:
    with scopes_disabled():
        yield factories.make_connection(factories.make_tenant())


@pytest.fixture
def staff(db: None) -> User:
    user = factories.make_user("staff")
    user.is_staff = True
    user.save()
    return user


@pytest.fixture
def client(staff: User) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def url(connection: Connection, deed: str, **target: Any) -> str:
    query = "".join(f"?{name}={value}" for name, value in target.items())
    return reverse("ops-act", args=[connection.public_id, deed]) + query


def target_of(connection: Connection, deed: str) -> dict[str, int]:
    if DEEDS[deed].target == "event":
        event = WebhookEvent.objects.create(
            connection=connection, webhook_id="w", received_at=timezone.now(), is_known=True
        )
        return {"event": event.pk}
    if DEEDS[deed].target == "job":
        return {"job": factories.make_job(connection, booked=1).pk}
    return {}


@pytest.mark.parametrize("deed", [name for name in DEEDS if name != "resume"])
def test_each_deed_asks_first_and_is_written_down(
    client: Client, staff: User, connection: Connection, deed: str
) -> None:
    address = url(connection, deed, **target_of(connection, deed))
    question = client.get(address).content.decode()
    for sentence in DEEDS[deed].consequences:
        assert str(sentence) in question
    company = connection.tenant.name
    assert f"The audit log of {company} says that support did it." in question
    assert not AuditEntry.objects.filter(actor=staff).exists()
    done = client.post(address, follow=True).content.decode()
    assert str(DEEDS[deed].done) in done
    entry = AuditEntry.objects.get(actor=staff)
    assert (entry.tenant, entry.subject) == (connection.tenant, str(connection))


def test_a_deed_does_not_reach_over_to_another_connection(
    client: Client, connection: Connection
) -> None:
    other = factories.make_connection(factories.make_tenant("Skovgaard"), name="Skovgaard")
    for deed in ("replay", "resend"):
        target = target_of(other, deed)
        assert client.post(url(connection, deed, **target)).status_code == 404
        assert client.post(url(connection, deed, **dict.fromkeys(target, "x"))).status_code == 404
    assert client.post(url(connection, "drop-tables")).status_code == 404


def test_a_deed_fits_the_state_of_the_connection(client: Client, connection: Connection) -> None:
    Connection.objects.filter(pk=connection.pk).update(state="paused")
    refused = client.post(url(connection, "run-now"), follow=True).content.decode()
    assert "Nothing was done" in refused
    resumed = client.post(url(connection, "resume"), follow=True).content.decode()
    assert "Pleo could not be told" in resumed  # nobody answers for Pleo here
    assert Connection.objects.get(pk=connection.pk).state == "paused"


def test_a_lease_that_was_released_is_of_no_use_to_its_worker(
    client: Client, connection: Connection
) -> None:
    old = claim(connection.pk)
    assert old
    assert claim(connection.pk) is None
    client.post(url(connection, "release-lease"))
    with pytest.raises(LeaseLost):
        old.renew()
    with pytest.raises(LeaseLost), old.writing():
        pytest.fail("a late worker could write")
    new = claim(connection.pk)
    assert new
    assert new.fence == old.fence + 2
    new.renew()
    entry = AuditEntry.objects.get(action="took a connection from its worker")
    assert entry.detail["worker"]


def test_vouchers_for_a_person_are_looked_up_once_more(
    client: Client, connection: Connection
) -> None:
    factories.make_job(connection, booked=2)
    Posting.objects.update(state=Posting.State.ASKED)
    client.post(url(connection, "look-up"))
    assert set(Posting.objects.values_list("state", flat=True)) == {Posting.State.UNCERTAIN}
    assert Connection.objects.filter(pk=connection.pk, wake_at__lte=timezone.now()).exists()
    assert AuditEntry.objects.get(action="had vouchers looked up").detail == {"vouchers": 2}


def test_a_voucher_looked_up_once_more_is_found_and_not_booked_again(
    client: Client, desk: Desk, fake_erp: FakeErp
) -> None:
    desk.export()
    before = len(fake_erp.vouchers)
    posting = Posting.objects.filter(state="posted").first()
    assert posting
    Posting.objects.filter(pk=posting.pk).update(state=Posting.State.ASKED, number="", erp_id="")
    client.post(url(desk.connection, "look-up"))
    desk.work()
    found = Posting.objects.get(pk=posting.pk)
    assert (found.state, found.number) == ("posted", posting.number)
    assert len(fake_erp.vouchers) == before


def tell_again(client: Client, desk: Desk, job: ExportJob) -> Attempt:
    """The attempt that did it."""
    before = set(job.run.attempts.values_list("pk", flat=True))
    client.post(url(desk.connection, "resend", job=job.pk))
    desk.work()
    job.refresh_from_db()
    assert job.tell_again_at is None
    attempt = job.run.attempts.exclude(pk__in=before).order_by("pk")[0]
    assert attempt.ended_at
    assert attempt.calls.filter(system="pleo", is_write=True).exists()
    return attempt


def test_results_are_told_again_and_pleo_s_refusal_is_written_down(
    client: Client, desk: Desk, fake_erp: FakeErp
) -> None:
    job = desk.export()
    run = Run.objects.get(pk=job.run_id)
    outcome = tell_again(client, desk, job).outcome
    assert outcome.startswith("Pleo did not take the results once more: ")  # it is closed there
    after = Run.objects.get(pk=job.run_id)
    assert (after.state, after.finished_at, after.headline) == (
        run.state,
        run.finished_at,
        run.headline,
    )
    assert after.tries == run.tries + 1


def test_results_of_an_open_export_are_told_again(
    client: Client, desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = replace(FakeAdapter.capabilities, batch_size=2)
    monkeypatch.setattr(FakeAdapter, "capabilities", few)
    fake_erp.fault("POST /vouchers$", status=429, skip=2, headers={"Retry-After": "60"})
    ids = desk.simulator.add(desk.company, "card_purchase", count=6, files=0)
    job = desk.export(entryIds=ids)
    assert (job.run.state, job.run.is_limited, job.run.succeeded) == ("waiting", True, 4)
    attempt = tell_again(client, desk, job)
    assert attempt.outcome == "The results of 4 entries were told to Pleo once more."
