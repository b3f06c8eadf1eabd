"""What would be booked, before anything is."""

from collections.abc import Sequence

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erp_adapters.errors import RemoteError
from pleo_connector.bookkeeping.codes import codes_of
from pleo_connector.connections.erp import open_erp, open_pleo
from pleo_connector.connections.models import Connection
from pleo_connector.exports.preview import PreviewedEntry, preview, waiting_job
from pleo_connector.exports.sample import sample
from pleo_connector.mapping.actions import note_codes
from pleo_connector.web import said, words
from pleo_connector.web.details import PreviewView
from pleo_connector.web.ledger_names import LedgerNames
from pleo_connector.web.visit import Visit, on_connection
from pleo_connector.web.words import Headline, number

ENTRIES_PER_PAGE = 50


def _note_codes(connection: Connection, entries: Sequence[PreviewedEntry]) -> None:
    """So that their categories can be mapped before the first export."""
    codes = [code for entry in entries if entry.item for code in codes_of(entry.item)]
    note_codes(connection=connection, codes=codes, now=timezone.now())


def _is_bookable(entry: PreviewedEntry) -> bool:
    """What needs a person stands first."""
    return entry.is_booked or not entry.reasons


def _headline(
    entries: Sequence[PreviewedEntry], *, is_wired: bool, is_sample: bool, problem: str
) -> Headline:
    if not is_wired:
        return Headline("attention", _("Connect both sides first."))
    if problem:
        return Headline("bad", _("The preview could not be made."))
    if is_sample:
        return Headline("quiet", _("No export is waiting in Pleo: here is a sample."))
    if refused := sum(not _is_bookable(entry) for entry in entries):
        text = _("%(some)s of %(entries)s would not be booked.")
        names = {"some": number(refused), "entries": words.entries(len(entries))}
        return Headline("attention", text % names)
    text = ngettext(
        "The entry can be booked.", "All %(count)s entries can be booked.", len(entries)
    )
    return Headline("ok", words.counted(text, len(entries)))


@on_connection()
def preview_page(request: HttpRequest, visit: Visit) -> HttpResponse:
    connection = visit.connection
    entries: list[PreviewedEntry] = []
    job, problem = None, ""
    is_wired = bool(connection.erp_kind and connection.pleo_company_id)
    if is_wired:
        try:
            pleo, erp = open_pleo(connection), open_erp(connection)
            job = waiting_job(connection, pleo)
            if job is None:
                entries = sample(connection, erp=erp, now=timezone.now())
            else:
                entries = preview(connection, job, pleo=pleo, erp=erp, now=timezone.now())
                _note_codes(connection, entries)
        except (RemoteError, ValueError) as error:
            problem = said.again(error.message if isinstance(error, RemoteError) else str(error))
    entries.sort(key=_is_bookable)
    page = Paginator(entries, ENTRIES_PER_PAGE).get_page(request.GET.get("page"))
    names = LedgerNames.of(connection, [voucher for entry in page for voucher in entry.vouchers])
    shown = {
        "visit": visit,
        "connection": connection,
        "is_wired": is_wired,
        "job": job,
        "problem": problem,
        "headline": _headline(entries, is_wired=is_wired, is_sample=job is None, problem=problem),
        "booked": sum(entry.is_booked for entry in entries),
        "page": page,
        "views": [PreviewView.of(connection, entry, names) for entry in page],
        "pleo_app_url": settings.PLEO_APP_URL,
    }
    return render(request, "web/preview.html", shown)
