"""A payment and what it pays, matched in the ERP: once, and never with something else too."""

import pytest

from erp_adapters.base import ErpAdapter, Settlement
from erp_adapters.errors import OutcomeUnknown, Rejected
from erp_adapters.ledger import PostedVoucher, Voucher
from tests.contract.adapters.chart import bill, line, payment, voucher
from tests.contract.adapters.proxy import Proxy
from tests.contract.adapters.sandboxes import Sandbox

pytestmark = pytest.mark.needs("can_reconcile")


def booked(erp: ErpAdapter, *vouchers: Voucher) -> list[PostedVoucher]:
    results = [x for x in erp.post(vouchers) if isinstance(x, PostedVoucher)]
    assert len(results) == len(vouchers)
    return results


def settlement(erp: ErpAdapter, *amounts: str) -> Settlement:
    """Bills of these amounts, and a payment of their sum."""
    bills = [bill(amount) for amount in amounts]
    total = sum(x.total for x in bills)
    paying, *paid = booked(erp, payment(*bills, amount=str(total)), *bills)
    return Settlement(payment=paying, paid=tuple(paid))


@pytest.mark.parametrize("amounts", [("100.00",), ("10.00", "20.00", "0.01")], ids=["one", "three"])
def test_a_payment_is_matched_with_what_it_pays(
    erp: ErpAdapter, sandbox: Sandbox, amounts: tuple[str, ...]
) -> None:
    pair = settlement(erp, *amounts)
    assert erp.reconcile([pair]) == [None]
    assert sandbox.matches(pair.payment.reference) >= {x.reference for x in pair.paid}
    for paid in pair.paid:
        assert pair.payment.reference in sandbox.matches(paid.reference)


def test_matching_again_changes_nothing(erp: ErpAdapter, sandbox: Sandbox) -> None:
    pair = settlement(erp, "100.00")
    for adapter in (erp, erp, sandbox.adapter()):
        assert adapter.reconcile([pair]) == [None]
    assert sandbox.matches(pair.payment.reference) == {pair.paid[0].reference}


def test_a_batch_keeps_its_order_and_one_refusal_harms_no_other(
    erp: ErpAdapter, sandbox: Sandbox
) -> None:
    good = [settlement(erp, f"{n}.00") for n in (1, 2, 3)]
    (plain,) = booked(erp, voucher(line("6100", "1.00"), line("6200", "-1.00")))
    nothing_shared = Settlement(payment=plain, paid=(good[0].payment,))
    answers = erp.reconcile([good[0], nothing_shared, good[1], good[2]])
    assert [type(x) for x in answers] == [type(None), Rejected, type(None), type(None)]
    refused = answers[1]
    assert isinstance(refused, Rejected)
    assert (refused.reference, refused.system) == (plain.reference, "erp")
    assert refused.message
    assert refused.code
    assert all(sandbox.matches(x.payment.reference) for x in good)
    assert sandbox.matches(plain.reference) == set()


def test_nothing_to_match(erp: ErpAdapter) -> None:
    assert erp.reconcile([]) == []


def test_a_bill_that_was_paid_in_full_is_not_matched_twice(
    erp: ErpAdapter, sandbox: Sandbox
) -> None:
    first = settlement(erp, "100.00")
    assert erp.reconcile([first]) == [None]
    (again,) = booked(erp, payment())
    (refused,) = erp.reconcile([Settlement(payment=again, paid=first.paid)])
    assert isinstance(refused, Rejected)
    assert sandbox.matches(first.paid[0].reference) == {first.payment.reference}
    assert sandbox.matches(again.reference) == set()


def test_two_payments_of_one_bill_in_one_call(erp: ErpAdapter, sandbox: Sandbox) -> None:
    first = settlement(erp, "100.00")
    (again,) = booked(erp, payment())
    answers = erp.reconcile([first, Settlement(payment=again, paid=first.paid)])
    assert [type(x) for x in answers] == [type(None), Rejected]
    assert sandbox.matches(first.paid[0].reference) == {first.payment.reference}


def test_a_difference_stays_open_and_is_never_written_off(
    erp: ErpAdapter, sandbox: Sandbox
) -> None:
    """An ERP may match a part or nothing; what both vouchers say stays as it is."""
    owed, paying = booked(erp, bill("100.00"), payment(amount="99.00"))
    (answer,) = erp.reconcile([Settlement(payment=paying, paid=(owed,))])
    if isinstance(answer, Rejected):
        assert answer.code == "difference"
        assert sandbox.matches(paying.reference) == set()
    else:
        assert sandbox.matches(paying.reference) == {owed.reference}
    standing = {x.reference: sum(y[1] for y in x.lines) for x in sandbox.raw(owed.reference)}
    assert standing == {owed.reference: 100}


@pytest.mark.needs("supports_draft")
def test_a_draft_is_not_matched(erp: ErpAdapter, sandbox: Sandbox) -> None:
    owed, paying = booked(erp, bill(), payment())
    (draft,) = erp.post([voucher(*payment().lines, vendor="V1", is_final=False)])
    assert isinstance(draft, PostedVoucher)
    (refused,) = erp.reconcile([Settlement(payment=draft, paid=(owed,))])
    assert isinstance(refused, Rejected)
    assert erp.reconcile([Settlement(payment=paying, paid=(owed,))]) == [None]


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_lost_answer_is_unknown_and_asking_again_is_safe(
    erp: ErpAdapter, sandbox: Sandbox, network: Proxy, drop: str
) -> None:
    pairs = [settlement(erp, "7.00"), settlement(erp, "8.00")]
    settled = settlement(erp, "9.00")
    network.calls.clear()
    erp.reconcile([settled])
    writing = network.calls[-1]
    network.fail(f"^{writing}(/create)?$", drop=drop)
    with pytest.raises(OutcomeUnknown):
        sandbox.adapter().reconcile(pairs)
    network.clear()
    assert sandbox.adapter().reconcile(pairs) == [None, None]
    for pair in pairs:
        assert sandbox.matches(pair.payment.reference) == {pair.paid[0].reference}
