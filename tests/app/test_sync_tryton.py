"""Tryton's departments, projects and chart of accounts, into Pleo and back on a move."""

from typing import Any, ClassVar

import pytest

from demo import tryton
from tests.app.conftest import Desk, FakeErp
from tests.app.real_syncs import a_tag_comes_back, accounts_stay_in_step, dimensions_stay_in_step
from tests.app.sync_desk import SyncDesk

pytestmark = pytest.mark.django_db(transaction=True)  # as workers commit

ANALYTIC, ACCOUNT = "analytic_account.account", "account.account"


class Tryton:
    """What an accountant does there."""

    closed_value: ClassVar = {"state": "closed"}
    closed_account: ClassVar = {"closed": True}

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

    def change_value(self, number: int, **values: Any) -> None:
        self.admin.write(ANALYTIC, [number], values)

    def change_account(self, number: int, **values: Any) -> None:
        self.admin.write(ACCOUNT, [number], values)


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
    dimensions_stay_in_step(house, Tryton(tryton_books))
    a_tag_comes_back(house, tryton.ledger, tryton_books)


def test_the_chart_of_accounts_arrives_by_one_call_and_stays_in_step(
    house: SyncDesk, tryton_books: tryton.Access
) -> None:
    office = Tryton(tryton_books)
    office.add_accounts({f"SYNC-X{x:03}": f"One more {x}" for x in range(103)})
    count, calls = accounts_stay_in_step(house, office, "SYNC-")
    assert count >= 135
    assert calls == [("POST", "/v1/chart-of-accounts/batch")]
