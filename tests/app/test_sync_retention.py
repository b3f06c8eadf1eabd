"""Plans are kept for their time, and go with their items; one that is open stays."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_scopes import scope

from pleo_connector.catalog.models import SyncPlan, SyncPlanItem
from pleo_connector.history.models import Run
from pleo_connector.history.retention import delete_old
from tests.app.factories import make_connection, make_tenant

pytestmark = pytest.mark.django_db


def make_plan(connection: Any, kind: str, state: str) -> SyncPlan:
    now = timezone.now()
    run = Run.objects.create(
        connection=connection, kind=kind, state="completed", started_at=now, finished_at=now
    )
    plan: SyncPlan = SyncPlan.objects.create(
        run=run, connection=connection, kind=kind, state=state, planned_at=now, touched_at=now
    )
    for position in range(3):
        SyncPlanItem.objects.create(
            plan=plan, position=position, action="create", entity="tag", key="A", name="A"
        )
    return plan


def test_old_plans_go_with_their_items_and_open_ones_stay() -> None:
    tenant = make_tenant()
    with scope(tenant=tenant):
        connection = make_connection(tenant)
        make_plan(connection, "tags", "over")
        waiting = make_plan(connection, "accounts", "waiting")
        delete_old(now=timezone.now() + timedelta(days=80))
        assert SyncPlan.objects.count() == 2
        for _ in range(2):  # what hung on a plan goes first, the plan and its run after it
            delete_old(now=timezone.now() + timedelta(days=500))
        assert list(SyncPlan.objects.all()) == [waiting]
        assert SyncPlanItem.objects.count() == 3
        assert [run.kind for run in Run.objects.all()] == ["accounts"]
