"""Runs of all companies."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_scopes import scopes_disabled

from pleo_connector.history.models import Run
from pleo_connector.ops import queries
from pleo_connector.ops.filters import OpsRunFilter
from pleo_connector.ops.stuck import headline_of, mend_of
from pleo_connector.ops.tables import OpsRunTable
from pleo_connector.ops.visit import for_staff
from pleo_connector.web import run_words
from pleo_connector.web.csv_file import csv_of
from pleo_connector.web.keyset import slice_of
from pleo_connector.web.tables.base import Empty
from pleo_connector.web.tables.runs import csv_head, csv_line
from pleo_connector.web.views.history import run_shown
from pleo_connector.web.words import Headline, counted


def _runs(request: HttpRequest) -> OpsRunFilter:
    rows = Run.objects.select_related("connection", "connection__tenant", "export_job")
    return OpsRunFilter(request.GET, rows, request=request)


@for_staff
def runs(request: HttpRequest) -> HttpResponse:
    chosen = _runs(request)
    part = slice_of(request, chosen.qs)
    empty = Empty(_("Nothing has run yet."))
    if chosen.is_used:
        empty = Empty(_("Nothing matches."), reverse("ops-runs"), _("Show all"))
    now = timezone.now()
    stuck = queries.stuck_among(part.rows, now)
    shown = {
        "headline": _headline(now),
        "filter": chosen,
        "table": OpsRunTable(part.rows, stuck=stuck, part=part, empty=empty),
    }
    return render(request, "ops/runs.html", shown)


def _headline(now: datetime) -> Headline:
    count = queries.counted(queries.stuck_runs(now))
    if not count:
        return Headline("ok", _("No run is stuck."))
    text = ngettext("%(count)s run is stuck.", "%(count)s runs are stuck.", count)
    return Headline("bad", counted(text, count))


@for_staff
def runs_csv(request: HttpRequest) -> HttpResponseBase:
    head = [_("Company"), *csv_head()]
    return csv_of("runs", head, _runs(request).qs, _line, inside=scopes_disabled)


def _line(run: Run) -> list[object]:
    return [run.connection.tenant.name, *csv_line(run)]


@for_staff
def run(request: HttpRequest, public_id: UUID) -> HttpResponse:
    rows = Run.objects.select_related("connection", "connection__tenant", "export_job")
    found = get_object_or_404(rows, public_id=public_id)
    stuck = queries.stuck_runs(timezone.now()).filter(pk=found.pk).first()
    shown = run_shown(request, found) | {
        "connection": found.connection,
        "job": run_words.job_of(found),
    }
    if stuck:
        shown |= {"headline": headline_of(stuck), "mend": mend_of(stuck.connection)}
    return render(request, "ops/run.html", shown)
