"""A receipt that could not be attached is tried again because a person asks, and is there once."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from pleo_connector.exports.by_hand import CannotCorrect
from pleo_connector.exports.models import AttachmentUpload, ExportJob, ExportJobItem, Posting
from pleo_connector.exports.receipts_again import attach_again
from pleo_connector.history.models import Decision
from pleo_connector.tenants.models import AuditEntry
from tests.app.conftest import Desk, FakeErp
from tests.app.test_receipts import Shelf, rows
from tests.app.test_receipts import shelf as shelf

pytestmark = pytest.mark.django_db


def dead(shelf: Shelf) -> ExportJobItem:
    """A booked entry whose second receipt has a link that does not work."""
    entry_id = shelf.entry("pdf", "pdf")
    shelf.break_file(entry_id, 1, status=404)
    item = shelf.desk.export(entryIds=[entry_id]).items.get()
    assert [rows(entry_id)[n].state for n in (1, 2)] == ["uploaded", "failed"]
    return item


def ask(shelf: Shelf, item: ExportJobItem) -> int:
    return attach_again(item=item, actor=shelf.desk.user)


def test_a_link_that_is_alive_again_is_attached_once_and_nothing_is_booked(
    shelf: Shelf, fake_erp: FakeErp
) -> None:
    item, before = dead(shelf), len(fake_erp.vouchers)
    entry_id = str(item.accounting_entry_id)
    shelf.desk.simulator("DELETE", "/faults")
    assert ask(shelf, item) == 1
    assert len(shelf.files(entry_id)) == 1  # the worker does it
    shelf.desk.work()
    assert len(shelf.files(entry_id)) == 2
    assert rows(entry_id)[2].state == "uploaded"
    assert rows(entry_id)[1].tries == 1  # what was there is not sent again
    assert len(fake_erp.vouchers) == before
    assert Posting.objects.get().job == item.job
    audit = AuditEntry.objects.get(action="asked to attach receipts again")
    assert audit.actor == shelf.desk.user
    assert audit.detail["receipts"] == [f"{shelf.stem(entry_id)}-2.pdf"]
    with pytest.raises(CannotCorrect, match="No receipt of this entry is missing"):
        ask(shelf, item)


def test_what_an_export_that_ended_early_did_not_attach_is_told_and_may_be_tried_again(
    shelf: Shelf, fake_erp: FakeErp
) -> None:
    """The ERP asks for a longer wait than Pleo's job lives: the entry is told as booked."""
    entry_id = shelf.entry("pdf", "pdf")
    wait = {"Retry-After": "7200"}
    fake_erp.fault("POST /vouchers/.+/attachments", status=429, headers=wait, skip=1)
    item = shelf.desk.export(entryIds=[entry_id]).items.get()
    assert (item.status, item.job.status) == ("successful", "failed")
    assert [rows(entry_id)[n].state for n in (1, 2)] == ["uploaded", "failed"]
    said = Decision.objects.get(kind="receipt_missing").sentence
    assert said.startswith("Receipt 2 was not attached before the export ended.")
    assert ask(shelf, item) == 1


def test_of_a_receipt_that_was_refused_before_the_export_ended_early_it_stays_known_why(
    shelf: Shelf, fake_erp: FakeErp
) -> None:
    entry_id = shelf.entry("pdf", "pdf")
    body = {"code": "too_odd", "message": "This file is odd."}
    fake_erp.fault("POST /vouchers/.+/attachments", status=422, body=body, times=1)
    wait = {"Retry-After": "7200"}
    fake_erp.fault("POST /vouchers/.+/attachments", status=429, headers=wait)
    shelf.desk.export(entryIds=[entry_id])
    said = {n: row.problem for n, row in rows(entry_id).items()}
    assert "This file is odd." in said[1]
    assert said[2] == "Receipt 2 was not attached before the export ended."
    decided = Decision.objects.filter(kind="receipt_missing").values_list("sentence", flat=True)
    assert sorted(x.split(" The entry")[0] for x in decided) == sorted(said.values())


def test_a_link_that_is_still_dead_may_be_tried_once_more(shelf: Shelf) -> None:
    item = dead(shelf)
    entry_id = str(item.accounting_entry_id)
    ask(shelf, item)
    with pytest.raises(CannotCorrect, match="Another export is running"):
        ask(shelf, item)  # twice in a row is one try
    shelf.desk.work()
    assert (rows(entry_id)[2].state, rows(entry_id)[2].tries) == ("failed", 3)
    shelf.desk.simulator("DELETE", "/faults")
    ask(shelf, item)
    shelf.desk.work()
    assert len(shelf.files(entry_id)) == 2
    assert ExportJob.objects.filter(status="completed").count() == 3


def test_a_file_that_stands_there_though_nobody_knew_is_not_sent_again(shelf: Shelf) -> None:
    entry_id = shelf.entry("pdf")
    item = shelf.desk.export(entryIds=[entry_id]).items.get()
    lost = {"state": "failed", "failure_type": "receipt_upload_failure"}
    AttachmentUpload.objects.update(**lost)  # as where the answer was lost twice
    ask(shelf, item)
    shelf.desk.work()
    assert len(shelf.files(entry_id)) == 1  # which looks for names that stand twice
    assert rows(entry_id)[1].state == "uploaded"


@pytest.mark.parametrize("state", ["draft", "paused"])
def test_nobody_is_asked_where_no_worker_could_do_it(shelf: Shelf, state: str) -> None:
    item = dead(shelf)
    item.job.connection.state = state
    with pytest.raises(CannotCorrect, match="cannot be attached from here"):
        ask(shelf, item)


def test_the_button_is_beside_the_receipt_and_says_what_it_does(
    shelf: Shelf, desk: Desk, client: Client
) -> None:
    client.force_login(desk.user)
    item = dead(shelf)
    ids: Any = [item.job.public_id, item.public_id]
    url = reverse("entry-receipts", args=ids)
    assert f'href="{url}"' in client.get(reverse("entry", args=ids)).content.decode()
    asked = client.get(url).content.decode()
    assert "1 receipt that is missing is fetched from Pleo" in asked
    assert "Nothing is booked again" in asked
    shelf.desk.simulator("DELETE", "/faults")
    assert "It is being tried" in client.post(url, follow=True).content.decode()
    desk.work()
    shown = client.get(reverse("entry", args=ids)).content.decode()
    assert "Could not be attached" not in shown
    assert url not in shown


def test_a_program_may_ask_too(shelf: Shelf, desk: Desk, client: Client) -> None:
    client.force_login(desk.user)
    item = dead(shelf)
    shelf.desk.simulator("DELETE", "/faults")
    url = reverse("api-attach-again", args=[item.public_id])
    reply = client.post(url)
    assert (reply.status_code, reply.json()) == (202, {"receipts": 1})
    assert client.post(url).status_code == 409
    desk.work()
    assert len(shelf.files(str(item.accounting_entry_id))) == 2
