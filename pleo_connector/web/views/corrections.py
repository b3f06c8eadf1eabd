"""A person corrects what became of an entry: booked by hand, reversed, or to be booked again."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from erp_adapters.errors import RemoteError
from pleo_connector.exports.by_hand import CannotCorrect
from pleo_connector.exports.models import ExportJob
from pleo_connector.exports.queries import vouchers_of
from pleo_connector.web import said
from pleo_connector.web.corrections import corrections_of
from pleo_connector.web.visit import Visit, on_export, require


def correct(
    request: HttpRequest, visit: Visit, job: ExportJob, entry_public_id: UUID, name: str
) -> HttpResponse:
    """The question, and what is done after the yes."""
    require(visit, to="operate")
    item = get_object_or_404(job.items, public_id=entry_public_id)
    item.job = job
    found = vouchers_of(visit.connection, [item.accounting_entry_id])
    offered = corrections_of(item, found.get(item.accounting_entry_id, []))
    chosen = next((correction for correction in offered if correction.name == name), None)
    if chosen is None:
        messages.error(request, _("That does not fit this entry any more."))
        return redirect("entry", job.public_id, item.public_id)
    form = chosen.form(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            chosen.do(item=item, actor=visit.user, now=timezone.now(), **form.cleaned_data)
            messages.success(request, chosen.said)
        except CannotCorrect as problem:
            messages.error(request, str(problem))
        except RemoteError as error:
            messages.error(request, said.by("Pleo", error))
        return redirect("entry", job.public_id, item.public_id)
    shown = {
        "visit": visit,
        "connection": visit.connection,
        "job": job,
        "item": item,
        "correction": chosen,
        "form": form,
    }
    return render(request, "web/correct.html", shown)


correct_entry = on_export(correct)
