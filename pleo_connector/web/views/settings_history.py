"""Who changed which setting, and the settings of another connection taken over."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from pleo_connector.connections.models import Connection
from pleo_connector.mapping.actions import load_mapping, save_mapping
from pleo_connector.mapping.queries import changes, others_of, versions_of
from pleo_connector.web.visit import Visit, on_connection

VERSIONS = 50


@on_connection(write="configure")
def changes_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    connection = visit.connection
    others = others_of(connection)
    source = _chosen(request, others)
    if request.method == "POST" and source:
        save_mapping(connection=connection, mapping=load_mapping(source), author=visit.user)
        text = _("The settings of %(connection)s are used here from now on.")
        messages.success(request, text % {"connection": source})
        return redirect("changes", connection.public_id)
    ours = load_mapping(connection).to_json()
    shown = {
        "visit": visit,
        "connection": connection,
        "versions": versions_of(connection, limit=VERSIONS),
        "others": others,
        "source": source,
        "difference": changes(ours, load_mapping(source).to_json()) if source else [],
    }
    return render(request, "web/changes.html", shown)


def _chosen(request: HttpRequest, others: list[Connection]) -> Connection | None:
    wanted = request.POST.get("from") or request.GET.get("from")
    if not wanted:
        return None
    try:
        public_id = UUID(wanted)
    except ValueError:
        raise Http404(_("No such connection.")) from None
    for other in others:
        if other.public_id == public_id:
            return other
    raise Http404(_("No such connection."))
