"""Accounts of the ERP beside those of Pleo, and which of them no category uses yet."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from erp_adapters.errors import RemoteError
from erp_adapters.ledger import Account
from pleo_connector.catalog.account_use import ask_account_use
from pleo_connector.catalog.models import Entity, SyncKind
from pleo_connector.catalog.queries import latest_plans, records_of, sync_settings
from pleo_connector.catalog.records import Kind
from pleo_connector.connections.erp import open_pleo
from pleo_connector.connections.models import Connection
from pleo_connector.web import said
from pleo_connector.web.forms.values import AccountsForm
from pleo_connector.web.tables.base import Empty, page_of
from pleo_connector.web.tables.values import AccountTable
from pleo_connector.web.value_rows import account_rows
from pleo_connector.web.views.sync_values import ROWS, compared_at
from pleo_connector.web.visit import Visit, on_connection
from pleo_connector.web.words import Headline, Tone, counted, erp_label, has_pleo, number


@on_connection(write="operate")
def sync_accounts(request: HttpRequest, visit: Visit) -> HttpResponse:
    connection = visit.connection
    if request.method == "POST":
        return _ask(request, connection)
    chosen = sync_settings(connection)
    unused = set(chosen.unused_accounts or ())
    accounts: list[Account] = records_of(connection, Kind.ACCOUNTS)
    form = AccountsForm(request.GET)
    page = page_of(request, form.found(accounts, unused), per_page=ROWS)
    plan = latest_plans(connection).get(SyncKind.ACCOUNTS)
    found = plan.items.filter(entity=Entity.ACCOUNT, key__in=[x.id for x in page]) if plan else ()
    items = {item.key: item for item in found}
    compared = compared_at(connection, SyncKind.ACCOUNTS)
    table = AccountTable(
        account_rows(list(page), items, plan, compared_at=compared),
        page=page,
        unused=chosen.unused_accounts,
        system=erp_label(connection),
        empty=_empty(connection, accounts),
    )
    shown = {
        "visit": visit,
        "connection": connection,
        "headline": _headline(accounts, unused, is_compared=compared is not None),
        "pleo_url": settings.PLEO_APP_URL if unused else "",
        "filter": {"fields": list(form)} if accounts else None,
        "table": table,
        "compared_at": compared,
        "asked_at": chosen.unused_asked_at,
        "can_ask": visit.can_operate and has_pleo(connection),
    }
    return render(request, "web/sync_accounts.html", shown)


def _empty(connection: Connection, accounts: list[Account]) -> Empty:
    if accounts:
        return Empty(_("No account matches."), "?", _("Show all"))
    return Empty(
        _("They are read when the accounting system is connected."),
        reverse("erp-choose", args=[connection.public_id]),
        _("Connect the accounting system"),
    )


def _headline(accounts: list[Account], unused: set[str], *, is_compared: bool) -> Headline:
    if not accounts:
        return Headline("quiet", _("No accounts have been read yet."))
    usable = [x for x in accounts if x.is_active and x.is_postable]
    text = _("%(some)s of %(all)s accounts belong in Pleo.")
    if not is_compared:
        text = _("%(some)s of %(all)s accounts belong in Pleo, and are not compared with it yet.")
    filled = {"some": number(len(usable)), "all": number(len(accounts))}
    idle = sum(x.id in unused for x in usable)
    detail = ngettext(
        "No category uses %(count)s of them yet, so no expense reaches it.",
        "No category uses %(count)s of them yet, so no expense reaches them.",
        idle,
    )
    tone: Tone = "attention" if idle else "ok" if is_compared else "busy"
    return Headline(tone, text % filled, detail=counted(detail, idle) if idle else "")


def _ask(request: HttpRequest, connection: Connection) -> HttpResponse:
    try:
        if not has_pleo(connection) or not connection.pleo_company_id:
            raise ValueError(_("Connect Pleo first."))
        pleo = open_pleo(connection, is_sync=True)
        ask_account_use(connection=connection, pleo=pleo, now=timezone.now())
    except (RemoteError, ValueError) as error:
        why = said.again(error.message if isinstance(error, RemoteError) else str(error))
        text = _("Pleo could not be asked about its categories. %(why)s")
        messages.error(request, text % {"why": why})
    else:
        messages.success(request, _("Pleo was asked which accounts its categories use."))
    return redirect("sync-accounts", connection.public_id)
