"""Who changed which setting, and the settings of another connection taken over."""

from collections.abc import Iterable
from itertools import chain
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.connections.models import Connection
from pleo_connector.mapping.actions import (
    load_mapping,
    load_numbered,
    load_version,
    save_mapping,
)
from pleo_connector.mapping.queries import Change, changes, made_at, others_of, versions_of
from pleo_connector.web.ledger_names import LedgerNames
from pleo_connector.web.saving import save_over, version_seen
from pleo_connector.web.visit import Visit, on_connection

VERSIONS = 50


@on_connection(write="configure")
def changes_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    connection = visit.connection
    others = others_of(connection)
    if back := request.POST.get("back") or request.GET.get("back"):
        return _back(request, visit, back)
    source = _chosen(request, others)
    if request.method == "POST" and source:
        save_mapping(connection=connection, mapping=load_mapping(source), author=visit.user)
        text = _("The settings of %(connection)s are used here from now on.")
        messages.success(request, text % {"connection": source})
        return redirect("changes", connection.public_id)
    ours = load_mapping(connection).to_json()
    versions = versions_of(connection, limit=VERSIONS)
    difference = changes(ours, load_mapping(source).to_json()) if source else []
    shown = {
        "visit": visit,
        "connection": connection,
        "versions": versions,
        "others": others,
        "source": source,
        "difference": difference,
        "names": _names(connection, chain(difference, *(rows for _, rows in versions))),
    }
    return render(request, "web/changes.html", shown)


def _names(connection: Connection, rows: Iterable[Change]) -> LedgerNames:
    """Of all that these changes name: a rule is a dict."""
    rules = (x for row in rows for x in (row.before, row.after) if isinstance(x, dict))
    values = {code for rule in rules for code in rule.get("dimensions", {}).values()}
    return LedgerNames.with_values(connection, values)


def _back(request: HttpRequest, visit: Visit, wanted: str) -> HttpResponse:
    """The settings of an earlier version: what would change, then the change."""
    connection = visit.connection
    earlier = load_version(connection, int(wanted)) if wanted.isdecimal() else None
    if earlier is None:
        raise Http404(_("There are no such settings."))
    present, number = load_numbered(connection)
    difference = changes(present.to_json(), earlier.to_json())
    if request.method == "POST":
        return _take_back(request, visit, earlier, int(wanted))
    shown = {
        "visit": visit,
        "connection": connection,
        "back": wanted,
        "version": number,
        "difference": difference,
        "made_at": made_at(connection, int(wanted) + 1),
        "names": _names(connection, difference),
    }
    return render(request, "web/changes_back.html", shown)


def _take_back(request: HttpRequest, visit: Visit, earlier: Mapping, number: int) -> HttpResponse:
    if save_over(request, visit, earlier, based_on=version_seen(request), restores=number):
        text = _("Taken back. It counts for entries that are booked from now on.")
        messages.success(request, text)
    return redirect("changes", visit.connection.public_id)


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
