"""What happened when, over all connections of a company."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob
from pleo_connector.exports.queries import counts_of
from pleo_connector.history.models import Run
from pleo_connector.web.rows import export_rows
from pleo_connector.web.visit import Seat, on_company
from pleo_connector.web.words import RUN_BADGES

PER_PAGE = 50


@on_company
def history(request: HttpRequest, seat: Seat) -> HttpResponse:
    connections = list(
        Connection.objects.filter(tenant=seat.tenant).order_by("pleo_company_name", "pk")
    )
    jobs = ExportJob.objects.filter(connection__tenant=seat.tenant)
    state = request.GET.get("state", "")
    chosen = request.GET.get("connection", "")
    if state in Run.State.values:
        jobs = jobs.filter(run__state=state)
    if found := next((x for x in connections if str(x.public_id) == chosen), None):
        jobs = jobs.filter(connection=found)
    ordered = jobs.select_related("run", "connection").order_by("-run__started_at", "-pk")
    page = Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))
    shown_jobs = list(page.object_list)
    shown = {
        "page": page,
        "rows": export_rows(shown_jobs, counts_of(shown_jobs)),
        "connections": connections,
        "states": [(value, badge.word) for value, badge in RUN_BADGES.items()],
        "state": state,
        "chosen": chosen,
    }
    return render(request, "web/history.html", shown)
