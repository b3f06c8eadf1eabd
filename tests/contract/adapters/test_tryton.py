"""What only Tryton does: its own refusals, its two interfaces, its second currency."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from demo import tryton
from demo.tryton_rpc import TrytonRpcError
from erp_adapters.base import ErpAdapter
from erp_adapters.errors import (
    AuthenticationFailed,
    NotAllowed,
    PeriodClosed,
    Rejected,
)
from erp_adapters.ledger import Attachment, Money, PostedVoucher, Voucher
from tests.contract.adapters import chart
from tests.contract.adapters.chart import line, tax, voucher
from tests.contract.adapters.proxy import Proxy
from tests.contract.adapters.sandboxes import TrytonSandbox

TWO_MIB = 2 * 1024 * 1024
pytestmark = pytest.mark.parametrize("sandbox", ["tryton"], indirect=True, scope="session")


@pytest.fixture
def by_key(sandbox: TrytonSandbox, network: Proxy) -> ErpAdapter:
    """Without a password: REST alone."""
    return sandbox.adapter(user="", password="")


@pytest.fixture
def april(sandbox: TrytonSandbox) -> Iterator[Any]:
    """Closes and reopens April 2025."""
    rows = sandbox.admin.find("account.period", [["start_date", "=", date(2025, 4, 1)]], "id")
    yield lambda what: sandbox.admin.call(f"model.account.period.{what}", [rows[0]["id"]])
    (period,) = sandbox.admin.find("account.period", [["id", "=", rows[0]["id"]]], "state")
    if period["state"] == "closed":
        sandbox.admin.call("model.account.period.reopen", [period["id"]])


def move(sandbox: TrytonSandbox, sent: Voucher) -> dict[str, Any]:
    books = tryton.ledger(sandbox.access, references=[sent.reference], admin=sandbox.admin)
    (found,) = books.moves
    return found


def finals(results: list[PostedVoucher | Rejected]) -> list[bool]:
    return [isinstance(x, PostedVoucher) and x.is_final for x in results]


def test_rest_alone_posts_a_batch_too(sandbox: TrytonSandbox, by_key: ErpAdapter) -> None:
    sent = [voucher(), voucher(is_final=False), voucher()]
    assert finals(by_key.post(sent)) == [True, False, True]
    found = by_key.find_posted([x.reference for x in sent])
    assert finals(by_key.finish(list(found.values()))) == [True] * 3


def test_rest_alone_cannot_reverse(by_key: ErpAdapter) -> None:
    assert not by_key.capabilities.can_reverse
    (posted,) = by_key.post([voucher()])
    assert isinstance(posted, PostedVoucher)
    with pytest.raises(NotImplementedError):
        by_key.reverse(posted, reason="no")


@pytest.mark.parametrize("password", [True, False])
def test_a_batch_is_few_calls(sandbox: TrytonSandbox, network: Proxy, password: bool) -> None:
    erp = sandbox.adapter() if password else sandbox.adapter(user="", password="")
    both = (("DEP", "IT"), ("PRJ", "P1"))
    lines = line("6100", "9.00", dimensions=both), line("5840", "-9.00")
    assert all(finals(erp.post([voucher(*lines) for _ in range(40)])))
    assert len(network.calls) <= (12 if password else 51)


def test_what_tryton_itself_refuses_harms_no_other(sandbox: TrytonSandbox, erp: ErpAdapter) -> None:
    """A third decimal passes our checks, and Tryton then refuses the whole batch."""
    bad = voucher(line("6100", "1.005"), line("5840", "-1.005"))
    results = erp.post([voucher(), voucher(), bad, voucher()])
    assert finals(results) == [True, True, False, True]
    refused = results[2]
    assert isinstance(refused, Rejected)
    assert "digits" in refused.message
    assert sandbox.raw(bad.reference) == []


def test_a_period_with_a_draft_cannot_be_closed(
    sandbox: TrytonSandbox, erp: ErpAdapter, april: Any
) -> None:
    """So no draft of ours is ever left in a closed period."""
    sent = voucher(is_final=False, posting_date=date(2025, 4, 5))
    drafts = [x for x in erp.post([sent]) if isinstance(x, PostedVoucher)]
    with pytest.raises(TrytonRpcError):
        april("close")
    assert finals(erp.finish(drafts)) == [True]


def test_a_draft_that_somebody_deleted(sandbox: TrytonSandbox, erp: ErpAdapter) -> None:
    sent = voucher(is_final=False)
    (draft,) = erp.post([sent])
    assert isinstance(draft, PostedVoucher)
    sandbox.admin.call("model.account.move.delete", [int(draft.id)])
    (gone,) = erp.finish([draft])
    assert isinstance(gone, Rejected)
    assert gone.code == "gone"


def test_a_person_s_reversal_is_neither_found_nor_removed(
    sandbox: TrytonSandbox, erp: ErpAdapter
) -> None:
    """Made in Tryton, it has the description of what it reverses."""
    (draft,) = erp.post([voucher(is_final=False)])
    assert isinstance(draft, PostedVoucher)
    wizard, number = "wizard.account.move.cancel", int(draft.id)
    active = {"active_model": "account.move", "active_id": number, "active_ids": [number]}
    session = sandbox.admin.call(f"{wizard}.create")[0]
    values = {"default": {"reversal": True}}
    sandbox.admin.call(f"{wizard}.execute", session, values, "cancel", context=active)
    assert len(sandbox.raw(draft.reference)) == 2
    assert finals(erp.finish([draft])) == [True]
    assert sorted(x.is_final for x in sandbox.raw(draft.reference)) == [False, True]


def test_a_reversal_in_a_closed_period_is_a_warning_to_accept(
    sandbox: TrytonSandbox, erp: ErpAdapter, april: Any
) -> None:
    (posted,) = erp.post([voucher(posting_date=date(2025, 4, 5))])
    assert isinstance(posted, PostedVoucher)
    april("close")
    with pytest.raises(Rejected) as caught:
        erp.reverse(posted, reason="too late")
    assert caught.value.can_override
    assert caught.value.code


def test_the_first_open_day_is_named(erp: ErpAdapter) -> None:
    (closed,) = erp.post([voucher(posting_date=chart.CLOSED_DAY)])
    (never,) = erp.post([voucher(posting_date=date(2040, 1, 1))])
    assert isinstance(closed, PeriodClosed)
    assert isinstance(never, PeriodClosed)
    assert "2025-04-01" in closed.message
    assert "No later one is open" in never.message


def test_tax_lines_have_tryton_s_signs(sandbox: TrytonSandbox, erp: ErpAdapter) -> None:
    """As a supplier's invoice has them: both children on the base, opposite signs on the tax."""
    sent = voucher(
        line("6100", "80.00", tax=tax("R25", "base", base="80", amount="20")),
        line("2610", "20.00", tax=tax("R25", "tax", base="80", amount="20")),
        line("2611", "-20.00", tax=tax("R25", "tax", base="80", amount="20")),
        line("5840", "-80.00"),
    )
    assert all(finals(erp.post([sent])))
    found = {x["account"]: sorted(x["taxes"]) for x in move(sandbox, sent)["lines"]}
    assert found["6100"] == [("R25 in", "base", 80), ("R25 out", "base", 80)]
    assert found["2610"] == [("R25 in", "tax", 20)]
    assert found["2611"] == [("R25 out", "tax", -20)]


def test_a_refund_s_tax_lines_are_negative(sandbox: TrytonSandbox, erp: ErpAdapter) -> None:
    sent = voucher(
        line("6100", "-80.00", tax=tax("R25", "base", base="80", amount="20")),
        line("2610", "-20.00", tax=tax("R25", "tax", base="80", amount="20")),
        line("2611", "20.00", tax=tax("R25", "tax", base="80", amount="20")),
        line("5840", "80.00"),
    )
    assert all(finals(erp.post([sent])))
    found = {x["account"]: sorted(x["taxes"]) for x in move(sandbox, sent)["lines"]}
    assert found["6100"] == [("R25 in", "base", -80), ("R25 out", "base", -80)]
    assert found["2610"] == [("R25 in", "tax", -20)]
    assert found["2611"] == [("R25 out", "tax", 20)]


def test_what_was_charged_is_the_second_currency(sandbox: TrytonSandbox, erp: ErpAdapter) -> None:
    charged = Money(Decimal("110.00"), "USD")
    sent = voucher(
        line("6100", "100.00", original=charged), line("5840", "-100.00", original=charged)
    )
    assert all(finals(erp.post([sent])))
    found = {
        x["account"]: (x["second_currency"], x["amount_second_currency"])
        for x in move(sandbox, sent)["lines"]
    }
    assert found == {"6100": ("USD", Decimal("110.00")), "5840": ("USD", Decimal("-110.00"))}


def test_a_foreign_voucher_is_converted_at_tryton_s_rate(
    sandbox: TrytonSandbox, erp: ErpAdapter
) -> None:
    sent = voucher(line("6100", "74.60"), line("5840", "-74.60"), currency="DKK")
    assert all(finals(erp.post([sent])))
    found = {x["account"]: x for x in move(sandbox, sent)["lines"]}
    assert found["6100"]["debit"] == Decimal("10.00")
    assert found["6100"]["second_currency"] == "DKK"
    assert found["5840"]["amount_second_currency"] == Decimal("-74.60")


@pytest.mark.parametrize(("currency", "day"), [("GBP", chart.DAY), ("DKK", date(1999, 12, 31))])
def test_without_a_rate_nothing_is_converted(erp: ErpAdapter, currency: str, day: date) -> None:
    (refused,) = erp.post([voucher(currency=currency, posting_date=day)])
    assert isinstance(refused, Rejected)
    assert currency in refused.message
    assert day.isoformat() in refused.message


def test_party_is_set_where_the_account_asks_and_nowhere_else(
    sandbox: TrytonSandbox, erp: ErpAdapter
) -> None:
    sent = voucher(line("6100", "1.00", vendor="V1"), line("2440", "-1.00"), vendor="V2")
    assert all(finals(erp.post([sent])))
    parties = {x["account"]: x["party"] for x in move(sandbox, sent)["lines"]}
    assert parties == {"6100": None, "2440": "V2"}


def test_an_account_used_only_for_some_years(sandbox: TrytonSandbox, erp: ErpAdapter) -> None:
    (row,) = sandbox.admin.find("account.account", [["code", "=", "6200"]], "id")
    sandbox.admin.write("account.account", [row["id"]], {"end_date": date(2026, 6, 30)})
    lines = line("6200", "1.00"), line("5840", "-1.00")
    early, late = erp.post([voucher(*lines, posting_date=date(2026, 6, 30)), voucher(*lines)])
    sandbox.admin.write("account.account", [row["id"]], {"end_date": None})
    assert isinstance(early, PostedVoucher)
    assert isinstance(late, Rejected)
    assert "6200" in late.message


def test_a_company_of_another_name(sandbox: TrytonSandbox, network: Proxy) -> None:
    erp = sandbox.adapter(settings={"company": "Somebody else"})
    with pytest.raises(Rejected) as caught:
        erp.company()
    assert "Contract & Søn" in caught.value.message
    assert sandbox.adapter(settings={"company": "Contract & Søn"}).company().id == "1"


def test_an_unknown_database(sandbox: TrytonSandbox) -> None:
    with pytest.raises(Rejected) as caught:
        sandbox.adapter(settings={"database": "no such one?"}).company()
    assert caught.value.code == "not_found"


def test_without_the_analytic_module_there_are_no_dimensions(
    sandbox: TrytonSandbox, network: Proxy
) -> None:
    """Its models are not there then, and nobody asks for them."""
    network.fail("ir.module/search_read$", status=200, body=[])
    erp = sandbox.adapter()
    assert list(erp.dimensions()) == []
    assert erp.fingerprint("dimensions") == erp.fingerprint("dimensions")
    (posted,) = erp.post([voucher()])
    assert isinstance(posted, PostedVoucher)
    assert not [call for call in network.calls if "analytic_account" in call]


def test_an_older_tryton_is_named(sandbox: TrytonSandbox, network: Proxy) -> None:
    """The REST that we speak came with 8.0; whoever has it not knows nothing at the address."""
    network.fail("/rest/", status=404, body="<h1>Not Found</h1>", contentType="text/html", times=9)
    with pytest.raises(Rejected) as caught:
        sandbox.adapter().company()
    assert (caught.value.code, "8.0" in caught.value.message) == ("not_found", True)


def test_a_wrong_password(sandbox: TrytonSandbox) -> None:
    erp = sandbox.adapter(password="wrong")
    (draft,) = erp.post([voucher(is_final=False)])
    assert isinstance(draft, PostedVoucher)
    with pytest.raises(AuthenticationFailed):
        erp.finish([draft])


def test_a_right_that_is_missing_elsewhere_is_no_voucher_s_matter(
    sandbox: TrytonSandbox, erp: ErpAdapter
) -> None:
    """A refusal asks for the right to what was refused, and for no other."""
    bad = voucher(line("6100", "1.005"), line("5840", "-1.005"))
    rights = {"perm_read": True, "perm_write": True, "perm_create": False, "perm_delete": True}
    made = sandbox.admin.create("ir.model.access", {"model": "ir.attachment", **rights})
    try:
        posted, refused = erp.post([voucher(), bad])
        assert isinstance(posted, PostedVoucher)
        assert isinstance(refused, Rejected)
        with pytest.raises(NotAllowed):
            erp.attach(posted, Attachment(name="a", content_type="", content=b"a"))
    finally:
        sandbox.admin.call("model.ir.model.access.delete", made)


def test_a_file_over_two_mib_by_key_alone(
    sandbox: TrytonSandbox, network: Proxy, by_key: ErpAdapter
) -> None:
    """The sandbox raises max_size; a Tryton that does not answers 413, and we say what to do."""
    (posted,) = by_key.post([voucher()])
    assert isinstance(posted, PostedVoucher)
    file = Attachment(name="a.pdf", content_type="application/pdf", content=b"x" * TWO_MIB)
    by_key.attach(posted, file)
    network.fail("ir.attachment$", status=413, body="<html>", contentType="text/html")
    with pytest.raises(Rejected) as caught:
        by_key.attach(posted, Attachment(name="b", content_type="", content=b"x"))
    assert "max_size" in caught.value.message


def test_reads_go_on_while_batches_are_posted(sandbox: TrytonSandbox, network: Proxy) -> None:
    sent = [voucher() for _ in range(40)]

    def read(_: int) -> int:
        return len(list(sandbox.adapter().accounts()))

    with ThreadPoolExecutor(4) as pool:
        posting = pool.submit(sandbox.adapter().post, sent)
        counts = set(pool.map(read, range(12)))
        assert all(finals(posting.result()))
    assert counts == {len(chart.ACCOUNTS)}


def test_the_books_survive_a_kill(sandbox: TrytonSandbox, tmp_path: Path) -> None:
    """The sandbox itself: what was posted before a power cut stands after it."""
    sent = voucher()
    assert all(finals(sandbox.adapter().post([sent])))
    sandbox.restart(kill=True)
    assert [x.is_final for x in sandbox.raw(sent.reference)] == [True]
