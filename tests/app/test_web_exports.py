"""Exports and entries: what the first line says, what each problem leads to, how many queries."""

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled

from pleo_connector.connections.models import Connection
from pleo_connector.exports import again
from pleo_connector.exports.causes import note_causes
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.web import words
from pleo_connector.web.fixes import fix_for
from pleo_connector.web.templatetags.words import day, lasted, moment, money, side, tax
from tests.app import factories

pytestmark = pytest.mark.django_db
MAX_QUERIES = 15


@pytest.fixture(autouse=True)
def _all_tenants() -> Iterator[None]:
    with scopes_disabled():
        yield


@pytest.fixture
def connection() -> Connection:
    return factories.make_connection(factories.make_tenant())


@pytest.fixture
def client(connection: Connection) -> Client:
    client = Client()
    client.force_login(factories.owner_of(connection.tenant))
    return client


def export(client: Client, job: ExportJob, query: str = "") -> str:
    return client.get(reverse("export", args=[job.public_id]) + query).content.decode()


def first_line(page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page, re.S)
    assert found
    return re.sub(r"<[^>]+>", "", found[1]).strip()


# -- The first line -----------------------------------------------------------------------------

CASES: list[tuple[dict[str, Any], str]] = [
    ({"booked": 28}, "All 28 entries are booked in Nordhavn ApS (Tryton)."),
    ({"booked": 1}, "The entry is booked in Nordhavn ApS (Tryton)."),
    ({"booked": 28, "failed": 3}, "3 of 31 entries could not be booked."),
    ({"booked": 12, "pending": 19}, "Booking: 12 of 31 entries are booked."),
    ({"pending": 4}, "Reading 4 entries from Pleo."),
    (
        {"pending": 4, "state": "waiting", "waiting_for": "reconnect", "headline": "It ended."},
        "Reconnect Pleo to go on.",
    ),
    (
        {"booked": 4, "abandoned": 9, "state": "failed", "headline": "Pleo ended this export."},
        "The export ended early: 4 of 13 entries are booked.",
    ),
    (
        {"abandoned": 2, "state": "failed", "headline": "Tryton shows no accounts."},
        "The export ended before any entry was booked.",
    ),
    ({}, "The export had no entries."),
]


@pytest.mark.parametrize(("facts", "line"), CASES)
def test_the_first_line(
    client: Client, connection: Connection, facts: dict[str, Any], line: str
) -> None:
    job = factories.make_job(connection, **facts)
    page = export(client, job)
    assert first_line(page) == line
    assert facts.get("headline", "") in page
    assert client.get(reverse("connection", args=[connection.public_id])).status_code == 200


def test_waiting_says_for_whom_and_until_when(client: Client, connection: Connection) -> None:
    until = timezone.now() + timedelta(minutes=9)
    job = factories.make_job(
        connection,
        pending=2,
        state="waiting",
        waiting_for="Tryton",
        waiting_until=until,
        headline="Tryton does not answer.",
    )
    page = export(client, job)
    assert first_line(page).startswith(f"Waiting for Tryton until {moment(until)}"[:24])
    assert f'datetime="{until:%Y-%m-%dT%H:%M:%SZ}"' in page
    assert "Tryton does not answer." in page


# -- Progress -----------------------------------------------------------------------------------


def test_progress_is_polled_until_it_is_over(client: Client, connection: Connection) -> None:
    job = factories.make_job(connection, booked=1, pending=1)
    url = reverse("export-progress", args=[job.public_id])
    page = export(client, job)
    assert f'hx-get="{url}"' in page
    assert "web/poll.js" in page
    part = client.get(url)
    assert "<html" not in part.content.decode()
    assert "HX-Refresh" not in part
    assert '<progress max="2" value="1"' in part.content.decode()
    job.run.state, job.run.finished_at = "completed", timezone.now()
    job.run.save()
    over = client.get(url)
    assert over["HX-Refresh"] == "true"
    assert "hx-get" not in over.content.decode()
    assert "hx-get" not in export(client, job)


# -- Problems -----------------------------------------------------------------------------------


def test_problems_are_grouped_by_cause(client: Client, connection: Connection) -> None:
    job = factories.make_job(connection, booked=5, failed=7)
    page = export(client, job)
    assert page.count('class="problem"') == 3
    listed = f"{reverse('export', args=[job.public_id])}?show=failed#entries"
    for told in (
        "3 entries could not be booked</a></strong></p><p>Account 6110 “Stationery, closed”",
        "2 entries could not be booked</a></strong></p><p>Project P777 does not exist",
    ):
        assert f'<a href="{listed}">{told}' in page
    assert reverse("categories", args=[connection.public_id]) + "?code=6110" in page
    assert "Account 6110 “Stationery, closed” is inactive" in page


@pytest.mark.parametrize(
    ("fix", "page"),
    [
        ("accounts", "accounts"),
        ("tax", "tax-codes"),
        ("codes", "categories"),
        ("rules", "rules"),
        ("vendors", "accounts"),
        ("dimensions", "dimensions"),
        ("posting", "posting"),
        ("erp", "erp-connect"),
    ],
)
def test_every_problem_leads_to_a_page(connection: Connection, fix: str, page: str) -> None:
    found = fix_for(connection, fix)
    assert found
    kind = [connection.erp_kind] if page == "erp-connect" else []
    assert found.url == reverse(page, args=[connection.public_id, *kind])


def test_problems_outside_the_product(connection: Connection, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL, settings.PLEO_APP_URL = "help@firm.example", "https://pleo.example"
    in_pleo = fix_for(connection, "pleo", pleo_url="https://app.example.com/expense/1")
    assert in_pleo
    assert in_pleo.url == "https://app.example.com/expense/1"
    of_several = fix_for(connection, "pleo")
    assert of_several
    assert (in_pleo.label, of_several.label) == ("Open it in Pleo", "Open Pleo")
    assert of_several.url == "https://pleo.example"
    support = fix_for(connection, "support")
    assert support
    assert support.url == "mailto:help@firm.example"
    assert fix_for(connection, "") is None


def test_filters_and_pages(client: Client, connection: Connection) -> None:
    job = factories.make_job(connection, booked=120, failed=3)
    every = export(client, job)
    assert every.count('data-label="Amount"') == 100
    assert "1–100 of 123" in every
    assert export(client, job, "?page=2").count('data-label="Amount"') == 23
    assert export(client, job, "?show=failed").count('data-label="Amount"') == 3
    booked = export(client, job, "?show=booked&page=2")
    assert booked.count('data-label="Amount"') == 20
    assert "?show=booked&amp;page=1" in booked
    assert export(client, job, "?show=nonsense&page=x").count('data-label="Amount"') == 100


def test_totals_per_account(client: Client, connection: Connection) -> None:
    job = factories.make_job(connection, booked=3)
    page = export(client, job)
    total = sum((item.amount or Decimal(0) for item in job.items.all()), Decimal(0))
    assert "Totals per account" in page
    assert "1920 Pleo wallet" in page
    assert f'class="num">{money(total)}</td>' in page


def test_technical_details(client: Client, connection: Connection) -> None:
    job = factories.make_job(connection, booked=1)
    page = export(client, job)
    assert "Stopped unexpectedly, continued by the next." in page
    assert "no answer recorded" in page
    assert str(job.run.public_id) in page
    assert "POST /{database}/rest/account.move" in page


# -- One entry ----------------------------------------------------------------------------------


def entry(client: Client, item: ExportJobItem) -> str:
    url = reverse("entry", args=[item.job.public_id, item.public_id])
    return client.get(url).content.decode()


def test_a_booked_entry(client: Client, connection: Connection) -> None:
    item = factories.make_job(connection, booked=1).items.get()
    page = entry(client, item)
    assert first_line(page) == "Booked in Nordhavn ApS (Tryton) as voucher EXP-0001."
    assert "6100 Office supplies" in page
    assert "Category Office → 6100" in page
    assert "Department: SALES Sales<br>Project: P100 Harbour" in page
    assert "I25 on 100.00" in page
    assert "Tryton can be given files of up to 5 MB" in page
    assert "1 receipt could not be attached." in page
    assert "attach it in Tryton by hand" in page
    assert "The supplier matches vendor 1001." in page
    assert "https://erp.example.com/#books/model/account.move/1" in page
    assert "https://app.example.com/expense/0" in page


def test_entries_in_other_states(client: Client, connection: Connection) -> None:
    failed = factories.make_job(connection, failed=1).items.get()
    page = entry(client, failed)
    assert first_line(page) == "The entry could not be booked."
    assert "Account 6110 “Stationery, closed” is inactive" in page
    assert reverse("accounts", args=[connection.public_id]) in page
    assert "Nothing was sent to Tryton" in page
    pending = factories.make_job(connection, pending=1).items.get()
    assert first_line(entry(client, pending)).startswith("Waiting to be booked in")
    gone = factories.make_job(connection, abandoned=1, state="failed").items.get()
    assert "Export it again in Pleo." in first_line(entry(client, gone))


def test_what_is_to_be_looked_up_is_not_told_as_unbooked(
    client: Client, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = factories.make_job(connection, booked=3, failed=2)
    item = job.items.filter(status="successful").first()
    assert item
    item.refuse("accounting_system_timeout", "No answer came.", fix="look_up", subject="No answer")
    item.save()
    Posting.objects.filter(accounting_entry_id=item.accounting_entry_id).update(state="asked")
    page = export(client, job)
    assert first_line(page) == "2 of 5 entries could not be booked."
    assert "For 1 more it is not known whether it is booked." in page
    assert "Export 2 entries again" in page
    sent: list[int] = []
    monkeypatch.setattr(again, "_ask_pleo", lambda connection, ids, vendors: sent.append(len(ids)))
    again.export_again(job=job, actor=None)
    assert sent == [2]
    for show, count in (("failed", 2), ("asked", 1)):
        assert _rows(export(client, job, f"?show={show}")) == count
    assert page.count("No answer came") == 1
    assert "To be looked up</span>" in page
    assert f'<a href="{connection.erp_settings["base_url"]}"' in page
    listed = client.get(reverse("exports", args=[connection.public_id])).content.decode()
    assert "2 of 5 entries could not be booked." in listed
    job.items.exclude(pk=item.pk).filter(status="failed").delete()
    assert first_line(export(client, job)).startswith("It is not known whether 1 of 5 ")


def _rows(page: str) -> int:
    """Of the first table."""
    return page.partition("<tbody")[2].partition("</tbody>")[0].count("<tr")


def test_entries_that_wait_or_were_left_have_a_list_of_their_own(
    client: Client, connection: Connection
) -> None:
    job = factories.make_job(connection, booked=1, pending=2, abandoned=3, state="waiting")
    for show, count in (("waiting", 2), ("left", 3), ("booked", 1)):
        assert _rows(export(client, job, f"?show={show}")) == count
    page = export(client, factories.make_job(connection, booked=1))
    assert "?show=waiting" not in page
    assert "?show=left" not in page


def test_entries_stand_by_date_with_what_the_supplier_charged(
    client: Client, connection: Connection
) -> None:
    job = factories.make_job(connection, booked=2)
    first, second = job.items.order_by("position")
    ExportJobItem.objects.filter(pk=first.pk).update(entry_date=date(2026, 5, 1))
    in_dollars, abroad = (
        Posting.objects.get(accounting_entry_id=x.accounting_entry_id) for x in (first, second)
    )
    in_dollars.voucher |= {"currency": "USD"}
    in_dollars.save()
    for line, amount in zip(abroad.voucher["lines"], ("400.00", "600.00", "1000.00"), strict=True):
        line["original"] = {"amount": amount, "currency": "SEK"}
    abroad.save()
    page = export(client, job)
    assert '125.00\xa0DKK<br><span class="quiet">125.00\xa0USD' in page
    assert '1,862.00\xa0DKK<br><span class="quiet">1,000.00\xa0SEK' in page
    assert page.index("2 Mar 2026") < page.index("1 May 2026")


def test_a_run_names_every_place_where_its_causes_lie(
    client: Client, connection: Connection
) -> None:
    run = factories.make_job(connection, failed=3).run
    page = client.get(reverse("run", args=[run.public_id])).content.decode()
    assert "Mapping, Pleo and Tryton" in page


def test_a_reversed_voucher_is_named_with_what_reversed_it(
    client: Client, connection: Connection
) -> None:
    job = factories.make_job(connection, booked=2)
    Posting.objects.filter(number="EXP-0001").update(
        state="reversed", reversal_number="EXP-0099", reversal_url="https://erp.example.com/99"
    )
    page = export(client, job)
    assert '>EXP-0001</a>, <a href="https://erp.example.com/99" rel="noopener">EXP-0099' in page
    assert "what is reversed, is being reversed or is booked by hand is not among them" in page
    assert "<dt>Reversed since</dt><dd>1</dd>" in page


def test_a_viewer_reads_who_can_mend_an_entry(connection: Connection) -> None:
    item = factories.make_job(connection, failed=1).items.get()
    client = Client()
    client.force_login(factories.join(connection.tenant, "viewer"))
    page = entry(client, item)
    assert "An owner, admin or bookkeeper can mend it." in page
    assert '<a class="btn btn-primary"' not in page


def test_drafts_repeats_and_unknown_outcomes(client: Client, connection: Connection) -> None:
    item = factories.make_job(connection, booked=1).items.get()
    Posting.objects.update(is_final=False)
    ExportJobItem.objects.update(booked_before=True)
    page = entry(client, item)
    assert "a draft until it is approved there." in page
    assert "it was not booked again" in page
    ExportJobItem.objects.update(status="pending")
    Posting.objects.update(state="uncertain", number="", url="")
    assert "Being looked up" in entry(client, item)


# -- Lists --------------------------------------------------------------------------------------


def test_home_adds_up(client: Client, connection: Connection) -> None:
    factories.make_job(connection, booked=2, failed=3, ago=timedelta(hours=2))
    factories.make_job(connection, booked=1, pending=4)
    page = client.get("/").content.decode()
    assert first_line(page) == "3 problems need you."
    assert "4 entries are waiting to be booked." in page
    assert "Booking: 1 of 5 entries are booked." in page
    assert "Look at the problems" in page


def test_a_problem_that_was_mended_is_no_problem(client: Client, connection: Connection) -> None:
    failed = factories.make_job(connection, failed=1, ago=timedelta(hours=2)).items.get()
    job = factories.make_job(connection, booked=1)
    job.items.update(accounting_entry_id=failed.accounting_entry_id)
    note_causes(connection, job, fix="", now=timezone.now())
    assert first_line(client.get("/").content.decode()) == ("All is well: nothing needs you.")


def test_home_says_who_needs_the_person(client: Client, connection: Connection) -> None:
    connection.pleo_grant.dead_since = timezone.now()
    connection.pleo_grant.save()
    page = client.get("/").content.decode()
    assert first_line(page) == "1 connection has lost its access."
    assert "Reconnect Pleo" in page


def test_history_filters(client: Client, connection: Connection) -> None:
    factories.make_job(connection, booked=1)
    factories.make_job(connection, failed=1)
    other = factories.make_connection(connection.tenant, name="Sydhavn AB")
    factories.make_job(other, booked=2)
    url = reverse("history")
    rows = 'data-label="Started"'
    assert client.get(url).content.decode().count(rows) == 3
    wrong = client.get(url, {"state": "completed_with_errors"}).content.decode()
    assert wrong.count(rows) == 1
    chosen = client.get(url, {"connection": str(other.public_id)}).content.decode()
    assert chosen.count(rows) == 1
    both = {"connection": str(other.public_id), "state": "failed"}
    assert "Nothing matches." in client.get(url, both).content.decode()
    odd = client.get(url, {"connection": "x", "state": "y", "page": "z"}).content.decode()
    assert odd.count(rows) == 3


# -- Queries ------------------------------------------------------------------------------------


MAPPING = (
    *("setup", "accounts", "categories", "tax-codes", "dimensions", "rules", "rule-new"),
    *("mapping-files", "posting", "changes"),
)


@pytest.mark.parametrize("rows", [10, 200])
def test_queries_do_not_grow_with_rows(
    client: Client,
    connection: Connection,
    rows: int,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    job = factories.make_job(connection, booked=rows // 2, failed=rows // 2)
    for number in range(rows // 5):
        factories.make_job(connection, booked=1, ago=timedelta(days=number + 1))
    urls = [
        "/",
        reverse("history"),
        reverse("exports", args=[connection.public_id]),
        reverse("export", args=[job.public_id]),
        reverse("export-progress", args=[job.public_id]),
        reverse("entry", args=[job.public_id, job.items.all()[6].public_id]),
        reverse("connection", args=[connection.public_id]),
        reverse("problems"),
        reverse("connection-problems", args=[connection.public_id]),
        reverse("problem", args=[connection.problems.all()[0].public_id]),
        *(reverse(name, args=[connection.public_id]) for name in MAPPING),
    ]
    for url in urls:
        with django_assert_max_num_queries(MAX_QUERIES):
            assert client.get(url).status_code == 200


def test_queries_do_not_grow_with_connections(
    client: Client,
    connection: Connection,
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    for number in range(20):
        factories.make_job(
            factories.make_connection(connection.tenant, name=f"Company {number}"), failed=1
        )
    with django_assert_max_num_queries(MAX_QUERIES):
        assert client.get("/").status_code == 200


# -- Values -------------------------------------------------------------------------------------


def test_values() -> None:
    space = "\N{NO-BREAK SPACE}"
    assert money(Decimal("12345.600"), "DKK") == f"12,345.60{space}DKK"
    assert money(Decimal("12345.000"), "JPY") == f"12,345{space}JPY"
    assert money("-1.5", "EUR") == f"\N{MINUS SIGN}1.50{space}EUR"
    assert money(None) == ""
    assert side("0", "DKK") == ""
    assert day("2026-03-02") == "2 Mar 2026"
    assert lasted(3725) == "1 h 2 min"
    assert lasted(74) == "1 min 14 s"
    assert moment(None) == ""
    assert words.entry_type("card_purchase") == "Card purchase"
    assert words.entry_type("brand_new") == "Brand new"
    assert tax({"code": "I25", "role": "added", "tax_amount": "25", "base_amount": "100"}, "DKK")


def test_pages_hold_no_inline_code(client: Client, connection: Connection) -> None:
    job = factories.make_job(connection, booked=2, failed=1, pending=1)
    for url in ("/", reverse("export", args=[job.public_id]), reverse("members")):
        page = client.get(url).content.decode()
        assert " style=" not in page
        assert not re.search(r"<script(?![^>]*src=)", page)
        assert not re.search(r" on[a-z]+=", page)


def test_names_are_escaped(client: Client, connection: Connection) -> None:
    job = factories.make_job(connection, booked=1, failed=1)
    bad = "<script>alert(1)</script>"
    job.items.update(who=bad, person=bad, failure_reason=bad, subject=bad)
    page = export(client, job) + entry(client, job.items.all()[0])
    assert bad not in page
    assert "&lt;script&gt;alert(1)" in page


def test_an_unknown_export_is_not_found(client: Client) -> None:
    assert client.get(reverse("export-progress", args=[uuid.uuid4()])).status_code == 404
