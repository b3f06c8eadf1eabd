"""Home, and companies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models.functions import Lower
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_scopes import scope

from pleo_connector.catalog.models import SyncPlan
from pleo_connector.catalog.queries import next_syncs, plans_to_decide
from pleo_connector.connections.actions import create_connection
from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob
from pleo_connector.exports.shown import counts_of, latest_jobs, waiting_entries
from pleo_connector.tenants.actions import create_tenant
from pleo_connector.tenants.models import Tenant
from pleo_connector.web import export_words, words
from pleo_connector.web.fixes import Fix, erp_url, problems_url
from pleo_connector.web.forms.company import CompanyForm
from pleo_connector.web.menu import problems_of
from pleo_connector.web.problems import list_headline
from pleo_connector.web.tables.home import HomeTable
from pleo_connector.web.visit import COMPANY, Seat, admit, current_membership, user_of


@dataclass(frozen=True, slots=True)
class Row:
    """One connection on the home page."""

    connection: Connection
    job: ExportJob | None
    headline: words.Headline | None  # of the last export
    waiting: int
    problems: int
    plans: int  # that wait for an approval
    next_sync: datetime | None  # of tags, accounts and the like
    todo: Sequence[Fix]  # the most urgent first

    @property
    def badge(self) -> words.Badge:
        return words.connection_badge(self.connection)

    @property
    def problems_url(self) -> str:
        return problems_url(self.connection)


@login_required
def home(request: HttpRequest) -> HttpResponse:
    if chosen := request.GET.get("company"):
        request.session[COMPANY] = chosen
        return redirect("home")
    membership = current_membership(request)
    if membership is None:
        return render(request, "web/company_new.html", {"form": CompanyForm(), "is_first": True})
    admit(request, membership)
    with scope(tenant=membership.tenant):
        rows = _rows(membership.tenant, problems_of(request), may=_may(membership))
        shown = {
            "table": HomeTable(rows),
            "rows": rows,
            "problems": sum(row.problems for row in rows),
            "headline": _headline(rows, can_mend=Seat(membership).can_operate),
            "can_configure": _may(membership),
        }
        return render(request, "web/home.html", shown)


def _may(membership: Any) -> bool:
    return Seat(membership).can_configure


def _rows(tenant: Tenant, problems: dict[int, int], *, may: bool) -> list[Row]:
    connections = list(
        Connection.objects.filter(tenant=tenant)
        .select_related("pleo_grant")
        .order_by(Lower("pleo_company_name"), "pk")
    )
    connections.sort(key=lambda x: not x.pleo_company_name)  # those without a name come last
    jobs = latest_jobs(connections)
    for connection in connections:
        if connection.pk in jobs:
            jobs[connection.pk].connection = connection
    counts = counts_of(list(jobs.values()))
    waiting, plans = waiting_entries(connections), plans_to_decide(connections)
    syncs = next_syncs(connections)
    return [
        Row(
            x,
            jobs.get(x.pk),
            export_words.export_headline(jobs[x.pk], counts[jobs[x.pk].pk])
            if x.pk in jobs
            else None,
            waiting.get(x.pk, 0),
            problems.get(x.pk, 0),
            len(plans.get(x.pk, [])),
            syncs.get(x.pk) if x.state == Connection.State.LIVE else None,
            list(_todo(x, problems.get(x.pk, 0), plans.get(x.pk, []), may=may)),
        )
        for x in connections
    ]


def _todo(
    connection: Connection, problems: int, plans: list[SyncPlan], *, may: bool
) -> Iterator[Fix]:
    """What the person does next, and where; nothing where there is nothing to do."""
    here = reverse("connection", args=[connection.public_id])
    if connection.state == Connection.State.SETUP:
        label = _("Go on setting up") if may else _("Look at the set-up")
        yield Fix(label, reverse("setup", args=[connection.public_id]))
        return
    if not may and words.connection_badge(connection).tone != "ok":
        yield Fix(_("Look at the connection"), here)
    if words.is_pleo_dead(connection) and may:
        yield Fix(_("Reconnect Pleo"), here)
    if connection.erp_problem and may:
        yield Fix(words.reconnect(words.erp_label(connection)), erp_url(connection))
    if problems:
        yield Fix(_("Look at the problems"), problems_url(connection))
    if connection.state == Connection.State.PAUSED and may:
        yield Fix(_("Resume"), here)
    if len(plans) == 1:
        ids = [connection.public_id, plans[0].run.public_id]
        yield Fix(_("Look at the plan"), reverse("plan", args=ids))
    elif plans:
        yield Fix(_("Look at the plans"), reverse("syncs", args=[connection.public_id]))


def _headline(rows: list[Row], *, can_mend: bool) -> words.Headline:
    """Whether all is well, over all connections."""
    begun = sum(row.connection.state == Connection.State.SETUP for row in rows)
    tones = [words.connection_badge(row.connection).tone for row in rows]
    broken = tones.count("attention") - begun
    problems = sum(row.problems for row in rows)
    waiting = sum(row.waiting for row in rows)
    if not rows:
        return words.Headline("quiet", _("Nothing is connected yet."))
    shut = ngettext(
        "%(count)s connection has lost its access.",
        "%(count)s connections have lost their access.",
        broken,
    )
    begin = ngettext(
        "%(count)s connection is being set up.", "%(count)s connections are being set up.", begun
    )
    waits = ngettext(
        "%(count)s entry is waiting to be booked.",
        "%(count)s entries are waiting to be booked.",
        waiting,
    )
    plans = sum(row.plans for row in rows)
    found = (
        *((broken, shut), (begun, begin)),
        *((plans, words.plans_wait(plans)), (waiting, waits)),
    )
    rest = [words.counted(text, count) for count, text in found if count]
    if problems:
        return replace(list_headline(problems, can_mend=can_mend), detail=" ".join(rest))
    if rest:
        tone: words.Tone = "attention" if broken or begun or plans else "busy"
        return words.Headline(tone, rest[0], detail=" ".join(rest[1:]))
    if not any(row.job for row in rows):
        text = _("All is connected. Exports appear here when Pleo has some.")
        return words.Headline("ok", text)
    return words.Headline("ok", _("All is well: nothing needs you."))


@login_required
def tenant_new(request: HttpRequest) -> HttpResponse:
    form = CompanyForm(request.POST or None)
    is_first = current_membership(request) is None
    if request.method == "POST" and form.is_valid():
        tenant = create_tenant(name=form.cleaned_data["name"], owner=user_of(request))
        request.session[COMPANY] = str(tenant.public_id)
        if is_first:  # what comes next is clear
            with scope(tenant=tenant):
                connection = create_connection(tenant=tenant, actor=user_of(request))
            return redirect("setup", connection.public_id)
        return redirect("home")
    return render(request, "web/company_new.html", {"form": form, "is_first": is_first})
