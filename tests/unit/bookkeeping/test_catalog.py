from collections.abc import Callable
from datetime import date

import pytest

from erp_adapters.ledger import Vendor
from pleo_connector.bookkeeping.catalog import Catalog


@pytest.fixture
def catalog(catalog_from: Callable[..., Catalog]) -> Catalog:
    return catalog_from()


def test_accounts_by_number_or_id(catalog: Catalog) -> None:
    assert catalog.account("6100") is catalog.account("id-6100")
    assert catalog.account("61") is None


def test_a_number_wins_over_another_accounts_id(catalog_from: Callable[..., Catalog]) -> None:
    accounts = tuple(catalog_from().accounts[:2])
    one, two = accounts
    swapped = (one, type(two)(code="1941", name="x", id="1940"))
    found = catalog_from(accounts=swapped).account("1940")
    assert found is one


def test_codes_are_found_ignoring_case(catalog: Catalog) -> None:
    assert catalog.tax_code("i25") is catalog.tax_code(" I25 ")
    assert catalog.dimension("cc") is catalog.dimension("CC")
    value = catalog.dimension_value("cc", "10")
    assert value is not None
    assert catalog.dimension_value("PROJECT", "10") is None


def test_vendors_by_code_id_or_tax_number(catalog: Catalog) -> None:
    acme = catalog.vendor("v100")
    assert acme is not None
    assert catalog.vendor("77") is acme
    assert catalog.vendor_by_id("77") is acme
    assert catalog.vendor_by_id("V100") is acme
    assert catalog.vendor_by_tax_number("se 5560 00") is acme


def test_a_tax_number_of_two_vendors_names_neither(catalog_from: Callable[..., Catalog]) -> None:
    two = tuple(Vendor(code=x, name=x, id=x, tax_number="SE1") for x in "AB")
    assert catalog_from(vendors=two).vendor_by_tax_number("SE1") is None


def test_open_days(catalog_from: Callable[..., Catalog]) -> None:
    may, june = (date(2026, 5, 1), date(2026, 5, 31)), (date(2026, 7, 1), date(2026, 7, 31))
    catalog = catalog_from(lock_date=date(2026, 5, 10), open_periods=(may, june))
    assert not catalog.is_open(date(2026, 5, 10))
    assert catalog.is_open(date(2026, 5, 11))
    assert not catalog.is_open(date(2026, 6, 11))
    assert catalog.first_open_day(date(2026, 4, 1)) == date(2026, 5, 11)
    assert catalog.first_open_day(date(2026, 6, 11)) == date(2026, 7, 1)
    assert catalog.first_open_day(date(2026, 8, 1)) is None


def test_a_company_that_is_closed_for_good(catalog_from: Callable[..., Catalog]) -> None:
    assert catalog_from(lock_date=date.max).first_open_day(date(2026, 5, 1)) is None
