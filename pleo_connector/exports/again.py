"""A person exports again, without going back to Pleo, what could not be booked."""

from django.db import transaction

from erp_adapters.errors import OutcomeUnknown, Rejected
from pleo_connector.connections.actions import check_now
from pleo_connector.connections.erp import open_pleo
from pleo_connector.exports.models import ExportJob, ExportJobItem
from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.models import User


class CannotExport(Exception):
    """A sentence for the person who pressed the button."""


def export_again(*, job: ExportJob, actor: User | None) -> int:
    """A new job at Pleo for the entries of this one that could not be booked; how many.

    CannotExport, with a sentence, where Pleo has a job running or nothing is left to do.
    """
    connection = job.connection
    failed = job.items.exclude(status=ExportJobItem.Status.SUCCESSFUL)
    ids = list(failed.values_list("accounting_entry_id", flat=True))
    if not ids or not job.run.is_over:
        raise CannotExport("There is nothing to export again.")
    assert connection.pleo_company_id is not None
    try:
        open_pleo(connection).create_job(
            connection.pleo_company_id, ids, with_vendors=job.with_vendors
        )
    except OutcomeUnknown:
        pass  # a job that was made is found by the next look at Pleo
    except Rejected as error:
        if error.code == "EXPORT_ALREADY_IN_PROGRESS":
            raise CannotExport("Another export is running. Try again when it is over.") from error
        raise CannotExport(f"Pleo: {error.message}") from error
    with transaction.atomic():
        record_audit(
            tenant=connection.tenant,
            actor=actor,
            action="exported entries again",
            subject=str(connection),
            entries=len(ids),
        )
    check_now(connection=connection)
    return len(ids)
