"""Connecting an ERP: any of them, from what its adapter declares."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

import erp_adapters
from erp_adapters.base import Access, ErpAdapter
from erp_adapters.errors import RemoteError, Unavailable
from erp_adapters.ledger import Company
from pleo_connector.catalog.actions import refresh_catalog
from pleo_connector.catalog.wakes import retry_after_reconnect
from pleo_connector.connections.actions import store_erp_access
from pleo_connector.connections.erp import choices, open_erp
from pleo_connector.connections.models import Connection, ErpCredentials
from pleo_connector.exports.moved import move_books
from pleo_connector.web import pending, said
from pleo_connector.web.forms.erp import ErpForm
from pleo_connector.web.manual import manual_of
from pleo_connector.web.steps import go_on_at
from pleo_connector.web.visit import Visit, on_connection


@on_connection()
def choose(request: HttpRequest, visit: Visit) -> HttpResponse:
    shown = {
        "visit": visit,
        "connection": visit.connection,
        "choices": [(x.kind, x.label) for x in choices()],
    }
    return render(request, "web/erp_choose.html", shown)


@on_connection()
def connect(request: HttpRequest, visit: Visit, kind: str) -> HttpResponse:
    adapter = _adapter(visit.connection, kind)
    if "confirm" in request.GET:
        return _confirm(request, visit, adapter)
    form = _form(request, visit.connection, adapter)
    if request.method == "POST" and form.is_valid():
        company = _tested(form)
        if company:
            values = (form.settings(), form.secrets())
            pending.keep(request.session, visit.connection, kind, *values, company)
            here = reverse("erp-connect", args=[visit.connection.public_id, kind])
            return redirect(f"{here}?confirm")
    shown = _shown(visit, adapter) | {
        "form": form,
        "manual": manual_of(adapter, language=request.LANGUAGE_CODE),
    }
    return render(request, "web/erp_connect.html", shown)


def _shown(visit: Visit, adapter: type[ErpAdapter]) -> dict[str, Any]:
    """A class itself would be called by the template."""
    connection = visit.connection
    return {
        "visit": visit,
        "connection": connection,
        "kind": adapter.kind,
        "erp": adapter.label,
        "is_again": connection.erp_kind == adapter.kind,
    }


def _adapter(connection: Connection, kind: str) -> type[ErpAdapter]:
    """A hidden kind can still be reconnected where it is in use."""
    if kind in erp_adapters.ADAPTERS:
        adapter = erp_adapters.get(kind)
        if kind == connection.erp_kind or adapter in choices():
            return adapter
    raise Http404("No such accounting system.")


def _form(request: HttpRequest, connection: Connection, adapter: type[ErpAdapter]) -> ErpForm:
    is_same = connection.erp_kind == adapter.kind
    stored = ErpCredentials.objects.filter(connection=connection).first() if is_same else None
    return ErpForm(
        request.POST if request.method == "POST" else None,
        adapter=adapter,
        stored_settings=connection.erp_settings if is_same else {},
        stored_secrets=stored.secrets if stored else {},
    )


def _open(
    adapter: type[ErpAdapter], erp_settings: dict[str, Any], secrets: dict[str, str]
) -> ErpAdapter:
    allowed = settings.ALLOW_PRIVATE_ADDRESSES
    return adapter(Access(settings=erp_settings, secrets=secrets, allow_private=allowed))


def _tested(form: ErpForm) -> Company | None:
    """The company behind what was entered; None, with a sentence on the form, where it fails."""
    try:
        return _open(form.adapter, form.settings(), form.secrets()).company()
    except ValueError as error:
        form.refuse(str(error))
    except Unavailable as error:
        what_to_do = _("Check the address, or try again in a few minutes.")
        form.refuse(f"{said.again(error.message)} {what_to_do}")
    except RemoteError as error:
        form.refuse(said.again(error.message))
    return None


def _confirm(request: HttpRequest, visit: Visit, adapter: type[ErpAdapter]) -> HttpResponse:
    """The company by name, before anything is kept. Another one than before needs a tick."""
    connection = visit.connection
    here = reverse("erp-connect", args=[connection.public_id, adapter.kind])
    waiting = pending.look(request.session, connection, adapter.kind)
    if waiting is None:
        messages.warning(request, _("The test was too long ago. Test the access once more."))
        return redirect(here)
    is_other = _is_other(connection, adapter, waiting)
    problem = ""
    if request.method == "POST":
        if not is_other or request.POST.get("switch"):
            return _store(request, visit, adapter, waiting, is_other=is_other)
        problem = _("Nothing was changed. Tick the box to book into the other company from now on.")
    shown = _shown(visit, adapter) | {
        "company": waiting.company,
        "is_other": is_other,
        "problem": problem,
        "back": here,
    }
    return render(request, "web/erp_confirm.html", shown)


def _is_other(connection: Connection, adapter: type[ErpAdapter], waiting: pending.Pending) -> bool:
    """Other books than before. Number 1 in another place is another company, unless it has the same
    name: then only its address has changed."""
    if not connection.erp_company_id:
        return False
    if (connection.erp_kind, connection.erp_company_id) != (adapter.kind, waiting.company.id):
        return True
    is_renamed = connection.erp_company_name != waiting.company.name
    return is_renamed and connection.erp_settings != waiting.settings


def _store(
    request: HttpRequest,
    visit: Visit,
    adapter: type[ErpAdapter],
    waiting: pending.Pending,
    *,
    is_other: bool,
) -> HttpResponse:
    connection = visit.connection
    store = move_books if is_other else store_erp_access
    store(
        connection=connection,
        kind=adapter.kind,
        erp_settings=waiting.settings,
        secrets=waiting.secrets,
        company=waiting.company,
        actor=visit.user,
        now=timezone.now(),
    )
    retry_after_reconnect(connection=connection, now=timezone.now())
    pending.forget(request.session)
    text = _("Connected to %(company)s in %(system)s.")
    messages.success(request, text % {"company": waiting.company.name, "system": adapter.label})
    read_catalog(request, connection)
    if connection.state == Connection.State.SETUP:
        return redirect(go_on_at(connection))
    return redirect("connection", connection.public_id)


def read_catalog(request: HttpRequest, connection: Connection) -> bool:
    """Read accounts, dimensions, tax codes and vendors anew; say so where that fails."""
    try:
        refresh_catalog(connection=connection, erp=open_erp(connection), now=timezone.now())
    except (RemoteError, ValueError) as error:
        sentence = said.again(error.message if isinstance(error, RemoteError) else str(error))
        messages.error(request, _("The accounts could not be read. %(why)s") % {"why": sentence})
        return False
    return True
