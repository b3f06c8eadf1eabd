"""What people, programs and the product did, as sentences. Facts of the audit log in, words out.

A new action of `record_audit` gets one line here; a test names those that have none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from pleo_connector.tenants.models import ApiScope, AuditEntry, Role
from pleo_connector.web import words
from pleo_connector.web.templatetags.setting_words import setting_name

AREAS: dict[str, words.Text] = {
    "people": gettext_lazy("People"),
    "programs": gettext_lazy("API tokens"),
    "connections": gettext_lazy("Connections"),
    "settings": gettext_lazy("Settings"),
    "exports": gettext_lazy("Exports"),
    "sync": gettext_lazy("Sync of Pleo with the accounting system"),
    "problems": gettext_lazy("Problems"),
}


@dataclass(frozen=True, slots=True)
class Deed:
    area: str  # of AREAS
    sentence: words.Text  # with places for `subject` and for what the entry's detail holds


DEEDS: dict[str, Deed] = {
    "created the company": Deed("people", gettext_lazy("Created the company %(subject)s")),
    "added a member": Deed("people", gettext_lazy("Added %(subject)s as %(role)s")),
    "invited a member": Deed("people", gettext_lazy("Invited %(subject)s as %(role)s")),
    "invited again": Deed("people", gettext_lazy("Invited %(subject)s again, as %(role)s")),
    "revoked an invitation": Deed(
        "people", gettext_lazy("Took back the invitation of %(subject)s")
    ),
    "accepted an invitation": Deed("people", gettext_lazy("Joined as %(role)s")),
    "changed a role": Deed(
        "people", gettext_lazy("Changed the role of %(subject)s from %(before)s to %(after)s")
    ),
    "removed a member": Deed("people", gettext_lazy("Removed %(subject)s, who was %(role)s")),
    "left the company": Deed("people", gettext_lazy("Left the company")),
    "asked for a second step": Deed(
        "people", gettext_lazy("Asked all members for a second step at log-in")
    ),
    "stopped to ask for a second step": Deed(
        "people", gettext_lazy("Stopped asking members for a second step at log-in")
    ),
    "made an API token": Deed(
        "programs", gettext_lazy("Made the API token %(subject)s. It may: %(may)s")
    ),
    "revoked an API token": Deed("programs", gettext_lazy("Revoked the API token %(subject)s")),
    "started a connection": Deed("connections", gettext_lazy("Started a connection")),
    "connected Pleo": Deed("connections", gettext_lazy("Connected Pleo of %(subject)s")),
    "connected the ERP": Deed(
        "connections", gettext_lazy("Connected %(subject)s in the accounting system")
    ),
    "went live": Deed("connections", gettext_lazy("Went live with %(subject)s")),
    "paused": Deed("connections", gettext_lazy("Paused %(subject)s")),
    "resumed": Deed("connections", gettext_lazy("Resumed %(subject)s")),
    "changed the mapping": Deed(
        "settings", gettext_lazy("Changed settings of %(subject)s: %(changed)s")
    ),
    "took back settings": Deed(
        "settings", gettext_lazy("Took back settings of %(subject)s: %(changed)s")
    ),
    "asked Pleo for exports": Deed(
        "connections", gettext_lazy("Asked Pleo for exports of %(subject)s")
    ),
    "took a connection from its worker": Deed(
        "connections", gettext_lazy("Had another worker take over %(subject)s")
    ),
    "replayed a notification": Deed(
        "connections", gettext_lazy("Replayed a notification from Pleo to %(subject)s")
    ),
    "had vouchers looked up": Deed(
        "exports", gettext_lazy("Had vouchers of %(subject)s looked up: %(vouchers)s")
    ),
    "had results told to Pleo again": Deed(
        "exports", gettext_lazy("Had results of %(subject)s told to Pleo again")
    ),
    "exported entries again": Deed(
        "exports", gettext_lazy("Exported %(entries)s of %(subject)s again")
    ),
    "asked to attach receipts again": Deed(
        "exports", gettext_lazy("Had missing receipts of %(subject)s tried again")
    ),
    "said what became of a voucher": Deed(
        "exports", gettext_lazy("Said of %(subject)s: %(outcome)s")
    ),
    "marked as booked by hand": Deed(
        "exports", gettext_lazy("Marked %(subject)s as booked by hand: %(because)s")
    ),
    "took back that it is booked by hand": Deed(
        "exports", gettext_lazy("Took back that %(subject)s is booked by hand")
    ),
    "asked to reverse a voucher": Deed(
        "exports", gettext_lazy("Asked to reverse %(subject)s, %(entries)s: %(because)s")
    ),
    "allowed to book an entry again": Deed(
        "exports", gettext_lazy("Allowed to book again what was reversed: %(subject)s")
    ),
    "chose the dimensions": Deed("sync", gettext_lazy("Chose the dimensions: %(subject)s")),
    "asked for a sync": Deed("sync", gettext_lazy("Asked for a look at the accounting system")),
    "changed a schedule": Deed(
        "sync", gettext_lazy("Changed how often it is synced: %(subject)s, every %(hours)s hours")
    ),
    "paused a schedule": Deed("sync", gettext_lazy("Paused the sync: %(subject)s")),
    "resumed a schedule": Deed("sync", gettext_lazy("Resumed the sync: %(subject)s")),
    "changed the share archived unasked": Deed(
        "sync", gettext_lazy("Changed how much is archived without asking: %(subject)s")
    ),
    "chose the kind of tax codes": Deed(
        "sync", gettext_lazy("Chose how tax codes work in Pleo: %(subject)s")
    ),
    "approved a plan": Deed(
        "sync", gettext_lazy("Approved a plan: %(subject)s, %(kept)s not archived")
    ),
    "kept records of a plan": Deed(
        "sync",
        gettext_lazy("Kept records that a plan would archive, %(records)s in all: %(subject)s"),
    ),
    "let kept records of a plan go": Deed(
        "sync",
        gettext_lazy("Allowed a plan to archive what was kept, %(records)s in all: %(subject)s"),
    ),
    "let a kept record go": Deed(
        "sync", gettext_lazy("Allowed to archive %(subject)s, which was kept before")
    ),
    "added a webhook": Deed("programs", gettext_lazy("Added the webhook %(subject)s")),
    "removed a webhook": Deed("programs", gettext_lazy("Removed the webhook %(subject)s")),
    "tested a webhook": Deed("programs", gettext_lazy("Sent a test to the webhook %(subject)s")),
    "sent a message to a webhook again": Deed(
        "programs", gettext_lazy("Sent a message to the webhook %(subject)s again")
    ),
    "muted a problem": Deed("problems", gettext_lazy("Muted a problem %(until)s: %(subject)s")),
    "unmuted a problem": Deed("problems", gettext_lazy("Took the mute off a problem: %(subject)s")),
}


def actions_of(area: str) -> list[str]:
    return [action for action, deed in DEEDS.items() if deed.area == area]


def what(entry: AuditEntry) -> str:
    """The deed in the reader's language; one without a sentence as it was written down."""
    deed = DEEDS.get(entry.action)
    if deed is None:
        said = entry.action[:1].upper() + entry.action[1:]
        return f"{said}: {entry.subject}" if entry.subject else said
    return str(deed.sentence) % _Facts(entry)


def who(entry: AuditEntry, *, members: set[int]) -> str:
    """A program by its name; our support by its office; without both the product itself."""
    if entry.token:
        names = {"name": entry.token.name, "prefix": entry.token.prefix}
        return _("Program %(name)s (%(prefix)s…)") % names
    if entry.actor is None:
        return _("%(brand)s, by itself") % {"brand": settings.BRAND}
    if entry.actor.is_staff and entry.actor_id not in members:
        return _("Support of %(brand)s") % {"brand": settings.BRAND}
    return entry.actor.email


class _Facts(dict[str, str]):
    """Places of a sentence, filled when they are asked for; empty where the entry has no such."""

    def __init__(self, entry: AuditEntry) -> None:
        super().__init__(subject=entry.subject)
        self.detail = entry.detail

    def __missing__(self, name: str) -> str:
        value = self.detail.get(name)
        return WRITTEN.get(name, _plain)(value)


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _role(value: Any) -> str:
    return str(Role(value).label) if value in Role.values else _plain(value)


def _scopes(value: Any) -> str:
    labels: Mapping[str, Any] = dict(ApiScope.choices)
    return "; ".join(str(labels.get(x, x)) for x in value or ())


def _changed(value: Any) -> str:
    return ", ".join(setting_name(x) for x in value or ())


def _until(value: Any) -> str:
    if not value:
        return _("for good")
    day = timezone.localtime(datetime.fromisoformat(value)).date()
    return _("until %(day)s") % {"day": date_format(day, pgettext("day", "j M Y"))}


def _outcome(value: Any) -> str:
    return _("it is booked") if value == "posted" else _("it is not booked")


WRITTEN: dict[str, Callable[[Any], str]] = {
    "role": _role,
    "before": _role,
    "after": _role,
    "may": _scopes,
    "changed": _changed,
    "entries": lambda value: words.entries(int(value or 0)),
    "until": _until,
    "outcome": _outcome,
}
