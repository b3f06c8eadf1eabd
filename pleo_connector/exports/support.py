"""What support may do to exports. Each is recorded where the customer reads it."""

from datetime import datetime

from django.db import transaction

import erp_adapters
from pleo_connector.connections.actions import check_now
from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob, Posting
from pleo_connector.exports.moved import BOOKS_MOVED
from pleo_connector.history.models import Decision
from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.models import User


def look_up_again(*, connection: Connection, actor: User) -> int:
    """Vouchers of which nobody knows whether they are booked are looked up now; how many.

    Those that wait for a person are asked for once more where the ERP can be searched. They leave
    this state by what the ERP says, or come back to the person: never by being booked again. Those
    of books that the connection has left stay with the person: in the new ones nobody finds them.
    """
    with transaction.atomic():
        doubt = [Posting.State.INTENT, Posting.State.UNCERTAIN]
        if erp_adapters.get(connection.erp_kind).capabilities.can_find:
            asked = Posting.objects.filter(connection=connection, state=Posting.State.ASKED)
            moved = Decision.objects.filter(run__connection=connection, kind=BOOKS_MOVED)
            asked = asked.exclude(accounting_entry_id__in=moved.values("accounting_entry_id"))
            asked.update(state=Posting.State.UNCERTAIN)
        count = Posting.objects.filter(connection=connection, state__in=doubt).count()
        record_audit(
            tenant=connection.tenant,
            actor=actor,
            action="had vouchers looked up",
            subject=str(connection),
            vouchers=count,
        )
        check_now(connection=connection)
    return count


def tell_pleo_again(*, job: ExportJob, actor: User, now: datetime) -> None:
    """The next worker tells Pleo the results of this export once more."""
    connection = job.connection
    with transaction.atomic():
        ExportJob.objects.filter(pk=job.pk).update(tell_again_at=now)
        record_audit(
            tenant=connection.tenant,
            actor=actor,
            action="had results told to Pleo again",
            subject=str(connection),
            job=str(job.pleo_job_id),
        )
        check_now(connection=connection)
