"""Runs that stand still: why, and the deed that gets them going again."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Run
from pleo_connector.web.templatetags.words import lasted
from pleo_connector.web.words import Headline


@dataclass(frozen=True, slots=True)
class Mend:
    """The button that asks before it does anything."""

    deed: str
    icon: str
    label: str
    url: str


def is_held(connection: Connection) -> bool:
    return connection.lease_until is not None and connection.lease_until > timezone.now()


def why_stuck(run: Run) -> str:
    if run.state == Run.State.WAITING:
        return _("Its wait is over, and nobody goes on.")
    if not is_held(run.connection):
        return _("Nobody works on it.")
    return _("%(worker)s holds it and does not get on.") % {"worker": run.connection.lease_holder}


def mend_of(connection: Connection) -> Mend:
    """From whoever holds it; where nobody does, the next free worker is called."""
    deed, icon, label = "run-now", "refresh-cw", _("Ask Pleo now")
    if is_held(connection):
        deed, icon, label = "release-lease", "unplug", _("Take it from its worker")
    return Mend(deed, icon, label, reverse("ops-act", args=[connection.public_id, deed]))


def headline_of(run: Run, *, of_connection: bool = False) -> Headline:
    """Of a run as `queries.stuck_runs` reads it: with the moment of its last step."""
    text = _("The run is stuck: no step for %(time)s.")
    if of_connection:
        text = _("A run is stuck: no step for %(time)s.")
    for_long = lasted(timezone.now() - run.moved)  # type: ignore[attr-defined]
    return Headline("bad", text % {"time": for_long}, detail=why_stuck(run))
