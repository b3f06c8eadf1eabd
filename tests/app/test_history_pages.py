"""The history of a company: every kind of run, narrowed, paged and as a file."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled

from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Run
from pleo_connector.web import csv_file, keyset
from tests.app import factories
from tests.app.sync_factories import make_plan

pytestmark = pytest.mark.django_db
ROW = 'data-label="Started"'


@pytest.fixture
def connection() -> Iterator[Connection]:
    with scopes_disabled():
        yield factories.make_connection(factories.make_tenant())


@pytest.fixture
def client(connection: Connection) -> Client:
    client = Client()
    client.force_login(factories.owner_of(connection.tenant))
    return client


def make_run(connection: Connection, *, minutes: int = 1, **fields: Any) -> Run:
    began = timezone.now() - timedelta(minutes=minutes)
    run: Run = Run.objects.create(
        connection=connection,
        **(
            {"started_at": began, "finished_at": began, "kind": "tags", "state": "completed"}
            | fields
        ),
    )
    return run


def read(client: Client, **query: Any) -> str:
    return client.get(reverse("history"), query).content.decode()


def test_runs_of_every_kind_are_found_by_every_filter(
    client: Client, connection: Connection
) -> None:
    other = factories.make_connection(connection.tenant, name="Sydhavn AB", kind="odoo")
    factories.make_job(connection, failed=2)
    make_run(connection, state="failed", origin="pleo", headline="Pleo gave no answer.")
    make_run(other, kind="accounts", minutes=60 * 24 * 40)
    today = timezone.now().date()
    chosen: dict[str, dict[str, Any]] = {
        ROW: {},
        "Nordhavn": {"connection": connection.public_id},
        "Accounts": {"kind": "accounts"},
        "Some not booked": {"state": "completed_with_errors"},
        "Pleo gave no answer": {"origin": "pleo"},
        "Sydhavn": {"erp": "odoo"},
    }
    for text, query in chosen.items():
        assert text in read(client, **query)
    rows = {name: read(client, **query).count(ROW) for name, query in chosen.items()}
    assert list(rows.values()) == [3, 2, 1, 1, 1, 1]
    assert 'data-label="Cause lies in" class="keep">Mapping<' in read(client, kind="export")
    assert read(client, since=today - timedelta(days=2)).count(ROW) == 2
    assert read(client, until=today - timedelta(days=2)).count(ROW) == 1
    assert read(client, since="soon", until="9999-12-31", origin="x", kind="?").count(ROW) == 3
    assert "Nothing matches." in read(client, kind="vendors")


def test_pages_meet_each_row_once_while_new_ones_come(
    client: Client, connection: Connection
) -> None:
    at = timezone.now() - timedelta(hours=1)
    for _ in range(5):
        make_run(connection, started_at=at)  # ties, as a restored backup has them
    for minutes in range(100):
        make_run(connection, minutes=minutes + 100)
    seen: list[int] = []
    query: dict[str, str] = {}
    while True:
        page = client.get(reverse("history"), query).context["table"]
        seen += [row.record.pk for row in page.rows]
        if not page.list_slice.older:
            break
        make_run(connection, minutes=0)
        query = {"before": page.list_slice.older}
    assert len(seen) == len(set(seen)) == 105
    back = client.get(reverse("history"), {"after": page.list_slice.newer}).context["table"]
    assert [row.record.pk for row in back.rows] == seen[50:100]
    newest = client.get(reverse("history"), {"after": back.list_slice.newer}).context["table"]
    assert [row.record.pk for row in newest.rows] == seen[:50]
    top = client.get(reverse("history"), {"after": newest.list_slice.newer}).context["table"]
    assert top.list_slice.newer == ""
    assert top.rows[0].record.pk not in seen
    odd = {"before": "9" * 17 + "-1", "after": "x"}
    assert client.get(reverse("history"), odd).status_code == 200


def lines_of(response: Any) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_file_has_the_same_runs_and_no_formulas(
    client: Client, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyset, "CHUNK", 2)
    Connection.objects.filter(pk=connection.pk).update(pleo_company_name="=HYPERLINK(1)")
    factories.make_job(connection, booked=2, failed=1)
    for _ in range(4):
        make_run(connection, headline="\t@SUM(1)")
    lines = lines_of(client.get(reverse("history-csv"), {"kind": "tags"}))
    assert len(lines) == 5
    assert {line[3] for line in lines[1:]} == {"'=HYPERLINK(1)"}
    assert lines[1][8] == "'\t@SUM(1)"
    assert [len(line) for line in lines] == [16] * 5
    export = lines_of(client.get(reverse("history-csv"), {"kind": "export"}))[1]
    assert export[9:15] == ["3", "2", "1", "2", "4", "Mapping"]


def test_a_file_that_is_cut_says_so(connection: Connection) -> None:
    for _ in range(5):
        make_run(connection)
    for most, count in ((5, 6), (4, 6), (2, 4)):
        response = csv_file.csv_of(
            "runs", ["id"], Run.objects.all(), lambda x: [x.pk], inside=scopes_disabled, most=most
        )
        lines = lines_of(response)
        assert len(lines) == count
        assert ("ends here" in lines[-1][0]) == (most < 5)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@a", " =1", "\t1", "\r1", "\uff1d1"], ids=lambda x: ascii(x)
)
def test_what_a_spreadsheet_would_compute_is_text(text: str) -> None:
    assert csv_file.cell(text) == f"'{text}"
    assert csv_file.cell(-1.5) == -1.5


def test_a_run_and_its_export_lead_to_each_other(client: Client, connection: Connection) -> None:
    job = factories.make_job(connection, booked=2, failed=3)
    run, export = (reverse(x, args=[y.public_id]) for x, y in (("run", job.run), ("export", job)))
    page = client.get(run).content.decode()
    assert export in page
    assert "https://erp.example.com" in page
    assert reverse("accounts", args=[connection.public_id]) in page  # mends it
    assert page.count("worker-") == 2
    assert "Account is inactive" in page
    item = job.items.all()[0]
    entry = reverse("entry", args=[job.public_id, item.public_id])
    for url in (export, entry):
        assert run in client.get(url).content.decode()
    assert run in read(client)


def test_a_run_of_another_kind_has_words_too(client: Client, connection: Connection) -> None:
    for fields, words in (
        ({"state": "running", "finished_at": None}, "At work."),
        ({"state": "completed"}, "Nothing had to be changed."),
        ({"state": "completed", "total": 3, "kind": "new_kind"}, "3 records were changed."),
        ({"state": "failed", "headline": "Too few rights."}, "It ended early."),
        ({"state": "completed_with_errors", "failed": 1}, "1 record could not be changed."),
        ({"state": "waiting", "waiting_for": "reconnect"}, "Reconnect Pleo to go on."),
        ({"state": "waiting", "waiting_for": "us", "headline": "It is busy."}, "It is busy."),
        ({"state": "waiting", "waiting_for": "approval", "headline": "Decide."}, "Decide."),
    ):
        run = make_run(connection, **fields)
        page = client.get(reverse("run", args=[run.public_id])).content.decode()
        assert words in page
        assert words in read(client)


def test_a_sync_and_its_plan_lead_to_each_other(client: Client, connection: Connection) -> None:
    plan = make_plan(connection, create=2, archive=3)
    page, run = (
        reverse("plan", args=[connection.public_id, plan.run.public_id]),
        reverse("run", args=[plan.run.public_id]),
    )
    assert page in client.get(run).content.decode()
    assert run in client.get(page).content.decode()
