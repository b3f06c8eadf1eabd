"""What the pages of the syncs show, gathered in a fixed number of queries."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from erp_adapters.ledger import Dimension
from pleo_connector.catalog.models import SyncKind, SyncSettings
from pleo_connector.catalog.queries import (
    counts_by_plan,
    kept_counts,
    latest_plans,
    latest_runs,
    records_of,
    schedules_of,
    whole_plans,
)
from pleo_connector.catalog.records import Kind
from pleo_connector.catalog.values import value_counts
from pleo_connector.connections.models import Connection
from pleo_connector.web.sync_words import Known, kind_headline
from pleo_connector.web.tally import Tally
from pleo_connector.web.words import Headline


def known_of(connection: Connection, chosen: SyncSettings) -> list[Known]:
    """All kinds, tags first: they are what people look for."""
    schedules = {row.kind: row for row in schedules_of(connection)}
    plans, whole, runs = latest_plans(connection), whole_plans(connection), latest_runs(connection)
    counts = counts_by_plan([*plans.values(), *whole.values()])
    empty = Tally({})
    tallies = {pk: Tally(found) for pk, found in counts.items()}
    kept = kept_counts(connection)
    kinds = (SyncKind.TAGS, SyncKind.ACCOUNTS, SyncKind.TAX_CODES, SyncKind.VENDORS)
    return [
        Known(
            connection=connection,
            kind=kind,
            schedule=schedules.get(kind),
            run=runs.get(kind),
            plan=plans.get(kind),
            tally=tallies[plans[kind].pk] if kind in plans else empty,
            whole=whole.get(kind),
            whole_tally=tallies[whole[kind].pk] if kind in whole else empty,
            has_dimensions=chosen.dimensions != [],
            kept=kept,
        )
        for kind in kinds
    ]


def onward(connection: Connection) -> tuple[str, str]:
    """(address, words) of the page from which something comes into an empty list."""
    ids = [connection.public_id]
    if connection.state == Connection.State.SETUP:
        return reverse("setup", args=ids), _("Go on setting up")
    return reverse("syncs", args=ids), _("Look at tags and accounts")


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind on the page of the syncs."""

    known: Known
    headline: Headline

    @property
    def kind(self) -> str:
        return self.known.kind.value

    @property
    def facts(self) -> list[tuple[str, str]]:
        schedule = self.known.schedule
        missing = schedule.missing_permission if schedule else ""
        return [(_("Missing permission"), missing)] if missing else []

    @classmethod
    def of(cls, known: Known) -> "KindRow":
        return cls(known, kind_headline(known))


@dataclass(frozen=True, slots=True)
class Axis:
    """A dimension of the ERP and what Pleo shows of it, where it is chosen."""

    dimension: Dimension
    values: int  # that Pleo shows today
    all_values: int

    @property
    def code(self) -> str:
        return self.dimension.code

    @property
    def name(self) -> str:
        return self.dimension.name


def axes_of(connection: Connection, today: date) -> list[Axis]:
    """Active dimensions as last read, in the ERP's order."""
    dimensions: list[Dimension] = records_of(connection, Kind.DIMENSIONS)
    in_use, total = Counter[str](), Counter[str]()
    for code, count in value_counts(connection, today=today).items():
        in_use[code.casefold()] += count.in_use
        total[code.casefold()] += count.total
    active = [(x, x.code.casefold()) for x in dimensions if x.is_active]
    return [Axis(x, in_use[code], total[code]) for x, code in active]


def chosen_axes(axes: Sequence[Axis], chosen: SyncSettings) -> list[Axis]:
    wanted = {code.casefold() for code in chosen.dimensions or []}
    return [axis for axis in axes if axis.code.casefold() in wanted]
