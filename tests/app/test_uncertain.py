"""A voucher of which nobody knows whether it stands: the ERP is asked, and else a person."""

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from erp_adapters.errors import OutcomeUnknown
from erp_adapters.fake.adapter import FakeAdapter
from erp_adapters.ledger import PostedVoucher
from pleo_connector.connections.models import Connection
from pleo_connector.exports import once
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.history.models import Decision, Run
from pleo_connector.tenants.models import AuditEntry
from tests.app import factories
from tests.app.conftest import Desk, FakeErp

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The worker ends here."""


@pytest.fixture
def blind(wire: Callable[..., Desk], fake_erp: FakeErp) -> Desk:
    """A connection to an ERP without a search by reference."""
    settings = {"base_url": fake_erp.url, "without_search": True}
    return wire("fake", settings, {"key": "fake-key"})


@pytest.fixture
def person(blind: Desk) -> Client:
    client = Client()
    client.force_login(blind.user)
    return client


def die_after(call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the ERP's answer and our commit of it."""
    save, calls = once.save_outcomes, iter(range(1, 1000))

    def die(*values: Any, **named: Any) -> None:
        if next(calls) == call:
            raise Killed
        save(*values, **named)

    monkeypatch.setattr(once, "save_outcomes", die)


def crash(desk: Desk, entry_ids: Sequence[str], monkeypatch: pytest.MonkeyPatch) -> ExportJob:
    """A worker dies while it books the second entry; its lease lapses, and another goes on."""
    die_after(2, monkeypatch)
    job = desk.simulator.export(desk.company, entryIds=entry_ids)
    with pytest.raises(Killed):
        desk.work()
    Connection.objects.filter(pk=desk.connection.pk).update(lease_until=Now())
    desk.work()
    return ExportJob.objects.get(pleo_job_id=job["id"])


def at_pleo(desk: Desk, job: ExportJob) -> dict[str, dict[str, Any]]:
    rows = desk.simulator.job(str(job.pleo_job_id)).items
    return {row["accountingEntryId"]: row for row in rows}


def page(client: Client, name: str, *ids: Any) -> str:
    return client.get(reverse(name, args=ids)).content.decode()


def answer(client: Client, item: ExportJobItem, **said: str) -> str:
    url = reverse("entry-answer", args=[item.job.public_id, item.public_id])
    return client.post(url, said, follow=True).content.decode()


@pytest.fixture
def crashed(
    blind: Desk, monkeypatch: pytest.MonkeyPatch
) -> tuple[ExportJob, ExportJobItem, Posting]:
    ids = blind.simulator.add(blind.company, "card_purchase", count=4, files=1)
    job = crash(blind, ids, monkeypatch)
    posting = Posting.objects.get(state=Posting.State.ASKED)
    return job, job.items.get(accounting_entry_id=posting.accounting_entry_id), posting


def test_the_others_are_booked_and_pleo_is_told_which_is_not_known(
    blind: Desk, fake_erp: FakeErp, crashed: tuple[ExportJob, ExportJobItem, Posting]
) -> None:
    job, item, posting = crashed
    assert job.status == "completed_with_errors"
    rows = at_pleo(blind, job)
    assert Counter(row["status"] for row in rows.values()) == {"successful": 3, "failed": 1}
    told = rows[str(item.accounting_entry_id)]
    assert told["failureReasonType"] == "accounting_system_timeout"
    assert posting.reference in told["failureReason"]
    assert "Fake ERP did not answer" in told["failureReason"]
    assert Counter(x["reference"] for x in fake_erp.vouchers).most_common(1)[0][1] == 1


def test_until_somebody_answers_it_is_not_booked_again(
    blind: Desk, fake_erp: FakeErp, crashed: tuple[ExportJob, ExportJobItem, Posting]
) -> None:
    _, item, _ = crashed
    before = len(fake_erp.vouchers)
    again = blind.export(entryIds=[str(item.accounting_entry_id)])
    assert (again.status, again.failure_type) == ("failed", "accounting_system_timeout")
    assert len(fake_erp.vouchers) == before


def test_the_pages_say_what_to_look_for_and_where(
    person: Client, crashed: tuple[ExportJob, ExportJobItem, Posting]
) -> None:
    job, item, posting = crashed
    entry = page(person, "entry", job.public_id, item.public_id)
    assert "It is not known whether this entry is booked in" in entry
    for shown in (entry, page(person, "export", job.public_id)):
        assert f"<code>{posting.reference}</code>" in shown
        assert f"<dd>{FakeAdapter.capabilities.reference_place}</dd>" in shown
        assert shown.count("It is not booked</button>") == 1
    other = job.items.exclude(pk=item.pk).first()
    assert other is not None
    assert "It is not booked" not in page(person, "entry", job.public_id, other.public_id)


def test_it_is_booked_as_the_person_says(
    blind: Desk,
    fake_erp: FakeErp,
    person: Client,
    crashed: tuple[ExportJob, ExportJobItem, Posting],
) -> None:
    job, item, posting = crashed
    stands = next(x for x in fake_erp.vouchers if x["reference"] == posting.reference)
    said = {"reference": posting.reference, "answer": "booked", "number": f" {stands['number']} "}
    shown = answer(person, item, **said)
    assert f"as voucher {stands['number']}" in shown
    assert "Export it again in Pleo" in shown
    before = len(fake_erp.vouchers)
    again = blind.export(entryIds=[str(item.accounting_entry_id)])
    assert again.status == "completed"
    assert len(fake_erp.vouchers) == before
    row = at_pleo(blind, again)[str(item.accounting_entry_id)]
    assert (row["status"], row["externalId"]) == ("successful", stands["number"])
    audit = AuditEntry.objects.get(action="said what became of a voucher")
    assert audit.actor == blind.user
    assert audit.detail == {"outcome": "posted", "number": stands["number"]}
    decision = Decision.objects.get(run=job.run, kind="looked_up_by_person")
    assert stands["number"] in decision.sentence


def test_it_is_not_booked_so_the_next_export_books_it(
    blind: Desk,
    fake_erp: FakeErp,
    person: Client,
    crashed: tuple[ExportJob, ExportJobItem, Posting],
) -> None:
    _, item, posting = crashed
    fake_erp("DELETE", "/state")  # the person looked, and it is not there
    shown = answer(person, item, reference=posting.reference, answer="not-booked")
    assert "This entry is not booked in" in shown
    again = blind.export(entryIds=[str(item.accounting_entry_id)])
    assert again.status == "completed"
    assert [x["reference"] for x in fake_erp.vouchers] == [posting.reference]
    assert [len(x["attachments"]) for x in fake_erp.vouchers] == [1]


def test_an_answer_is_given_once_and_needs_a_number(
    person: Client, crashed: tuple[ExportJob, ExportJobItem, Posting]
) -> None:
    _, item, posting = crashed
    said = {"reference": posting.reference, "answer": "booked"}
    assert "Enter the number" in answer(person, item, **said, number="  ")
    answer(person, item, **said, number="77")
    late = answer(person, item, reference=posting.reference, answer="not-booked")
    assert "answered this already" in late
    posting.refresh_from_db()
    assert (posting.state, posting.number) == (Posting.State.POSTED, "77")
    assert "nothing to answer" in answer(person, item, reference=f"pleo:{uuid.uuid4()}")


def test_a_viewer_sees_the_question_and_no_button(
    blind: Desk, crashed: tuple[ExportJob, ExportJobItem, Posting]
) -> None:
    job, item, posting = crashed
    client = Client()
    client.force_login(factories.join(blind.tenant, "viewer"))
    shown = page(client, "entry", job.public_id, item.public_id)
    assert posting.reference in shown
    assert "</button>" not in shown.partition("Look for")[2].partition("</section>")[0]


def test_what_was_surely_not_sent_needs_nobody(blind: Desk, fake_erp: FakeErp) -> None:
    fake_erp.fault("POST /vouchers$", status=429, headers={"Retry-After": "0"})
    job = blind.export(entryIds=blind.simulator.add(blind.company, "card_purchase", count=2))
    assert job.run.state == Run.State.WAITING
    blind.work()
    job.refresh_from_db()
    assert job.status == "completed"
    assert len(fake_erp.vouchers) == 2


def test_a_search_that_cannot_tell_asks_for_that_voucher_only(
    desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = desk.simulator.add(desk.company, "card_purchase", count=3, files=0)
    find, unclear = FakeAdapter.find_posted, f"pleo:{ids[1]}"

    def find_posted(erp: FakeAdapter, references: Sequence[str]) -> dict[str, PostedVoucher]:
        if unclear in references:
            raise OutcomeUnknown("The search does not work today.")
        return find(erp, references)

    monkeypatch.setattr(FakeAdapter, "find_posted", find_posted)
    fake_erp.fault("POST /vouchers$", drop="after")
    job = desk.export(entryIds=ids)
    desk.work()
    job.refresh_from_db()
    assert job.status == "completed_with_errors"
    states = {x.reference: x.state for x in Posting.objects.all()}
    assert states == {f"pleo:{i}": "asked" if i == ids[1] else "posted" for i in ids}


@pytest.mark.parametrize(
    ("drop", "found"), [("after", "it is booked as"), ("before", "it was not booked")]
)
def test_what_was_looked_up_is_told_on_the_entry(
    desk: Desk, fake_erp: FakeErp, drop: str, found: str
) -> None:
    fake_erp.fault("POST /vouchers$", drop=drop)
    job = desk.export(entryIds=desk.simulator.add(desk.company, "card_purchase", files=0))
    client = Client()
    client.force_login(desk.user)
    item = job.items.get()
    assert "Being looked up in" in page(client, "entry", job.public_id, item.public_id)
    desk.work()
    shown = page(client, "entry", job.public_id, item.public_id)
    assert "Booked in" in shown
    assert f"Fake ERP was asked: {found}" in shown


def test_what_an_expired_job_left_unknown_is_looked_up_all_the_same(
    desk: Desk, fake_erp: FakeErp, settings: Any
) -> None:
    fake_erp.fault("POST /vouchers$", drop="after")
    job = desk.export(entryIds=desk.simulator.add(desk.company, "card_purchase", files=0))
    desk.simulator("POST", "/clock", advanceSeconds=3700)
    settings.SETTLE_SECONDS = 30
    desk.work()
    job.refresh_from_db()
    assert job.failure_type == "job_expired"
    assert desk.connection.wake_at is not None
    assert desk.connection.wake_at - timezone.now() <= timedelta(seconds=30)
    settings.SETTLE_SECONDS = 0
    desk.work()
    assert Posting.objects.get().state == Posting.State.POSTED
    client = Client()
    client.force_login(desk.user)
    shown = page(client, "entry", job.public_id, job.items.get().public_id)
    assert "it is not booked twice" in shown
