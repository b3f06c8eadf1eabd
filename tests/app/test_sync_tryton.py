"""Tryton's departments, projects and chart of accounts, into Pleo and back on a move."""

from typing import Any

import pytest
from django.utils import timezone

from demo import tryton
from pleo_connector.catalog.decisions import choose_dimensions
from pleo_connector.connections.erp import open_erp
from pleo_connector.exports.models import Posting
from tests.app.conftest import Desk, FakeErp
from tests.app.sync_desk import SyncDesk

pytestmark = pytest.mark.django_db(transaction=True)  # as workers commit

ANALYTIC, ACCOUNT = "analytic_account.account", "account.account"


class Tryton:
    """What an accountant does there."""

    def __init__(self, access: tryton.Access) -> None:
        self.admin, self.company = access.admin(), int(access.company)

    def add_value(self, dimension: str, code: str, name: str) -> int:
        domain = [["type", "=", "root"], ["code", "=", dimension]]
        (root,) = self.admin.find(ANALYTIC, domain, "id")
        shared = {"company": self.company, "state": "opened", "type": "normal"}
        place = {"root": root["id"], "parent": root["id"]}
        (made,) = self.admin.create(ANALYTIC, {"code": code, "name": name, **shared, **place})
        return made

    def add_account(self, code: str, name: str) -> int:
        (made,) = self.add_accounts({code: name})
        return made

    def add_accounts(self, names: dict[str, str]) -> list[int]:
        domain = [["code", "=", "6100"], ["company", "=", self.company]]
        (like,) = self.admin.find(ACCOUNT, domain, "type", "parent")
        known = {"company": self.company, "type": like["type"], "parent": like["parent"]}
        rows = [{"code": code, "name": name, **known} for code, name in names.items()]
        return self.admin.create(ACCOUNT, *rows)

    def change(self, model: str, number: int, **values: Any) -> None:
        self.admin.write(model, [number], values)


@pytest.fixture
def house(tryton_desk: Desk, fake_erp: FakeErp) -> SyncDesk:
    tryton_desk.simulator("PUT", "/switches", rate_limit_per_minute=0)
    made = SyncDesk(tryton_desk, fake_erp)
    made.seed_pleo()
    tryton_desk.work()
    return made


def test_dimensions_become_tag_groups_and_a_tag_comes_back_on_the_move(
    house: SyncDesk, tryton_books: tryton.Access
) -> None:
    office = Tryton(tryton_books)
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
    house.forget_calls()
    assert house.sync("tags").state == "completed"
    assert house.writes() == []

    office.change(ANALYTIC, renamed, name="New name")
    office.change(ANALYTIC, closed, state="closed")
    office.add_value("department", "SYNC-C", "Brand new")
    house.later(2)
    assert house.run("tags").state == "completed"
    new = {"SYNC-A": "New name", "SYNC-C": "Brand new"}
    assert house.active_groups()["department"] == expected["department"] | new

    (tag,) = [x for g in house.pleo("tagGroups") for x in g["tags"] if x["code"] == "SYNC-C"]
    ids = house.simulator.add(
        house.desk.company, "card_purchase", files=0, choices={"tagIds": [tag["id"]]}
    )
    assert house.desk.export(entryIds=ids).status == "completed"
    posting = Posting.objects.get()
    moves = tryton.ledger(tryton_books, references=[posting.reference]).moves
    # Tests share Tryton's books, and the simulator's ids are the same after each reset.
    (move,) = [x for x in moves if x["number"] == posting.number]
    found = [line["dimensions"] for line in move["lines"] if line["dimensions"]]
    assert found == [{"department": "SYNC-C"}]


def test_the_chart_of_accounts_arrives_and_stays_in_step(
    house: SyncDesk, tryton_books: tryton.Access
) -> None:
    office = Tryton(tryton_books)
    renamed = office.add_account("SYNC-1", "Old name")
    closed = office.add_account("SYNC-2", "Soon closed")
    office.add_accounts({f"SYNC-X{x:03}": f"One more {x}" for x in range(103)})
    house.only("accounts")
    house.sync("accounts")
    house.forget_calls()
    assert house.approve("accounts").state == "completed"
    assert house.writes() == [("POST", "/v1/chart-of-accounts/batch")]
    usable = [x for x in open_erp(house.connection).accounts() if x.is_active and x.is_postable]
    assert len(usable) >= 135
    assert house.active_accounts() == {x.id: (x.code, x.name) for x in usable}

    office.change(ACCOUNT, renamed, name="New name")
    office.change(ACCOUNT, closed, closed=True)
    added = office.add_account("SYNC-3", "Brand new")
    house.later()
    assert house.run("accounts").state == "completed"
    active = house.active_accounts()
    assert active[str(renamed)] == ("SYNC-1", "New name")
    assert active[str(added)] == ("SYNC-3", "Brand new")
    assert str(closed) not in active
    assert len(active) == len(usable)
