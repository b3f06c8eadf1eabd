"""Entries, vouchers, problems and attempts as the export and entry pages show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.bookkeeping.result import Reason
from pleo_connector.connections.models import Connection
from pleo_connector.exports.asked import FIX as LOOK_UP
from pleo_connector.exports.models import AttachmentUpload, ExportJob, ExportJobItem, Posting
from pleo_connector.exports.preview import PreviewedEntry
from pleo_connector.exports.receipts_again import missing
from pleo_connector.exports.shown import Cause
from pleo_connector.history.models import Attempt, Run
from pleo_connector.web import said
from pleo_connector.web.fixes import Fix, fix_for
from pleo_connector.web.ledger_names import LedgerNames
from pleo_connector.web.templatetags.words import moment
from pleo_connector.web.words import Text, erp_label


@dataclass(frozen=True, slots=True)
class EntryRow:
    item: ExportJobItem
    postings: Sequence[Posting]
    account: str  # of the first line: where the entry went
    account_name: str
    others: str  # the other accounts
    url: str

    @property
    def original(self) -> tuple[Decimal, str] | None:
        """What the supplier charged, where that is another currency than the wallet's.

        Each part names its share; the side that is not split names all of it.
        """
        for voucher in (posting.voucher for posting in self.postings):
            lines, own = voucher["lines"], self.item.currency
            charged = [x["original"] for x in lines if x.get("original")]
            if found := [x for x in charged if x["currency"] != own]:
                return max(Decimal(x["amount"]) for x in found), found[0]["currency"]
            if lines and voucher["currency"] != own:  # an invoice that is booked in it
                sides = (Decimal(line[x]) for line in lines for x in ("debit", "credit"))
                return max(sides), voucher["currency"]
        return None

    @classmethod
    def of(
        cls,
        job: ExportJob,
        item: ExportJobItem,
        postings: Sequence[Posting],
        names: Mapping[str, str],
    ) -> "EntryRow":
        codes = list(
            dict.fromkeys(line["account"] for x in postings for line in x.voucher["lines"])
        )
        first = codes[0] if codes else ""
        url = reverse("entry", args=[job.public_id, item.public_id])
        return cls(item, postings, first, names.get(first, ""), ", ".join(codes[1:]), url)


@dataclass(frozen=True, slots=True)
class VoucherView:
    """One voucher as it was sent, and what became of it."""

    posting: Posting
    sent: "Lines"
    receipts: Sequence[AttachmentUpload]

    @classmethod
    def of(cls, posting: Posting, names: LedgerNames) -> "VoucherView":
        receipts = list(posting.attachments.order_by("number"))
        return cls(posting, Lines.of(posting.voucher, names), receipts)

    @property
    def missing(self) -> int:
        """Receipts that a voucher lacks which counts."""
        return len(missing(self.receipts)) if self.posting.state == Posting.State.POSTED else 0


KINDS: dict[str, Text] = {
    "by_hand": gettext_lazy("Booked by hand"),
    "journal": gettext_lazy("Journal entry"),
    "bill": gettext_lazy("Supplier invoice"),
    "credit_note": gettext_lazy("Credit note"),
    "payment": gettext_lazy("Payment"),
}


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of one voucher, with the names of their accounts and their sums."""

    kind: Text
    voucher: Mapping[str, Any]
    lines: Sequence[Mapping[str, Any]]
    debit: Decimal
    credit: Decimal

    @classmethod
    def of(cls, voucher: Mapping[str, Any], names: LedgerNames) -> "Lines":
        lines = [
            line
            | {
                "name": names.accounts.get(line["account"], ""),
                "dimensions": [names.told(*each) for each in line["dimensions"]],
            }
            for line in voucher["lines"]
        ]
        return cls(
            KINDS.get(voucher["kind"], _("Voucher")),
            voucher,
            lines,
            sum((Decimal(line["debit"]) for line in lines), Decimal(0)),
            sum((Decimal(line["credit"]) for line in lines), Decimal(0)),
        )


@dataclass(frozen=True, slots=True)
class PreviewView:
    """An entry as it would be booked."""

    entry: PreviewedEntry
    vouchers: Sequence[Lines]
    reasons: Sequence[tuple[Reason, Fix | None]]

    @classmethod
    def of(cls, connection: Connection, entry: PreviewedEntry, names: LedgerNames) -> "PreviewView":
        url = (entry.item.web_link if entry.item else "") or ""
        fixes = [fix_for(connection, x.fix, subject=x.subject, pleo_url=url) for x in entry.reasons]
        lines = [Lines.of(voucher, names) for voucher in entry.vouchers]
        return cls(entry, lines, list(zip(entry.reasons, fixes, strict=True)))

    @property
    def who(self) -> str:
        item = self.entry.item
        return (item.supplier.name if item and item.supplier else "") or ""


@dataclass(frozen=True, slots=True)
class Problem:
    cause: Cause
    fix: Fix | None

    @property
    def subject(self) -> str:
        """Empty where the sentence names it already."""
        is_named = self.cause.subject.casefold() in self.cause.sentence.casefold()
        return "" if is_named else self.cause.subject


def problems_of(job: ExportJob, causes: Sequence[Cause]) -> list[Problem]:
    return [Problem(cause, _fix(job, cause)) for cause in causes]


def _fix(job: ExportJob, cause: Cause) -> Fix | None:
    """One entry is opened in Pleo itself; of several, Pleo's export page."""
    if cause.fix == LOOK_UP:
        url = reverse("export", args=[job.public_id])
        return Fix(_("Say what you found"), f"{url}#look-up")
    url = cause.pleo_url if cause.entries == 1 else ""
    return fix_for(job.connection, cause.fix, subject=cause.subject, pleo_url=url)


@dataclass(frozen=True, slots=True)
class AttemptView:
    attempt: Attempt
    outcome: str
    lasted: timedelta | None


def run_details(run: Run, attempts: Sequence[Attempt]) -> list[AttemptView]:
    return [_attempt(run, attempt, attempts) for attempt in attempts]


def _attempt(run: Run, attempt: Attempt, attempts: Sequence[Attempt]) -> AttemptView:
    if attempt.ended_at:
        outcome = said.again(attempt.outcome) or _("Reached the end.")
        return AttemptView(attempt, outcome, attempt.ended_at - attempt.started_at)
    if attempt is not attempts[-1]:
        return AttemptView(attempt, _("Stopped unexpectedly, continued by the next."), None)
    if run.is_over:
        return AttemptView(attempt, _("Stopped unexpectedly."), None)
    return AttemptView(attempt, _("At work."), None)


def technical(
    job: ExportJob,
    item: ExportJobItem | None = None,
    vouchers: Sequence[VoucherView] = (),
) -> list[tuple[Text, object]]:
    """What somebody who is asked for help wants to know: (label, value)."""
    facts: list[tuple[Text, object]] = [
        (_("Correlation id"), job.run.public_id),
        (_("Job at Pleo"), job.pleo_job_id),
        (_("Failure type of the job"), job.failure_type),
    ]
    if item:
        facts += [
            (_("Accounting entry at Pleo"), item.accounting_entry_id),
            (_("Failure type"), item.failure_type),
            (_("Told to Pleo"), moment(item.reported_at)),
        ]
    for view in vouchers:
        facts += [
            (_("Reference"), view.posting.reference),
            (_("Id in %(system)s") % {"system": erp_label(job.connection)}, view.posting.erp_id),
            (_("Hash of what was sent"), view.posting.voucher_hash),
        ]
    return [(label, value) for label, value in facts if value]
