"""An entry that a person booked in the ERP by hand: it is never booked again, and Pleo is told."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pleo_connector.connections.lease import claim
from pleo_connector.exports.by_hand import CannotCorrect, mark_by_hand, take_back
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.history.models import Problem
from pleo_connector.tenants.models import AuditEntry
from tests.app.conftest import Desk, FakeErp
from tests.app.test_engine import clean, expected_failures

pytestmark = pytest.mark.django_db
WHY = "The period was open for an hour only."


def refused(desk: Desk) -> ExportJobItem:
    """An entry that nothing was sent of."""
    job = desk.export(entryIds=list(expected_failures(desk))[:1])
    return job.items.get()


def rejected(desk: Desk, fake_erp: FakeErp) -> ExportJobItem:
    """An entry that the ERP refused."""
    desk.export(entryIds=clean(desk)[:1])
    fake_erp("PUT", "/seed", closedMonths=all_months())
    job = desk.export(entryIds=clean(desk)[1:2])
    assert Posting.objects.filter(state="rejected").exists()
    return job.items.get()


def all_months() -> list[str]:
    return [f"{year}-{month:02}" for year in range(2024, 2028) for month in range(1, 13)]


def mark(desk: Desk, item: ExportJobItem, number: str = "JE-77", why: str = WHY) -> None:
    mark_by_hand(item=item, number=number, reason=why, actor=desk.user, now=timezone.now())


def at_pleo(desk: Desk, job: ExportJob) -> dict[str, dict[str, Any]]:
    rows = desk.simulator.job(str(job.pleo_job_id)).items
    return {row["accountingEntryId"]: row for row in rows}


def again(desk: Desk, item: ExportJobItem) -> ExportJob:
    return desk.export(entryIds=[str(item.accounting_entry_id)])


def test_it_is_reported_under_the_number_and_nothing_is_sent(desk: Desk, fake_erp: FakeErp) -> None:
    item = refused(desk)
    mark(desk, item, " JE-77 ")
    assert Problem.objects.get().state == "resolved"
    job = again(desk, item)
    row = at_pleo(desk, job)[str(item.accounting_entry_id)]
    assert (row["status"], row["externalId"]) == ("successful", "JE-77")
    assert not fake_erp.vouchers
    posting = Posting.objects.get()
    assert (posting.is_by_hand, posting.note, posting.noted_by) == (True, WHY, desk.user)
    audit = AuditEntry.objects.get(action="marked as booked by hand")
    assert audit.actor == desk.user
    assert WHY in audit.detail["because"]
    assert audit.detail["number"] == "JE-77"


def test_one_that_the_erp_refused_keeps_what_was_sent(desk: Desk, fake_erp: FakeErp) -> None:
    desk.map(posting_behaviour="final", closed_period="fail")
    item = rejected(desk, fake_erp)
    before = len(fake_erp.vouchers)
    mark(desk, item)
    posting = Posting.objects.get(accounting_entry_id=item.accounting_entry_id)
    assert posting.state == "posted"
    assert posting.voucher["lines"]
    fake_erp("PUT", "/seed", closedMonths=[])
    assert again(desk, item).status == "completed"
    assert len(fake_erp.vouchers) == before


def test_the_same_may_be_said_and_taken_back_again(desk: Desk) -> None:
    item = refused(desk)
    for _ in range(2):
        mark(desk, item)
        take_back(item=item, actor=desk.user, now=timezone.now())
    assert Posting.objects.get().state == "void"
    assert AuditEntry.objects.filter(action="marked as booked by hand").count() == 2


def test_taken_back_the_next_export_books_it(desk: Desk, fake_erp: FakeErp) -> None:
    item = refused(desk)
    mark(desk, item)
    take_back(item=item, actor=desk.user, now=timezone.now())
    line = {"account": {"id": "1", "name": "Travel", "code": "6100", "identifier": None}}
    desk.simulator("PUT", f"/entries/{item.accounting_entry_id}", accountingEntryLines=[line])
    assert again(desk, item).status == "completed"
    assert [x["reference"] for x in fake_erp.vouchers] == [f"pleo:{item.accounting_entry_id}"]
    with pytest.raises(CannotCorrect, match="not marked"):
        take_back(item=item, actor=desk.user, now=timezone.now())


def test_not_while_a_worker_may_be_planning_it(desk: Desk, fake_erp: FakeErp) -> None:
    item = refused(desk)
    lease = claim(desk.connection.pk)
    assert lease
    with pytest.raises(CannotCorrect, match="being booked at the moment"):
        mark(desk, item)
    assert not Posting.objects.exists()


def test_not_what_is_booked_or_may_be(desk: Desk, fake_erp: FakeErp) -> None:
    booked = desk.export(entryIds=clean(desk)[:1]).items.get()
    with pytest.raises(CannotCorrect, match="booked already"):
        mark(desk, booked)
    ExportJobItem.objects.filter(pk=booked.pk).update(status="abandoned")
    booked.refresh_from_db()
    for state in ("posted", "intent", "uncertain", "asked", "reversing"):
        Posting.objects.update(state=state)
        with pytest.raises(CannotCorrect, match="booked already"):
            mark(desk, booked)
    for number, why in ((" ", WHY), ("77", " ")):
        with pytest.raises(CannotCorrect, match="Enter the number"):
            mark(desk, booked, number, why)


def test_an_export_that_is_still_open_tells_pleo(
    desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its entry was refused, and its end could not be told to Pleo yet."""
    (entry,) = list(expected_failures(desk))[:1]
    fake_erp.fault("POST /vouchers$", status=503)
    job = desk.export(entryIds=[entry, *clean(desk)[:1]])
    assert not job.run.is_over
    item = job.items.get(accounting_entry_id=entry)
    ExportJobItem.objects.filter(pk=item.pk).update(reported_at=None)
    item.refresh_from_db()
    mark(desk, item)
    fake_erp("DELETE", "/faults")
    desk.work()
    item.refresh_from_db()
    assert item.status == "successful"
    assert all(x["reference"] != f"pleo:{entry}" for x in fake_erp.vouchers)


# -- The page -------------------------------------------------------------------------------------


@pytest.fixture
def person(desk: Desk, client: Client) -> Callable[..., str]:
    client.force_login(desk.user)

    def ask(name: str, item: ExportJobItem, **said: str) -> str:
        url = reverse(name, args=[item.job.public_id, item.public_id])
        reply = client.post(url, said, follow=True) if said else client.get(url)
        assert reply.status_code == 200
        return reply.content.decode()

    return ask


def test_the_page_asks_for_number_and_reason_and_says_what_follows(
    desk: Desk, fake_erp: FakeErp, person: Callable[..., str]
) -> None:
    item = refused(desk)
    assert "Mark as booked by hand" in person("entry", item)
    assert "is not booked again" in person("entry-by-hand", item)
    assert "Say why." in person("entry-by-hand", item, number="77", reason="")
    unnumbered = person("entry-by-hand", item, number="", reason=WHY)
    assert "Enter the number of the voucher." in unnumbered
    shown = person("entry-by-hand", item, number="77", reason=WHY)
    assert "Booked by hand as 77." in shown
    assert WHY in shown
    assert '<a class="btn btn-primary"' not in shown  # nothing is to be mended any more
    shown = person("entry-not-by-hand", item, yes="1")
    assert "The entry could not be booked." in shown
    assert "Mark as booked by hand" in shown
