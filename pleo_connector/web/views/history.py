"""What happened when, over all connections of a company."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from pleo_connector.exports.models import ExportJob
from pleo_connector.exports.queries import counts_of
from pleo_connector.web.filters import HistoryFilter
from pleo_connector.web.rows import export_rows
from pleo_connector.web.tables.base import Empty, page_of
from pleo_connector.web.tables.exports import HistoryTable
from pleo_connector.web.visit import Seat, on_company


@on_company
def history(request: HttpRequest, seat: Seat) -> HttpResponse:
    jobs = ExportJob.objects.filter(connection__tenant=seat.tenant)
    ordered = jobs.select_related("run", "connection").order_by("-run__started_at", "-pk")
    chosen = HistoryFilter(request.GET, ordered, request=request)
    page = page_of(request, chosen.qs)
    empty = Empty(_("No export has come yet."))
    if chosen.is_used:
        empty = Empty(_("No export matches."), reverse("history"), _("Show all"))
    table = HistoryTable(export_rows(page, counts_of(list(page))), page=page, empty=empty)
    return render(request, "web/history.html", {"filter": chosen, "table": table})
