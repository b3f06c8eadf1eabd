"""The sentences that pages start with. Facts in, words out: no request, no database."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, TypeAlias

from babel import Locale
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

import erp_adapters
from pleo_connector.bookkeeping.sides import NAMES
from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Run
from pleo_connector.web import said

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# A lazy text becomes the reader's language when it is shown.
Text: TypeAlias = "str | _StrPromise"
# Each has a colour, an icon and always a word beside them.
Tone = Literal["ok", "busy", "attention", "bad", "quiet"]


@dataclass(frozen=True, slots=True)
class Badge:
    tone: Tone
    word: Text


@dataclass(frozen=True, slots=True)
class Headline:
    """`text`, then a moment where there is one, then `detail` as a sentence of its own."""

    tone: Tone
    text: str
    until: datetime | None = None
    detail: str = ""


def number(value: int) -> str:
    """12,345 as the reader writes it."""
    return number_format(value, force_grouping=True)


def counted(sentence: str, count: int) -> str:
    """The number into an `ngettext` that has a place for `%(count)s`."""
    return sentence % {"count": number(count)}


def entries(count: int) -> str:
    return counted(ngettext("%(count)s entry", "%(count)s entries", count), count)


def entry_type(name: str) -> str:
    known = NAMES.get(name)
    return _(known) if known else name.replace("_", " ").capitalize() or _("Entry")


def erp_label(connection: Connection) -> str:
    """The ERP's name; before one is chosen, what every ERP is."""
    if connection.erp_kind not in erp_adapters.ADAPTERS:
        return _("the accounting system")
    return erp_adapters.get(connection.erp_kind).label


def country(code: str) -> str:
    """DK is Denmark; what is no known code stays."""
    names = Locale.parse(get_language() or "en", sep="-").territories
    return str(names.get(code, code))


def books_of(connection: Connection) -> str:
    label = erp_label(connection)
    return f"{connection.erp_company_name} ({label})" if connection.erp_company_name else label


def run_waits(run: Run) -> Headline:
    """A run of any kind that goes on later, and for what it waits."""
    why = said.again(run.headline)
    if run.waiting_for == "reconnect":
        return Headline("attention", _("Reconnect Pleo to go on."), detail=why)
    if run.waiting_until is None:
        return Headline("busy", _("Waiting to go on."), detail=why)
    if run.waiting_for in ("us", ""):
        return Headline("busy", _("Trying again at"), run.waiting_until, why)
    text = _("Waiting for %(system)s until") % {"system": run.waiting_for}
    return Headline("busy", text, run.waiting_until, why)


def plans_wait(count: int) -> str:
    text = ngettext(
        "%(count)s plan waits for approval.", "%(count)s plans wait for approval.", count
    )
    return counted(text, count)


# -- Connections --------------------------------------------------------------------------------


def reconnect(system: str) -> str:
    return _("Reconnect %(system)s") % {"system": system}


def connection_badge(connection: Connection) -> Badge:
    if connection.state == Connection.State.SETUP:
        return Badge("attention", gettext_lazy("Being set up"))
    if is_pleo_dead(connection):
        return Badge("attention", gettext_lazy("No access to Pleo"))
    if connection.erp_problem:
        names = {"system": erp_label(connection)}
        return Badge("attention", _("No access to %(system)s") % names)
    if connection.state == Connection.State.PAUSED:
        return Badge("quiet", gettext_lazy("Paused"))
    return Badge("ok", gettext_lazy("Live"))


def connection_headline(connection: Connection) -> Headline:
    """Whether the connection works, in one sentence."""
    label = erp_label(connection)
    if connection.state == Connection.State.SETUP:
        text = _("This connection is being set up. Nothing is booked yet.")
        return Headline("attention", text)
    if is_pleo_dead(connection):
        reason = said.again(connection.pleo_grant.dead_reason)
        return Headline("attention", _("Reconnect Pleo to go on."), detail=reason)
    if connection.erp_problem:
        text = _("Reconnect %(system)s to go on.") % {"system": label}
        return Headline("attention", text, detail=said.again(connection.erp_problem))
    if connection.state == Connection.State.PAUSED:
        text = _("Paused. Exports wait in Pleo until the connection is resumed.")
        return Headline("quiet", text)
    text = _("Live. What is exported in Pleo is booked in %(where)s.")
    return Headline("ok", text % {"where": books_of(connection)})


def has_pleo(connection: Connection) -> bool:
    return hasattr(connection, "pleo_grant")


def is_pleo_dead(connection: Connection) -> bool:
    return has_pleo(connection) and connection.pleo_grant.dead_since is not None
