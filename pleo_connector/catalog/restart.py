"""The ERP of a connection is another one: what was compared and decided before does not count."""

from datetime import datetime

from pleo_connector.catalog.models import SyncPlan, SyncPlanItem, SyncSchedule
from pleo_connector.catalog.storing import counted
from pleo_connector.connections.models import Connection
from pleo_connector.history import actions as history
from pleo_connector.history.models import Run

MOVED = "The connection books into another company now, so this plan was given up."


def start_over(*, connection: Connection, now: datetime) -> None:
    """Call in the transaction of the change, with no worker at it.

    Open plans are of the books that were left, and are given up. The first plan of each kind waits
    for a person again.
    """
    for plan in SyncPlan.objects.filter(connection=connection, state__in=SyncPlan.OPEN):
        plan.items.filter(state__in=SyncPlanItem.OPEN).update(state=SyncPlanItem.State.DROPPED)
        plan.state, plan.touched_at = SyncPlan.State.OVER, now
        plan.save(update_fields=["state", "touched_at"])
        history.end_run(
            plan.run, state=Run.State.FAILED, headline=MOVED, origin="", now=now, **counted(plan)
        )
    SyncSchedule.objects.filter(connection=connection).update(
        approved_at=None, fingerprint="", compared_at=None, turns_on=None
    )
