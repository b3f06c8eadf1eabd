"""A person exports again, without going back to Pleo, what could not be booked."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from erp_adapters.errors import OutcomeUnknown, Rejected
from pleo_connector.connections.actions import check_now
from pleo_connector.connections.erp import open_pleo
from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.exports.translation import said_by
from pleo_connector.history.models import Problem, ProblemEntry
from pleo_connector.history.queries import kept_entries
from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.models import User

MOST = 1000  # entries of one new job; the rest keeps its problem open, and its button


class CannotExport(Exception):
    """A sentence for the person who pressed the button."""


def export_again(*, job: ExportJob, actor: User | None) -> int:
    """A new job at Pleo for the entries of this one that could not be booked; how many.

    Without those that somebody has to look up first: they would be refused once more.
    CannotExport, with a sentence, where Pleo has a job running or nothing is left to do.
    """
    failed = job.items.exclude(status=ExportJobItem.Status.SUCCESSFUL)
    asked = Posting.objects.filter(connection=job.connection, state=Posting.State.ASKED)
    failed = failed.exclude(accounting_entry_id__in=asked.values("accounting_entry_id"))
    ids = list(failed.values_list("accounting_entry_id", flat=True))
    if not job.run.is_over:
        raise CannotExport(_("There is nothing to export again."))
    return _export(job.connection, ids, job.with_vendors, actor)


def export_kept(*, problem: Problem, actor: User | None) -> int:
    """The same for the entries that a problem keeps from being booked, whichever job they had."""
    ids = list(kept_entries(problem).values_list("accounting_entry_id", flat=True)[:MOST])
    latest = problem.connection.export_jobs.order_by("-created_at").first()
    return _export(problem.connection, ids, bool(latest and latest.with_vendors), actor)


def export_mended(
    *, connection: Connection, problems: Sequence[Problem], actor: User | None
) -> int:
    """The same for several problems of a connection that were mended together, in one job."""
    kept = ProblemEntry.objects.filter(problem__in=problems, left_at=None).order_by("pk")
    ids = list(dict.fromkeys(kept.values_list("accounting_entry_id", flat=True)[:MOST]))
    latest = connection.export_jobs.order_by("-created_at").first()
    return _export(connection, ids, bool(latest and latest.with_vendors), actor)


def export_one(
    *, item: ExportJobItem, actor: User | None, action: str, subject: str, **detail: Any
) -> None:
    """A new job for one entry, under the name of what it is done for."""
    job = item.job
    _ask_pleo(job.connection, [item.accounting_entry_id], job.with_vendors)
    _record(job.connection, actor, action, subject, **detail)


def _export(
    connection: Connection, ids: Sequence[UUID], with_vendors: bool, actor: User | None
) -> int:
    if not ids:
        raise CannotExport(_("There is nothing to export again."))
    _ask_pleo(connection, ids, with_vendors)
    _record(connection, actor, "exported entries again", str(connection), entries=len(ids))
    return len(ids)


def _ask_pleo(connection: Connection, ids: Sequence[UUID], with_vendors: bool) -> None:
    assert connection.pleo_company_id is not None
    try:
        open_pleo(connection).create_job(
            connection.pleo_company_id, list(ids), with_vendors=with_vendors
        )
    except OutcomeUnknown:
        pass  # a job that was made is found by the next look at Pleo
    except Rejected as error:
        if error.code == "EXPORT_ALREADY_IN_PROGRESS":
            text = _("Another export is running. Try again when it is over.")
            raise CannotExport(text) from error
        raise CannotExport(said_by("Pleo", error)) from error


def _record(
    connection: Connection, actor: User | None, action: str, subject: str, **detail: Any
) -> None:
    with transaction.atomic():
        record_audit(
            tenant=connection.tenant, actor=actor, action=action, subject=subject, **detail
        )
    check_now(connection=connection)
