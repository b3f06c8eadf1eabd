"""A booked voucher is reversed once, whatever happens, and booked again only if a person asks."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from erp_adapters.errors import AuthenticationFailed, OutcomeUnknown, Rejected, Unavailable
from erp_adapters.fake.adapter import FakeAdapter
from pleo_connector.connections.models import Connection
from pleo_connector.exports import reversing
from pleo_connector.exports.by_hand import CannotCorrect, mark_by_hand
from pleo_connector.exports.models import ExportJobItem, Posting
from pleo_connector.exports.reversal import allow_again, ask_reversal
from pleo_connector.history.models import Decision, Problem, RemoteCall, Run
from pleo_connector.tenants.models import AuditEntry
from tests.app.conftest import Desk, FakeErp
from tests.app.test_by_hand import at_pleo
from tests.app.test_engine import clean

pytestmark = pytest.mark.django_db
WHY = "It belongs to another company."


class Killed(BaseException):
    """The worker ends here."""


def booked(desk: Desk, *, count: int = 1) -> ExportJobItem:
    job = desk.export(entryIds=clean(desk)[:count])
    item = job.items.first()
    assert item
    return item


def ask(desk: Desk, item: ExportJobItem) -> None:
    ask_reversal(item=item, reason=WHY, actor=desk.user, now=timezone.now())


def lapse(desk: Desk) -> None:
    Connection.objects.filter(pk=desk.connection.pk).update(lease_until=Now())


def mirrors(fake_erp: FakeErp) -> list[dict[str, Any]]:
    return [x for x in fake_erp.vouchers if x["reference"].startswith("reversal of")]


def state_of(item: ExportJobItem) -> str:
    return Posting.objects.get(accounting_entry_id=item.accounting_entry_id, part=0).state


def export_again(desk: Desk, item: ExportJobItem) -> Any:
    return desk.export(entryIds=[str(item.accounting_entry_id)])


def test_it_is_reversed_once_and_both_documents_are_known(desk: Desk, fake_erp: FakeErp) -> None:
    item = booked(desk)
    ask(desk, item)
    assert state_of(item) == "reversing"
    desk.work()
    posting = Posting.objects.get()
    assert (posting.state, posting.note, posting.noted_by) == ("reversed", WHY, desk.user)
    (mirror,) = mirrors(fake_erp)
    assert posting.reversal_number == mirror["number"]
    assert WHY in Decision.objects.get(kind="reversed").sentence
    run = Run.objects.get(kind="reversal")
    assert (run.state, run.succeeded) == ("completed", 1)
    assert RemoteCall.objects.filter(attempt__run=run, is_write=True).count() == 1
    assert AuditEntry.objects.get(action="asked to reverse a voucher").detail["because"] == WHY
    desk.work()
    assert len(mirrors(fake_erp)) == 1


def test_the_entry_is_not_booked_again_unless_a_person_says_so(
    desk: Desk, fake_erp: FakeErp
) -> None:
    item = booked(desk)
    ask(desk, item)
    busy = export_again(desk, item)  # the same worker reverses first
    assert busy.items.get().status == "failed"
    before = len(fake_erp.vouchers)
    told = at_pleo(desk, busy)[str(item.accounting_entry_id)]
    assert "was reversed in Fake ERP" in told["failureReason"]
    assert Problem.objects.get(fix="reversed").state == "open"
    assert len(fake_erp.vouchers) == before
    allow_again(item=item, actor=desk.user)
    assert export_again(desk, item).status == "completed"
    new = fake_erp.vouchers[-1]
    assert new["reference"] == f"pleo:{item.accounting_entry_id}.1"
    rows = Posting.objects.order_by("part")
    assert [(x.part, x.state) for x in rows] == [(0, "posted"), (100, "retired")]
    assert Problem.objects.get(fix="reversed").state == "resolved"
    assert AuditEntry.objects.filter(action="allowed to book an entry again").count() == 1
    # ... and once more, under a third name
    ask(desk, item)
    desk.work()
    allow_again(item=item, actor=desk.user)
    again = export_again(desk, item)
    assert again.status == "completed"
    assert fake_erp.vouchers[-1]["reference"] == f"pleo:{item.accounting_entry_id}.2"
    desk.simulator(
        "POST", f"/companies/{desk.company['id']}/queue", entryIds=[str(item.accounting_entry_id)]
    )
    before = len(fake_erp.vouchers)
    assert export_again(desk, item).items.get().booked_before
    assert len(fake_erp.vouchers) == before


@pytest.mark.parametrize("at", ["before the call", "after the call"])
def test_a_worker_that_dies_leaves_one_mirror(
    desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    item = booked(desk)
    ask(desk, item)
    reverse_ = FakeAdapter.reverse

    def die(erp: FakeAdapter, posted: Any, *, reason: str) -> Any:
        if at == "after the call":
            reverse_(erp, posted, reason=reason)
        raise Killed

    monkeypatch.setattr(FakeAdapter, "reverse", die)
    with pytest.raises(Killed):
        desk.work()
    assert state_of(item) == "reversing"
    monkeypatch.setattr(FakeAdapter, "reverse", reverse_)
    lapse(desk)
    desk.work()
    assert state_of(item) == "reversed"
    assert len(mirrors(fake_erp)) == 1
    run = Run.objects.get(kind="reversal")
    assert (run.state, run.attempts.count()) == ("completed", 2)


def test_a_worker_that_dies_before_it_notes_the_outcome_leaves_one_mirror(
    desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = booked(desk)
    ask(desk, item)

    def die(*values: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(reversing, "_reversed", die)
        with pytest.raises(Killed):
            desk.work()
    lapse(desk)
    desk.work()
    assert state_of(item) == "reversed"
    assert len(mirrors(fake_erp)) == 1


def test_the_run_of_a_worker_that_dies_after_its_last_voucher_is_closed(
    desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(desk, booked(desk))

    def die(*values: Any, **more: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(reversing, "_end", die)
        with pytest.raises(Killed):
            desk.work()
    assert Run.objects.get(kind="reversal").state == "running"
    lapse(desk)
    desk.work()
    run = Run.objects.get(kind="reversal")
    assert (run.state, run.total, run.succeeded, run.failed) == ("completed", 1, 1, 0)


@pytest.mark.parametrize("drop", ["before", "after"])
def test_an_answer_that_is_lost_is_looked_up(
    desk: Desk, fake_erp: FakeErp, drop: str, settings: Any
) -> None:
    item = booked(desk)
    ask(desk, item)
    fake_erp.fault("POST /vouchers/.*/reverse$", drop=drop)
    settings.SETTLE_SECONDS = 3600
    desk.work()
    assert state_of(item) == "reversing"
    assert Run.objects.get(kind="reversal").state == "waiting"
    desk.work()  # too early to trust what the ERP says
    assert state_of(item) == "reversing"
    settings.SETTLE_SECONDS = 0
    desk.work()
    assert state_of(item) == "reversed"
    assert len(mirrors(fake_erp)) == 1


def test_an_overtaken_worker_writes_nothing(
    desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = booked(desk)
    ask(desk, item)
    reverse_ = FakeAdapter.reverse

    def overtaken(erp: FakeAdapter, posted: Any, *, reason: str) -> Any:
        Connection.objects.filter(pk=desk.connection.pk).update(lease_fence=99)
        return reverse_(erp, posted, reason=reason)

    with monkeypatch.context() as patch:
        patch.setattr(FakeAdapter, "reverse", overtaken)
        desk.work()
    assert (state_of(item), mirrors(fake_erp)) == ("reversing", [])
    lapse(desk)
    desk.work()
    assert state_of(item) == "reversed"
    assert len(mirrors(fake_erp)) == 1


def raising(error: Exception) -> Callable[..., Any]:
    def fail(erp: FakeAdapter, posted: Any, *, reason: str) -> Any:
        raise error

    return fail


def test_what_the_erp_refuses_stays_booked_and_says_why(
    desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = booked(desk)
    ask(desk, item)
    monkeypatch.setattr(FakeAdapter, "reverse", raising(Rejected("The period is closed.")))
    desk.work()
    assert state_of(item) == "posted"
    assert "The period is closed." in Decision.objects.get(kind="not_reversed").sentence
    assert Run.objects.get(kind="reversal").state == "completed_with_errors"


def test_dead_access_waits_for_a_person_and_is_one_problem(
    desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = booked(desk)
    ask(desk, item)
    with monkeypatch.context() as patch:
        patch.setattr(FakeAdapter, "reverse", raising(AuthenticationFailed("No.")))
        for _ in range(3):
            desk.work()
    assert Run.objects.filter(kind="reversal").count() == 1
    assert Problem.objects.get(kind="connection").state == "open"
    Connection.objects.update(erp_problem="")
    desk.work()
    assert state_of(item) == "reversed"


@pytest.mark.parametrize("error", [Unavailable("Down."), OutcomeUnknown("?"), ValueError("bug")])
def test_trouble_with_it_does_not_keep_exports_from_being_booked(
    desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    item = booked(desk)
    ask(desk, item)
    monkeypatch.setattr(FakeAdapter, "reverse", raising(error))
    other = clean(desk)[5]
    assert desk.export(entryIds=[other]).status == "completed"
    assert state_of(item) == "reversing"


def test_a_shared_voucher_is_reversed_for_all_its_entries(desk: Desk, fake_erp: FakeErp) -> None:
    desk.map(posting_behaviour="final", journal_per="job")
    ids = desk.simulator.add(desk.company, "card_purchase", count=3, files=0)
    item = desk.export(entryIds=ids).items.first()
    assert item
    assert len(fake_erp.vouchers) == 1
    ask(desk, item)
    desk.work()
    assert {x.state for x in Posting.objects.all()} == {"reversed"}
    assert len(mirrors(fake_erp)) == 1
    assert Decision.objects.filter(kind="reversed").count() == 3
    allow_again(item=item, actor=desk.user)
    assert export_again(desk, item).status == "completed"
    assert fake_erp.vouchers[-1]["reference"] == f"pleo:{item.accounting_entry_id}.1"


def test_only_what_can_be_reversed(desk: Desk, fake_erp: FakeErp) -> None:
    item = booked(desk)
    for change in ({"is_final": False}, {"erp_id": ""}, {"state": "asked"}):
        before = Posting.objects.values(*change).get()
        Posting.objects.update(**change)
        with pytest.raises(CannotCorrect, match="cannot be reversed"):
            ask(desk, item)
        Posting.objects.update(**before)
    with pytest.raises(CannotCorrect, match="not reversed"):
        allow_again(item=item, actor=desk.user)
    Connection.objects.update(state="paused")
    item = ExportJobItem.objects.select_related("job__connection").get()
    with pytest.raises(CannotCorrect, match="cannot be reversed"):
        ask(desk, item)


def test_a_reversed_entry_may_be_booked_by_hand(desk: Desk, fake_erp: FakeErp) -> None:
    item = booked(desk)
    ask(desk, item)
    failed = export_again(desk, item).items.get()
    now = timezone.now()
    mark_by_hand(item=failed, number="77", reason="Corrected.", actor=desk.user, now=now)
    before = len(fake_erp.vouchers)
    job = export_again(desk, item)
    assert at_pleo(desk, job)[str(item.accounting_entry_id)]["externalId"] == "77"
    assert len(fake_erp.vouchers) == before


def test_the_pages_name_the_consequence_and_what_became_of_it(
    desk: Desk, fake_erp: FakeErp, client: Client
) -> None:
    client.force_login(desk.user)
    item = booked(desk)
    ids: Sequence[Any] = [item.job.public_id, item.public_id]

    def page(name: str, **said: str) -> str:
        url = reverse(name, args=ids)
        reply = client.post(url, said, follow=True) if said else client.get(url)
        return reply.content.decode()

    assert "Reverse it in Fake ERP" in page("entry")
    asked = page("entry-reverse")
    assert "books a voucher that reverses it" in asked
    assert "It cannot be undone" in asked
    assert "Being reversed in" in page("entry-reverse", reason=WHY)
    desk.work()
    shown = page("entry")
    assert "Reversed in" in shown
    assert WHY in shown
    assert "Book it again" in shown
    assert "under a new reference" in page("entry-book-again")
    assert "the next export of the entry books it" in page("entry-book-again", yes="1")
    assert "Reverse it in" not in page("entry")
