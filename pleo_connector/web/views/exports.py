"""Exports and their entries: did it arrive, and why like this?"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.paginator import Page
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy, ngettext

from erp_adapters.errors import RemoteError
from pleo_connector.exports.again import CannotExport, export_again, export_kept
from pleo_connector.exports.asked import FIX as LOOK_UP
from pleo_connector.exports.models import ExportJob, ExportJobItem
from pleo_connector.exports.queries import asked_entries, vouchers_of
from pleo_connector.exports.shown import Totals, booking_rate, causes_of, counts_of, totals_of
from pleo_connector.history.models import Problem as KeptProblem
from pleo_connector.history.models import Run
from pleo_connector.history.queries import attempts_of, calls_of
from pleo_connector.web import export_words, said, words
from pleo_connector.web.details import EntryRow, problems_of, run_details, technical
from pleo_connector.web.fixes import Fix, fix_for
from pleo_connector.web.ledger_names import account_names
from pleo_connector.web.rows import export_rows, jobs_of, lasted
from pleo_connector.web.tables.base import Empty, page_of
from pleo_connector.web.tables.exports import EntryTable, ExportTable, none_yet
from pleo_connector.web.views.asked import questions
from pleo_connector.web.visit import Visit, on_connection, on_export, on_problem

ENTRIES_PER_PAGE = 100
CALLS = 50  # the first ones; the page of the run has them all
Status = ExportJobItem.Status
ASKED = Q(status=Status.FAILED, fix=LOOK_UP)
FILTERS = {
    "failed": Q(status=Status.FAILED),
    "asked": ASKED,
    "booked": Q(status=Status.SUCCESSFUL),
    "waiting": Q(status=Status.PENDING),
    "left": Q(status=Status.ABANDONED),
}
EMPTY: dict[str, words.Text] = {
    "": gettext_lazy("The entries are being read from Pleo."),
    "failed": gettext_lazy("Every entry that was tried is booked."),
    "asked": gettext_lazy("No entry is to be looked up."),
    "booked": gettext_lazy("No entry is booked yet."),
    "waiting": gettext_lazy("No entry waits any more."),
    "left": gettext_lazy("No entry was left when the export ended."),
}


@on_connection()
def exports(request: HttpRequest, visit: Visit) -> HttpResponse:
    page = page_of(request, jobs_of(visit.connection))
    rows = export_rows(page, counts_of(list(page)))
    table = ExportTable(rows, page=page, empty=none_yet(visit.connection))
    shown = {
        "visit": visit,
        "connection": visit.connection,
        "table": table,
        "last": rows[0] if rows and page.number == 1 else None,
    }
    return render(request, "web/exports.html", shown)


@on_export
def export(request: HttpRequest, visit: Visit, job: ExportJob) -> HttpResponse:
    names = account_names(visit.connection)
    shown = _progress(job)
    page, chosen = _entries(request, job, are_asked=bool(shown["counts"].asked))
    postings = vouchers_of(visit.connection, [item.accounting_entry_id for item in page])
    attempts = attempts_of(job.run)
    shown |= {
        "visit": visit,
        "connection": visit.connection,
        "filter": chosen,
        "table": EntryTable(
            [
                EntryRow.of(job, item, postings.get(item.accounting_entry_id, []), names)
                for item in page
            ],
            page=page,
            empty=Empty(EMPTY[chosen]),
        ),
        "totals": _totals(job, names),
        "lasted": lasted(job),
        "facts": technical(job),
        "attempts": run_details(job.run, attempts),
        "calls": calls_of(job.run)[:CALLS],
    }
    return render(request, "web/export.html", shown)


@on_export
def progress(request: HttpRequest, visit: Visit, job: ExportJob) -> HttpResponse:
    """The part of the page that moves. When the run ends, the whole page is read once more."""
    response = render(request, "web/_progress.html", _progress(job) | {"visit": visit})
    if job.run.is_over:
        response["HX-Refresh"] = "true"
    return response


@on_export
def again(request: HttpRequest, visit: Visit, job: ExportJob) -> HttpResponse:
    """A new export of what could not be booked, without going back to Pleo."""
    if request.method == "POST" and _exported(
        request, lambda: export_again(job=job, actor=visit.user)
    ):
        return redirect("exports", visit.connection.public_id)
    return redirect("export", job.public_id)


@on_problem
def kept_again(request: HttpRequest, visit: Visit, problem: KeptProblem) -> HttpResponse:
    """The same for all entries that one problem keeps."""
    if request.method == "POST" and _exported(
        request, lambda: export_kept(problem=problem, actor=visit.user)
    ):
        return redirect("exports", visit.connection.public_id)
    return redirect("problem", problem.public_id)


def _exported(request: HttpRequest, export: Callable[[], int]) -> bool:
    try:
        count = export()
    except CannotExport as problem:
        messages.error(request, str(problem))
    except RemoteError as error:
        messages.error(request, said.by("Pleo", error))
    else:
        text = ngettext(
            "%(count)s entry is being exported again.",
            "%(count)s entries are being exported again.",
            count,
        )
        messages.success(request, words.counted(text, count))
        return True
    return False


def _progress(job: ExportJob) -> dict[str, Any]:
    counts = counts_of([job])[job.pk]
    causes = causes_of(job) if counts.failed else []
    may_ask = counts.asked or counts.not_reported
    return {
        "job": job,
        "connection": job.connection,
        "run": job.run,
        "counts": counts,
        "questions": questions(job, asked_entries(job)) if may_ask else [],
        "headline": export_words.export_headline(job, counts),
        "rate": booking_rate(job) if job.run.state == Run.State.RUNNING else None,
        "problems": problems_of(
            job, [x for x in causes if not (counts.asked and x.fix == LOOK_UP)]
        ),
        "end": _mends_the_end(job) if job.run.state == Run.State.FAILED else None,
    }


BY_ORIGIN = {"erp": "erp", "mapping": "accounts", "ours": "support"}


def _mends_the_end(job: ExportJob) -> Fix | None:
    """Of an export that ended early: the place of its problem, else that of whoever failed.

    What Pleo has ended needs only to be exported again.
    """
    noted = KeptProblem.objects.filter(run=job.run, has_entries=False).exclude(fix="").first()
    whose = "erp" if job.connection.erp_problem else job.run.origin
    if not noted and whose == Run.Origin.PLEO:
        return None
    return fix_for(job.connection, noted.fix if noted else BY_ORIGIN.get(whose, "support"))


def _totals(job: ExportJob, names: dict[str, str]) -> dict[str, Any]:
    """Only of a run that is over: while it moves they would be wrong at once."""
    totals = totals_of(job) if job.run.is_over else Totals((), 0)
    sums: dict[str, list[Decimal]] = {}
    for _account, currency, debit, credit in totals.rows:
        sums.setdefault(currency, [Decimal(0), Decimal(0)])
        sums[currency][0] += debit
        sums[currency][1] += credit
    rows = [(*row, names.get(row[0], "")) for row in totals.rows]
    return {"rows": rows, "sums": sums, "reversed": totals.reversed}


def _entries(
    request: HttpRequest, job: ExportJob, *, are_asked: bool
) -> tuple[Page[ExportJobItem], str]:
    chosen = request.GET.get("show", "")
    items = job.items.order_by("entry_date", "position")
    if chosen in FILTERS:
        items = items.filter(FILTERS[chosen])
    if chosen == "failed" and are_asked:
        items = items.exclude(ASKED)
    page = page_of(request, items, per_page=ENTRIES_PER_PAGE)
    return page, chosen if chosen in FILTERS else ""
