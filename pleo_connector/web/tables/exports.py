"""Exports, and the entries of one."""

from decimal import Decimal

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import Posting
from pleo_connector.web import words
from pleo_connector.web.details import EntryRow
from pleo_connector.web.rows import ExportRow
from pleo_connector.web.tables.base import (
    DayColumn,
    Empty,
    LastedColumn,
    LinkColumn,
    ListTable,
    MomentColumn,
    MoneyColumn,
    NumberColumn,
    StateColumn,
    TextColumn,
)
from pleo_connector.web.templatetags.words import badge, item_badge, money, posting_badge, upto

NONE_YET = gettext_lazy(
    "No export has come yet. Choose entries in Pleo under Export; they appear here when Pleo "
    "hands them over."
)
# What is true of a voucher goes before what became of the entry in its export.
UNDONE = (Posting.State.REVERSING, Posting.State.REVERSED, Posting.State.ASKED)
STANDING = (Posting.State.POSTED, Posting.State.REVERSING, Posting.State.REVERSED)
KEEP = {"td": {"class": "keep"}}


def none_yet(connection: Connection) -> Empty:
    """Instead of exports where there are none."""
    if words.is_pleo_dead(connection) or connection.erp_problem:
        return Empty(_("No export has come yet. Exports come once the connection is mended."))
    if connection.state == Connection.State.PAUSED:
        return Empty(_("No export has come yet. Exports come once the connection is resumed."))
    if connection.state != Connection.State.SETUP:
        return Empty(NONE_YET)
    text = _("Exports appear here once the connection is live.")
    return Empty(text, reverse("setup", args=[connection.public_id]), _("Go on setting up"))


def _export(row: ExportRow) -> str:
    return reverse("export", args=[row.job.public_id])


class ExportTable(ListTable):
    exported = MomentColumn(gettext_lazy("Exported"), accessor="job__created_at", link=_export)
    result = TextColumn(gettext_lazy("Result"), accessor="headline")
    total = NumberColumn(gettext_lazy("Entries"), accessor="counts__total")
    booked = NumberColumn(gettext_lazy("Booked"), accessor="counts__booked")
    failed = NumberColumn(gettext_lazy("Could not be booked"), accessor="counts__refused")
    state = StateColumn(gettext_lazy("State"), accessor="badge")
    lasted = LastedColumn(gettext_lazy("Took"), accessor="lasted")

    def render_result(self, value: words.Headline) -> SafeString | str:
        return upto(value)


class EntryTable(ListTable):
    date = DayColumn(gettext_lazy("Date"), accessor="item__entry_date", attrs=KEEP)
    entry = LinkColumn(gettext_lazy("Entry"), accessor="item__entry_type", link=lambda row: row.url)
    supplier = TextColumn(
        gettext_lazy("Supplier"), accessor="item__who", attrs={"td": {"class": "code"}}
    )
    person = TextColumn(gettext_lazy("Person"), accessor="item__person")
    amount = MoneyColumn(gettext_lazy("Amount"), accessor="item__amount", currency="item__currency")
    account = TextColumn(gettext_lazy("Accounts"))
    state = TextColumn(gettext_lazy("State"), accessor="item__status")
    voucher = TextColumn(gettext_lazy("Voucher"), accessor="postings", attrs=KEEP)
    pleo = TextColumn(gettext_lazy("Pleo"), accessor="item__pleo_url", attrs=KEEP)

    def render_entry(self, value: str) -> str:
        return words.entry_type(value)

    def render_supplier(self, value: str) -> SafeString:
        """NORTHLIGHT*CLOUD breaks where two words meet."""
        return format_html_join(mark_safe("*<wbr>"), "{}", ((x,) for x in value.split("*")))

    def render_amount(self, value: Decimal, record: EntryRow) -> SafeString | str:
        amount = money(value, record.item.currency)
        if not (original := record.original):
            return amount
        return format_html('{}<br><span class="quiet">{}</span>', amount, money(*original))

    def render_account(self, record: EntryRow) -> SafeString:
        others = format_html('<br><span class="quiet">{}</span>', record.others)
        name = f"{record.account} {record.account_name}"
        return format_html("{}{}", name, others if record.others else "")

    def render_state(self, record: EntryRow) -> SafeString:
        if any(posting.is_by_hand for posting in record.postings):
            return badge(words.Badge("ok", _("Booked by hand")))
        undone = [x for x in record.postings if x.state in UNDONE]
        if undone:
            return posting_badge(undone[0].state)
        before = format_html(' <span class="quiet">{}</span>', _("before"))
        return format_html(
            "{}{}", item_badge(record.item.status), before if record.item.booked_before else ""
        )

    def render_voucher(self, value: list[Posting]) -> SafeString:
        links = [(x.number or _("Draft"), x.url) for x in value if x.state in STANDING]
        links += [(x.reversal_number, x.reversal_url) for x in value if x.reversal_number]
        return format_html_join(", ", "{}", ((_link(*each),) for each in links))

    def render_pleo(self, value: str) -> SafeString:
        link = '<a href="{}" rel="noopener">{}<span class="visually-hidden"> {}</span></a>'
        return format_html(link, value, _("Open"), _("in Pleo"))


def _link(number: str, url: str) -> str | SafeString:
    return format_html('<a href="{}" rel="noopener">{}</a>', url, number) if url else number
