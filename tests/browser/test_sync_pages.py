"""The pages of the syncs with nothing, a little and much on them, and a plan that is approved."""

from datetime import timedelta

from django.urls import reverse
from playwright.sync_api import Page

from pleo_connector.catalog.models import KeptRecord, SyncSchedule, SyncSettings
from pleo_connector.connections.models import Connection
from tests.app import factories
from tests.app.sync_factories import choose, keep_record, make_plan, make_schedules, save_values
from tests.app.test_web_roles import Place
from tests.browser.test_every_page import look

PAGES = (
    *("syncs", "sync-dimensions", "sync-values", "sync-accounts", "sync-tax-codes"),
    *("plans", "kept"),
)


def wrong_with(
    page: Page, connection: Connection, name: str, suffix: str, *args: object
) -> list[str]:
    page.goto(reverse(name, args=[connection.public_id, *args]))
    return look(page, f"{name}-{suffix}")


def test_with_nothing(visitor: Page, place: Place) -> None:
    fresh = factories.make_connection(place.tenant, name="Fresh")
    wrong = [x for name in PAGES for x in wrong_with(visitor, fresh, name, "none")]
    setup = factories.make_connection(place.tenant, name="Setup", state="setup")
    wrong += wrong_with(visitor, setup, "syncs", "setup")
    assert not wrong, "\n".join(wrong)


def test_with_a_little(visitor: Page, place: Place) -> None:
    some = factories.make_connection(place.tenant, name="Some")
    make_schedules(some)
    choose(some, "department", "project")
    make_plan(some, state="over", active={"tag_group": 3, "tag": 0}, create=3)
    make_plan(some, "vendors", state="applying", create=3)
    make_plan(some, "tax_codes", state="over", create=2, failed=1)
    lacks = SyncSchedule.objects.filter(connection=some, kind="accounts")
    lacks.update(missing_permission="accounts:write")
    keep_record(some)
    SyncSettings.objects.filter(connection=some).update(
        unused_accounts=["20", "22"], unused_asked_at=some.erp_confirmed_at
    )
    wrong = [x for name in PAGES for x in wrong_with(visitor, some, name, "some")]
    failed = some.sync_plans.get(kind="tax_codes").run.public_id
    wrong += wrong_with(visitor, some, "plan", "failed", failed)
    wrong += wrong_with(visitor, some, "plan-record", "failed", failed, 1)
    moving = some.sync_plans.get(kind="vendors").run.public_id
    wrong += wrong_with(visitor, some, "plan", "moving", moving)
    assert not wrong, "\n".join(wrong)


def test_with_much(visitor: Page, place: Place) -> None:
    much = factories.make_connection(place.tenant, name="Sydhavn Handelsbolag och Byggservice AB")
    make_schedules(much)
    choose(much, "department")
    for days in range(1, 40):
        make_plan(much, state="over", create=2, ago=timedelta(days=days))
    plan = make_plan(
        much, create=120, update=40, unarchive=20, archive=117, none=3, long_names=True
    )
    save_values(much, 300)
    for item in plan.items.filter(action="archive")[:60]:
        KeptRecord.objects.create(
            connection=much,
            entity=item.entity,
            pleo_id=item.pleo_id,
            key=item.key,
            name=item.name,
            group=item.group,
            kept_at=plan.planned_at,
        )
    ids = plan.run.public_id
    wrong = [x for name in PAGES for x in wrong_with(visitor, much, name, "much")]
    wrong += wrong_with(visitor, much, "plan", "much", ids)
    wrong += wrong_with(visitor, much, "plan-approve", "much", ids)
    rows = [
        {"code": f"dim{n}", "name": f"Axis {n}", "id": str(n), "is_active": True} for n in range(8)
    ]
    much.catalog.filter(kind="dimensions").update(records=rows)
    wrong += wrong_with(visitor, much, "sync-dimensions", "free")
    assert not wrong, "\n".join(wrong)
