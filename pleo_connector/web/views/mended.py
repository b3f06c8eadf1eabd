"""A new export of entries whose causes were mended together."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext

from erp_adapters.errors import RemoteError
from pleo_connector.exports.again import CannotExport, export_mended
from pleo_connector.history.models import Problem
from pleo_connector.web import said, words
from pleo_connector.web.visit import Visit, on_connection


@on_connection(write="operate", is_action=True)
def again(request: HttpRequest, visit: Visit) -> HttpResponse:
    connection = visit.connection
    rows = Problem.objects.filter(connection=connection, public_id__in=_ids(request))
    try:
        count = export_mended(connection=connection, problems=list(rows), actor=visit.user)
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
    return redirect("exports", connection.public_id)


def _ids(request: HttpRequest) -> list[UUID]:
    """Odd ones name nothing."""
    found = []
    for text in request.POST.getlist("problem"):
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
