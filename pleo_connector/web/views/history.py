"""What happened when, over all connections of a company, and one run of it."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_scopes import scope

from pleo_connector.exports.shown import causes_of
from pleo_connector.history.models import Run
from pleo_connector.history.queries import attempts_of, calls_of
from pleo_connector.web import run_words
from pleo_connector.web.csv_file import csv_of
from pleo_connector.web.details import problems_of, run_details
from pleo_connector.web.filters import RunFilter
from pleo_connector.web.fixes import Fix
from pleo_connector.web.keyset import slice_of
from pleo_connector.web.menu import problems_of as open_problems
from pleo_connector.web.tables.base import Empty, page_of
from pleo_connector.web.tables.runs import RunTable, csv_head, csv_line, run_url, took
from pleo_connector.web.visit import Seat, Visit, on_company, on_run

CALLS = 100  # a page


def _runs(request: HttpRequest, seat: Seat) -> RunFilter:
    runs = Run.objects.filter(tenant=seat.tenant).select_related("connection", "export_job")
    return RunFilter(request.GET, runs, request=request)


@on_company
def history(request: HttpRequest, seat: Seat) -> HttpResponse:
    chosen = _runs(request, seat)
    part = slice_of(request, chosen.qs)
    empty = Empty(
        _("Exports appear here when Pleo hands them over."),
        reverse("home"),
        _("Look at the connections"),
    )
    if chosen.is_used:
        empty = Empty(_("Nothing matches."), reverse("history"), _("Show all"))
    table = RunTable(part.rows, part=part, empty=empty)
    which = {"is_newest": not part.newer, "is_filtered": chosen.is_used}
    shown = {
        "title": run_words.list_title(part.rows, **which),
        "last": _look_at(part.rows[0]) if run_words.is_led(part.rows, **which) else None,
        "headline": run_words.list_headline(part.rows, **which),
        "problems": sum(open_problems(request).values()),
        "filter": chosen,
        "table": table,
    }
    return render(request, "web/history.html", shown)


def _look_at(run: Run) -> Fix:
    if run_words.waits_for_approval(run):
        ids = [run.connection.public_id, run.public_id]
        return Fix(_("Look at the plan"), reverse("plan", args=ids))
    return Fix(_("Open the run"), run_url(run))


@on_company
def history_csv(request: HttpRequest, seat: Seat) -> HttpResponseBase:
    """The same runs as a file."""
    rows, tenant = _runs(request, seat).qs, seat.tenant
    return csv_of("history", csv_head(), rows, csv_line, inside=lambda: scope(tenant=tenant))


@on_run
def run_page(request: HttpRequest, visit: Visit, run: Run) -> HttpResponse:
    job = run_words.job_of(run)
    causes = causes_of(job) if job and run.failed else []
    shown = run_shown(request, run) | {
        "visit": visit,
        "connection": visit.connection,
        "job": job,
        "has_plan": job is None and hasattr(run, "sync_plan"),
        "problems": problems_of(job, causes) if job else [],
    }
    if causes:
        shown["origin"] = run_words.places_of(causes, run.connection)
    return render(request, "web/run.html", shown)


def run_shown(request: HttpRequest, run: Run) -> dict[str, Any]:
    """What a page about one run needs."""
    page = page_of(request, calls_of(run), per_page=CALLS)
    return {
        "run": run,
        "headline": run_words.headline_of(run),
        "kind": run_words.kind_word(run.kind),
        "origin": run_words.origin_word(run.origin, run.connection),
        "rest": run_words.counts_of_run(run).not_reported,
        "lasted": took(run),
        "attempts": run_details(run, attempts_of(run)),
        "calls": page,
        "facts": [
            (_("Correlation id"), run.public_id),
            (_("Kind"), run.kind),
            (_("Remote calls"), page.paginator.count),
        ],
    }
