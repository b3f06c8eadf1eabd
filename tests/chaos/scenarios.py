"""What a worker is killed in the middle of. Each scenario is swept at every boundary it has.

To have other work swept, write a `Scenario` and put it into SCENARIOS. It says how the scene is
set, what Celery would call, when the work is over, and how the far sides' own data tell whether it
came out right. All else is found: the boundaries by running it once undisturbed.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from tests.chaos.books import FakeBooks
from tests.chaos.boundaries import Boundary
from tests.chaos.house import House, Order
from tests.chaos.judge import Verdict, Wanted, judge, wanted_of
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


EXPORT = Export()
SCENARIOS: dict[str, Scenario] = {x.name: x for x in (EXPORT, CommonJournal())}
