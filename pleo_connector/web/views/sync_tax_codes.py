"""How each tax code of the ERP works in Pleo, which no list of tax codes tells."""

from collections.abc import Collection, Mapping

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erp_adapters.ledger import TaxCode
from pleo_connector.catalog.decisions import choose_tax_kinds
from pleo_connector.catalog.models import TaxKind
from pleo_connector.catalog.queries import records_of, sync_settings
from pleo_connector.catalog.records import Kind
from pleo_connector.web.forms.tax_kinds import TaxKindsForm
from pleo_connector.web.tables.base import page_of
from pleo_connector.web.visit import Visit, on_connection
from pleo_connector.web.words import Headline, counted

ROWS = 100


@on_connection(write="operate")
def sync_tax_codes(request: HttpRequest, visit: Visit) -> HttpResponse:
    connection = visit.connection
    chosen = sync_settings(connection).tax_kinds
    records: list[TaxCode] = records_of(connection, Kind.TAX_CODES)
    codes = [code for code in records if code.is_active and code.code.strip()]
    page = page_of(request, codes, per_page=ROWS)
    data = request.POST if request.method == "POST" else None
    form = TaxKindsForm(data, codes=page, chosen=chosen)
    if request.method == "POST" and form.is_valid():
        choose_tax_kinds(
            connection=connection, kinds=form.kinds(), actor=visit.user, now=timezone.now()
        )
        messages.success(request, _("Saved. Both sides are compared, and Pleo gets what changed."))
        return redirect(request.get_full_path())
    shown = {
        "visit": visit,
        "connection": connection,
        "headline": _headline(codes, chosen),
        "form": form,
        "page": page,
    }
    return render(request, "web/sync_tax_codes.html", shown)


def _headline(codes: Collection[TaxCode], chosen: Mapping[str, str]) -> Headline:
    if not codes:
        return Headline("quiet", _("No tax codes have been read yet."))
    keys = {code.code.casefold() for code in codes}
    reverse = sum(chosen.get(key) == TaxKind.REVERSE for key in keys)
    text = ngettext(
        "%(count)s tax code is chosen as reverse charge.",
        "%(count)s tax codes are chosen as reverse charge.",
        reverse,
    )
    untold = sum(key not in chosen for key in keys)
    detail = ngettext(
        "The kind of %(count)s tax code is not chosen.",
        "The kind of %(count)s tax codes is not chosen.",
        untold,
    )
    return Headline(
        "quiet" if untold else "ok",
        counted(text, reverse) if reverse else _("No tax code is chosen as reverse charge."),
        detail=counted(detail, untold) if untold else "",
    )
