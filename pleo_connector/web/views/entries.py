"""One entry: what became of it, and why like this."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import ngettext

from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import ExportJob, ExportJobItem
from pleo_connector.exports.queries import vouchers_of
from pleo_connector.history.queries import attempts_of, decisions_of
from pleo_connector.web import export_words, words
from pleo_connector.web.corrections import offered
from pleo_connector.web.details import VoucherView, run_details, technical
from pleo_connector.web.fixes import fix_for
from pleo_connector.web.ledger_names import LedgerNames
from pleo_connector.web.views.asked import questions
from pleo_connector.web.visit import Visit, on_export


@on_export
def entry(
    request: HttpRequest, visit: Visit, job: ExportJob, entry_public_id: UUID
) -> HttpResponse:
    item = get_object_or_404(job.items, public_id=entry_public_id)
    found = vouchers_of(visit.connection, [item.accounting_entry_id])
    postings = found.get(item.accounting_entry_id, [])
    item.job, names = job, LedgerNames.of(visit.connection, [x.voucher for x in postings])
    vouchers = [VoucherView.of(posting, names) for posting in postings]
    headline = _entry_headline(item, vouchers, visit.connection)
    is_to_mend = headline.tone == "bad"  # and nobody corrected it otherwise
    shown = {
        "visit": visit,
        "connection": visit.connection,
        "job": job,
        "item": item,
        "facts": technical(job, item, vouchers),
        "headline": headline,
        "is_booked_here": export_words.is_booked_here(item, postings),
        "vouchers": vouchers,
        "questions": questions(job, [(item, posting) for posting in postings]),
        "decisions": decisions_of(job.run, item.accounting_entry_id),
        **(offered(item, postings) if visit.can_operate else {}),
        "fix": fix_for(
            visit.connection,
            item.fix if is_to_mend else "",
            subject=item.subject,
            pleo_url=item.pleo_url,
        ),
        "attempts": run_details(job.run, attempts_of(job.run)),
    }
    return render(request, "web/entry.html", shown)


def _entry_headline(
    item: ExportJobItem, vouchers: Sequence[VoucherView], connection: Connection
) -> words.Headline:
    """What became of it; under "booked", what of it is not there."""
    headline = export_words.item_headline(item, [view.posting for view in vouchers], connection)
    count = sum(view.missing for view in vouchers)
    if not count or headline.tone != "ok":
        return headline
    text = ngettext(
        "%(count)s receipt could not be attached.",
        "%(count)s receipts could not be attached.",
        count,
    )
    detail = f"{headline.detail} {words.counted(text, count)}".strip()
    return replace(headline, detail=detail)
