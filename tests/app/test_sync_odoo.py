"""Odoo's analytic plans and chart of accounts, into Pleo and back on a journal entry."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from demo import odoo
from pleo_connector.catalog.decisions import choose_dimensions
from pleo_connector.connections.erp import open_erp
from pleo_connector.exports.models import Posting
from tests.app.conftest import Desk, FakeErp
from tests.app.sync_desk import SyncDesk

pytestmark = pytest.mark.django_db(transaction=True)  # as workers commit

ANALYTIC, ACCOUNT = "account.analytic.account", "account.account"


class Office:
    """What an accountant does in Odoo; what was added there goes again."""

    def __init__(self, access: odoo.Access) -> None:
        self.admin = access.admin()
        self.added: list[tuple[str, int]] = []

    def add_value(self, plan: str, code: str, name: str) -> int:
        (plan_id,) = self.admin.ids("account.analytic.plan", "name", plan)
        known = {"plan_id": plan_id, "company_id": self.admin.company}
        return self._add(ANALYTIC, {"code": code, "name": name, **known})

    def add_account(self, code: str, name: str) -> int:
        known = {"account_type": "expense", "company_ids": [[6, 0, [self.admin.company]]]}
        return self._add(ACCOUNT, {"code": code, "name": name, **known})

    def change(self, model: str, number: int, **values: Any) -> None:
        self.admin.write(model, [number], values)

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
    renamed = office.add_value("department", "SYNC-A", "Old name")
    closed = office.add_value("department", "SYNC-B", "Soon archived")
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
    new = {"SYNC-A": "Old name", "SYNC-B": "Soon archived"}
    assert house.active_groups() == expected | {"department": expected["department"] | new}
    house.forget_calls()
    assert house.sync("tags").state == "completed"
    assert house.writes() == []

    office.change(ANALYTIC, renamed, name="New name")
    office.change(ANALYTIC, closed, active=False)
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
    (move,) = odoo.ledger(odoo_books, references=[Posting.objects.get().reference]).moves
    found = [line["dimensions"] for line in move["lines"] if line["dimensions"]]
    assert found == [{"department": "SYNC-C"}]


def test_the_chart_of_accounts_arrives_and_stays_in_step(house: SyncDesk, office: Office) -> None:
    renamed = office.add_account("990001", "Old name")
    closed = office.add_account("990002", "Soon archived")
    house.only("accounts")
    assert house.sync_and_approve("accounts").state == "completed"
    usable = [x for x in open_erp(house.connection).accounts() if x.is_active and x.is_postable]
    assert house.active_accounts() == {x.id: (x.code, x.name) for x in usable}
    house.forget_calls()
    assert house.sync("accounts").state == "completed"
    assert house.writes() == []

    office.change(ACCOUNT, renamed, name="New name")
    office.change(ACCOUNT, closed, active=False)
    added = office.add_account("990003", "Brand new")
    house.later()
    assert house.run("accounts").state == "completed"
    active = house.active_accounts()
    assert active[str(renamed)] == ("990001", "New name")
    assert active[str(added)] == ("990003", "Brand new")
    assert str(closed) not in active
    assert len(active) == len(usable)
