"""What the database says of a snapshot's values is what the records themselves say."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.utils import timezone
from django_scopes import scope

from erp_adapters.ledger import DimensionValue
from pleo_connector.catalog.models import CatalogSnapshot
from pleo_connector.catalog.plan import is_in_use
from pleo_connector.catalog.records import Kind, to_json
from pleo_connector.catalog.values import FoundValues, number_of_values, value_counts
from pleo_connector.connections.models import Connection
from tests.app import factories

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate()
DAY = timedelta(days=1)


@pytest.fixture
def connection() -> Any:
    tenant = factories.make_tenant()
    with scope(tenant=tenant):
        other = factories.make_connection(tenant, name="Elsewhere")
        save(other, [value("X1", "Øst")])
        yield factories.make_connection(tenant)


def value(code: str, name: str, **more: Any) -> DimensionValue:
    return DimensionValue(
        **{"dimension": "department", "code": code, "name": name, "id": code} | more
    )


def save(connection: Connection, values: list[DimensionValue]) -> None:
    rows = CatalogSnapshot.objects.filter(connection=connection, kind=Kind.DIMENSION_VALUES)
    rows.update(records=[to_json(x) for x in values])


VALUES = [
    value("A1", "Øst 50 %"),
    value("A2", "Vest", is_active=False),
    value("A3", "All of it", is_postable=False),
    value("B1", "Begins", valid_from=TODAY + DAY),
    value("B2", "Begun", valid_from=TODAY),
    value("B3", "Over", valid_until=TODAY - DAY),
    value("B4", "Last day", valid_until=TODAY),
    value("P1", "Bridge_1", dimension="Project"),
]


def test_values_are_counted_as_the_plan_counts_them(connection: Connection) -> None:
    save(connection, VALUES)
    counts = value_counts(connection, today=TODAY)
    for code in ("department", "Project"):
        mine = [x for x in VALUES if x.dimension == code]
        in_use = sum(is_in_use(x, TODAY) for x in mine)
        active = sum(x.is_active for x in mine)
        assert (counts[code].total, counts[code].active) == (len(mine), active)
        assert counts[code].in_use == in_use
    assert number_of_values(connection) == len(VALUES)


def test_what_an_older_version_did_not_store_has_its_default(connection: Connection) -> None:
    old = {"dimension": "department", "code": "A", "name": "Old", "id": "1"}
    CatalogSnapshot.objects.filter(connection=connection, kind="dimension_values").update(
        records=[old]
    )
    (count,) = value_counts(connection, today=TODAY).values()
    assert (count.total, count.active, count.in_use) == (1, 1, 1)
    assert FoundValues(connection, dimension="department")[0:9] == [value("A", "Old", id="1")]


@pytest.mark.parametrize(
    ("search", "codes"),
    [
        ("", ["A1", "A2", "A3", "B1", "B2", "B3", "B4"]),
        ("øST", ["A1"]),
        ("b", ["B1", "B2", "B3", "B4"]),
        ("%", ["A1"]),
        ("_", []),
        ("elsewhere", []),
    ],
)
def test_values_are_searched_by_name_and_code(
    connection: Connection, search: str, codes: list[str]
) -> None:
    save(connection, VALUES)
    found = FoundValues(connection, dimension="DEPARTMENT", search=search)
    assert [x.code for x in found[0:50]] == codes
    assert len(found) == len(codes)


def test_values_come_page_by_page_in_the_order_of_the_erp(connection: Connection) -> None:
    save(connection, VALUES)
    found: Any = FoundValues(connection, dimension="department")
    pages: Paginator[Any] = Paginator(found, 3)
    assert [x.code for page in pages for x in page] == [x.code for x in VALUES[:-1]]
    assert pages.page(2).object_list == VALUES[3:6]


def test_nothing_was_read_yet(connection: Connection) -> None:
    CatalogSnapshot.objects.filter(connection=connection).delete()
    assert value_counts(connection, today=TODAY) == {}
    assert number_of_values(connection) == 0
    assert len(FoundValues(connection, dimension="department")) == 0
