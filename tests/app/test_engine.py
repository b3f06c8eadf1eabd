"""Export jobs through the engine, over real HTTP to the simulator and the fake ERP."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from pleo_connector.connections.lease import LeaseLost, claim
from pleo_connector.connections.models import Connection, ErpCredentials
from pleo_connector.exports.engine import JobRun
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.exports.tasks import work
from pleo_connector.history.models import Attempt, Decision, Problem, RemoteCall, Run
from tests.app.conftest import Desk, FakeErp

pytestmark = pytest.mark.django_db

Status = ExportJobItem.Status


def expected_failures(desk: Desk) -> dict[str, str]:
    return {
        entry_id: entry["expectedFailure"]
        for entry_id, entry in desk.simulator.entries(desk.company).items()
        if entry.get("expectedFailure") and entry["lane"] == "queue"
    }


def references(erp: FakeErp) -> Counter[str]:
    return Counter(voucher["reference"] for voucher in erp.vouchers)


def clean(desk: Desk) -> list[str]:
    """Ids of queued entries that nothing is wrong with."""
    entries = desk.simulator.entries(desk.company)
    return [i for i, e in entries.items() if e["lane"] == "queue" and not e["expectedFailure"]]


def items_at_pleo(desk: Desk, job: ExportJob) -> dict[str, dict[str, Any]]:
    rows = desk.simulator.job(str(job.pleo_job_id)).items
    return {row["accountingEntryId"]: row for row in rows}


def test_every_entry_is_booked_once_and_reported(desk: Desk, fake_erp: FakeErp) -> None:
    wrong = expected_failures(desk)
    job = desk.export()
    assert job.status == "completed_with_errors"
    rows = items_at_pleo(desk, job)
    assert {i for i, row in rows.items() if row["status"] == "failed"} == set(wrong)
    assert {i: rows[i]["failureReasonType"] for i in wrong} == wrong
    booked = references(fake_erp)
    assert set(booked.values()) == {1}
    assert {r.removeprefix("pleo:") for r in booked} == set(rows) - set(wrong)
    for entry_id in set(rows) - set(wrong):
        assert rows[entry_id]["status"] == "successful"
        assert rows[entry_id]["externalId"]
        assert rows[entry_id]["externalUrl"]


def test_one_entry_with_odd_texts_stops_no_other(desk: Desk, fake_erp: FakeErp) -> None:
    """Longer than any field, with signs that a database does not keep."""
    odd = {"supplier": {"name": "Kro\0" * 60}, "note": "\0"}
    odd |= {"webLink": f"https://app.example/{'x' * 600}"}
    ids = desk.simulator.add(desk.company, "card_purchase", files=0, overrides=odd)
    ids += desk.simulator.add(desk.company, "card_purchase", files=0)
    job = desk.export(entryIds=ids)
    assert job.status == "completed"
    assert len(fake_erp.vouchers) == 2


def test_the_page_shows_an_amount_as_it_is_booked(desk: Desk, fake_erp: FakeErp) -> None:
    """Also where Pleo writes currencies without decimals in hundredths."""
    desk.map(minor_units="hundredths")
    path = f"/companies/{desk.company['id']}/wallets/JPY"
    desk.simulator(
        "PUT", path, contraAccount=desk.simulator.chart(desk.company)["accounts"][0]["code"]
    )
    amount = {"currency": "JPY", "value": 1_250_000}
    both = {"inSupplierCurrency": amount, "inWalletCurrency": amount}
    odd = {"amount": both}
    job = desk.export(
        entryIds=desk.simulator.add(desk.company, "card_purchase", files=0, overrides=odd)
    )
    item = job.items.get()
    assert item.amount == 12_500, job.run.headline


def test_what_an_erp_answers_with_a_zero_byte_is_written_down(
    desk: Desk, fake_erp: FakeErp
) -> None:
    error = {"code": "odd", "message": "No\0 such thing"}
    fake_erp.fault("POST /vouchers$", status=422, body=error, times=9)
    job = desk.export(entryIds=desk.simulator.add(desk.company, "card_purchase", files=0))
    desk.work()
    assert "such thing" in Run.objects.get(export_job=job).headline
    assert not fake_erp.vouchers


def test_every_receipt_is_attached_once(desk: Desk, fake_erp: FakeErp) -> None:
    desk.export(entryIds=clean(desk))
    entries = desk.simulator.entries(desk.company)
    for voucher in fake_erp.vouchers:
        entry = entries[voucher["reference"].removeprefix("pleo:")]
        names = [file["name"] for file in voucher["attachments"]]
        assert len(names) == len(set(names)) == entry["fileCount"]


def test_exporting_again_books_nothing_and_reports_the_old_ids(
    desk: Desk, fake_erp: FakeErp
) -> None:
    first = desk.export(entryIds=clean(desk))
    before = items_at_pleo(desk, first)
    desk.simulator("POST", f"/companies/{desk.company['id']}/queue", entryIds=list(before))
    again = desk.export(entryIds=list(before))
    assert again.status == "completed"
    assert {i: row["externalId"] for i, row in items_at_pleo(desk, again).items()} == {
        i: row["externalId"] for i, row in before.items()
    }
    assert set(references(fake_erp).values()) == {1}
    assert again.items.filter(booked_before=True).count() == len(before)


@pytest.mark.parametrize("drop", ["before", "after"])
def test_an_answer_that_never_came_is_looked_up_and_not_repeated(
    desk: Desk, fake_erp: FakeErp, drop: str
) -> None:
    fake_erp.fault("POST /vouchers$", drop=drop)
    job = desk.export(entryIds=clean(desk)[:5])
    assert job.run.state == Run.State.WAITING
    assert set(Posting.objects.values_list("state", flat=True)) == {Posting.State.UNCERTAIN}
    desk.work()
    job.refresh_from_db()
    assert job.status == "completed"
    assert sorted(references(fake_erp).values()) == [1] * 5


def test_the_erp_down_in_mid_job_is_waited_for(desk: Desk, fake_erp: FakeErp) -> None:
    fake_erp.fault("GET /accounts", status=503, times=3)
    job = desk.export(entryIds=clean(desk)[:3])
    run = job.run
    assert (run.state, run.waiting_for) == (Run.State.WAITING, "Fake ERP")
    assert run.waiting_until is not None
    assert desk.connection.wake_at is not None
    assert desk.connection.lease_until is None
    desk.work()
    assert Run.objects.get(pk=run.pk).state == Run.State.COMPLETED
    assert sorted(references(fake_erp).values()) == [1] * 3


def test_a_rate_limit_is_waited_out_as_long_as_the_erp_asks(desk: Desk, fake_erp: FakeErp) -> None:
    fake_erp.fault("GET /company", status=429, headers={"Retry-After": "600"})
    job = desk.export(entryIds=clean(desk)[:1])
    assert job.run.waiting_until is not None
    assert job.run.waiting_until - timezone.now() > timedelta(seconds=590)


def test_one_refused_voucher_does_not_refuse_the_others(desk: Desk, fake_erp: FakeErp) -> None:
    ids = clean(desk)[:3]
    desk.simulator("PUT", f"/entries/{ids[1]}", date="2019-01-15T00:00:00Z")
    fake_erp("PUT", "/seed", closedMonths=["2019-01"])
    desk.map(posting_behaviour="final", closed_period="fail")
    job = desk.export(entryIds=ids)
    rows = items_at_pleo(desk, job)
    assert rows[ids[1]]["failureReasonType"] == "accounting_system_validation_failure"
    assert [rows[i]["status"] for i in (ids[0], ids[2])] == ["successful", "successful"]


def test_dead_erp_credentials_stop_the_job_and_ask_to_reconnect(
    desk: Desk, fake_erp: FakeErp
) -> None:
    fake_erp.fault("GET /company", status=401, times=9)
    job = desk.export(entryIds=clean(desk)[:3])
    assert (job.status, job.failure_type) == ("failed", "accounting_system_authentication_failure")
    desk.connection.refresh_from_db()
    assert "Fake ERP" in desk.connection.erp_problem
    at_pleo = desk.simulator.job(str(job.pleo_job_id)).job
    assert at_pleo["failureReasonType"] == "accounting_system_authentication_failure"
    assert not fake_erp.vouchers


def test_an_erp_that_lets_us_in_again_needs_nobody_to_reconnect(
    desk: Desk, fake_erp: FakeErp
) -> None:
    first, second, third = clean(desk)[:3]
    desk.export(entryIds=[first])  # reads the catalog, which is fresh for some minutes
    fake_erp.fault("GET /company", status=401, times=9)
    assert desk.export(entryIds=[second]).status == "failed"
    assert desk.connection.erp_problem
    fake_erp("DELETE", "/faults")
    assert desk.export(entryIds=[second, third]).status == "completed"
    assert desk.connection.erp_problem == ""
    assert not Problem.objects.filter(kind="connection", state="open").exists()


def test_a_revoked_pleo_grant_waits_for_a_person_and_loses_nothing(
    desk: Desk, fake_erp: FakeErp
) -> None:
    desk.simulator("POST", f"/companies/{desk.company['id']}/tokens:expire", which="access")
    desk.simulator("POST", f"/companies/{desk.company['id']}/tokens:expire", which="refresh")
    desk.simulator.export(desk.company, entryIds=clean(desk)[:2])
    desk.work()
    desk.connection.pleo_grant.refresh_from_db()
    assert desk.connection.pleo_grant.dead_since is not None
    assert desk.connection.pleo_grant.access_token is None
    assert not fake_erp.vouchers


def test_an_expired_access_token_is_refreshed_once_in_mid_run(
    desk: Desk, fake_erp: FakeErp
) -> None:
    desk.simulator("POST", f"/companies/{desk.company['id']}/tokens:expire", which="access")
    job = desk.export(entryIds=clean(desk)[:2])
    assert job.status == "completed"


def test_a_job_that_expired_keeps_what_is_booked_and_says_so(desk: Desk, fake_erp: FakeErp) -> None:
    ids = clean(desk)[:3]
    fake_erp.fault("POST /vouchers$", drop="after")
    job = desk.export(entryIds=ids)
    desk.simulator("POST", "/clock", advanceSeconds=3700)
    desk.work()
    job.refresh_from_db()
    assert (job.status, job.failure_type) == ("failed", "job_expired")
    assert "an hour passed" in job.run.headline
    desk.simulator("POST", f"/companies/{desk.company['id']}/queue", entryIds=ids)
    again = desk.export(entryIds=ids)
    assert again.status == "completed"
    assert sorted(references(fake_erp).values()) == [1] * 3


def test_a_dead_receipt_link_is_a_warning_and_the_entry_is_booked(
    desk: Desk, fake_erp: FakeErp
) -> None:
    (dead,) = desk.simulator.add(desk.company, "card_purchase", files=[{"kind": "dead"}])
    job = desk.export(entryIds=[dead])
    assert job.status == "completed"
    posting = Posting.objects.get(accounting_entry_id=dead)
    failed = posting.attachments.get(state="failed")
    assert "link" in failed.problem


def test_a_tenant_may_ask_that_a_missing_receipt_keeps_the_entry_unbooked(
    desk: Desk, fake_erp: FakeErp
) -> None:
    desk.simulator("POST", f"/companies/{desk.company['id']}/queue", pool="trouble")
    desk.map(posting_behaviour="final", missing_receipt="fail")
    job = desk.export()
    item = job.items.get(failure_type="receipt_download_failure")
    assert not Posting.objects.filter(accounting_entry_id=item.accounting_entry_id).exists()


def test_an_unknown_type_from_pleo_fails_that_entry_only(desk: Desk, fake_erp: FakeErp) -> None:
    ids = clean(desk)[:2]
    desk.simulator("PUT", f"/entries/{ids[0]}", type="time_travel")
    job = desk.export(entryIds=ids)
    rows = items_at_pleo(desk, job)
    assert rows[ids[0]]["failureReasonType"] == "validation_failure"
    assert "time_travel" in rows[ids[0]]["failureReason"]
    assert rows[ids[1]]["status"] == "successful"


def test_when_nothing_could_be_booked_the_job_fails_with_their_reason(
    desk: Desk, fake_erp: FakeErp
) -> None:
    wrong = expected_failures(desk)
    no_category = [i for i, kind in wrong.items() if kind == "missing_configuration"]
    job = desk.export(entryIds=no_category)
    assert (job.status, job.failure_type) == ("failed", "missing_configuration")


def test_a_worker_that_lost_its_lease_can_neither_call_nor_write(
    desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.simulator.export(desk.company, entryIds=clean(desk)[:3])
    prepare = JobRun.prepare

    def taken_over_meanwhile(run: JobRun) -> Any:
        result = prepare(run)
        Connection.objects.filter(pk=desk.connection.pk).update(lease_until=timezone.now())
        assert claim(desk.connection.pk) is not None
        return result

    monkeypatch.setattr(JobRun, "prepare", taken_over_meanwhile)
    lease = claim(desk.connection.pk)
    assert lease is not None
    work(lease, now=timezone.now)
    with pytest.raises(LeaseLost):
        lease.renew()
    assert not fake_erp.vouchers
    assert not Posting.objects.exists()


def test_history_keeps_attempts_and_calls_with_templates_only(
    desk: Desk, fake_erp: FakeErp
) -> None:
    job = desk.export(entryIds=clean(desk)[:2])
    attempt = Attempt.objects.get(run=job.run)
    assert attempt.ended_at is not None
    calls = list(RemoteCall.objects.filter(attempt=attempt))
    assert all(call.status and call.duration_ms is not None for call in calls)
    assert not [c for c in calls if str(job.pleo_job_id) in c.template]


def test_calls_and_statements_stay_few(
    desk: Desk, fake_erp: FakeErp, django_assert_max_num_queries: Any
) -> None:
    ids = desk.simulator.add(desk.company, "card_purchase", count=100, files=0)
    desk.simulator.export(desk.company, entryIds=ids)
    before = desk.simulator("GET", "/calls")["count"]
    with django_assert_max_num_queries(500):
        desk.work()
    assert sorted(references(fake_erp).values()) == [1] * 100
    assert desk.simulator("GET", "/calls")["count"] - before <= 9


@pytest.mark.parametrize(
    ("lost", "reason", "sentence"),
    [
        (
            "key",
            "accounting_system_authentication_failure",
            "Fake ERP: API key is missing. Reconnect it.",
        ),
        (
            "address",
            "invalid_configuration",
            "The settings of Fake ERP do not fit any more: base_url: Address is missing. "
            "Reconnect it.",
        ),
    ],
)
def test_access_that_does_not_fit_any_more_asks_to_reconnect_and_pleo_is_told(
    desk: Desk, fake_erp: FakeErp, lost: str, reason: str, sentence: str
) -> None:
    if lost == "key":
        ErpCredentials.objects.filter(connection=desk.connection).delete()
    else:
        Connection.objects.filter(pk=desk.connection.pk).update(erp_settings={})
    job = desk.export(entryIds=clean(desk)[:1])
    assert desk.connection.erp_problem == sentence
    assert desk.connection.lease_until is None
    assert not fake_erp.vouchers
    assert (job.status, job.failure_type) == ("failed", reason)
    at_pleo = desk.simulator.job(str(job.pleo_job_id)).job
    assert (at_pleo["status"], at_pleo["failureReasonType"]) == ("failed", reason)
    assert at_pleo["failureReason"] == desk.connection.erp_problem


def test_what_was_booked_before_access_was_lost_is_reported(desk: Desk, fake_erp: FakeErp) -> None:
    unreported = {"match": {"method": "PUT", "path": "/items$"}, "effect": {"drop": "before"}}
    desk.simulator("POST", "/faults", **unreported, times=1)
    (entry,) = desk.simulator.add(desk.company, "card_purchase", files=0)
    job = desk.export(entryIds=[entry])
    assert job.run.state == Run.State.WAITING
    ErpCredentials.objects.filter(connection=desk.connection).delete()
    desk.work()
    job.refresh_from_db()
    assert job.failure_type == "accounting_system_authentication_failure"
    assert items_at_pleo(desk, job)[entry]["status"] == "successful"


def test_a_result_that_pleo_does_not_take_is_told_on_the_entry(
    desk: Desk, fake_erp: FakeErp
) -> None:
    taken, refused = clean(desk)[:2]
    why = {"type": "ACCOUNTING_ENTRY_UPDATE_FAILED", "message": "The entry is locked."}
    desk.simulator(
        "POST",
        "/faults",
        match={"method": "PUT", "path": "/items$"},
        effect={
            "status": 200,
            "body": {"data": [], "errors": [{"accountingEntryId": refused} | why]},
        },
        times=1,
    )
    job = desk.export(entryIds=[taken, refused])
    assert job.run.is_over
    assert sorted(references(fake_erp).values()) == [1, 1]
    decision = Decision.objects.get(kind="report_refused")
    assert str(decision.accounting_entry_id) == refused
    assert decision.sentence.startswith("Pleo did not take the result of this entry: ")
    assert "The entry is locked." in decision.sentence
