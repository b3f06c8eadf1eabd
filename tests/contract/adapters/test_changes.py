"""An ERP that books otherwise than it was asked: refused, or taken as told, but never silence."""

from dataclasses import replace

import pytest

from erp_adapters.base import ErpAdapter
from erp_adapters.errors import Rejected
from erp_adapters.ledger import PostedVoucher, Voucher
from tests.contract.adapters.chart import voucher
from tests.contract.adapters.sandboxes import Sandbox

pytestmark = pytest.mark.needs("surprise")


def differs(sent: Voucher, posted: PostedVoucher) -> bool:
    lines = posted.line_count or 0
    moved = posted.posting_date != sent.posting_date or posted.total != sent.total
    return moved or lines > len(sent.lines) + sum(x.tax is not None for x in sent.lines)


def each(vouchers: list[Voucher], *, allow: bool) -> list[Voucher]:
    assert vouchers
    return [replace(x, allow_changes=allow) for x in vouchers]


def test_what_the_erp_would_change_is_refused_and_nothing_of_it_stands(
    erp: ErpAdapter, sandbox: Sandbox
) -> None:
    with sandbox.surprise() as vouchers:
        sent = each(vouchers, allow=False)
        results = erp.post(sent)
    for asked, result in zip(sent, results, strict=True):
        assert isinstance(result, Rejected)
        assert result.reference == asked.reference
        assert result.message
        assert result.code
    assert sandbox.raw(*(x.reference for x in sent)) == []


def test_where_changes_are_allowed_the_answer_is_what_stands(
    erp: ErpAdapter, sandbox: Sandbox
) -> None:
    with sandbox.surprise() as vouchers:
        sent = each(vouchers, allow=True)
        results = [x for x in erp.post(sent) if isinstance(x, PostedVoucher)]
    assert len(results) == len(sent)
    found = sandbox.adapter().find_posted([x.reference for x in sent])
    for asked, posted in zip(sent, results, strict=True):
        assert posted.is_final == asked.is_final
        assert found[asked.reference] == posted
        assert differs(asked, posted)
        (raw,) = sandbox.raw(asked.reference)
        assert raw.day == posted.posting_date


def test_what_the_erp_leaves_as_it_is_may_be_changed_too(erp: ErpAdapter, sandbox: Sandbox) -> None:
    """The setting alone changes nothing."""
    sent = voucher(allow_changes=True)
    (posted,) = erp.post([sent])
    assert isinstance(posted, PostedVoucher)
    assert not differs(sent, posted)
