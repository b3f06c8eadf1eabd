"""What a customer chooses from: the company and its master data, read to the end."""

from datetime import date
from decimal import Decimal
from typing import get_args

import pytest

from erp_adapters.base import CatalogKind, ErpAdapter
from erp_adapters.ledger import Account, Company, Dimension, DimensionValue, TaxCode, Vendor
from tests.contract.adapters import chart
from tests.contract.adapters.chart import voucher
from tests.contract.adapters.proxy import Proxy
from tests.contract.adapters.sandboxes import Sandbox

KINDS: tuple[CatalogKind, ...] = get_args(CatalogKind)


def accounts(erp: ErpAdapter) -> dict[str, Account]:
    return {account.code: account for account in erp.accounts()}


def dimension(erp: ErpAdapter, code: str) -> Dimension:
    return next(axis for axis in erp.dimensions() if axis.code == code)


def test_company(erp: ErpAdapter) -> None:
    company = erp.company()
    assert isinstance(company, Company)
    assert company.id
    assert company.name
    assert (company.currency, company.country) == ("EUR", "DK")


def test_accounts_are_complete_and_typed(erp: ErpAdapter) -> None:
    found = list(erp.accounts())
    assert {type(account) for account in found} == {Account}
    assert {account.code for account in found} == {row["code"] for row in chart.ACCOUNTS}
    assert len({account.id for account in found}) == len(found)


def test_account_names_are_read_as_written(erp: ErpAdapter) -> None:
    found = accounts(erp)
    assert found["6100"].name == "Travel “& more”"
    assert found["6200"].name == "Essen und Trinken 🍜"


def test_account_kinds(erp: ErpAdapter) -> None:
    found = accounts(erp)
    kinds = {code: found[code].kind for code in ("2440", "3000", "5840", "6100")}
    assert kinds == {"2440": "liability", "3000": "revenue", "5840": "asset", "6100": "expense"}


def test_a_heading_takes_no_entries(erp: ErpAdapter) -> None:
    assert not accounts(erp)["1000"].is_postable
    assert accounts(erp)["6100"].is_postable


def test_an_account_no_longer_used_is_inactive(erp: ErpAdapter) -> None:
    assert not accounts(erp)["6999"].is_active
    assert accounts(erp)["6100"].is_active


@pytest.mark.needs("vendor_ledger")
def test_a_sub_ledger_account_needs_a_vendor(erp: ErpAdapter) -> None:
    assert accounts(erp)["2440"].needs_vendor
    assert not accounts(erp)["6100"].needs_vendor


@pytest.mark.needs("mandatory")
def test_an_account_says_which_dimensions_it_insists_on(erp: ErpAdapter, sandbox: Sandbox) -> None:
    assert sandbox.mandatory
    account, dimension = sandbox.mandatory
    assert accounts(erp)[account].required_dimensions == {dimension}
    assert accounts(erp)["6100"].required_dimensions == frozenset()


@pytest.mark.needs("max_dimensions")
def test_dimensions(erp: ErpAdapter, sandbox: Sandbox) -> None:
    found = list(erp.dimensions())
    assert {type(axis) for axis in found} == {Dimension}
    name = "name" if sandbox.names_dimensions else "code"
    assert {(axis.code, axis.name) for axis in found} == {
        (row["code"], row[name]) for row in chart.DIMENSIONS
    }


@pytest.mark.needs("max_dimensions")
def test_values_belong_to_their_dimension(erp: ErpAdapter) -> None:
    values = list(erp.dimension_values(dimension(erp, "DEP")))
    assert {type(value) for value in values} == {DimensionValue}
    assert {value.dimension for value in values} == {"DEP"}
    assert {value.code: value.is_active for value in values} == {
        "SALES": True,
        "IT": True,
        "OLD": False,
    }


@pytest.mark.needs("max_dimensions")
def test_many_values_are_read_to_the_end(erp: ErpAdapter) -> None:
    values = [value.code for value in erp.dimension_values(dimension(erp, "BIG"))]
    assert sorted(values) == [f"B{number:04d}" for number in range(chart.MANY)]


def test_tax_codes(erp: ErpAdapter) -> None:
    found = {tax.code: tax for tax in erp.tax_codes()}
    assert {type(tax) for tax in found.values()} == {TaxCode}
    rates = {code: tax.rate for code, tax in found.items() if tax.is_active}
    assert rates == {"I25": Decimal("0.25"), "R25": Decimal("0.25"), "Z0": Decimal(0)}
    assert not found["X99"].is_active


@pytest.mark.needs("vendor_ledger")
def test_vendors(erp: ErpAdapter) -> None:
    found = {vendor.code: vendor for vendor in erp.vendors()}
    assert {type(vendor) for vendor in found.values()} == {Vendor}
    assert found["V1"].name == "Åse's “Café” & Søn 🏨"
    assert (found["V1"].is_active, found["V9"].is_active) == (True, False)


@pytest.mark.needs("change")
@pytest.mark.parametrize("kind", KINDS)
def test_a_fingerprint_differs_once_a_record_changed_and_only_then(
    erp: ErpAdapter, sandbox: Sandbox, network: Proxy, kind: CatalogKind
) -> None:
    erp.company()
    network.calls.clear()
    if (before := erp.fingerprint(kind)) is None:
        assert network.calls == []
        return
    assert len(network.calls) <= 2
    assert sandbox.adapter().fingerprint(kind) == before
    sandbox.change(kind)
    assert (after := sandbox.adapter().fingerprint(kind)) != before
    erp.post([voucher()])
    assert sandbox.adapter().fingerprint(kind) == after


@pytest.mark.needs("change")
def test_one_kind_s_change_is_no_other_s(erp: ErpAdapter, sandbox: Sandbox) -> None:
    before = {kind: erp.fingerprint(kind) for kind in KINDS}
    sandbox.change("tax_codes")
    after = {kind: erp.fingerprint(kind) for kind in KINDS}
    assert [kind for kind in KINDS if after[kind] != before[kind]] in ([], ["tax_codes"])


def test_when_the_access_ends(erp: ErpAdapter) -> None:
    assert isinstance(erp.access_expires_on(), date | None)
