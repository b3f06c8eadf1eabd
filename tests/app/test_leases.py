"""A lease belongs to its worker, whatever people do on pages meanwhile."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

import erp_adapters
from erp_adapters.base import Access
from pleo_connector.connections.actions import store_erp_access
from pleo_connector.connections.lease import LeaseLost, claim
from pleo_connector.connections.models import Connection, ErpCredentials
from pleo_connector.exports.models import ExportJob, Posting
from pleo_connector.exports.moved import move_books
from pleo_connector.exports.support import look_up_again
from pleo_connector.history.models import Decision
from tests.app.conftest import Desk, FakeErp

pytestmark = pytest.mark.django_db


def access(desk: Desk, seen: Connection, **settings: Any) -> dict[str, Any]:
    """The same access as before, given by a page that read the connection earlier."""
    erp_settings = {**seen.erp_settings, **settings}
    secrets = ErpCredentials.objects.get(connection=seen).secrets
    opened = erp_adapters.get("fake")(
        Access(settings=erp_settings, secrets=secrets, allow_private=True)
    )
    return {
        "connection": seen,
        "kind": "fake",
        "erp_settings": erp_settings,
        "secrets": secrets,
        "company": opened.company(),
        "actor": desk.user,
        "now": timezone.now(),
    }


def test_access_that_is_given_anew_does_not_take_a_workers_lease(desk: Desk) -> None:
    """Else the next worker would have the same fence, and both could book."""
    seen = Connection.objects.select_related("tenant").get(pk=desk.connection.pk)
    lease = claim(desk.connection.pk)
    assert lease is not None
    store_erp_access(**access(desk, seen))
    lease.renew()
    assert claim(desk.connection.pk) is None


def left_unknown(desk: Desk, fake_erp: FakeErp, settings: Any) -> ExportJob:
    settings.SETTLE_SECONDS = 30
    fake_erp.fault("POST /vouchers$", drop="after")
    entry = desk.simulator.add(desk.company, "card_purchase", files=0)
    job = desk.export(entryIds=entry)
    assert Posting.objects.get().state == Posting.State.UNCERTAIN
    settings.SETTLE_SECONDS = 0
    return job


def test_what_is_unknown_is_not_looked_up_in_other_books(
    desk: Desk, fake_erp: FakeErp, settings: Any
) -> None:
    """There it would seem not to be booked, and would be booked a second time."""
    left_unknown(desk, fake_erp, settings)
    desk.simulator("POST", "/clock", advanceSeconds=3700)  # the job ends at Pleo
    company = {"id": "2", "name": "Other books", "currency": "DKK", "lockDate": None}
    fake_erp("PUT", "/seed", company=company)
    fake_erp.fault("POST /vouchers/search$", status=200, body={"vouchers": []}, times=9)
    desk.work()
    assert Posting.objects.get().state == Posting.State.UNCERTAIN
    assert "Other books" in desk.connection.erp_problem


def test_nothing_is_reversed_in_other_books(desk: Desk, fake_erp: FakeErp) -> None:
    """There the number is somebody else's."""
    desk.export(entryIds=desk.simulator.add(desk.company, "card_purchase", files=0))
    Posting.objects.update(state=Posting.State.REVERSING, note="A mistake")
    company = {"id": "2", "name": "Other books", "currency": "DKK", "lockDate": None}
    fake_erp("PUT", "/seed", company=company)
    desk.work()
    assert Posting.objects.get().state == Posting.State.REVERSING
    assert len(fake_erp.vouchers) == 1
    assert "Other books" in desk.connection.erp_problem


def test_moved_to_other_books_a_person_is_asked_and_the_worker_is_stopped(
    desk: Desk, fake_erp: FakeErp, settings: Any
) -> None:
    left_unknown(desk, fake_erp, settings)
    lease = claim(desk.connection.pk)
    assert lease is not None
    move_books(**access(desk, desk.connection))
    with pytest.raises(LeaseLost):
        lease.renew()
    posting = Posting.objects.get()
    assert posting.state == Posting.State.ASKED
    said = Decision.objects.get(kind="books_moved").sentence
    assert posting.reference in said
    assert desk.connection.erp_company_name in said
    look_up_again(connection=desk.connection, actor=desk.user)
    assert Posting.objects.get().state == Posting.State.ASKED


def test_nothing_is_written_by_an_id_of_the_books_that_were_left(desk: Desk) -> None:
    """In the new ones it may be somebody else's voucher."""
    (entry,) = desk.simulator.add(desk.company, "card_purchase", files=0)
    desk.export(entryIds=[entry])
    number = Posting.objects.get().number
    move_books(**access(desk, desk.connection))
    posting = Posting.objects.get()
    assert (posting.state, posting.number, posting.erp_id) == ("posted", number, "")
    desk.export(entryIds=[entry])
    assert desk.simulator.entries(desk.company)[entry]["externalId"] == number


def test_the_page_knows_number_one_of_another_place(
    client: Client, desk: Desk, fake_erp: FakeErp
) -> None:
    """Most ERPs count companies from 1."""
    Connection.objects.filter(pk=desk.connection.pk).update(
        erp_company_name="Books before", erp_settings={"base_url": "http://127.0.0.1:9"}
    )
    client.force_login(desk.user)
    url = f"/connections/{desk.connection.public_id}/erp/fake/"
    form = {"base_url": fake_erp.url, "tax_manner": "send_tax_lines", "secret_key": "fake-key"}
    tested = client.post(url, form)
    assert "Books before" in client.get(tested["Location"]).content.decode()
