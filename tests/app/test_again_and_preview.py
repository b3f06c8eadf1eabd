"""Seen before it is booked, and exported again from here once its cause is mended."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from pleo_connector.catalog.actions import refresh_catalog
from pleo_connector.connections.actions import go_live, pause
from pleo_connector.connections.erp import open_erp, open_pleo
from pleo_connector.exports.again import CannotExport, export_again
from pleo_connector.exports.models import ExportJob, Posting
from pleo_connector.exports.preview import booked_before, preview, waiting_job
from pleo_connector.exports.sample import sample
from pleo_connector.tenants.actions import create_tenant
from pleo_connector.tenants.models import AuditEntry, User
from tests.app.conftest import Desk, FakeErp
from tests.app.test_engine import clean, expected_failures

pytestmark = pytest.mark.django_db


def test_a_preview_and_the_later_booking_agree_line_by_line(desk: Desk, fake_erp: FakeErp) -> None:
    desk.work()
    pause(connection=desk.connection, actor=desk.user)
    desk.simulator.export(desk.company)
    pleo, erp = open_pleo(desk.connection), open_erp(desk.connection)
    job = waiting_job(desk.connection, pleo)
    assert job is not None
    entries = preview(desk.connection, job, pleo=pleo, erp=erp, now=timezone.now())
    assert not fake_erp.vouchers
    seen = {entry.entry_id: list(entry.vouchers) for entry in entries if entry.vouchers}
    refused = {entry.entry_id for entry in entries if entry.reasons}
    assert refused == set(expected_failures(desk))

    go_live(connection=desk.connection, actor=desk.user)
    desk.work()
    booked: dict[str, list[object]] = {}
    for posting in Posting.objects.order_by("part"):
        booked.setdefault(str(posting.accounting_entry_id), []).append(posting.voucher)
    assert booked == seen
    past = booked_before(ExportJob.objects.get())
    assert {str(i.accounting_entry_id): v for i, v in past.items() if v} == seen


def test_an_entry_that_is_booked_is_previewed_as_only_reported(
    desk: Desk, fake_erp: FakeErp
) -> None:
    ids = clean(desk)[:2]
    desk.export(entryIds=ids)
    desk.simulator("POST", f"/companies/{desk.company['id']}/queue", entryIds=ids)
    desk.simulator.export(desk.company, entryIds=ids)
    pleo = open_pleo(desk.connection)
    job = waiting_job(desk.connection, pleo)
    assert job is not None
    entries = preview(
        desk.connection,
        job,
        pleo=pleo,
        erp=open_erp(desk.connection),
        now=timezone.now(),
    )
    assert [entry.is_booked for entry in entries] == [True, True]


def test_failed_entries_are_exported_again_after_their_cause_is_mended(
    desk: Desk, fake_erp: FakeErp
) -> None:
    first = desk.export()
    wrong = expected_failures(desk)
    for entry_id in wrong:
        line = {"account": {"id": entry_id, "name": "Travel", "code": "6100", "identifier": None}}
        desk.simulator("PUT", f"/entries/{entry_id}", accountingEntryLines=[line])
    assert export_again(job=first, actor=desk.user) == len(wrong)
    desk.work()
    again = ExportJob.objects.exclude(pk=first.pk).get()
    assert again.status == "completed"
    assert {str(i.accounting_entry_id) for i in again.items.all()} == set(wrong)
    assert AuditEntry.objects.filter(action="exported entries again").exists()


def test_exporting_again_says_why_it_cannot(desk: Desk, fake_erp: FakeErp) -> None:
    job = desk.export(entryIds=clean(desk)[:1])
    with pytest.raises(CannotExport, match="nothing to export"):
        export_again(job=job, actor=desk.user)
    failed = desk.export(entryIds=list(expected_failures(desk)))
    desk.simulator.export(desk.company, entryIds=clean(desk)[1:2])
    with pytest.raises(CannotExport, match="Another export is running"):
        export_again(job=failed, actor=desk.user)


def test_the_preview_page_shows_the_lines_before_anything_is_booked(
    desk: Desk, fake_erp: FakeErp, client: Client
) -> None:
    client.force_login(desk.user)
    page = reverse("preview", args=[desk.connection.public_id])
    made_up = client.get(page).content.decode()
    assert "No export is waiting" in made_up
    assert "pause the connection, click Export in Pleo" in made_up
    where = reverse("connection", args=[desk.connection.public_id])
    assert f'look here again. <a href="{where}">' in made_up
    desk.simulator.export(desk.company)
    shown = client.get(page).content.decode()
    assert "2 of 42 entries would not be booked." in shown
    assert "account 9999 does not exist" in shown.lower()
    assert shown.lower().index("account 9999") < shown.index("Sum in DKK")  # it stands first
    assert reverse("categories", args=[desk.connection.public_id]) + "?code=9999" in shown
    assert "Pleo&#x27;s contra account for DKK" in shown
    assert not fake_erp.vouchers
    assert not Posting.objects.exists()


def test_a_sample_is_shown_where_nothing_waits(desk: Desk, fake_erp: FakeErp) -> None:
    connection, now = desk.connection, timezone.now()
    refresh_catalog(connection=connection, erp=open_erp(connection), now=now)
    entries = sample(connection, erp=open_erp(connection), now=now)
    assert [(x.item and x.item.type, len(x.vouchers), x.reasons) for x in entries] == [
        ("card_purchase", 1, ()),
        ("out_of_pocket", 1, ()),
        ("wallet_topup", 1, ()),
    ]
    lines = [x["account"] for x in entries[0].vouchers[0]["lines"]]
    assert lines == ["6310", "1941"]  # not the chart's first expense, which is rounding
    client = Client()
    client.force_login(desk.user)
    shown = client.get(reverse("preview", args=[connection.public_id])).content.decode()
    assert "here is a sample" in shown
    assert "Paper &amp; Pens" in shown
    assert not fake_erp.vouchers


def test_one_button_exports_again_and_says_so(
    desk: Desk, fake_erp: FakeErp, client: Client
) -> None:
    client.force_login(desk.user)
    job = desk.export(entryIds=list(expected_failures(desk)))
    page = client.get(reverse("export", args=[job.public_id])).content.decode()
    assert "Export 2 entries again" in page
    reply = client.post(reverse("export-again", args=[job.public_id]), follow=True)
    assert "2 entries are being exported again." in reply.content.decode()
    desk.work()
    assert ExportJob.objects.count() == 2


def test_the_api_gives_the_same_preview_to_members_only(
    desk: Desk, fake_erp: FakeErp, client: Client
) -> None:
    address = reverse("api-preview", args=[desk.connection.public_id])
    assert client.get(address).status_code == 401
    stranger = User.objects.create_user("stranger@elsewhere.example", "x")
    client.force_login(stranger)
    assert client.get(address).status_code == 403
    create_tenant(name="Elsewhere", owner=stranger)
    assert client.get(address).status_code == 404
    client.force_login(desk.user)
    assert client.get(address).json() == {"pleo_job_id": None, "entries": []}
    job = desk.simulator.export(desk.company)
    answer = client.get(address).json()
    assert answer["pleo_job_id"] == job["id"]
    assert len(answer["entries"]) == job["numberOfItems"]
    assert {e["accounting_entry_id"] for e in answer["entries"] if e["reasons"]} == set(
        expected_failures(desk)
    )
