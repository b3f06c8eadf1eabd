"""What staff can do: a question that names the consequence, then a deed that the customer can read
about in their audit log. No deed needs a look at the database."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_scopes import scope

from erp_adapters.errors import RemoteError
from pleo_connector.connections import actions
from pleo_connector.connections import support as connections
from pleo_connector.connections.models import Connection, WebhookEvent
from pleo_connector.exports import support as exports
from pleo_connector.exports.models import ExportJob
from pleo_connector.ops.tables import named
from pleo_connector.ops.visit import for_staff
from pleo_connector.tenants.models import User
from pleo_connector.web.question import Question, ask
from pleo_connector.web.visit import user_of
from pleo_connector.web.words import Text, books_of

State = Connection.State


@dataclass(frozen=True, slots=True)
class Deed:
    """`does` gets the connection, the person and what the address names beside them."""

    title: Text
    consequences: Sequence[Text]  # what happens, what does not, whether it can be undone
    action: Text
    done: Text
    does: Callable[[Connection, User, Any], object]
    states: Sequence[str] = (State.LIVE,)
    target: str = ""  # "event" or "job", which the address names
    is_grave: bool = False


def _tell_again(connection: Connection, user: User, job: ExportJob) -> None:
    exports.tell_pleo_again(job=job, actor=user, now=timezone.now())


DEEDS: dict[str, Deed] = {
    "run-now": Deed(
        gettext_lazy("Ask Pleo for exports now"),
        (
            gettext_lazy("The next free worker asks Pleo for exports and books them."),
            gettext_lazy("What is booked already is not booked twice."),
        ),
        gettext_lazy("Ask Pleo now"),
        gettext_lazy("Pleo is asked by the next free worker."),
        lambda connection, user, target: connections.run_now(connection=connection, actor=user),
    ),
    "pause": Deed(
        gettext_lazy("Pause this connection"),
        (
            gettext_lazy("No worker takes it up any more; one that is at work ends its run."),
            gettext_lazy("Exports wait in Pleo for an hour and then have to be made again."),
            gettext_lazy("Resuming it goes on where it stopped."),
        ),
        gettext_lazy("Pause the connection"),
        gettext_lazy("Paused."),
        lambda connection, user, target: actions.pause(connection=connection, actor=user),
        is_grave=True,
    ),
    "resume": Deed(
        gettext_lazy("Resume this connection"),
        (
            gettext_lazy("Pleo is told that the connection works, and is asked for exports."),
            gettext_lazy("What is booked already is not booked twice."),
        ),
        gettext_lazy("Resume the connection"),
        gettext_lazy("Resumed."),
        lambda connection, user, target: actions.go_live(connection=connection, actor=user),
        states=(State.PAUSED,),
    ),
    "release-lease": Deed(
        gettext_lazy("Take the connection from its worker"),
        (
            gettext_lazy("Another worker takes it over at once."),
            gettext_lazy("The present worker, if it still lives, can neither write nor call."),
            gettext_lazy("What it may have booked last is looked up before anything is booked."),
            gettext_lazy("It cannot be undone, and nothing is lost by it."),
        ),
        gettext_lazy("Take it from the worker"),
        gettext_lazy("The next free worker takes it over."),
        lambda connection, user, target: connections.release_lease(
            connection=connection, actor=user
        ),
        states=tuple(State),
        is_grave=True,
    ),
    "look-up": Deed(
        gettext_lazy("Look up vouchers in doubt"),
        (
            gettext_lazy("The accounting system is asked for each by its reference."),
            gettext_lazy("One that is not found counts as not booked; nothing is booked by this."),
            gettext_lazy("Where it cannot tell, a person of the customer is asked again."),
        ),
        gettext_lazy("Look them up now"),
        gettext_lazy("They are looked up by the next free worker."),
        lambda connection, user, target: exports.look_up_again(connection=connection, actor=user),
    ),
    "replay": Deed(
        gettext_lazy("Replay this notification"),
        (
            gettext_lazy("It counts as if it had just come: Pleo is asked for what it is about."),
            gettext_lazy("What is booked already is not booked twice."),
        ),
        gettext_lazy("Replay the notification"),
        gettext_lazy("Pleo is asked by the next free worker."),
        lambda connection, user, event: connections.replay(event=event, actor=user),
        target="event",
    ),
    "resend": Deed(
        gettext_lazy("Tell Pleo the results again"),
        (
            gettext_lazy("Pleo gets the result of every entry of this export once more."),
            gettext_lazy("Nothing is booked by this, and the same result twice is one result."),
            gettext_lazy("Where Pleo has closed the export it may refuse; the run then says so."),
        ),
        gettext_lazy("Tell Pleo again"),
        gettext_lazy("The next free worker tells Pleo."),
        _tell_again,
        target="job",
    ),
}


@for_staff
def act(request: HttpRequest, public_id: UUID, deed: str) -> HttpResponseBase:
    connection = get_object_or_404(Connection.objects.select_related("tenant"), public_id=public_id)
    if deed not in DEEDS:
        raise Http404("No such deed.")
    chosen, target = DEEDS[deed], _target(request, connection, DEEDS[deed])
    back = reverse("ops-connection", args=[public_id])
    if connection.state not in chosen.states:
        messages.warning(request, _("Nothing was done: the connection is in another state."))
        return redirect(back)
    if request.method != "POST":
        return ask(request, _question(chosen, connection, back))
    try:
        with scope(tenant=connection.tenant):
            chosen.does(connection, user_of(request), target)
    except RemoteError as error:
        why = _("Pleo could not be told, so nothing changed. %(why)s") % {"why": error.message}
        messages.error(request, why)
    else:
        messages.success(request, str(chosen.done))
    return redirect(back)


def _target(request: HttpRequest, connection: Connection, deed: Deed) -> Any:
    """What the address names beside the connection; it has to belong to it."""
    key = request.GET.get(deed.target, "") if deed.target else ""
    if deed.target == "event":
        rows = WebhookEvent.objects.select_related("connection__tenant")
        return get_object_or_404(rows, connection=connection, pk=key if key.isdecimal() else 0)
    if deed.target == "job":
        jobs = ExportJob.objects.select_related("connection__tenant")
        return get_object_or_404(jobs, connection=connection, pk=key if key.isdecimal() else 0)
    return None


def _question(deed: Deed, connection: Connection, back: str) -> Question:
    company = {"company": connection.tenant.name}
    whose = _("The audit log of %(company)s says that support did it.") % company
    return Question(
        title=f"{deed.title}: {named(connection)}\N{NO-BREAK SPACE}→ {books_of(connection)}",
        consequences=[*map(str, deed.consequences), whose],
        action=str(deed.action),
        keep=_("Do nothing"),
        back=back,
        is_grave=deed.is_grave,
    )
