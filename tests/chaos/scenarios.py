"""What a worker is killed in the middle of. Each scenario is swept at every boundary it has.

To have other work swept, write a `Scenario` and put it into SCENARIOS. It says how the scene is
set, what Celery would call, when the work is over, and how the far sides' own data tell whether it
came out right. All else is found: the boundaries by running it once undisturbed.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar

from django_scopes import scopes_disabled

from pleo_connector.exports.models import Posting
from pleo_connector.exports.reversing import KIND
from pleo_connector.history.models import Run
from tests.chaos.books import FakeBooks
from tests.chaos.boundaries import Boundary
from tests.chaos.house import ENTRIES, House, Order
from tests.chaos.judge import Verdict, Wanted, bugs_of, judge, waiting_for_people, wanted_of
from tests.chaos.workers import Report, Worker


class Scenario(ABC):
    name: ClassVar[str]
    side: ClassVar[str] = "erp"  # or "pleo": where its writes go

    def fits(self, house: House) -> bool:
        """Whether it can be judged against this ERP."""
        return True

    @abstractmethod
    def start(self, house: House) -> Any:
        """Set the scene anew, on all sides; gives what the other methods need to know of it."""

    @abstractmethod
    def work(self, house: House, report: Report) -> None:
        """What Celery calls. In a worker's process."""

    @abstractmethod
    def is_over(self, house: House, scene: Any) -> bool:
        """Whether nothing is left for a worker to do."""

    @abstractmethod
    def expected(self, house: House, scene: Any) -> Any:
        """What an undisturbed run has come to, which must be right by itself."""

    @abstractmethod
    def judge(self, house: House, scene: Any, expected: Any, workers: Sequence[Worker]) -> Verdict:
        """After the last worker, from the far sides' own data."""

    def concerns(self, house: House, boundary: Boundary) -> bool:
        """Whether a crash there is part of the sweep."""
        return not boundary.label.startswith("enter ")


class Export(Scenario):
    """One export job: bills, payments, receipts, and an entry that the ERP refuses."""

    name = "export"
    settings: ClassVar[dict[str, Any]] = {}

    def start(self, house: House) -> Order:
        house.forget()
        house.map(**self.settings)
        return house.order()

    def work(self, house: House, report: Report) -> None:
        house.work(report)

    def is_over(self, house: House, scene: Order) -> bool:
        return house.is_over(scene)

    def expected(self, house: House, scene: Order) -> list[Wanted]:
        return wanted_of(house, scene)

    def judge(
        self, house: House, scene: Order, expected: list[Wanted], workers: Sequence[Worker]
    ) -> Verdict:
        return judge(house, scene, expected, workers)

    def concerns(self, house: House, boundary: Boundary) -> bool:
        return house.books.concerns(boundary)


class CommonJournal(Export):
    """The same, where the customer wants one journal per export: entries share vouchers."""

    name = "one journal per export"
    settings: ClassVar[dict[str, Any]] = {"journal_per": "job"}

    def fits(self, house: House) -> bool:
        return isinstance(house.books, FakeBooks)

    def expected(self, house: House, scene: Order) -> list[Wanted]:
        assert any(row.is_shared for row in house.books.standing(scene.ids)), "nothing is shared"
        return super().expected(house, scene)


class Reversal(Scenario):
    """Booked vouchers, of which a person wants some reversed: each has one mirror in the end."""

    name = "reversal"

    def fits(self, house: House) -> bool:
        return isinstance(house.books, FakeBooks)

    def start(self, house: House) -> list[str]:
        """Gives the mirrors that are wanted."""
        house.forget()
        house.map()
        house.queued = house.queued or house.add(ENTRIES)
        plain = [entry for entry in house.queued if not entry.files and not entry.is_refused]
        order = house.export(plain[:10])
        house.finish(order, rounds=2)
        chosen = {entry.id for entry in (plain[0], plain[1], plain[6], plain[9])}
        house.reverse(order, chosen)
        rows = [row for row in _books(house).erp.vouchers if _entry_of(row) in chosen]
        assert len(rows) > len(chosen), "no entry has two parts"
        return [f"reversal of {row['id']}" for row in rows]

    def work(self, house: House, report: Report) -> None:
        house.work(report)

    def is_over(self, house: House, scene: list[str]) -> bool:
        with scopes_disabled():
            asked = Posting.objects.filter(state=Posting.State.REVERSING)
            runs = Run.objects.filter(kind=KIND, state__in=Run.OPEN)
            return not asked.exists() and not runs.exists()

    def expected(self, house: House, scene: list[str]) -> None:
        """Each scene says for itself what it wants."""

    def judge(
        self, house: House, scene: list[str], expected: None, workers: Sequence[Worker]
    ) -> Verdict:
        found = Counter(
            row["reference"]
            for row in _books(house).erp.vouchers
            if row["reference"].startswith("reversal of ")
        )
        wanted = Counter(scene)
        return Verdict(
            duplicates=[f"{x} stands twice" for x in (found - wanted).elements()],
            losses=[f"{x} is not booked" for x in (wanted - found).elements()],
            stuck=[] if self.is_over(house, scene) else ["something waits to be reversed"],
            unhandled=bugs_of(workers),
            needs_human=list(waiting_for_people(house)),
        )


def _books(house: House) -> FakeBooks:
    assert isinstance(house.books, FakeBooks)
    return house.books


def _entry_of(row: dict[str, Any]) -> str:
    return str(row["reference"]).removeprefix("pleo:").partition(":")[0]


EXPORT = Export()
SCENARIOS: dict[str, Scenario] = {x.name: x for x in (EXPORT, CommonJournal(), Reversal())}
