"""One problem per cause and connection: it opens, closes by itself, and opens again."""

import re
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django_scopes import scope

from erp_adapters.fake.adapter import FakeAdapter
from pleo_connector.connections.actions import (
    connect_pleo,
    mark_erp_problem,
    mark_pleo_problem,
    note_erp_access,
)
from pleo_connector.connections.grants import oauth_client
from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Problem, ProblemEvent
from pleo_connector.history.problems import Found, mute, note_booked, note_problems, note_seen
from pleo_connector.tenants.models import AuditEntry
from pleo_connector.web.problems import ProblemRow, headline_of
from tests.app import factories
from tests.app.conftest import Desk, FakeErp, authorize
from tests.app.test_engine import clean, expected_failures
from tests.app.test_failure_table import PAGES

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def connection() -> Any:
    tenant = factories.make_tenant()
    with scope(tenant=tenant):
        yield factories.make_connection(tenant)


def cause(subject: str = "6110", entries: Sequence[uuid.UUID] = (), **named: Any) -> Found:
    named = {"origin": "mapping", "type": "account_unknown", "fix": "accounts"} | named
    return Found(
        subject=subject, sentence=f"Account {subject} is closed.", entries=entries, **named
    )


def note(connection: Connection, *found: Found, day: int = 0, **named: Any) -> None:
    now = NOW + timedelta(days=day)
    named = {"kind": "catalog"} | named
    note_problems(connection=connection, found=found, now=now, **named)


def states(connection: Connection) -> dict[str, str]:
    return {x.subject: x.state for x in Problem.objects.filter(connection=connection)}


def events(problem: Problem) -> list[tuple[str, int]]:
    return [(x.kind, x.opening) for x in problem.events.order_by("pk")]


def test_a_cause_is_one_problem_however_often_it_is_found(connection: Connection) -> None:
    for day in range(3):
        note(connection, cause(), cause("6120"), day=day)
    problem = Problem.objects.get(subject="6110")
    assert (problem.times, problem.opening) == (3, 1)
    assert (problem.first_seen_at, problem.last_seen_at) == (NOW, NOW + timedelta(days=2))
    assert events(problem) == [("opened", 1)]


def test_it_closes_when_a_whole_run_of_its_kind_stays_without_it_and_opens_again(
    connection: Connection,
) -> None:
    note(connection, cause())
    note(connection, kind="tags", day=1)
    note(connection, is_whole=False, day=1)
    assert states(connection) == {"6110": "open"}
    note(connection, day=2)
    problem = Problem.objects.get()
    assert (problem.state, problem.resolved_at) == ("resolved", NOW + timedelta(days=2))
    note(connection, cause(), day=3)
    problem.refresh_from_db()
    assert (problem.state, problem.opening, problem.resolved_at) == ("open", 2, None)
    assert (problem.first_seen_at, problem.opened_at) == (NOW, NOW + timedelta(days=3))
    assert events(problem) == [("opened", 1), ("resolved", 1), ("opened", 2)]


def test_one_with_entries_stays_open_until_none_of_them_is_left(connection: Connection) -> None:
    first, second, third = (uuid.uuid4() for _ in range(3))
    note(connection, cause(entries=[first, second]), cause("6120", [third]), kind="export")
    note(connection, kind="export", booked=[first], day=1)
    assert states(connection) == {"6110": "open", "6120": "open"}
    # The entry is kept by another cause now.
    note(connection, cause("6120", [second, third]), kind="export", day=2)
    assert states(connection) == {"6110": "resolved", "6120": "open"}
    note_booked(connection=connection, entries=[second, third], now=NOW + timedelta(days=3))
    assert set(states(connection).values()) == {"resolved"}


def test_connections_do_not_share_problems(connection: Connection) -> None:
    other = factories.make_connection(connection.tenant, name="Sydhavn")
    entry = uuid.uuid4()
    for each in (connection, other):
        note(each, cause(entries=[entry]), kind="export")
    note(other, kind="export", booked=[entry], day=1)
    assert states(connection) == {"6110": "open"}
    assert states(other) == {"6110": "resolved"}


@pytest.mark.parametrize("entries", [1, 400])
def test_a_run_costs_the_same_however_many_entries_it_has(
    connection: Connection, entries: int, django_assert_max_num_queries: Any
) -> None:
    note(connection, cause("6130"), kind="export")
    ids = [uuid.uuid4() for _ in range(entries)]
    found = [cause(str(n), ids[n::3]) for n in range(min(3, entries))]
    with django_assert_max_num_queries(12):
        note(connection, *found, kind="export", booked=[uuid.uuid4() for _ in range(entries)])


def test_a_problem_of_a_sync_is_titled_by_what_is_said_of_its_records(
    connection: Connection,
) -> None:
    note(connection, cause("Harbour has the same code in the accounting system.", type="sync_tag"))
    row = ProblemRow.of(Problem.objects.get(), entries=0, now=NOW)
    assert headline_of(row).text == "Harbour has the same code in the accounting system."
    with translation.override("da"):
        row = ProblemRow.of(Problem.objects.get(), entries=0, now=NOW)
        assert headline_of(row).text == "Harbour har samme kode i regnskabssystemet."


def test_who_saw_it_is_kept_once_and_muting_is_told(connection: Connection) -> None:
    note(connection, cause())
    problem, person = Problem.objects.get(), factories.owner_of(connection.tenant)
    for _ in range(2):
        note_seen(problem=problem, actor=person, now=NOW)
    until = NOW + timedelta(days=7)
    mute(problem=problem, actor=person, until=until, now=NOW)
    assert events(problem) == [("opened", 1), ("seen", 1), ("muted", 1)]
    assert problem.is_muted(NOW)
    assert not problem.is_muted(until)
    mute(problem=problem, actor=person, until=None, now=NOW)
    assert problem.is_muted(until)


# -- From exports and connections -----------------------------------------------------------------


def test_an_export_opens_a_problem_per_cause_and_a_later_one_closes_it(
    desk: Desk, fake_erp: FakeErp
) -> None:
    desk.export()
    wrong = expected_failures(desk)
    found = Problem.objects.filter(kind="export")
    assert {x.type for x in found} == set(wrong.values())
    kept = {str(e.accounting_entry_id) for x in found for e in x.entries.all()}
    assert kept == set(wrong)
    desk.export(entryIds=list(wrong))
    assert {x.times for x in found.all()} == {2}
    for entry_id in wrong:
        line = {"account": {"id": entry_id, "name": "Travel", "code": "6100", "identifier": None}}
        desk.simulator("PUT", f"/entries/{entry_id}", accountingEntryLines=[line])
    desk.export(entryIds=list(wrong))
    assert {x.state for x in found.all()} == {"resolved"}
    assert ProblemEvent.objects.filter(kind="opened").count() == len(found)


def test_an_export_that_ends_early_is_a_problem_until_one_arrives(
    desk: Desk, fake_erp: FakeErp
) -> None:
    fake_erp("PUT", "/seed", accounts=[])
    desk.export(entryIds=clean(desk)[:1])
    problem = Problem.objects.get()
    assert (problem.type, problem.fix, problem.origin) == ("missing_configuration", "erp", "erp")
    assert "shows no accounts" in problem.sentence
    fake_erp("PUT", "/seed", **desk.simulator.chart(desk.company))
    desk.connection.catalog.all().delete()
    desk.export(entryIds=clean(desk)[:1])
    problem.refresh_from_db()
    assert problem.state == "resolved"


def test_a_dead_key_of_the_erp_is_one_problem_until_an_export_arrives(
    desk: Desk, fake_erp: FakeErp
) -> None:
    fake_erp.fault("", status=401)
    desk.export(entryIds=clean(desk)[:1])
    problem = Problem.objects.get()
    assert (problem.kind, problem.type, problem.fix) == ("connection", "erp_access", "erp")
    fake_erp("DELETE", "/faults")
    desk.connection.erp_problem = ""
    desk.connection.save()
    desk.export(entryIds=clean(desk)[:1])
    problem.refresh_from_db()
    assert problem.state == "resolved"


def test_a_dead_grant_is_a_problem_until_a_person_reconnects(desk: Desk) -> None:
    mark_pleo_problem(connection=desk.connection, sentence="A right is missing.")
    problem = Problem.objects.get()
    assert (problem.type, problem.fix, problem.state) == ("pleo_access", "pleo_access", "open")
    url, _, verifier = oauth_client().authorization_url()
    code = authorize(url, desk.company)["code"]
    now = timezone.now()
    connect_pleo(connection=desk.connection, code=code, verifier=verifier, actor=desk.user, now=now)
    problem.refresh_from_db()
    assert problem.state == "resolved"


def test_a_key_that_ends_soon_is_a_problem(connection: Connection) -> None:
    note_erp_access(connection=connection, ends=(NOW + timedelta(days=30)).date(), now=NOW)
    assert not Problem.objects.exists()
    later = NOW + timedelta(days=20)
    note_erp_access(connection=connection, ends=(NOW + timedelta(days=30)).date(), now=later)
    problem = Problem.objects.get()
    assert "2026-04-01" in problem.sentence
    mark_erp_problem(connection=connection, sentence="Tryton: the key is not valid.")
    note_erp_access(connection=connection, ends=None, now=later)
    assert Problem.objects.get(state="open").type == "erp_access"


# -- Pages ----------------------------------------------------------------------------------------


@pytest.fixture
def visitor(connection: Connection) -> Client:
    client = Client()
    client.force_login(factories.owner_of(connection.tenant))
    return client


def read(client: Client, name: str, *ids: Any, query: str = "") -> str:
    return client.get(reverse(name, args=ids) + query).content.decode()


def test_the_list_names_each_cause_once_with_the_way_to_mend_it(
    visitor: Client, connection: Connection
) -> None:
    factories.make_job(connection, failed=9, ago=timedelta(days=1))
    factories.make_job(connection, failed=3)
    mark_erp_problem(connection=connection, sentence="Tryton: the key is not valid.")
    page = read(visitor, "problems")
    assert "4 problems need you." in page
    assert page.count('<section class="problem"') == 4
    assert "Tryton does not let us in" in page
    for name in ("categories", "dimensions", "erp-choose"):
        assert f'href="{reverse(name, args=[connection.public_id])}' in page
    for name in ("home", "history"):
        assert '<span class="count">4' in read(visitor, name)
    assert "4 problems need you." in read(visitor, "connection-problems", connection.public_id)


def test_a_problem_shows_its_entries_its_history_and_who_saw_it(
    visitor: Client, connection: Connection
) -> None:
    job = factories.make_job(connection, failed=7)
    problem = Problem.objects.get(type="account_unknown")
    page = read(visitor, "problem", problem.public_id)
    assert "3 entries could not be booked." in page
    assert page.count(reverse("export", args=[job.public_id]) + "entries/") == 3
    assert "Choose an account for it" in page
    owner = factories.owner_of(connection.tenant)
    assert f"Looked at by {owner.email}" in page
    note_booked(
        connection=connection,
        entries=[x.accounting_entry_id for x in job.items.all()],
        now=timezone.now(),
    )
    page = read(visitor, "problem", problem.public_id)
    assert "Resolved: it stayed away" in page
    assert "No entry is left." in page
    assert "<p>Could not be booked: account 6110 “Stationery, closed” is inactive in the" in page
    assert "Nothing needs you." in read(visitor, "problems")
    assert page.count("Looked at by") == 1
    resolved = read(visitor, "problems", query="?state=resolved")
    assert resolved.count("problem-ok") == 3


def test_a_muted_problem_is_not_counted_until_it_is_unmuted(
    visitor: Client, connection: Connection
) -> None:
    factories.make_job(connection, failed=1)
    problem = Problem.objects.get()
    url = reverse("problem-mute", args=[problem.public_id])
    assert "Muted." in visitor.post(url, {"for": "week"}, follow=True).content.decode()
    assert "No problem is open." in read(visitor, "problems")
    assert "1 entry" in read(visitor, "problems", query="?state=muted")
    assert 'class="count"' not in read(visitor, "home")
    assert AuditEntry.objects.get(action="muted a problem").subject == problem.sentence[:200]
    visitor.post(url)
    assert "1 problem needs you." in read(visitor, "problems")
    kinds = [kind for kind, _ in events(problem)]
    assert [kind for kind in kinds if kind != "seen"] == ["opened", "muted", "unmuted"]


def test_its_entries_are_exported_again_from_its_page(desk: Desk, fake_erp: FakeErp) -> None:
    desk.export()
    wrong = expected_failures(desk)
    problem = Problem.objects.get(type="account_unknown")
    (kept,) = problem.entries.all()
    line = {"account": {"id": "1", "name": "Travel", "code": "6100", "identifier": None}}
    desk.simulator("PUT", f"/entries/{kept.accounting_entry_id}", accountingEntryLines=[line])
    client = Client()
    client.force_login(desk.user)
    url = reverse("problem-again", args=[problem.public_id])
    said = client.post(url, follow=True).content.decode()
    assert "1 entry is being exported again." in said
    desk.work()
    problem.refresh_from_db()
    assert problem.state == "resolved"
    assert Problem.objects.filter(state="open").count() == len(wrong) - 1
    assert "There is nothing to export again." in client.post(url, follow=True).content.decode()


@pytest.mark.parametrize("fix", [*sorted(PAGES), "pleo_access", "look_up", ""])
def test_every_problem_leads_to_a_page_that_mends_it(
    visitor: Client, connection: Connection, fix: str
) -> None:
    note(connection, cause(entries=[uuid.uuid4()], fix=fix), kind="export")
    page = read(visitor, "problems")
    found = re.search(r'class="actions-right"><a [^>]*href="([^"]+)"', page)
    assert found
    url = found[1]
    if url.startswith("/"):
        assert visitor.get(url).status_code == 200
    else:
        assert url.startswith(("mailto:", settings.PLEO_APP_URL))


def test_the_access_is_looked_at_once_a_day(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def ends(erp: FakeAdapter) -> Any:
        asked.append(erp)
        return (timezone.now() + timedelta(days=3)).date()

    monkeypatch.setattr(FakeAdapter, "access_expires_on", ends)
    for _ in range(3):
        desk.work()
    assert len(asked) == 1
    assert Problem.objects.get().type == "erp_access_ends"


# -- The API --------------------------------------------------------------------------------------


def test_programs_read_and_mute_problems(visitor: Client, connection: Connection) -> None:
    job = factories.make_job(connection, failed=4)
    problem = Problem.objects.get(type="account_unknown")
    listed = visitor.get(reverse("api-problems"), {"state": "open"}).json()["results"]
    assert {x["type"]: x["entries"] for x in listed} == {
        "account_unknown": 2,
        "tag_unknown": 1,
        "missing_configuration": 1,
    }
    one = reverse("api-problem", args=[problem.public_id])
    read_ = visitor.get(one).json()
    kept = {str(x.accounting_entry_id) for x in job.items.filter(subject="6110")}
    assert set(read_["accounting_entries"]) == kept
    assert [x["kind"] for x in read_["events"]] == ["opened"]
    mute_ = reverse("api-problem-mute", args=[problem.public_id])

    def send(**body: Any) -> Any:
        return visitor.post(mute_, body, content_type="application/json")

    assert send(is_muted=True).json()["is_muted_for_good"] is True
    assert send(is_muted=True, until="2020-01-01T00:00:00Z").status_code == 400
    assert send(is_muted=False).json()["is_muted_for_good"] is False
    assert [kind for kind, _ in events(problem)] == ["opened", "muted", "unmuted"]
