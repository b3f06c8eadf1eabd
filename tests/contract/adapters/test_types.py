"""Nothing but `ledger` types comes out of an adapter: what is stored and shown is ours."""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from erp_adapters import ADAPTERS, base, ledger
from erp_adapters.base import ErpAdapter
from erp_adapters.errors import Rejected
from erp_adapters.ledger import PostedVoucher, Vendor
from tests.contract.adapters.chart import CLOSED_DAY, bill, payment, reference, voucher
from tests.contract.adapters.sandboxes import Sandbox

OURS = {x for x in vars(ledger).values() if isinstance(x, type) and is_dataclass(x)}
PLAIN = (str, int, bool, Decimal, date, type(None))


def assert_ours(values: Iterable[Any]) -> None:
    """Records of ours, whose every value is of the plain kind that it says."""
    for value in values:
        assert type(value) in OURS
        for field in fields(value):
            _assert_plain(getattr(value, field.name))


def _assert_plain(value: Any) -> None:
    if isinstance(value, tuple | frozenset):
        for item in value:
            _assert_plain(item)
    else:
        assert isinstance(value, PLAIN)
        assert not isinstance(value, str) or type(value) is str
        assert not isinstance(value, date) or type(value) is date


def test_master_data(erp: ErpAdapter) -> None:
    assert_ours([erp.company()])
    axes = list(erp.dimensions())
    for rows in (erp.accounts(), axes, erp.tax_codes(), erp.vendors()):
        assert_ours(rows)
    for axis in axes:
        assert_ours(erp.dimension_values(axis))


def test_vouchers(erp: ErpAdapter) -> None:
    draft = voucher(is_final=not erp.capabilities.supports_draft)
    posted = [x for x in erp.post([voucher(), draft]) if isinstance(x, PostedVoucher)]
    assert len(posted) == 2
    assert_ours(posted)
    assert_ours(erp.find_posted([x.reference for x in posted]).values())
    assert_ours(x for x in erp.finish(posted) if not isinstance(x, Rejected))


def test_a_refusal_is_a_value_and_not_raised(erp: ErpAdapter) -> None:
    (refused,) = erp.post([voucher(posting_date=CLOSED_DAY)])
    assert isinstance(refused, Rejected)
    assert type(refused).__module__ == "erp_adapters.errors"
    assert isinstance(refused.message, str)
    assert isinstance(refused.detail, str)


def test_what_an_adapter_tells_about_itself(erp: ErpAdapter) -> None:
    capabilities = erp.capabilities
    assert ADAPTERS[erp.kind].startswith(f"{type(erp).__module__}:")
    assert erp.label
    assert capabilities.batch_size > 0
    assert capabilities.reference_length >= len(reference())
    assert capabilities.attachment_max_bytes > 0
    assert all(x.calls > 0 and x.seconds > 0 for x in capabilities.rate_limits)


def test_the_sandbox_leaves_out_what_the_adapter_cannot_and_nothing_else(
    erp: ErpAdapter, sandbox: Sandbox
) -> None:
    """Cases are left out by the class's capabilities and what the sandbox says beyond them."""
    assert erp.capabilities == replace(type(erp).capabilities, **sandbox.can)


OPTIONAL = {
    "can_reverse": lambda erp, posted: erp.reverse(posted, reason="no"),
    "can_reconcile": lambda erp, posted: erp.reconcile([]),
    "can_create_vendors": lambda erp, posted: erp.create_vendor(
        Vendor(code="", id="", name="X"), reference="x"
    ),
}


@pytest.mark.parametrize("name", OPTIONAL)
def test_what_it_says_it_cannot_do_it_does_not(erp: ErpAdapter, name: str) -> None:
    (posted,) = erp.post([voucher()])
    assert isinstance(posted, PostedVoucher)
    if getattr(erp.capabilities, name):
        assert getattr(type(erp), METHODS[name]) is not getattr(ErpAdapter, METHODS[name])
        return
    with pytest.raises(NotImplementedError):
        OPTIONAL[name](erp, posted)


METHODS = {
    "can_reverse": "reverse",
    "can_reconcile": "reconcile",
    "can_create_vendors": "create_vendor",
}


@pytest.mark.needs("can_create_vendors")
def test_a_vendor(erp: ErpAdapter) -> None:
    assert_ours([erp.create_vendor(Vendor(code="", id="", name="Typed"), reference=reference())])


@pytest.mark.needs("can_reverse")
def test_a_reversal(erp: ErpAdapter) -> None:
    (posted,) = erp.post([voucher()])
    assert isinstance(posted, PostedVoucher)
    assert_ours([erp.reverse(posted, reason="Typed")])


@pytest.mark.needs("can_reconcile")
def test_a_match(erp: ErpAdapter) -> None:
    owed, paying = (x for x in erp.post([bill(), payment()]) if isinstance(x, PostedVoucher))
    assert erp.reconcile([base.Settlement(payment=paying, paid=(owed,))]) == [None]
