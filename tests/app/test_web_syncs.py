"""The pages of the syncs: what Pleo shows, which dimensions, and plans that wait for a person."""

from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_scopes import scopes_disabled

from pleo_connector.catalog.causes import causes_of
from pleo_connector.catalog.models import (
    KeptRecord,
    SyncPlan,
    SyncPlanItem,
    SyncSchedule,
    SyncSettings,
)
from pleo_connector.catalog.queries import sync_settings
from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Problem, Run
from pleo_connector.history.problems import note_problems
from pleo_connector.tenants.models import AuditEntry, Tenant
from tests.app import factories
from tests.app.conftest import Desk
from tests.app.sync_factories import choose, keep_record, make_plan, make_schedules, save_values

pytestmark = pytest.mark.django_db

State = SyncPlanItem.State


@pytest.fixture(autouse=True)
def _all_tenants() -> Iterator[None]:
    with scopes_disabled():
        yield


@pytest.fixture
def tenant() -> Tenant:
    return factories.make_tenant()


@pytest.fixture
def connection(tenant: Tenant) -> Connection:
    connection = factories.make_connection(tenant)
    make_schedules(connection)
    choose(connection, "department")
    return connection


@pytest.fixture
def client(tenant: Tenant) -> Client:
    return log_in(tenant, "bookkeeper")


def log_in(tenant: Tenant, role: str) -> Client:
    client = Client()
    client.force_login(factories.join(tenant, role))
    return client


def look(client: Client, name: str, *args: Any, query: str = "") -> str:
    reply = client.get(reverse(name, args=args) + query)
    assert reply.status_code == 200
    return text(reply)


def text(reply: Any) -> str:
    return " ".join(unescape(reply.content.decode()).split())


def send(client: Client, name: str, *args: Any, at: str = "", **data: Any) -> str:
    return text(client.post(reverse(name, args=args) + at, data, follow=True))


# -- The state ----------------------------------------------------------------------------------


def test_each_kind_says_what_pleo_shows(client: Client, connection: Connection) -> None:
    active = {"tag_group": 3, "tag": 200}
    make_plan(connection, state="over", active=active, create=20, archive=6)
    make_plan(connection, "accounts", state="over", active={"account": 135}, update=1)
    page = look(client, "syncs", connection.public_id)
    assert "Pleo shows 214 tags in 3 tag groups, as Tryton has them." in page
    assert "Pleo shows 135 accounts, as Tryton has them." in page
    keep_record(connection)
    page = look(client, "syncs", connection.public_id)
    assert "Pleo shows 214 tags in 2 tag groups, as Tryton has them." in page
    assert "Kept besides: 1 tag group." in page


def test_a_plan_that_waits_comes_first(client: Client, connection: Connection) -> None:
    plan = make_plan(connection, create=2, archive=3)
    page = look(client, "syncs", connection.public_id)
    assert "1 plan waits for approval." in page
    assert "A plan waits for approval: create 2 tags, archive 3 tags." in page
    assert reverse("plan", args=[connection.public_id, plan.run.public_id]) in page


def test_a_missing_permission_is_named_and_reconnecting_offered(
    tenant: Tenant, client: Client, connection: Connection
) -> None:
    rows = SyncSchedule.objects.filter(connection=connection, kind="accounts")
    rows.update(missing_permission="accounts:write", problem="It is missing.")
    make_plan(connection, state="over", active={"tag_group": 1, "tag": 2}, create=1)
    reconnect = reverse("pleo-connect", args=[connection.public_id])
    page = look(log_in(tenant, "admin"), "syncs", connection.public_id)
    assert "Pleo does not let us change accounts." in page
    assert "accounts:write" in page  # under the technical details
    assert reconnect in page
    assert "Pleo shows 3 tags in 1 tag group, as Tryton has them." in page
    other = look(client, "syncs", connection.public_id)
    assert reconnect not in other
    assert "An owner or admin can reconnect Pleo." in other


def test_without_the_right_to_look_it_says_so(client: Client, connection: Connection) -> None:
    rows = SyncSchedule.objects.filter(connection=connection, kind="vendors")
    rows.update(missing_permission="vendors:read", problem="It is missing.")
    said = "Pleo does not show us its vendors."
    assert said in look(client, "syncs", connection.public_id)


def test_a_list_that_came_back_empty_is_explained(client: Client, connection: Connection) -> None:
    said = "Tryton gave no values for Department, so nothing was archived."
    SyncSchedule.objects.filter(connection=connection, kind="tags").update(problem=said)
    assert said in look(client, "syncs", connection.public_id)


def test_a_viewer_sees_the_state_without_buttons(tenant: Tenant, connection: Connection) -> None:
    make_plan(connection, archive=3)
    page = look(log_in(tenant, "viewer"), "syncs", connection.public_id)
    assert "A plan waits for approval" in page
    for word in ("Sync now", "Pause", "Resume", "Save the share", "Sync all now"):
        assert word not in page


def test_syncing_now_all_one_kind_or_one_dimension(client: Client, connection: Connection) -> None:
    page = send(client, "sync-now", connection.public_id, kind="tags", only="department")
    assert "Both sides are being compared now." in page
    row = SyncSchedule.objects.get(connection=connection, kind="tags")
    assert row.only == "department"
    assert row.is_due(timezone.now())
    other = SyncSchedule.objects.get(connection=connection, kind="vendors")
    assert not other.is_due(timezone.now())
    send(client, "sync-now", connection.public_id)
    other.refresh_from_db()
    assert other.is_due(timezone.now())
    assert "nothing of that kind" in send(client, "sync-now", connection.public_id, kind="x")


def test_schedule_pause_and_resume(client: Client, connection: Connection) -> None:
    ids = {"kind": "tags"}
    send(client, "sync-schedule", connection.public_id, **ids, hours="12")
    assert SyncSchedule.objects.get(connection=connection, kind="tags").hours == 12
    page = send(client, "sync-schedule", connection.public_id, **ids, hours="7")
    assert "Choose every hour, every 12 hours or every day." in page
    page = send(client, "sync-schedule", connection.public_id, **ids, do="pause")
    assert "Paused. Pleo stays as it is until you resume." in page
    page = send(client, "sync-schedule", connection.public_id, **ids, do="resume")
    assert "until you resume" not in page


def test_the_share_that_is_archived_unasked(client: Client, connection: Connection) -> None:
    send(client, "sync-limit", connection.public_id, percent="5")
    assert sync_settings(connection).archive_limit == 5
    page = send(client, "sync-limit", connection.public_id, percent="-3")
    assert "Name a share from 0 to 100 %." in page


def test_before_the_connection_is_live(tenant: Tenant, client: Client) -> None:
    connection = factories.make_connection(tenant, state="setup")
    page = look(client, "syncs", connection.public_id)
    assert "once the connection is live" in page
    assert "Go on setting up" in page
    send(client, "sync-schedule", connection.public_id, kind="tags", do="pause")


def test_home_and_setup_lead_to_a_plan_that_waits(client: Client, connection: Connection) -> None:
    plan = make_plan(connection, create=2)
    home = text(client.get("/"))
    assert "1 plan waits for approval." in home
    assert reverse("plan", args=[connection.public_id, plan.run.public_id]) in home
    setup = look(client, "setup", connection.public_id)
    assert "One step is left." in setup
    assert reverse("syncs", args=[connection.public_id]) in setup
    make_plan(connection, "accounts", create=2)
    assert "2 plans wait for approval." in text(client.get("/"))
    SyncPlan.objects.update(state="over")
    assert "Everything is set up" in look(client, "setup", connection.public_id)


# -- Dimensions ---------------------------------------------------------------------------------


def test_choosing_a_further_dimension_is_saved_at_once(
    client: Client, connection: Connection
) -> None:
    page = look(client, "sync-dimensions", connection.public_id)
    assert "Pleo shows one dimension of Tryton as a tag group." in page
    send(client, "sync-dimensions", connection.public_id, axis_0="on", axis_1="on")
    assert sync_settings(connection).dimensions == ["department", "project"]


def test_taking_a_dimension_off_names_what_is_archived(
    client: Client, connection: Connection
) -> None:
    choose(connection, "department", "project")
    page = send(client, "sync-dimensions", connection.public_id, axis_1="on")
    assert "Archive the tag group Department with 2 tags in Pleo" in page
    assert "Nothing is deleted" in page
    assert sync_settings(connection).dimensions == ["department", "project"]
    send(client, "sync-dimensions", connection.public_id, axis_1="on", yes="1")
    chosen = sync_settings(connection)
    assert (chosen.dimensions, chosen.taken_off) == (["project"], ["department"])


def test_more_than_five_dimensions_are_chosen_from_lists(
    client: Client, connection: Connection
) -> None:
    make_dimensions(connection, 8)
    page = look(client, "sync-dimensions", connection.public_id)
    assert page.count('<select name="axis_') == 5
    choose(connection)
    given = {"axis_0": "dim7", "axis_1": "dim2", "axis_2": "dim2"}
    send(client, "sync-dimensions", connection.public_id, **given)
    assert sync_settings(connection).dimensions == ["dim2", "dim7"]


def make_dimensions(connection: Connection, count: int) -> None:
    rows = [
        {"code": f"dim{n}", "name": f"Axis {n}", "id": str(n), "is_active": True}
        for n in range(count)
    ]
    connection.catalog.filter(kind="dimensions").update(records=rows)


def test_reading_the_dimensions_again_says_where_it_fails(
    client: Client, connection: Connection
) -> None:
    page = send(client, "sync-dimensions", connection.public_id, read="1")
    assert "The dimensions could not be read." in page


# -- Plans --------------------------------------------------------------------------------------


def test_a_plan_shows_what_would_change_and_why(client: Client, connection: Connection) -> None:
    plan = make_plan(connection, create=3, update=1, archive=2, none=1)
    page = look(client, "plan", connection.public_id, plan.run.public_id)
    assert "6 changes in Pleo wait for approval." in page
    assert "This is the first run" in page
    assert "Create 3 tags, rename or change 1 tag, archive 2 tags" in page
    assert "Old name → Spring fair 3" in page
    assert "The accounting system does not have this value." in page
    assert "It has no code in the accounting system, and Pleo needs one." in page
    assert "Tag in Department" in page


def test_searching_and_narrowing_a_plan(client: Client, connection: Connection) -> None:
    plan = make_plan(connection, create=3, archive=2)
    ids = (connection.public_id, plan.run.public_id)
    page = look(client, "plan", *ids, query="?q=c00004")
    assert page.count("C0000") == 1
    page = look(client, "plan", *ids, query="?action=archive")
    assert page.count("C0000") == 2
    assert "No record matches." in look(client, "plan", *ids, query="?q=nowhere")


def test_a_long_plan_is_shown_page_by_page(client: Client, connection: Connection) -> None:
    plan = make_plan(connection, create=250)
    ids = (connection.public_id, plan.run.public_id)
    seen = []
    query = ""
    while True:
        reply = client.get(reverse("plan", args=ids) + query)
        part = reply.context["part"]
        seen += [item.position for item in part.rows]
        if part.after is None:
            break
        query = f"?after={part.after}"
    assert seen == list(range(250))
    back = client.get(reverse("plan", args=ids) + f"?before={part.before}").context["part"]
    assert [item.position for item in back.rows] == list(range(100, 200))


def test_approving_is_asked_once_more_with_its_consequences(
    client: Client, connection: Connection
) -> None:
    plan = make_plan(connection, create=120, archive=14)
    ids = (connection.public_id, plan.run.public_id)
    asked = look(client, "plan-approve", *ids)
    assert "Created in Pleo: 120 tags." in asked
    assert "Archived in Pleo: 14 tags." in asked
    assert "What is archived is not deleted." in asked
    assert "Nothing changes in Tryton." in asked
    assert "Create 120 tags, archive 14 tags</button>" in asked
    assert SyncPlan.objects.get().state == "waiting"
    page = send(client, "plan-approve", *ids)
    assert "Approved. The changes begin in a moment." in page
    assert "Approved by bookkeeper-" in page
    plan.refresh_from_db()
    assert (plan.state, plan.decided_by) == ("approved", AuditEntry.objects.latest("pk").actor)
    again = send(client, "plan-approve", *ids)
    assert "This plan does not wait for an approval any more." in again


def test_a_plan_that_changed_meanwhile_is_looked_at_again(
    client: Client, connection: Connection
) -> None:
    plan = make_plan(connection, create=1, archive=2)
    ids = (connection.public_id, plan.run.public_id)
    seen = plan.planned_at.isoformat()
    SyncPlan.objects.update(planned_at=timezone.now())
    said = "The plan has changed since you looked at it."
    assert said in send(client, "plan-approve", *ids, seen=seen)
    assert said in send(client, "plan-approve", *ids, seen="2026-02-31T25:00:00")
    assert said in send(client, "plan-keep", *ids, seen=seen, do="keep", item="1")
    assert SyncPlan.objects.get().state == "waiting"
    fresh = SyncPlan.objects.get().planned_at.isoformat()
    assert fresh in client.get(reverse("plan-approve", args=ids)).content.decode()
    assert "Approved." in send(client, "plan-approve", *ids, seen=fresh)


def test_keeping_everything_that_would_be_archived(client: Client, connection: Connection) -> None:
    plan = make_plan(connection, create=1, archive=2)
    ids = (connection.public_id, plan.run.public_id)
    assert "Keep 2 tags, create 1 tag" in look(client, "plan", *ids)
    asked = look(client, "plan-approve", *ids, query="?keep=all")
    assert "Kept in Pleo, by this run and all later ones: 2 tags." in asked
    assert "Create 1 tag</button>" in asked
    send(client, "plan-approve", *ids, at="?keep=all")
    assert KeptRecord.objects.count() == 2
    assert plan.items.filter(state=State.PLANNED).count() == 1


def test_picked_records_are_kept_and_let_go_while_the_plan_waits(
    client: Client, connection: Connection
) -> None:
    plan = make_plan(connection, create=1, archive=3)
    ids = (connection.public_id, plan.run.public_id)
    page = send(client, "plan-keep", *ids, do="keep", item=["0", "1", "2", "x"])
    assert "2 records are kept in Pleo" in page  # the one to create is none to keep
    assert page.count("Somebody keeps it in Pleo.") == 2
    assert "Create 1 tag, archive 1 tag" in page
    assert KeptRecord.objects.count() == 2
    page = send(client, "plan-keep", *ids, do="archive", item="1")
    assert "1 record is archived after all" in page
    assert KeptRecord.objects.get().name == plan.items.get(position=2).name
    assert "Pick records" in send(client, "plan-keep", *ids, do="keep")
    send(client, "plan-keep", *ids, do="keep-found", query="action=archive&q=c00003")
    assert KeptRecord.objects.count() == 2
    send(client, "plan-approve", *ids)
    late = send(client, "plan-keep", *ids, do="archive", item="2")
    assert "does not wait" in late
    assert plan.items.filter(state=State.KEPT).count() == 2


def test_what_could_not_be_changed_is_named(client: Client, connection: Connection) -> None:
    plan = make_plan(connection, state="over", create=5, failed=2)
    ids = (connection.public_id, plan.run.public_id)
    page = look(client, "plan", *ids, query="?state=failed")
    assert "2 of 5 changes could not be made." in page
    assert page.count("Pleo takes no more tags in department: The group is full.") == 2
    assert "Try again now" in page


def test_what_pleo_refuses_is_mended_where_its_name_comes_from(
    client: Client, connection: Connection
) -> None:
    plan = make_plan(connection, "tax_codes", state="over", create=2, failed=1)
    ids = (connection.public_id, plan.run.public_id)
    for page in (look(client, "plan", *ids), look(client, "plan-record", *ids, 1)):
        assert "its name is too long" in page
        assert "Open Tryton" in page
        assert "Open Pleo" not in page


def test_progress_is_read_without_the_page_and_ends(client: Client, connection: Connection) -> None:
    plan = make_plan(connection, state="applying", create=4)
    plan.items.filter(position=0).update(state=State.DONE)
    address = reverse("plan-progress", args=[connection.public_id, plan.run.public_id])
    moving = client.get(address)
    assert "Pleo is being changed: 1 of 4 changes made." in text(moving)
    assert "HX-Refresh" not in moving
    SyncPlan.objects.update(state="over")
    Run.objects.update(state="completed")
    plan.items.update(state=State.DONE)
    assert client.get(address)["HX-Refresh"] == "true"
    assert "All 4 changes are made in Pleo." in look(
        client, "plan", connection.public_id, plan.run.public_id
    )


def test_a_plan_of_another_connection_is_not_found(
    tenant: Tenant, client: Client, connection: Connection
) -> None:
    plan = make_plan(factories.make_connection(tenant), archive=1)
    address = reverse("plan", args=[connection.public_id, plan.run.public_id])
    assert client.get(address).status_code == 404


def test_a_list_of_plans_counts_what_a_plan_changes(client: Client, connection: Connection) -> None:
    plan = make_plan(connection, create=30, none=3)
    page = look(client, "plans", connection.public_id)
    assert page.count(reverse("plan", args=[connection.public_id, plan.run.public_id])) == 2
    assert '<td data-label="Changes" class="num">30</td>' in page


def test_plans_are_listed_with_who_decided(client: Client, connection: Connection) -> None:
    assert "No run has found anything to change" in look(client, "plans", connection.public_id)
    make_plan(connection, state="over", create=4, failed=1, ago=timedelta(hours=2))
    page = look(client, "plans", connection.public_id)
    assert "Some could not be made" in page


# -- Values and kept records --------------------------------------------------------------------


def test_a_record_that_could_not_be_changed_has_a_page_with_the_way_to_mend_it(
    client: Client, connection: Connection
) -> None:
    plan = make_plan(connection, state="over", create=2, update=1, failed=1)
    listed = look(client, "plan", connection.public_id, plan.run.public_id)
    assert reverse("plan-record", args=[connection.public_id, plan.run.public_id, 2]) in listed
    page = look(client, "plan-record", connection.public_id, plan.run.public_id, 2)
    assert "The change could not be made." in page
    assert "Pleo takes no more tags in department: The group is full." in page
    assert "Old name → Operations 2" in page
    assert f'href="{settings.PLEO_APP_URL}"' in page
    assert "Try again now" in page
    assert "A later run" not in page
    assert "The change is made." in look(
        client, "plan-record", connection.public_id, plan.run.public_id, 0
    )
    later = make_plan(connection, state="over", none=1, ago=timedelta(minutes=1))
    page = look(client, "plan-record", connection.public_id, later.run.public_id, 0)
    assert "It is left out, so Pleo does not show it." in page
    assert 'href="https://erp.example.com"' in page
    page = look(client, "plan-record", connection.public_id, plan.run.public_id, 2)
    assert "A later run had something to change too" in page
    gone = reverse("plan-record", args=[connection.public_id, plan.run.public_id, 99])
    assert client.get(gone).status_code == 404


def test_a_problem_and_a_run_lead_to_the_records_that_have_it(
    client: Client, connection: Connection
) -> None:
    plan = make_plan(connection, state="over", create=2, failed=1)
    now = timezone.now()
    note_problems(connection=connection, kind="tags", run=plan.run, found=causes_of(plan), now=now)
    problem = Problem.objects.get(connection=connection, kind="tags")
    there = reverse("plan", args=[connection.public_id, plan.run.public_id]) + "?state=failed"
    assert f"{there}&entity=tag" in unescape(look(client, "problem", problem.public_id))
    assert there in look(client, "run", plan.run.public_id)


def test_values_stand_beside_their_tags(client: Client, connection: Connection) -> None:
    save_values(connection, 12)
    page = look(client, "sync-values", connection.public_id)
    assert "11 of the 12 values of Department belong in Pleo as tags." in page
    assert "Closed" in page
    make_plan(connection, create=2)
    page = look(client, "sync-values", connection.public_id, query="?q=c00001")
    assert "Waits for approval" in page
    assert "To be created" in page
    assert "Look at the plan" in page
    make_plan(connection, "accounts", create=1)
    choose(connection)
    assert "No dimension is chosen" in look(client, "sync-values", connection.public_id)


def test_accounts_stand_beside_those_of_pleo(client: Client, connection: Connection) -> None:
    page = look(client, "sync-accounts", connection.public_id)
    assert "10 of 12 accounts belong in Pleo." in page
    assert "A heading or total" in page
    assert "of them yet" not in page  # Pleo was not asked
    SyncSettings.objects.filter(connection=connection).update(
        unused_accounts=["20"], unused_asked_at=timezone.now()
    )
    page = look(client, "sync-accounts", connection.public_id, query="?q=office")
    assert "No category uses 1 of them yet" in page
    page = look(client, "sync-accounts", connection.public_id, query="?use=none")
    assert "Office supplies" in page
    assert "Travel" not in page


def test_pleo_is_asked_which_accounts_its_categories_use(desk: Desk) -> None:
    client = Client()
    client.force_login(desk.user)
    used, idle = ({"externalId": x, "code": x, "name": x, "archived": False} for x in "12")
    seed = {"accounts": [used, idle], "categories": [{"name": "Office", "account": "1"}]}
    desk.simulator("PUT", f"/companies/{desk.company['id']}/master-data", **seed)
    page = send(client, "sync-accounts", desk.connection.public_id)
    assert "Pleo was asked" in page
    assert sync_settings(desk.connection).unused_accounts == ["2"]
    fault = {"method": "POST", "path": "/v1/chart-of-accounts:search"}
    desk.simulator("POST", "/faults", match=fault, effect={"status": 403})
    page = send(client, "sync-accounts", desk.connection.public_id)
    assert "Pleo could not be asked about its categories." in page
    assert sync_settings(desk.connection).unused_accounts == ["2"]


def test_the_kind_of_tax_codes_is_chosen(client: Client, connection: Connection) -> None:
    page = look(client, "sync-tax-codes", connection.public_id)
    assert "The kind of 1 tax code is not chosen." in page
    saved = send(client, "sync-tax-codes", connection.public_id, kind_0_I25="reverse")
    assert "1 tax code is chosen as reverse charge." in saved
    assert sync_settings(connection).tax_kinds == {"i25": "reverse"}
    assert SyncSchedule.objects.get(connection=connection, kind="tax_codes").asked_at is not None
    audit = AuditEntry.objects.filter(action="chose the kind of tax codes")
    send(client, "sync-tax-codes", connection.public_id, kind_0_I25="reverse")  # as it is
    send(client, "sync-tax-codes", connection.public_id, kind_0_GONE="inclusive")  # not of the list
    assert audit.get().subject == "I25"
    send(client, "sync-tax-codes", connection.public_id, kind_0_I25="")
    assert sync_settings(connection).tax_kinds == {}


def test_kept_records_can_be_let_go(client: Client, connection: Connection) -> None:
    assert "Nothing is kept." in look(client, "kept", connection.public_id)
    plan = make_plan(connection, archive=1)
    send(client, "plan-keep", connection.public_id, plan.run.public_id, do="keep", item="0")
    record = KeptRecord.objects.get()
    assert record.name in look(client, "kept", connection.public_id)
    asked = look(client, "kept-let-go", connection.public_id, record.pk)
    assert "Tag in Department: the next run archives it in Pleo" in asked
    assert "is not kept any more" in send(client, "kept-let-go", connection.public_id, record.pk)
    assert not KeptRecord.objects.exists()


# -- Cost ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        *("syncs", "sync-dimensions", "sync-values", "sync-accounts", "sync-tax-codes"),
        *("plans", "kept"),
    ],
)
def test_a_page_asks_no_more_with_more_rows(
    client: Client, connection: Connection, name: str
) -> None:
    few = count_queries(client, name, connection.public_id)
    for _ in range(3):
        make_plan(connection, state="over", create=40, archive=20)
    save_values(connection, 300)
    many = count_queries(client, name, connection.public_id)
    assert many <= 15
    assert many <= few + 2  # what plans hold is looked at where there are some


def test_a_plan_asks_no_more_with_more_rows(client: Client, connection: Connection) -> None:
    small = make_plan(connection, "accounts", create=3)
    large = make_plan(connection, create=400, archive=600)
    few = count_queries(client, "plan", connection.public_id, small.run.public_id)
    many = count_queries(client, "plan", connection.public_id, large.run.public_id)
    assert many <= few + 1  # how many there are in all
    assert many <= 15


def count_queries(client: Client, name: str, *args: Any) -> int:
    with CaptureQueriesContext(database) as seen:
        look(client, name, *args)
    return len([x for x in seen if "SAVEPOINT" not in x["sql"]])
