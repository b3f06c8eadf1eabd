"""Vendors that we create: once each, whatever their name, and of use at once."""

from contextlib import suppress
from uuid import uuid4

import pytest

from erp_adapters.base import ErpAdapter
from erp_adapters.errors import OutcomeUnknown
from erp_adapters.ledger import PostedVoucher, Vendor
from tests.contract.adapters.chart import bill
from tests.contract.adapters.proxy import Proxy
from tests.contract.adapters.sandboxes import Sandbox

pytestmark = pytest.mark.needs("can_create_vendors")
NAMES = {
    "plain": "Kaffe & Kage ApS",
    "quotes": """O'Neill "Bits"; DROP TABLE party --""",
    "unicode": "Ærø Ødegård ﬁ Straße 漢字",
    "emoji": "🧾 Receipts 👩‍👩‍👧‍👦",
    "lines": "Two\nlines",
    "markup": "<b>&amp;</b>",
    "long": "Company " * 12,
}


def reference() -> str:
    return f"pleo:vendor:{uuid4()}"


def vendor(name: str = "Kaffe & Kage ApS", tax_number: str = "") -> Vendor:
    return Vendor(code="", id="", name=name, tax_number=tax_number)


def under_name(erp: ErpAdapter, name: str) -> list[Vendor]:
    return [found for found in erp.vendors() if found.name == name]


@pytest.mark.parametrize("name", NAMES)
def test_a_vendor_is_created_and_read_back(erp: ErpAdapter, name: str) -> None:
    made = erp.create_vendor(vendor(f"{NAMES[name]} {uuid4().hex[:6]}"), reference=reference())
    assert type(made) is Vendor
    assert made.id
    assert made.code
    assert made.is_active
    assert under_name(erp, made.name) == [made]


def test_creating_it_again_returns_the_one_that_stands(erp: ErpAdapter, sandbox: Sandbox) -> None:
    wanted, key = vendor(f"Twice {uuid4()}"), reference()
    first = erp.create_vendor(wanted, reference=key)
    assert sandbox.adapter().create_vendor(wanted, reference=key) == first
    assert sandbox.adapter().create_vendor(vendor("Renamed"), reference=key) == first
    assert under_name(erp, wanted.name) == [first]


def test_two_of_one_name_are_two_vendors(erp: ErpAdapter) -> None:
    wanted = vendor(f"Jensen {uuid4()}")
    made = [erp.create_vendor(wanted, reference=reference()) for _ in range(2)]
    assert len({x.code for x in made}) == len({x.id for x in made}) == 2


@pytest.mark.parametrize("number", ["DK13585628", "DK00000001", "12 34", "no number"])
def test_a_tax_number_is_kept_whether_or_not_the_erp_finds_it_right(
    erp: ErpAdapter, number: str
) -> None:
    made = erp.create_vendor(vendor(f"Taxed {uuid4()}", number), reference=reference())
    assert made.tax_number in (number, "")


@pytest.mark.needs("vendor_ledger")
def test_a_new_vendor_s_bill_can_be_booked(erp: ErpAdapter) -> None:
    made = erp.create_vendor(vendor(), reference=reference())
    (posted,) = erp.post([bill(vendor=made.code)])
    assert isinstance(posted, PostedVoucher)


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_lost_answer_makes_no_second_vendor(
    erp: ErpAdapter, sandbox: Sandbox, network: Proxy, drop: str
) -> None:
    network.calls.clear()
    erp.create_vendor(vendor(), reference=reference())
    for call in {f"^{call}$" for call in network.calls}:
        wanted, key = vendor(f"Once {uuid4()}"), reference()
        network.fail(call, drop=drop, times=1)
        with suppress(OutcomeUnknown):
            sandbox.adapter().create_vendor(wanted, reference=key)
        network.clear()
        made = sandbox.adapter().create_vendor(wanted, reference=key)
        assert under_name(erp, wanted.name) == [made]
