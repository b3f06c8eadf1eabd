"""Lists of the pages for staff."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import Posting
from pleo_connector.history.models import Run
from pleo_connector.ops.queries import Doubt, Key
from pleo_connector.ops.stuck import mend_of, why_stuck
from pleo_connector.web import words
from pleo_connector.web.run_words import kind_word
from pleo_connector.web.tables.base import (
    DayColumn,
    LinkColumn,
    ListTable,
    MomentColumn,
    NumberColumn,
    TextColumn,
)
from pleo_connector.web.tables.runs import RunTable
from pleo_connector.web.templatetags.words import badge, icon, lasted, moment, posting_badge


def connection_url(connection: Connection) -> str:
    return reverse("ops-connection", args=[connection.public_id])


def ago(value: datetime | None) -> str:
    return lasted(max((timezone.now() - value).total_seconds(), 0)) if value else ""


class AgeColumn(NumberColumn):
    """How long since a moment."""

    def render(self, value: datetime) -> str:  # type: ignore[override]
        return ago(value)


class _Named(ListTable):
    """The first two columns of what belongs to a connection."""

    connection = LinkColumn(
        gettext_lazy("Connection"), link=lambda row: connection_url(row), accessor="pk"
    )
    tenant = TextColumn(gettext_lazy("Company"), accessor="tenant__name")

    def render_connection(self, record: Any) -> str:
        return named(record)


def named(connection: Connection) -> str:
    return connection.pleo_company_name or _("New connection")


class QueueTable(_Named):
    """Connections that wait for a worker."""

    due = AgeColumn(gettext_lazy("Waits for"), accessor="wake_at")


class LeaseTable(_Named):
    worker = TextColumn(gettext_lazy("Worker"), accessor="lease_holder")
    since = AgeColumn(gettext_lazy("Holds it for"), accessor="lease_since")
    until = MomentColumn(gettext_lazy("Until"), accessor="lease_until")


class ReconnectTable(_Named):
    why = TextColumn(gettext_lazy("Why"), accessor="pk")

    def render_why(self, record: Connection) -> str:
        grant = getattr(record, "pleo_grant", None)
        return (grant.dead_reason if grant and grant.dead_since else "") or record.erp_problem


class ConnectionTable(_Named):
    erp = TextColumn(gettext_lazy("Accounting system"), accessor="erp_kind")
    state = TextColumn(gettext_lazy("State"))
    asked = MomentColumn(gettext_lazy("Pleo asked last"), accessor="checked_at")
    due = TextColumn(gettext_lazy("Asked next"), accessor="wake_at")
    worker = TextColumn(gettext_lazy("Worker"), accessor="lease_holder")

    def render_erp(self, record: Connection) -> str:
        return words.erp_label(record)

    def render_due(self, value: datetime, record: Connection) -> SafeString | str:
        if words.is_pleo_dead(record):
            return _("When Pleo is reconnected")
        if record.state != Connection.State.LIVE:
            return _("When the connection is live")
        return moment(value) if value > timezone.now() else _("Any moment")

    def render_state(self, record: Connection) -> SafeString:
        return badge(words.connection_badge(record))


class _Runs(ListTable):
    """The first three columns of runs."""

    run = LinkColumn(
        gettext_lazy("Run"),
        accessor="pk",
        link=lambda run: reverse("ops-run", args=[run.public_id]),
    )
    connection = LinkColumn(
        gettext_lazy("Connection"),
        link=lambda run: connection_url(run.connection),
        accessor="connection__pleo_company_name",
        attrs={"a": {}},
    )
    tenant = TextColumn(gettext_lazy("Company"), accessor="connection__tenant__name")

    def render_run(self, record: Run) -> Any:
        return kind_word(record.kind)


class StuckTable(_Runs):
    why = TextColumn(gettext_lazy("Why"), accessor="state")
    moved = AgeColumn(gettext_lazy("No step for"))
    mend = TextColumn(gettext_lazy("What next"), accessor="pk")

    def render_why(self, record: Run) -> str:
        return why_stuck(record)

    def render_mend(self, record: Run) -> SafeString:
        mend = mend_of(record.connection)
        button = '<a class="btn btn-outline-secondary btn-sm" href="{}">{} {}</a>'
        return format_html(button, mend.url, icon(mend.icon), mend.label)


class LimitTable(_Runs):
    system = TextColumn(gettext_lazy("Waits for"), accessor="waiting_for")
    until = MomentColumn(gettext_lazy("Until"), accessor="waiting_until")


class DoubtTable(ListTable):
    connection = LinkColumn(
        gettext_lazy("Connection"),
        accessor="connection__pleo_company_name",
        link=lambda row: connection_url(row.connection),
    )
    tenant = TextColumn(gettext_lazy("Company"), accessor="connection__tenant__name")
    looked_up = NumberColumn(gettext_lazy("Being looked up"))
    asked = NumberColumn(gettext_lazy("To be looked up"))
    since = AgeColumn(gettext_lazy("Oldest"))

    def render_connection(self, record: Doubt) -> str:
        return named(record.connection)


class KeyTable(ListTable):
    name = TextColumn(gettext_lazy("Key"))
    tenant = TextColumn(gettext_lazy("Company"), accessor="tenant__name")
    ends = DayColumn(gettext_lazy("Ends"))

    def render_name(self, record: Key) -> SafeString | str:
        if record.connection is None:
            return _("API token %(name)s") % {"name": record.name}
        link = '<a href="{}">{}</a>'
        label = _("%(system)s of %(connection)s") % {
            "system": words.erp_label(record.connection),
            "connection": named(record.connection),
        }
        return format_html(link, connection_url(record.connection), label)


class PostingTable(ListTable):
    """Vouchers of which nobody knows whether they are booked."""

    reference = TextColumn(gettext_lazy("Reference"))
    state = TextColumn(gettext_lazy("State"), accessor="pk")
    since = AgeColumn(gettext_lazy("In doubt for"), accessor="intended_at")
    run = LinkColumn(
        gettext_lazy("Run"),
        accessor="job__run__kind",
        link=lambda row: reverse("ops-run", args=[row.job.run.public_id]),
    )

    def render_state(self, record: Posting) -> SafeString:
        return posting_badge(record.state)

    def render_run(self) -> str:
        return _("Open the run")


class OpsRunTable(RunTable):
    """Over all companies; `stuck` are the primary keys of those that stand still."""

    def __init__(self, rows: Iterable[Run], *, stuck: Collection[int], **kwargs: Any) -> None:
        self.stuck = stuck
        super().__init__(rows, **kwargs)

    started = MomentColumn(
        gettext_lazy("Started"),
        accessor="started_at",
        link=lambda run: reverse("ops-run", args=[run.public_id]),
    )
    connection = LinkColumn(
        gettext_lazy("Connection"),
        accessor="connection__pleo_company_name",
        link=lambda run: connection_url(run.connection),
        attrs={"a": {}},
    )
    tenant = TextColumn(gettext_lazy("Company"), accessor="connection__tenant__name")

    def render_state(self, record: Run) -> SafeString:
        if record.pk not in self.stuck:
            return super().render_state(record)
        why = format_html('<br><span class="quiet">{}</span>', why_stuck(record))
        return format_html("{}{}", badge(words.Badge("bad", _("Stuck"))), why)

    class Meta:
        sequence = ("started", "tenant", "...")
        exclude = ("lasted",)


class LastRunTable(OpsRunTable):
    """Of one connection, named above."""

    class Meta:
        sequence = ("started", "...")
        exclude = ("tenant", "connection")
