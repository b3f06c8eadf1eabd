"""Connecting Pleo: the way there, and the way back with a code that is used once."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django_scopes import scope

from erp_adapters.errors import AuthenticationFailed, NotAllowed, RemoteError
from pleo_connector.catalog.wakes import retry_after_reconnect
from pleo_connector.connections.actions import (
    connect_pleo,
    connect_pleo_by_key,
    ensure_subscription,
)
from pleo_connector.connections.first_look import CannotConnect
from pleo_connector.connections.grants import oauth_client
from pleo_connector.connections.models import Connection
from pleo_connector.connections.queries import get_connection
from pleo_connector.web import said
from pleo_connector.web.forms.pleo import KeyForm
from pleo_connector.web.rights import rights
from pleo_connector.web.steps import go_on_at
from pleo_connector.web.visit import Visit, on_connection, user_of

STATES = "pleo_states"  # session key: what we asked Pleo for, by state
MAX_AGE = timedelta(minutes=15)
MAX_STATES = 5  # a person who starts over and over keeps the newest


@on_connection(is_action=True)
def connect(request: HttpRequest, visit: Visit) -> HttpResponse:
    company_id = visit.connection.pleo_company_id
    urn = f"urn:pleo:company:{company_id}" if company_id else ""
    url, state, verifier = oauth_client().authorization_url(company_urn=urn)
    states: dict[str, Any] = request.session.get(STATES, {})
    newest = list(states.items())[-(MAX_STATES - 1) :]
    request.session[STATES] = dict(newest) | {
        state: {
            "connection": str(visit.connection.public_id),
            "verifier": verifier,
            "at": timezone.now().isoformat(),
        }
    }
    return HttpResponseRedirect(url)


@login_required
def callback(request: HttpRequest) -> HttpResponse:
    """Nothing is exchanged without a state that this session made, once, a short while ago."""
    asked = _take(request, request.GET.get("state", ""))
    if asked is None:
        sentence = _("This answer from Pleo does not belong to a connection that you just started.")
        return _start_over(request, None, sentence)
    connection, _seat = get_connection(user_of(request), UUID(asked["connection"]), to="configure")
    if request.GET.get("error") == "access_denied":
        sentence = _("Pleo access was not allowed. Nothing was changed.")
        return _start_over(request, connection, sentence, status=200)
    code = request.GET.get("code", "")
    if not code or request.GET.get("error"):
        sentence = _("Pleo did not give access. Nothing was changed.")
        return _start_over(request, connection, sentence)
    with scope(tenant=connection.tenant):
        return _connect(request, connection, code, asked["verifier"])


def _take(request: HttpRequest, state: str) -> dict[str, str] | None:
    """What was asked with this state; it is forgotten before anything else happens."""
    states: dict[str, dict[str, str]] = request.session.get(STATES, {})
    asked = states.pop(state, None)
    if asked is None:
        return None
    request.session[STATES] = states
    is_old = timezone.now() - datetime.fromisoformat(asked["at"]) > MAX_AGE
    return None if is_old else asked


def _connect(
    request: HttpRequest, connection: Connection, code: str, verifier: str
) -> HttpResponse:
    try:
        connect_pleo(
            connection=connection,
            code=code,
            verifier=verifier,
            actor=user_of(request),
            now=timezone.now(),
        )
    except CannotConnect as error:
        return _start_over(request, connection, str(error))
    except RemoteError as error:
        sentence = _("Pleo could not be connected. %(why)s") % {"why": said.again(error.message)}
        return _start_over(request, connection, sentence)
    retry_after_reconnect(connection=connection, now=timezone.now())
    done = _("Connected to %(company)s in Pleo.") % {"company": connection.pleo_company_name}
    messages.success(request, done)
    return _connected(request, connection)


def _connected(request: HttpRequest, connection: Connection) -> HttpResponse:
    """To the next step while it is being set up."""
    if connection.state == Connection.State.SETUP:
        return redirect(go_on_at(connection))
    if warning := ensure_subscription(connection=connection):
        messages.warning(request, warning)
    return redirect("connection", connection.public_id)


@on_connection()
def key(request: HttpRequest, visit: Visit) -> HttpResponse:
    """An API key of Pleo, for those who cannot use OAuth."""
    connection = visit.connection
    form = KeyForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _connect_by_key(visit, form):
        text = _("Connected to %(company)s in Pleo. It may: %(rights)s.")
        allowed = connection.pleo_grant.scopes.split()
        filled = {"company": connection.pleo_company_name, "rights": rights(allowed)}
        messages.success(request, text % filled)
        return _connected(request, connection)
    shown = {"visit": visit, "connection": connection, "form": form}
    return render(request, "web/pleo_key.html", shown)


def _connect_by_key(visit: Visit, form: KeyForm) -> bool:
    connection, given = visit.connection, form.cleaned_data["key"]
    try:
        connect_pleo_by_key(connection=connection, key=given, actor=visit.user, now=timezone.now())
    except CannotConnect as error:
        form.add_error("key", str(error))
    except AuthenticationFailed:
        form.add_error("key", _("Pleo does not accept this key. Copy it once more, whole."))
    except NotAllowed as error:
        text = _("This key lacks rights. Make another one in Pleo. %(why)s")
        form.add_error("key", text % {"why": said.again(error.message)})
    except RemoteError as error:
        form.add_error(
            "key", _("Pleo could not be connected. %(why)s") % {"why": said.again(error.message)}
        )
    return not form.errors


def _start_over(
    request: HttpRequest, connection: Connection | None, sentence: str, *, status: int = 400
) -> HttpResponse:
    shown = {"connection": connection, "sentence": sentence}
    return render(request, "web/pleo_callback.html", shown, status=status)
