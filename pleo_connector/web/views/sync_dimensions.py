"""Which dimensions of the ERP Pleo shows as tag groups."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erp_adapters.errors import RemoteError
from pleo_connector.catalog.decisions import choose_dimensions, refresh_dimensions
from pleo_connector.catalog.keeping import NotPossible
from pleo_connector.catalog.models import CatalogSnapshot, Entity, SyncSettings
from pleo_connector.catalog.queries import sync_settings
from pleo_connector.connections.erp import open_erp
from pleo_connector.connections.models import Connection
from pleo_connector.web import said
from pleo_connector.web.forms.axes import AxesForm
from pleo_connector.web.question import Question, ask
from pleo_connector.web.sync_rows import Axis, axes_of
from pleo_connector.web.sync_words import nothing_chosen
from pleo_connector.web.tally import both, records
from pleo_connector.web.visit import Visit, on_connection
from pleo_connector.web.words import Headline, counted, erp_label


@on_connection(write="operate")
def sync_dimensions(request: HttpRequest, visit: Visit) -> HttpResponse:
    connection = visit.connection
    if request.method == "POST" and "read" in request.POST:
        return _read_again(request, connection)
    chosen = sync_settings(connection)
    axes = axes_of(connection, timezone.localdate())
    form = AxesForm(
        request.POST if request.method == "POST" else None,
        axes=axes,
        chosen={code.casefold() for code in chosen.dimensions or []},
    )
    if request.method == "POST" and form.is_valid():
        return _chosen(request, visit, form)
    snapshot = CatalogSnapshot.objects.filter(connection=connection, kind="dimensions")
    shown = {
        "visit": visit,
        "connection": connection,
        "form": form,
        "headline": _headline(connection, chosen, form.before),
        "read_at": snapshot.values_list("read_at", flat=True).first(),
    }
    return render(request, "web/sync_dimensions.html", shown)


def _headline(connection: Connection, chosen: SyncSettings, before: Sequence[Axis]) -> Headline:
    """What Pleo shows with this choice."""
    if not before:
        return nothing_chosen(connection, chosen)
    text = ngettext(
        "Pleo shows one dimension of %(system)s as a tag group.",
        "Pleo shows %(count)s dimensions of %(system)s as tag groups.",
        len(before),
    )
    return Headline("ok", text % {"count": len(before), "system": erp_label(connection)})


def _chosen(request: HttpRequest, visit: Visit, form: AxesForm) -> HttpResponse:
    after = form.after()
    gone = [axis for axis in form.before if axis not in after]
    if gone and "yes" not in request.POST:
        return ask(request, _question(visit.connection, form, gone))
    try:
        choose_dimensions(
            connection=visit.connection,
            codes=[axis.code for axis in after],
            actor=visit.user,
            now=timezone.now(),
        )
    except NotPossible as said:
        messages.error(request, str(said))
        return redirect(request.path)
    messages.success(request, _("Saved. Both sides are compared, and you see here what comes."))
    return redirect("syncs", visit.connection.public_id)


def _question(connection: Connection, form: AxesForm, gone: Sequence[Axis]) -> Question:
    said = [
        _("The tag group %(group)s is archived in Pleo, with %(tags)s.")
        % {"group": axis.name, "tags": records(Entity.TAG, axis.values)}
        for axis in gone
    ]
    names = both([axis.name for axis in gone])
    system = {"system": erp_label(connection)}
    said += [
        _("Nothing is deleted: choose the dimension again, and its tags come back."),
        _("Nothing changes in %(system)s, and what is booked keeps its dimensions.") % system,
    ]
    return Question(
        title=_("Take %(names)s off?") % {"names": names},
        consequences=said,
        action=_archive(gone),
        keep=_("Keep it as it is"),
        back=reverse("sync-dimensions", args=[connection.public_id]),
        is_grave=True,
        fields=form.posted() | {"yes": "1"},
    )


def _archive(gone: Sequence[Axis]) -> str:
    tags = records(Entity.TAG, sum(axis.values for axis in gone))
    if len(gone) == 1:
        text = _("Archive the tag group %(group)s with %(tags)s in Pleo")
        return text % {"group": gone[0].name, "tags": tags}
    text = ngettext(
        "Archive %(count)s tag group with %(tags)s in Pleo",
        "Archive %(count)s tag groups with %(tags)s in Pleo",
        len(gone),
    )
    return counted(text.replace("%(tags)s", tags), len(gone))


def _read_again(request: HttpRequest, connection: Connection) -> HttpResponse:
    try:
        if not connection.erp_kind:
            raise NotPossible(_("Connect the accounting system first."))
        erp = open_erp(connection)
        refresh_dimensions(connection=connection, erp=erp, now=timezone.now())
    except (RemoteError, ValueError, NotPossible) as error:
        why = said.again(error.message if isinstance(error, RemoteError) else str(error))
        text = _("The dimensions could not be read. %(why)s")
        messages.error(request, text % {"why": why})
    else:
        messages.success(request, _("Read again."))
    return redirect("sync-dimensions", connection.public_id)
