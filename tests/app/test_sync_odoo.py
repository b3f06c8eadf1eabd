"""Odoo's analytic plans and chart of accounts, into Pleo and back on a journal entry."""

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from demo import odoo
from tests.app.conftest import Desk, FakeErp
from tests.app.real_syncs import a_tag_comes_back, accounts_stay_in_step, dimensions_stay_in_step
from tests.app.sync_desk import SyncDesk

pytestmark = pytest.mark.django_db(transaction=True)  # as workers commit

ANALYTIC, ACCOUNT = "account.analytic.account", "account.account"


class Office:
    """What an accountant does in Odoo; what was added there goes again."""

    closed_value: ClassVar = {"active": False}
    closed_account: ClassVar = {"active": False}

    def __init__(self, access: odoo.Access) -> None:
        self.admin = access.admin()
        self.added: list[tuple[str, int]] = []

    def add_value(self, dimension: str, code: str, name: str) -> int:
        (plan_id,) = self.admin.ids("account.analytic.plan", "name", dimension)
        known = {"plan_id": plan_id, "company_id": self.admin.company}
        return self._add(ANALYTIC, {"code": code, "name": name, **known})

    def add_account(self, code: str, name: str) -> int:
        known = {"account_type": "expense", "company_ids": [[6, 0, [self.admin.company]]]}
        return self._add(ACCOUNT, {"code": code, "name": name, **known})

    def change_value(self, number: int, **values: Any) -> None:
        self.admin.write(ANALYTIC, [number], values)

    def change_account(self, number: int, **values: Any) -> None:
        self.admin.write(ACCOUNT, [number], values)

    def _add(self, model: str, values: dict[str, Any]) -> int:
        (made,) = self.admin.create(model, values)
        self.added.append((model, made))
        return made

    def tidy(self) -> None:
        for model, number in reversed(self.added):
            self.admin.call(model, "unlink", ids=[number])


@pytest.fixture
def office(odoo_books: odoo.Access) -> Iterator[Office]:
    made = Office(odoo_books)
    yield made
    made.tidy()


@pytest.fixture
def house(office: Office, odoo_desk: Desk, fake_erp: FakeErp) -> SyncDesk:
    """The office comes first: what it added goes once the desk has emptied the books."""
    odoo_desk.simulator("PUT", "/switches", rate_limit_per_minute=0)
    made = SyncDesk(odoo_desk, fake_erp)
    made.seed_pleo()
    odoo_desk.work()
    return made


def test_plans_become_tag_groups_and_a_tag_comes_back_as_the_distribution(
    house: SyncDesk, office: Office, odoo_books: odoo.Access
) -> None:
    dimensions_stay_in_step(house, office)
    a_tag_comes_back(house, odoo.ledger, odoo_books)


def test_the_chart_of_accounts_arrives_and_stays_in_step(house: SyncDesk, office: Office) -> None:
    accounts_stay_in_step(house, office, "99000")
