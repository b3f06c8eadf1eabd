"""One journal entry per export: booked once, refused without harm to others, and crash-safe."""

from collections import Counter
from typing import Any

import pytest
from django.utils import timezone

from pleo_connector.connections.actions import go_live, pause
from pleo_connector.connections.erp import open_erp, open_pleo
from pleo_connector.connections.lease import LeaseLost
from pleo_connector.connections.models import Connection
from pleo_connector.exports import actions, job_state, once
from pleo_connector.exports.models import ExportJob, Posting
from pleo_connector.exports.preview import preview, waiting_job
from pleo_connector.history.models import Decision
from tests.app.conftest import Desk, FakeErp
from tests.app.test_engine import clean, items_at_pleo, references

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.map(posting_behaviour="final", journal_per="job")
    return desk


def add(desk: Desk, template: str = "card_purchase", **wish: Any) -> str:
    (entry_id,) = desk.simulator.add(desk.company, template, **{"files": 0, **wish})
    return entry_id


def common(job: ExportJob, number: int = 1) -> str:
    return f"pleo:job:{job.pleo_job_id}:{number}"


def said(kind: str) -> list[str]:
    return list(Decision.objects.filter(kind=kind).values_list("sentence", flat=True))


def balance(erp: FakeErp) -> dict[str, str]:
    """Per account, as the ERP itself sums it."""
    return dict(erp("GET", "/state")["trialBalance"])


def test_entries_of_one_day_and_currency_share_a_voucher(desk: Desk, fake_erp: FakeErp) -> None:
    ids = [add(desk), add(desk), add(desk, "fee"), add(desk, "wallet_topup")]
    other_day = add(desk, overrides={"date": "2026-10-02T00:00:00Z"})
    job = desk.export(entryIds=[*ids, other_day])
    assert job.status == "completed"
    assert references(fake_erp) == {common(job): 1, f"pleo:{other_day}": 1}
    voucher = next(x for x in fake_erp.vouchers if x["reference"] == common(job))
    assert voucher["text"] == "Pleo export, 4 entries"
    assert len(voucher["lines"]) == 2 * 3 + 2 + 2
    rows = items_at_pleo(desk, job)
    assert {rows[i]["externalId"] for i in ids} == {voucher["number"]}
    assert rows[other_day]["externalId"] != voucher["number"]


def test_each_line_names_its_entry(desk: Desk, fake_erp: FakeErp) -> None:
    ids = [add(desk), add(desk)]
    desk.export(entryIds=ids)
    entries = desk.simulator.entries(desk.company)
    book_ids = {entries[i]["additionalInformation"]["reconciliationId"] for i in ids}
    texts = [line["text"] for voucher in fake_erp.vouchers for line in voucher["lines"]]
    assert {text.rpartition("Pleo ")[2] for text in texts} == book_ids


def test_what_has_a_document_of_its_own_keeps_its_voucher(desk: Desk, fake_erp: FakeErp) -> None:
    desk.map(posting_behaviour="final", journal_per="job", generic_vendor="V101")
    invoice = add(desk, "card_invoice")
    payable = add(desk, overrides={"bookkeeping": {"method": "accounts_payable"}})
    shared = [add(desk), add(desk)]
    job = desk.export(entryIds=[invoice, payable, *shared], vendorBasedBookkeeping=True)
    assert set(references(fake_erp)) == {
        common(job),
        f"pleo:{invoice}",
        f"pleo:{payable}",
        f"pleo:{payable}:2",
    }


def test_both_ways_of_booking_come_to_the_same_balances(desk: Desk, fake_erp: FakeErp) -> None:
    ids = clean(desk)
    desk.export(entryIds=ids)
    shared = balance(fake_erp)
    assert any(reference.startswith("pleo:job:") for reference in references(fake_erp))
    fake_erp("DELETE", "/state")
    Posting.objects.all().delete()
    desk.map(posting_behaviour="final")
    desk.simulator("POST", f"/companies/{desk.company['id']}/queue", entryIds=ids)
    desk.export(entryIds=ids)
    assert balance(fake_erp) == shared


def test_an_entry_that_returns_in_another_job_is_not_booked_again(
    desk: Desk, fake_erp: FakeErp
) -> None:
    ids = [add(desk), add(desk), add(desk)]
    first = desk.export(entryIds=ids)
    before = {i: row["externalId"] for i, row in items_at_pleo(desk, first).items()}
    desk.simulator("POST", f"/companies/{desk.company['id']}/queue", entryIds=ids)
    more = [add(desk), add(desk)]
    again = desk.export(entryIds=[*ids[:2], *more])
    assert references(fake_erp) == {common(first): 1, common(again): 1}
    after = {i: row["externalId"] for i, row in items_at_pleo(desk, again).items()}
    assert {i: after[i] for i in ids[:2]} == {i: before[i] for i in ids[:2]}
    assert len({after[i] for i in more}) == 1


@pytest.mark.parametrize("drop", ["before", "after"])
def test_an_answer_that_never_came_is_looked_up_under_the_common_reference(
    desk: Desk, fake_erp: FakeErp, drop: str
) -> None:
    ids = [add(desk), add(desk), add(desk)]
    fake_erp.fault("POST /vouchers$", drop=drop)
    job = desk.export(entryIds=ids)
    assert set(Posting.objects.values_list("state", flat=True)) == {Posting.State.UNCERTAIN}
    desk.work()
    job.refresh_from_db()
    assert job.status == "completed"
    # What was looked up and not found is booked under a number that was never used.
    assert references(fake_erp) == {common(job, 1 if drop == "after" else 2): 1}
    assert set(Posting.objects.values_list("state", "erp_id")) == {("posted", "1")}


@pytest.mark.parametrize("call", ["before", "after"])
def test_a_worker_killed_between_call_and_outcome_books_nothing_twice(
    desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    ids = [add(desk), add(desk), add(desk)]

    def dies(*_: Any, **__: Any) -> None:
        raise LeaseLost

    with monkeypatch.context() as patch:
        if call == "before":
            patch.setattr("erp_adapters.fake.adapter.FakeAdapter.post", dies)
        else:
            patch.setattr(once, "save_outcomes", dies)
        job = desk.export(entryIds=ids)
    assert set(Posting.objects.values_list("state", flat=True)) == {Posting.State.INTENT}
    Connection.objects.update(lease_until=None)
    desk.work()
    job.refresh_from_db()
    assert job.status == "completed"
    assert list(references(fake_erp).values()) == [1]
    lines = sum(len(voucher["lines"]) for voucher in fake_erp.vouchers)
    assert lines == 3 * 3
    rows = items_at_pleo(desk, job)
    assert len({row["externalId"] for row in rows.values()}) == 1


COMMITS = {
    **dict.fromkeys(("save_plan", "save_items", "note_reported"), actions),
    **dict.fromkeys(("save_intents", "save_outcomes"), once),
    "job_over": job_state,
}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("commit", COMMITS)
def test_a_worker_killed_around_any_commit_books_each_entry_once(
    desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch, commit: str, when: str
) -> None:
    ids = [add(desk), add(desk, files=1), add(desk), add(desk, "card_invoice")]
    save = getattr(COMMITS[commit], commit)

    def dies(*values: Any, **named: Any) -> None:
        if when == "after":
            save(*values, **named)
        raise LeaseLost

    with monkeypatch.context() as patch:
        patch.setattr(COMMITS[commit], commit, dies)
        job = desk.export(entryIds=ids)
    Connection.objects.update(lease_until=None)
    desk.work()
    job.refresh_from_db()
    assert job.status == "completed"
    entries = desk.simulator.entries(desk.company)
    book_ids = [entries[i]["additionalInformation"]["reconciliationId"] for i in ids]
    text = Counter(
        book_id
        for voucher in fake_erp.vouchers
        for line in voucher["lines"]
        for book_id in book_ids
        if book_id in line["text"] + voucher["text"]
    )
    assert text == dict.fromkeys(book_ids, 3)
    assert sum(len(voucher["attachments"]) for voucher in fake_erp.vouchers) == 1
    numbers = {row["externalId"] for row in items_at_pleo(desk, job).values()}
    assert numbers == {voucher["number"] for voucher in fake_erp.vouchers}


def test_one_culprit_does_not_keep_the_others_from_being_booked(
    desk: Desk, fake_erp: FakeErp
) -> None:
    desk.export(entryIds=[add(desk)])  # reads the catalog
    chart = desk.simulator.chart(desk.company)
    accounts = [row for row in chart["accounts"] if row["code"] != "6120"]
    fake_erp("PUT", "/seed", accounts=accounts)
    ids = [add(desk), add(desk), add(desk)]
    wrong = add(desk, "mileage", overrides={"date": "2026-10-01T00:00:00Z"})
    job = desk.export(entryIds=[*ids, wrong])
    assert job.status == "completed_with_errors"
    rows = items_at_pleo(desk, job)
    assert [rows[i]["status"] for i in ids] == ["successful"] * 3
    assert (rows[wrong]["status"], rows[wrong]["failureReasonType"]) == (
        "failed",
        "account_unknown",
    )
    booked = Counter(references(fake_erp))
    assert {f"pleo:{i}" for i in ids} <= booked.keys()
    assert common(job) not in booked
    assert set(said("own_voucher")) == {
        "The common voucher of the export was refused (Fake ERP: There is no account 6120); this "
        "is its own."
    }
    # Mended, the entry is booked in the next export.
    fake_erp("PUT", "/seed", accounts=chart["accounts"])
    desk.simulator("POST", f"/companies/{desk.company['id']}/queue", entryIds=[wrong])
    assert desk.export(entryIds=[wrong]).status == "completed"
    assert set(references(fake_erp).values()) == {1}


def test_a_closed_month_moves_the_common_voucher(desk: Desk, fake_erp: FakeErp) -> None:
    fake_erp("PUT", "/seed", closedMonths=["2026-10"])
    ids = [add(desk), add(desk)]
    job = desk.export(entryIds=ids)
    assert job.status == "completed"
    (voucher,) = fake_erp.vouchers
    assert voucher["reference"] == common(job)
    assert voucher["postingDate"] == timezone.now().date().isoformat()
    assert len(said("date_moved")) == len(ids)


def test_receipts_of_all_entries_are_on_the_common_voucher(desk: Desk, fake_erp: FakeErp) -> None:
    ids = [add(desk, files=2), add(desk, files=1), add(desk, files=0)]
    desk.export(entryIds=ids)
    entries = desk.simulator.entries(desk.company)
    book_ids = [entries[i]["additionalInformation"]["reconciliationId"] for i in ids]
    (voucher,) = fake_erp.vouchers
    names = [file["name"] for file in voucher["attachments"]]
    assert len(names) == len(set(names)) == 3
    assert [sum(book_id in name for name in names) for book_id in book_ids] == [2, 1, 0]


def test_where_a_voucher_takes_few_files_entries_with_receipts_keep_their_own(
    wire: Any, fake_erp: FakeErp
) -> None:
    settings = {"base_url": fake_erp.url, "files_per_voucher": "1"}
    desk = wire("fake", settings, {"key": "fake-key"})
    desk.map(posting_behaviour="final", journal_per="job")
    with_file, ids = add(desk, files=1), [add(desk), add(desk)]
    job = desk.export(entryIds=[with_file, *ids])
    assert references(fake_erp) == {common(job): 1, f"pleo:{with_file}": 1}


def test_a_missing_receipt_leaves_its_entry_out_of_the_common_voucher(
    desk: Desk, fake_erp: FakeErp
) -> None:
    desk.map(posting_behaviour="final", journal_per="job", missing_receipt="fail")
    dead = add(desk, files=[{"kind": "dead"}])
    ids = [add(desk, files=1), add(desk, files=1)]
    job = desk.export(entryIds=[dead, *ids])
    rows = items_at_pleo(desk, job)
    assert rows[dead]["failureReasonType"] == "receipt_download_failure"
    (voucher,) = fake_erp.vouchers
    assert voucher["text"] == "Pleo export, 2 entries"


def test_a_preview_shows_the_common_voucher(desk: Desk, fake_erp: FakeErp) -> None:
    desk.work()
    pause(connection=desk.connection, actor=desk.user)
    desk.simulator.export(desk.company, entryIds=[*clean(desk), add(desk), add(desk)])
    pleo, erp = open_pleo(desk.connection), open_erp(desk.connection)
    job = waiting_job(desk.connection, pleo)
    assert job is not None
    entries = preview(desk.connection, job, pleo=pleo, erp=erp, now=timezone.now())
    seen = {entry.entry_id: list(entry.vouchers) for entry in entries if entry.vouchers}
    go_live(connection=desk.connection, actor=desk.user)
    desk.work()
    booked: dict[str, list[object]] = {}
    for posting in Posting.objects.order_by("part"):
        booked.setdefault(str(posting.accounting_entry_id), []).append(posting.voucher)
    assert booked == seen
    assert any("pleo:job:" in str(voucher) for voucher in booked.values())
