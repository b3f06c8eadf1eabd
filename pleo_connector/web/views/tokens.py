"""Keys for programs: made, shown once, and revoked."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from pleo_connector.tenants.models import ApiScope
from pleo_connector.tenants.queries import get_token, tokens_at_work, tokens_of
from pleo_connector.tenants.tokens import create_token, revoke_token
from pleo_connector.web.forms.tokens import TokenForm
from pleo_connector.web.question import Question, ask
from pleo_connector.web.tables.base import page_of
from pleo_connector.web.tables.tokens import SOON, TokenTable
from pleo_connector.web.visit import Seat, on_company, require
from pleo_connector.web.words import Headline, counted


@never_cache
@on_company
def tokens(request: HttpRequest, seat: Seat) -> HttpResponse:
    now = timezone.now()
    posted = request.POST if request.method == "POST" else None
    form = TokenForm(posted, initial=_like(request, seat))
    if request.method == "POST":
        require(seat)
        if form.is_valid():
            return _made(request, seat, form)
    page = page_of(request, tokens_of(seat.tenant))
    shown = {
        "form": form,
        "headline": _headline(*tokens_at_work(seat.tenant, now=now, soon=now + SOON)),
        "table": TokenTable(page, now=now, can_configure=seat.can_configure),
        "can_configure": seat.can_configure,
    }
    return render(request, "web/tokens.html", shown)


def _like(request: HttpRequest, seat: Seat) -> dict[str, Any]:
    """A new one may do what the old one, that it follows, may."""
    try:
        old = get_token(seat.tenant, UUID(request.GET.get("like", "")))
    except (ValueError, Http404):
        return {}
    return {"name": old.name, "scopes": old.scopes}


def _headline(count: int, ending: int) -> Headline:
    if not count:
        return Headline("quiet", _("No program has access."))
    text = counted(ngettext("%(count)s token works.", "%(count)s tokens work.", count), count)
    if not ending:
        return Headline("ok", text)
    soon = ngettext("%(count)s token ends soon.", "%(count)s tokens end soon.", ending)
    return Headline("attention", counted(soon, ending), detail=text)


def _made(request: HttpRequest, seat: Seat, form: TokenForm) -> HttpResponse:
    """The one page that shows the token; what is stored is only its hash."""
    token, secret = create_token(
        tenant=seat.tenant,
        name=form.cleaned_data["name"],
        scopes=form.cleaned_data["scopes"],
        expires_at=form.expires_at(timezone.now()),
        actor=seat.user,
    )
    names = dict(ApiScope.choices)
    shown = {"token": token, "secret": secret, "may": [names[x] for x in token.scopes]}
    return render(request, "web/token_made.html", shown)


@on_company
def revoke(request: HttpRequest, seat: Seat, public_id: UUID) -> HttpResponse:
    token = get_token(seat.tenant, public_id)
    require(seat)
    names = {"name": token.name}
    if request.method == "POST":
        revoke_token(token=token, actor=seat.user, now=timezone.now())
        messages.success(request, _("The token of %(name)s is revoked.") % names)
        return redirect("tokens")
    question = Question(
        title=_("Revoke the token of %(name)s?") % names,
        consequences=[
            _("From now on the program is refused with every call."),
            _("What it did stays, and stays in the audit log."),
            _("It cannot be undone. The program needs a new token to come back."),
        ],
        action=_("Revoke the token of %(name)s") % names,
        keep=_("Keep it"),
        back=reverse("tokens"),
        is_grave=True,
    )
    return ask(request, question)
