"""Where only a person can find out whether a voucher stands in the ERP, here they say it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

import erp_adapters
from pleo_connector.exports.asked import CannotSay, say_booked, say_not_booked
from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from pleo_connector.web.visit import Visit, on_export


@dataclass(frozen=True, slots=True)
class Question:
    """What to look for, and where."""

    item: ExportJobItem
    posting: Posting
    place: str  # a field, in the ERP's own words
    url: str  # where the answer goes
    entry_url: str
    system_url: str  # empty where it is not known

    @classmethod
    def of(cls, job: ExportJob, item: ExportJobItem, posting: Posting) -> "Question":
        ids = [job.public_id, item.public_id]
        can = erp_adapters.get(job.connection.erp_kind).capabilities
        url, entry_url = reverse("entry-answer", args=ids), reverse("entry", args=ids)
        system = job.connection.erp_settings.get("base_url", "")
        return cls(item, posting, can.reference_place, url, entry_url, system)


def questions(job: ExportJob, asked: Sequence[tuple[ExportJobItem, Posting]]) -> list[Question]:
    return [
        Question.of(job, item, posting)
        for item, posting in asked
        if posting.state == Posting.State.ASKED
    ]


@on_export
def answer(
    request: HttpRequest, visit: Visit, job: ExportJob, entry_public_id: UUID
) -> HttpResponse:
    item = get_object_or_404(job.items, public_id=entry_public_id)
    if request.method == "POST":
        try:
            messages.success(request, _answered(request, visit, item))
        except CannotSay as problem:
            messages.error(request, str(problem))
    return redirect("entry", job.public_id, item.public_id)


def _answered(request: HttpRequest, visit: Visit, item: ExportJobItem) -> str:
    posting = Posting.objects.filter(
        connection=visit.connection,
        accounting_entry_id=item.accounting_entry_id,
        reference=request.POST.get("reference", ""),
    ).first()
    if posting is None:
        raise CannotSay(_("There is nothing to answer."))
    if request.POST.get("answer") == "booked":
        number = request.POST.get("number", "")
        say_booked(posting=posting, number=number, actor=visit.user, now=timezone.now())
        return _("Noted. When the entry is exported again, Pleo is told the number.")
    say_not_booked(posting=posting, actor=visit.user, now=timezone.now())
    return _("Noted. When the entry is exported again, it is booked.")
