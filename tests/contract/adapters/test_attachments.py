"""Receipts: kept once each, whatever their name."""

import re

import pytest

from erp_adapters.base import ErpAdapter
from erp_adapters.errors import NotAllowed, OutcomeUnknown, Rejected
from erp_adapters.ledger import Attachment, PostedVoucher
from tests.contract.adapters.chart import voucher
from tests.contract.adapters.proxy import Proxy
from tests.contract.adapters.sandboxes import Sandbox


@pytest.fixture
def posted(erp: ErpAdapter) -> PostedVoucher:
    (result,) = erp.post([voucher()])
    assert isinstance(result, PostedVoucher)
    return result


def receipt(name: str = "receipt.pdf", size: int = 1000) -> Attachment:
    return Attachment(name=name, content_type="application/pdf", content=b"\xff" * size)


def files(sandbox: Sandbox, posted: PostedVoucher) -> list[tuple[str, int]]:
    (raw,) = sandbox.raw(posted.reference)
    return sorted(raw.files)


def test_a_file_is_kept_once(erp: ErpAdapter, sandbox: Sandbox, posted: PostedVoucher) -> None:
    erp.attach(posted, receipt())
    sandbox.adapter().attach(posted, receipt())
    assert files(sandbox, posted) == [("receipt.pdf", 1000)]


def test_several_files(erp: ErpAdapter, sandbox: Sandbox, posted: PostedVoucher) -> None:
    for number in range(3):
        erp.attach(posted, receipt(f"{number}.pdf", size=number + 1))
    assert files(sandbox, posted) == [("0.pdf", 1), ("1.pdf", 2), ("2.pdf", 3)]


@pytest.mark.needs("supports_draft")
def test_a_draft_takes_files_too(erp: ErpAdapter, sandbox: Sandbox) -> None:
    (draft,) = erp.post([voucher(is_final=False)])
    assert isinstance(draft, PostedVoucher)
    erp.attach(draft, receipt())
    erp.finish([draft])
    assert files(sandbox, draft) == [("receipt.pdf", 1000)]


@pytest.mark.parametrize(
    "name",
    ["Kvittering Ærø.pdf", "100%_a.pdf", "../../etc/passwd", "🧾.pdf", "quo\"te's;.pdf", "שלום"],
)
def test_hostile_name(erp: ErpAdapter, sandbox: Sandbox, posted: PostedVoucher, name: str) -> None:
    erp.attach(posted, receipt(name))
    erp.attach(posted, receipt(name))
    assert files(sandbox, posted) == [(name, 1000)]


@pytest.mark.parametrize("name", ["two\nlines.pdf", "tab\t.pdf", "  ", ""])
def test_a_name_that_cannot_be_kept_as_it_is(
    erp: ErpAdapter, sandbox: Sandbox, posted: PostedVoucher, name: str
) -> None:
    erp.attach(posted, receipt(name))
    erp.attach(posted, receipt(name))
    assert [size for _, size in files(sandbox, posted)] == [1000]


@pytest.mark.parametrize("size", [3_000_000, 20_000_000])
def test_a_large_file(erp: ErpAdapter, sandbox: Sandbox, posted: PostedVoucher, size: int) -> None:
    size = min(size, erp.capabilities.attachment_max_bytes)
    erp.attach(posted, receipt(size=size))
    assert files(sandbox, posted) == [("receipt.pdf", size)]


def test_a_file_that_is_too_large(
    network: Proxy, erp: ErpAdapter, sandbox: Sandbox, posted: PostedVoucher
) -> None:
    network.fail(
        sandbox.attaching,
        status=413,
        body={"code": "too_large", "message": "It is too large."},
    )
    with pytest.raises(Rejected) as caught:
        erp.attach(posted, receipt())
    assert caught.value.code == "too_large"
    assert "large" in caught.value.message.casefold()


def test_an_upload_whose_answer_is_lost(
    network: Proxy, erp: ErpAdapter, sandbox: Sandbox, posted: PostedVoucher
) -> None:
    network.fail(sandbox.attaching, drop="after")
    with pytest.raises(OutcomeUnknown):
        erp.attach(posted, receipt())
    erp.attach(posted, receipt())
    assert files(sandbox, posted) == [("receipt.pdf", 1000)]


def test_the_first_file_of_a_voucher_needs_no_look(
    erp: ErpAdapter, sandbox: Sandbox, posted: PostedVoucher
) -> None:
    erp.attach(posted, receipt(), may_exist=False)
    erp.attach(posted, receipt())
    assert files(sandbox, posted) == [("receipt.pdf", 1000)]


def test_an_upload_without_the_right_to_it(
    network: Proxy, erp: ErpAdapter, sandbox: Sandbox, posted: PostedVoucher
) -> None:
    network.fail(sandbox.attaching, status=403)
    with pytest.raises(NotAllowed):
        erp.attach(posted, receipt())
    assert files(sandbox, posted) == []


def test_a_file_is_never_sent_twice_in_one_call(
    network: Proxy, erp: ErpAdapter, sandbox: Sandbox, posted: PostedVoucher
) -> None:
    network.fail(sandbox.attaching, status=503, times=9)
    with pytest.raises(OutcomeUnknown):
        erp.attach(posted, receipt())
    assert sum(bool(re.search(sandbox.attaching, call)) for call in network.calls) == 1


def test_files_of_two_vouchers_are_kept_apart(erp: ErpAdapter, sandbox: Sandbox) -> None:
    for size, result in enumerate(erp.post([voucher(), voucher()]), start=1):
        assert isinstance(result, PostedVoucher)
        erp.attach(result, receipt(size=size))
        assert files(sandbox, result) == [("receipt.pdf", size)]


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "image/jpeg"])
def test_types_of_receipts(
    erp: ErpAdapter, sandbox: Sandbox, posted: PostedVoucher, kind: str
) -> None:
    assert kind in (erp.capabilities.attachment_types or {kind})
    name = f"receipt.{kind.partition('/')[2]}"
    erp.attach(posted, Attachment(name=name, content_type=kind, content=b"abc"))
    assert files(sandbox, posted) == [(name, 3)]
