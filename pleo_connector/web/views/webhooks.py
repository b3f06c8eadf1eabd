"""Programs of a customer that are told of problems: addresses, their secret, and what was sent."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from pleo_connector.history.messages import (
    CannotAdd,
    add_endpoint,
    remove_endpoint,
    send_again,
    send_test,
)
from pleo_connector.history.models import WebhookEndpoint
from pleo_connector.history.queries import endpoints_of, given_up, sent_to_endpoints
from pleo_connector.web.forms.webhooks import WebhookForm
from pleo_connector.web.question import Question, ask
from pleo_connector.web.tables.base import page_of
from pleo_connector.web.tables.webhooks import MessageTable
from pleo_connector.web.visit import Seat, on_company, require
from pleo_connector.web.words import Headline, counted


@never_cache
@on_company
def webhooks(request: HttpRequest, seat: Seat) -> HttpResponse:
    form = WebhookForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        require(seat)
        if form.is_valid():
            try:
                endpoint, secret = add_endpoint(
                    tenant=seat.tenant,
                    url=form.cleaned_data["url"],
                    actor=seat.user,
                    now=timezone.now(),
                )
            except CannotAdd as problem:
                form.add_error("url", str(problem))
            else:
                shown = {"endpoint": endpoint, "secret": secret}
                return render(request, "web/webhook_made.html", shown)
    endpoints, sent = endpoints_of(seat.tenant), sent_to_endpoints(seat.tenant)
    shown = {
        "form": form,
        "endpoints": endpoints,
        "headline": _headline(len(endpoints), given_up(sent).count()),
        "table": MessageTable(page_of(request, sent), can_send=seat.can_configure),
        "can_configure": seat.can_configure,
    }
    return render(request, "web/webhooks.html", shown)


def _headline(told: int, lost: int) -> Headline:
    if not told:
        return Headline("quiet", _("No program is told of problems."))
    text = ngettext(
        "%(count)s address is told of problems.", "%(count)s addresses are told of problems.", told
    )
    if not lost:
        return Headline("ok", counted(text, told))
    gone = ngettext("%(count)s message was given up.", "%(count)s messages were given up.", lost)
    return Headline("attention", counted(gone, lost), detail=counted(text, told))


def _endpoint(seat: Seat, public_id: UUID) -> WebhookEndpoint:
    rows = WebhookEndpoint.objects.filter(tenant=seat.tenant, ended_at=None)
    endpoint: WebhookEndpoint = get_object_or_404(rows, public_id=public_id)
    return endpoint


@on_company
def test(request: HttpRequest, seat: Seat, public_id: UUID) -> HttpResponse:
    endpoint = _endpoint(seat, public_id)
    if request.method == "POST":
        require(seat)
        send_test(endpoint=endpoint, actor=seat.user, now=timezone.now())
        messages.success(request, _("A test is on its way. The list says whether it arrived."))
    return redirect("webhooks")


@on_company
def remove(request: HttpRequest, seat: Seat, public_id: UUID) -> HttpResponse:
    endpoint = _endpoint(seat, public_id)
    require(seat)
    if request.method == "POST":
        remove_endpoint(endpoint=endpoint, actor=seat.user, now=timezone.now())
        messages.success(request, _("The address is not told any more."))
        return redirect("webhooks")
    question = Question(
        title=_("Stop telling %(url)s?") % {"url": endpoint.url},
        consequences=[
            _("Nothing is sent there any more, and what waits is given up."),
            _("Its secret is of no use any more."),
            _("It can be added again, with a new secret."),
        ],
        action=_("Remove the address"),
        keep=_("Keep it"),
        back=reverse("webhooks"),
        is_grave=True,
    )
    return ask(request, question)


@on_company
def again(request: HttpRequest, seat: Seat, public_id: UUID) -> HttpResponse:
    message = get_object_or_404(sent_to_endpoints(seat.tenant), public_id=public_id)
    require(seat)
    assert message.endpoint  # of each that is listed
    if request.method == "POST":
        if send_again(message=message, actor=seat.user, now=timezone.now()):
            messages.success(request, _("It is on its way. The list says whether it arrived."))
        else:
            messages.error(request, _("That message is not given up any more."))
        return redirect("webhooks")
    question = Question(
        title=_("Send this message again?"),
        consequences=[
            _("%(url)s is sent the same message, and it is tried for some days as before.")
            % {"url": message.endpoint.url},
            _("A program that has it already knows it as the same message."),
        ],
        action=_("Send again"),
        keep=_("Leave it given up"),
        back=reverse("webhooks"),
    )
    return ask(request, question)
