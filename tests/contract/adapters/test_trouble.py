"""When the network or the ERP fails: the right error, and nothing is ever booked twice."""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from demo import processes
from erp_adapters.base import ErpAdapter, Settlement
from erp_adapters.errors import (
    AuthenticationFailed,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    RemoteError,
    Unavailable,
)
from erp_adapters.http import HttpDoor
from erp_adapters.ledger import Attachment, PostedVoucher, Vendor, Voucher
from tests.contract.adapters import chart
from tests.contract.adapters.chart import voucher
from tests.contract.adapters.proxy import Proxy
from tests.contract.adapters.sandboxes import Sandbox

HTML = {"body": "<html><h1>Oh no</h1>", "contentType": "text/html; charset=utf-8"}


def recover(erp: ErpAdapter, sent: Sequence[Voucher]) -> list[PostedVoucher]:
    """What the engine does after an unknown outcome: look, finish drafts, book what is missing."""
    found = erp.find_posted([x.reference for x in sent])
    drafts = [found[x.reference] for x in sent if x.is_final and x.reference in found]
    done = {x.reference: x for x in erp.finish(drafts) if isinstance(x, PostedVoucher)}
    missing = [x for x in sent if x.reference not in found]
    posted = [x for x in erp.post(missing) if isinstance(x, PostedVoucher)] if missing else []
    return [*{**found, **done}.values(), *posted]


def assert_booked_once(sandbox: Sandbox, sent: Sequence[Voucher]) -> None:
    standing = sandbox.raw(*(x.reference for x in sent))
    assert sorted(x.reference for x in standing) == sorted(x.reference for x in sent)
    assert all(x.is_final for x in standing)


def each_booking_call(sandbox: Sandbox, network: Proxy) -> list[str]:
    """The patterns that a batch of two really calls."""
    sandbox.adapter().post([voucher(), voucher()])
    used = [p for p in sandbox.booking if any(_hits(p, call) for call in network.calls)]
    assert used
    return used


def _hits(pattern: str, call: str) -> bool:
    return bool(re.search(pattern, call))


@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_lost_answer_is_an_unknown_outcome_and_books_once(
    sandbox: Sandbox, network: Proxy, drop: str
) -> None:
    for pattern in each_booking_call(sandbox, network):
        sent = [voucher(), voucher()]
        network.fail(pattern, drop=drop)
        with pytest.raises(OutcomeUnknown) as caught:
            sandbox.adapter().post(sent)
        assert caught.value.system == "erp"
        assert len(recover(sandbox.adapter(), sent)) == 2
        assert_booked_once(sandbox, sent)


def test_the_same_batch_twice_is_one_batch(sandbox: Sandbox) -> None:
    sent = [voucher() for _ in range(5)]
    first = recover(sandbox.adapter(), sent)
    assert {x.reference for x in first} == {x.reference for x in sent}
    for _ in range(2):
        again = recover(sandbox.adapter(), sent)
        assert {x.reference: x.id for x in again} == {x.reference: x.id for x in first}
    assert_booked_once(sandbox, sent)


@pytest.mark.parametrize("hang", ["before", "after"])
def test_no_answer_in_time_is_an_unknown_outcome_and_books_once(
    sandbox: Sandbox, network: Proxy, monkeypatch: pytest.MonkeyPatch, hang: str
) -> None:
    """Before: the ERP never got it. After: it did it, and the answer does not come."""
    pattern = each_booking_call(sandbox, network)[-1]
    sent = [voucher(), voucher()]
    network.fail(pattern, hang=hang)
    with monkeypatch.context() as patch:
        patch.setitem(HttpDoor.__init__.__kwdefaults__ or {}, "total_timeout", 1.5)
        with pytest.raises(OutcomeUnknown):
            sandbox.adapter().post(sent)
    recover(sandbox.adapter(), sent)
    assert_booked_once(sandbox, sent)


def test_a_batch_with_one_bad_voucher_whose_answer_is_lost(
    sandbox: Sandbox, network: Proxy
) -> None:
    good = [voucher(), voucher()]
    bad = voucher(posting_date=chart.CLOSED_DAY)
    network.fail(sandbox.booking[-1], drop="after")
    with pytest.raises(OutcomeUnknown):
        sandbox.adapter().post([good[0], bad, good[1]])
    recover(sandbox.adapter(), [good[0], bad, good[1]])
    assert_booked_once(sandbox, good)
    assert sandbox.raw(bad.reference) == []


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_on_a_write_is_an_unknown_outcome(
    sandbox: Sandbox, network: Proxy, status: int, applied: bool
) -> None:
    sent = [voucher(), voucher()]
    network.fail(sandbox.booking[-1], status=status, applied=applied, **HTML)
    with pytest.raises(OutcomeUnknown):
        sandbox.adapter().post(sent)
    recover(sandbox.adapter(), sent)
    assert_booked_once(sandbox, sent)


@pytest.mark.parametrize("answer", [{"status": 302, **HTML}, HTML, {"body": {}}, {"body": [{}]}])
def test_an_answer_of_another_kind_is_an_unknown_outcome(
    sandbox: Sandbox, network: Proxy, answer: dict[str, Any]
) -> None:
    sent = [voucher(), voucher()]
    network.fail(sandbox.booking[-1], **{"status": 200, "applied": True, **answer})
    with pytest.raises(OutcomeUnknown):
        sandbox.adapter().post(sent)
    recover(sandbox.adapter(), sent)
    assert_booked_once(sandbox, sent)


def test_a_write_is_never_sent_twice_by_the_adapter(sandbox: Sandbox, network: Proxy) -> None:
    sent = [voucher(), voucher()]
    network.fail(sandbox.booking[-1], drop="after", times=9)
    with pytest.raises(OutcomeUnknown):
        sandbox.adapter().post(sent)
    assert sum(_hits(sandbox.booking[-1], call) for call in network.calls) == 1
    network.clear()
    recover(sandbox.adapter(), sent)
    assert_booked_once(sandbox, sent)


def test_a_failure_after_a_write_never_claims_that_nothing_was_done(
    sandbox: Sandbox, network: Proxy
) -> None:
    """Credentials that die between two calls of one batch still leave an unknown outcome."""
    for pattern in each_booking_call(sandbox, network)[1:]:
        sent = [voucher(), voucher()]
        network.fail(pattern, status=401)
        with pytest.raises(OutcomeUnknown):
            sandbox.adapter().post(sent)
        recover(sandbox.adapter(), sent)
        assert_booked_once(sandbox, sent)


def test_nothing_listens(sandbox: Sandbox) -> None:
    erp = sandbox.adapter(base_url=f"http://127.0.0.1:{processes.free_port()}")
    with pytest.raises(Unavailable):
        erp.company()
    with pytest.raises(Unavailable):
        erp.post([voucher()])


def test_a_read_is_tried_again(sandbox: Sandbox, network: Proxy, erp: ErpAdapter) -> None:
    network.fail(".", status=503, times=1, **HTML)
    assert erp.company().currency == "EUR"
    network.fail(".", drop="before", times=1)
    assert list(sandbox.adapter().tax_codes())


def test_the_search_fails(sandbox: Sandbox, network: Proxy, erp: ErpAdapter) -> None:
    network.fail(sandbox.lookup, drop="before", times=9)
    with pytest.raises(Unavailable):
        erp.find_posted([chart.reference()])


def test_a_wrong_key(sandbox: Sandbox) -> None:
    erp = sandbox.adapter(key="wrong")
    with pytest.raises(AuthenticationFailed):
        erp.company()
    with pytest.raises(AuthenticationFailed):
        erp.post([voucher()])


def test_one_bad_credential_books_nothing(sandbox: Sandbox) -> None:
    """Where there are several, the others may leave drafts; each wrong one is named as such."""
    for name in sandbox.secrets():
        sent, erp = [voucher()], sandbox.adapter(settings=None, **{name: "wrong"})
        with pytest.raises((AuthenticationFailed, OutcomeUnknown)):
            erp.post(sent)
        with pytest.raises(AuthenticationFailed):
            recover(erp, sent)
        assert not any(x.is_final for x in sandbox.raw(sent[0].reference))


def test_a_key_that_is_withdrawn_between_two_batches(sandbox: Sandbox, network: Proxy) -> None:
    erp, sent = sandbox.adapter(), [voucher(), voucher()]
    erp.post(sent[:1])
    network.fail(".", status=401, times=9)
    for call in (lambda: erp.post(sent[1:]), lambda: erp.find_posted([sent[0].reference])):
        with pytest.raises(AuthenticationFailed):
            call()
    network.clear()
    recover(sandbox.adapter(), sent)
    assert_booked_once(sandbox, sent)


def test_a_key_with_characters_no_header_takes(sandbox: Sandbox) -> None:
    for key in ("ключ", "two\nlines"):
        with pytest.raises(RemoteError):
            sandbox.adapter(key=key).company()


def test_a_right_is_missing(network: Proxy, erp: ErpAdapter) -> None:
    network.fail(".", status=403, **HTML)
    with pytest.raises(NotAllowed):
        erp.company()


@pytest.mark.parametrize("form", ["seconds", "date", "none", "nonsense"])
def test_slow_down(network: Proxy, erp: ErpAdapter, form: str) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    headers = {
        "seconds": {"Retry-After": "90"},
        "date": {"Retry-After": later},
        "none": {},
        "nonsense": {"Retry-After": "soon"},
    }
    network.fail(".", status=429, headers=headers[form])
    with pytest.raises(RateLimited) as caught:
        erp.company()
    waits = {"seconds": (90.0, 90.0), "date": (80.0, 91.0)}
    if form in waits:
        assert caught.value.retry_after is not None
        low, high = waits[form]
        assert low <= caught.value.retry_after <= high
    else:
        assert caught.value.retry_after is None


@pytest.mark.parametrize("header", [{"Retry-After": "30"}, {}], ids=["seconds", "none"])
def test_out_of_order_for_a_while(network: Proxy, erp: ErpAdapter, header: dict[str, str]) -> None:
    network.fail(".", status=503, times=9, headers=header, **HTML)
    with pytest.raises(Unavailable) as caught:
        erp.company()
    assert caught.value.retry_after == (30 if header else None)


def test_slow_down_on_a_write_leaves_nothing_behind(sandbox: Sandbox, network: Proxy) -> None:
    first = each_booking_call(sandbox, network)[0]
    sent = voucher(), voucher()
    network.fail(first, status=429, headers={"Retry-After": "7"})
    with pytest.raises(RateLimited) as caught:
        sandbox.adapter().post(sent)
    assert caught.value.retry_after == 7
    assert sandbox.raw(*(x.reference for x in sent)) == []


def test_slow_down_on_an_upload(sandbox: Sandbox, network: Proxy, erp: ErpAdapter) -> None:
    (posted,) = erp.post([voucher()])
    assert isinstance(posted, PostedVoucher)
    network.fail(sandbox.attaching, status=429, headers={"Retry-After": "7"})
    with pytest.raises(RateLimited) as caught:
        erp.attach(posted, FILE)
    assert caught.value.retry_after == 7
    assert sandbox.raw(posted.reference)[0].files == []


VENDOR = Vendor(code="", id="", name="Anybody")
FILE = Attachment(name="a.txt", content_type="text/plain", content=b"a")
METHODS: dict[str, Callable[[ErpAdapter, PostedVoucher], Any]] = {
    "company": lambda erp, posted: erp.company(),
    "accounts": lambda erp, posted: list(erp.accounts()),
    "dimensions": lambda erp, posted: list(erp.dimensions()),
    "tax codes": lambda erp, posted: list(erp.tax_codes()),
    "vendors": lambda erp, posted: list(erp.vendors()),
    "find": lambda erp, posted: erp.find_posted([posted.reference]),
    "post": lambda erp, posted: erp.post([voucher()]),
    "finish": lambda erp, posted: erp.finish([posted]),
    "attach": lambda erp, posted: erp.attach(posted, FILE),
    "reverse": lambda erp, posted: erp.reverse(posted, reason="no"),
    "reconcile": lambda erp, posted: erp.reconcile([Settlement(payment=posted, paid=(posted,))]),
    "create vendor": lambda erp, posted: erp.create_vendor(VENDOR, reference="pleo:vendor"),
    "fingerprint": lambda erp, posted: fingerprint(erp),
}
NEEDS = {
    "dimensions": "max_dimensions",
    "vendors": "vendor_ledger",
    "reverse": "can_reverse",
    "reconcile": "can_reconcile",
    "create vendor": "can_create_vendors",
    "finish": "supports_draft",
}
EACH = [pytest.param(x, marks=[pytest.mark.needs(NEEDS[x])] if x in NEEDS else []) for x in METHODS]


def fingerprint(erp: ErpAdapter) -> str:
    if found := erp.fingerprint("accounts"):
        return found
    raise Unavailable("There is none, and nobody was asked.")


ANSWERS: dict[str, dict[str, Any]] = {
    "html": {"status": 200, **HTML},
    "refused html": {"status": 400, **HTML},
    "gateway": {"status": 502, **HTML},
    "empty": {"status": 200, "body": ""},
    "cut short": {"status": 200, "body": '[{"id": 1, "na'},
    "deep": {"status": 200, "body": "[" * 100_000},
    "not text": {"status": 500, "body": "\ufffd\x00"},
    "teapot": {"status": 418, "body": {}},
}


@pytest.fixture(scope="module")
def standing(sandbox: Sandbox) -> PostedVoucher:
    erp = sandbox.adapter()
    (posted,) = erp.post([voucher(is_final=not erp.capabilities.supports_draft)])
    assert isinstance(posted, PostedVoucher)
    return posted


@pytest.mark.parametrize("method", EACH)
@pytest.mark.parametrize("answer", ANSWERS)
def test_only_our_errors_come_out(
    network: Proxy, erp: ErpAdapter, standing: PostedVoucher, method: str, answer: str
) -> None:
    network.fail(".", times=99, **ANSWERS[answer])
    with pytest.raises(RemoteError) as caught:
        METHODS[method](erp, standing)
    assert caught.value.message


@pytest.mark.parametrize("status", [401, 403, 429])
@pytest.mark.parametrize("method", EACH)
def test_what_a_status_means_is_the_same_for_every_call(
    network: Proxy, erp: ErpAdapter, standing: PostedVoucher, method: str, status: int
) -> None:
    meaning = {401: AuthenticationFailed, 403: NotAllowed, 429: RateLimited}
    network.fail(".", times=99, status=status, **HTML)
    with pytest.raises(
        (meaning[status], Unavailable) if method == "fingerprint" else meaning[status]
    ):
        METHODS[method](erp, standing)
