"""Master data of a real ERP into Pleo and back, the same for each: all comes, and stays in step."""

from collections.abc import Callable
from typing import Any, ClassVar, Protocol

from django.utils import timezone

from pleo_connector.catalog.decisions import choose_dimensions
from pleo_connector.connections.erp import open_erp
from pleo_connector.exports.models import Posting
from tests.app.sync_desk import SyncDesk

Call = tuple[str, str]


class Office(Protocol):
    """What an accountant does in the ERP. `closed_…` is what a record has that is closed there."""

    closed_value: ClassVar[dict[str, Any]]
    closed_account: ClassVar[dict[str, Any]]

    def add_value(self, dimension: str, code: str, name: str) -> int: ...
    def change_value(self, number: int, **values: Any) -> None: ...
    def add_account(self, code: str, name: str) -> int: ...
    def change_account(self, number: int, **values: Any) -> None: ...


def dimensions_stay_in_step(house: SyncDesk, office: Office) -> None:
    renamed = office.add_value("department", "SYNC-A", "Old name")
    closed = office.add_value("department", "SYNC-B", "Soon closed")
    chart = house.simulator.chart(house.desk.company)
    expected = {x["code"]: {v["code"]: v["name"] for v in x["values"]} for x in chart["dimensions"]}
    house.only("tags")
    choose_dimensions(
        connection=house.connection,
        codes=list(expected),
        actor=house.desk.user,
        now=timezone.now(),
    )
    assert house.sync_and_approve("tags").state == "completed"
    new = {"SYNC-A": "Old name", "SYNC-B": "Soon closed"}
    assert house.active_groups() == expected | {"department": expected["department"] | new}
    writes_nothing_more(house, "tags")

    office.change_value(renamed, name="New name")
    office.change_value(closed, **office.closed_value)
    office.add_value("department", "SYNC-C", "Brand new")
    house.later(2)
    assert house.run("tags").state == "completed"
    new = {"SYNC-A": "New name", "SYNC-C": "Brand new"}
    assert house.active_groups()["department"] == expected["department"] | new


def a_tag_comes_back(house: SyncDesk, ledger: Callable[..., Any], books: Any) -> None:
    """On the move that the ERP has of an entry for which it was chosen in Pleo."""
    (tag,) = [x for g in house.pleo("tagGroups") for x in g["tags"] if x["code"] == "SYNC-C"]
    ids = house.simulator.add(
        house.desk.company, "card_purchase", files=0, choices={"tagIds": [tag["id"]]}
    )
    assert house.desk.export(entryIds=ids).status == "completed"
    posting = Posting.objects.get()
    moves = ledger(books, references=[posting.reference]).moves
    # Tests share the books, and the simulator's ids are the same after each reset.
    (move,) = [x for x in moves if x["number"] == posting.number]
    found = [line["dimensions"] for line in move["lines"] if line["dimensions"]]
    assert found == [{"department": "SYNC-C"}]


def accounts_stay_in_step(house: SyncDesk, office: Office, codes: str) -> tuple[int, list[Call]]:
    """How many there were, and by which calls they came. `codes` is how the new ones begin."""
    renamed = office.add_account(f"{codes}1", "Old name")
    closed = office.add_account(f"{codes}2", "Soon closed")
    house.only("accounts")
    house.sync("accounts")
    house.forget_calls()
    assert house.approve("accounts").state == "completed"
    first = house.writes()
    usable = [x for x in open_erp(house.connection).accounts() if x.is_active and x.is_postable]
    assert house.active_accounts() == {x.id: (x.code, x.name) for x in usable}
    writes_nothing_more(house, "accounts")

    office.change_account(renamed, name="New name")
    office.change_account(closed, **office.closed_account)
    added = office.add_account(f"{codes}3", "Brand new")
    house.later()
    assert house.run("accounts").state == "completed"
    active = house.active_accounts()
    assert active[str(renamed)] == (f"{codes}1", "New name")
    assert active[str(added)] == (f"{codes}3", "Brand new")
    assert str(closed) not in active
    assert len(active) == len(usable)
    return len(usable), first


def writes_nothing_more(house: SyncDesk, kind: str) -> None:
    house.forget_calls()
    assert house.sync(kind).state == "completed"
    assert house.writes() == []
