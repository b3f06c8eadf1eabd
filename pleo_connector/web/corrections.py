"""What a person may do about an entry beside exporting it again: each with its consequences."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pleo_connector.connections.models import Connection
from pleo_connector.exports.by_hand import can_be_by_hand, mark_by_hand, take_back
from pleo_connector.exports.models import ExportJobItem, Posting
from pleo_connector.exports.receipts_again import attach_again, can_try, missing
from pleo_connector.exports.reversal import allow_again, ask_reversal, reversible, sharing
from pleo_connector.tenants.models import User
from pleo_connector.web import words
from pleo_connector.web.forms.corrections import ByHandForm, ReasonForm, YesForm

State = Posting.State
RECEIPTS = "entry-receipts"  # shown beside the receipts, not among the others


@dataclass(frozen=True, slots=True)
class Correction:
    """A page of its own, which asks before it is done."""

    name: str  # of the URL
    link: str  # on the entry's page
    icon: str
    title: str
    consequences: Sequence[str]
    action: str
    keep: str
    form: type[forms.Form]
    do: Callable[..., None]  # with item, actor, now and what the form holds
    said: str
    is_grave: bool = False

    def url(self, item: ExportJobItem) -> str:
        return reverse(self.name, args=[item.job.public_id, item.public_id])


def corrections_of(item: ExportJobItem, postings: Sequence[Posting]) -> list[Correction]:
    """Those that fit what became of the entry."""
    connection = item.job.connection
    live = [posting for posting in postings if posting.state != State.RETIRED]
    found = []
    if live and all(posting.state == State.REVERSED for posting in live):
        found.append(_book_again(connection, live))
    if can_be_by_hand(item, postings):
        found.append(_by_hand(connection))
    if any(posting.is_by_hand for posting in live):
        found.append(_not_by_hand(connection, live))
    elif rows := reversible(connection, live):
        found.append(_reverse(connection, rows))
    if can_try(connection, live) and (files := missing(live[0].attachments.all())):
        found.append(_receipts(connection, len(files)))
    return found


def offered(item: ExportJobItem, postings: Sequence[Posting]) -> dict[str, Any]:
    """For the entry's page: (label, icon, address) of each, and where receipts are tried again."""
    found = corrections_of(item, postings)
    return {
        "corrections": [(x.link, x.icon, x.url(item)) for x in found if x.name != RECEIPTS],
        "receipts_again": next((x.url(item) for x in found if x.name == RECEIPTS), ""),
    }


def _by_hand(connection: Connection) -> Correction:
    system = {"system": words.erp_label(connection)}
    return Correction(
        name="entry-by-hand",
        link=_("Mark as booked by hand"),
        icon="pencil",
        title=_("Mark this entry as booked by hand?"),
        consequences=[
            _("Nothing is sent to %(system)s: the voucher that you booked there stays as it is.")
            % system,
            _("The entry is not booked again, and its problem closes."),
            _("Pleo is told the number with the next export of the entry."),
            _("Receipts are to be attached in %(system)s by hand.") % system,
            _("It can be taken back on the entry's page."),
        ],
        action=_("Mark as booked by hand"),
        keep=_("Leave it unbooked"),
        form=ByHandForm,
        do=mark_by_hand,
        said=_("Noted. When the entry is exported again, Pleo is told the number."),
    )


def _not_by_hand(connection: Connection, rows: Sequence[Posting]) -> Correction:
    names = {
        "system": words.erp_label(connection),
        "number": next(row.number for row in rows if row.is_by_hand),
    }

    def do(*, item: ExportJobItem, actor: User, now: datetime, **_said: Any) -> None:
        take_back(item=item, actor=actor, now=now)

    return Correction(
        name="entry-not-by-hand",
        link=_("Take back “booked by hand”"),
        icon="undo-2",
        title=_("Take back that it is booked by hand as %(number)s?") % names,
        consequences=[
            _("The next export of the entry books it."),
            _("If %(number)s stands in %(system)s it stays there: then it would be booked twice.")
            % names,
            _("It can be marked as booked by hand again, until it is exported."),
        ],
        action=_("Let the next export book it"),
        keep=_("Leave it booked by hand"),
        form=YesForm,
        do=do,
        said=_("Noted. When the entry is exported again, it is booked."),
        is_grave=True,
    )


def _reverse(connection: Connection, rows: Sequence[Posting]) -> Correction:
    system = {"system": words.erp_label(connection)}
    numbers = ", ".join(row.number for row in rows if row.number)
    shared = len({row.accounting_entry_id for row in sharing(rows)})
    more = ngettext(
        "The voucher holds %(count)s entry.",
        "The voucher holds %(count)s entries: all of them are reversed.",
        shared,
    )
    return Correction(
        name="entry-reverse",
        link=_("Reverse it in %(system)s") % system,
        icon="undo-2",
        title=_("Reverse voucher %(numbers)s in %(system)s?") % (system | {"numbers": numbers}),
        consequences=[
            _("%(system)s books a voucher that reverses it, so that the two come to nothing.")
            % system,
            *([words.counted(more, shared)] if shared > 1 else []),
            _("The entry is not booked again before you say so on its page."),
            _("Pleo still shows the entry as exported."),
            _("It cannot be undone: both vouchers stay in the books."),
        ],
        action=_("Reverse it in %(system)s") % system,
        keep=_("Leave it booked"),
        form=ReasonForm,
        do=ask_reversal,
        said=_("It is being reversed. This page says when it is done."),
        is_grave=True,
    )


def _book_again(connection: Connection, rows: Sequence[Posting]) -> Correction:
    numbers = [x for row in rows for x in (row.number, row.reversal_number) if x]
    names = {"system": words.erp_label(connection), "numbers": ", ".join(numbers)}

    def do(*, item: ExportJobItem, actor: User, **_said: Any) -> None:
        allow_again(item=item, actor=actor)

    return Correction(
        name="entry-book-again",
        link=_("Book it again"),
        icon="rotate-ccw",
        title=_("Let this entry be booked again?"),
        consequences=[
            _("The next export of the entry books it, under a new reference."),
            _("What was booked and reversed stays in %(system)s: %(numbers)s.") % names,
            _("Once it is booked again, it can be reversed again."),
        ],
        action=_("Let the next export book it"),
        keep=_("Leave it reversed"),
        form=YesForm,
        do=do,
        said=_("Noted: the next export of the entry books it."),
    )


def _receipts(connection: Connection, count: int) -> Correction:
    def do(*, item: ExportJobItem, actor: User, **_said: Any) -> None:
        attach_again(item=item, actor=actor)

    text = ngettext(
        "%(count)s receipt that is missing is fetched from Pleo and attached to the voucher.",
        "%(count)s receipts that are missing are fetched from Pleo and attached to the voucher.",
        count,
    )
    return Correction(
        name=RECEIPTS,
        link=_("Try again"),
        icon="refresh-cw",
        title=ngettext(
            "Try to attach the missing receipt again?",
            "Try to attach the missing receipts again?",
            count,
        ),
        consequences=[
            words.counted(text, count),
            _("Pleo hands the entry over in a new export, which shows among your exports."),
            _("Nothing is booked again: the voucher in %(system)s stays as it is.")
            % {"system": words.erp_label(connection)},
            _("Receipts that are attached already are not sent twice."),
        ],
        action=_("Try again"),
        keep=_("Leave it as it is"),
        form=YesForm,
        do=do,
        said=_("It is being tried. This page says when the receipt is attached."),
    )
