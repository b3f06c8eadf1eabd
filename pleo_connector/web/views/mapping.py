"""What goes where: accounts, dimensions, and how entries are posted."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

import erp_adapters
from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.catalog.queries import read_at, records_of
from pleo_connector.catalog.records import Kind
from pleo_connector.catalog.values import value_counts
from pleo_connector.connections.models import Connection
from pleo_connector.mapping.actions import load_mapping, save_mapping
from pleo_connector.web import words
from pleo_connector.web.account_words import accounts_headline
from pleo_connector.web.forms.accounts import AccountsForm
from pleo_connector.web.forms.dimensions import DimensionsForm
from pleo_connector.web.forms.posting import PostingForm
from pleo_connector.web.offers import SAVED, offer_of
from pleo_connector.web.steps import go_on_at
from pleo_connector.web.views.erp import read_catalog
from pleo_connector.web.visit import Visit, on_connection


@on_connection(write="operate")
def accounts(request: HttpRequest, visit: Visit) -> HttpResponse:
    connection = visit.connection
    if request.method == "POST" and "read" in request.POST:
        return read_again(request, connection, "accounts")
    mapping = load_mapping(connection)
    form = AccountsForm(
        request.POST if request.method == "POST" else None,
        mapping=mapping,
        is_saved=mapping.accounts != Mapping().accounts,
        accounts=records_of(connection, Kind.ACCOUNTS),
        vendors=records_of(connection, Kind.VENDORS),
        currency=connection.erp_currency,
    )
    if request.method == "POST" and form.is_valid():
        return _save(request, visit, form.as_mapping())
    shown = {
        "visit": visit,
        "connection": connection,
        "form": form,
        "is_read": bool(form.accounts),
        "headline": accounts_headline(
            connection, mapping, form.accounts, suggested=len(form.suggested)
        ),
        "read_at": read_at(connection),
        "offer": offer_of(request, connection, ("accounts", "vendors")),
    }
    return render(request, "web/accounts.html", shown)


@on_connection(write="operate")
def dimensions(request: HttpRequest, visit: Visit) -> HttpResponse:
    connection = visit.connection
    if request.method == "POST" and "read" in request.POST:
        return read_again(request, connection, "dimensions")
    counts = value_counts(connection, today=timezone.localdate())
    form = DimensionsForm(
        request.POST if request.method == "POST" else None,
        mapping=load_mapping(connection),
        dimensions=records_of(connection, Kind.DIMENSIONS),
        values={code: count.active for code, count in counts.items()},
    )
    if request.method == "POST" and form.is_valid():
        return _save(request, visit, form.as_mapping())
    shown = {
        "visit": visit,
        "connection": connection,
        "form": form,
        "headline": _filled(form),
        "read_at": read_at(connection),
        "offer": offer_of(request, connection, ("dimensions",)),
    }
    return render(request, "web/dimensions.html", shown)


def _filled(form: DimensionsForm) -> words.Headline:
    count = len(form.dimensions)
    if not count:
        return words.Headline("quiet", _("No dimension is filled from tags."))
    text = ngettext(
        "%(count)s dimension is filled from tags.",
        "%(count)s dimensions are filled from tags.",
        count,
    )
    return words.Headline("ok", words.counted(text, count))


@on_connection(write="operate")
def posting(request: HttpRequest, visit: Visit) -> HttpResponse:
    connection = visit.connection
    form = PostingForm(
        request.POST if request.method == "POST" else None,
        mapping=load_mapping(connection),
        supports_draft=_supports_draft(connection),
    )
    if request.method == "POST" and form.is_valid():
        return _save(request, visit, form.as_mapping())
    shown = {
        "visit": visit,
        "connection": connection,
        "form": form,
        "offer": offer_of(request, connection, ("posting",)),
    }
    return render(request, "web/posting.html", shown)


def _supports_draft(connection: Connection) -> bool:
    if connection.erp_kind not in erp_adapters.ADAPTERS:
        return True
    return erp_adapters.get(connection.erp_kind).capabilities.supports_draft


def _save(request: HttpRequest, visit: Visit, mapping: Mapping) -> HttpResponse:
    save_mapping(connection=visit.connection, mapping=mapping, author=visit.user)
    if visit.connection.state == Connection.State.SETUP:
        messages.success(request, _("Saved."))
        return redirect(go_on_at(visit.connection))
    messages.success(request, _("Saved. It counts for entries that are booked from now on."))
    return redirect(f"{request.path}?{SAVED}=1")


def read_again(request: HttpRequest, connection: Connection, page: str) -> HttpResponse:
    if not connection.erp_kind:
        messages.warning(request, _("Connect the accounting system first."))
    elif read_catalog(request, connection):
        messages.success(request, _("Read again."))
    return redirect(page, connection.public_id)
