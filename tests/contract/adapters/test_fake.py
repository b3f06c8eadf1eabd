"""What the fake promises to other tests: raw books, all manners of tax, faults, durability."""

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from demo import processes
from erp_adapters.base import Settlement
from erp_adapters.errors import OutcomeUnknown, Rejected, Unavailable
from erp_adapters.ledger import PostedVoucher
from tests.contract.adapters import chart
from tests.contract.adapters.chart import line, tax, voucher
from tests.contract.adapters.sandboxes import FakeSandbox

pytestmark = pytest.mark.parametrize("sandbox", ["fake"], indirect=True, scope="session")


def state(sandbox: FakeSandbox, reference: str) -> dict[str, Any]:
    rows = requests.get(f"{sandbox.url}/_admin/state").json()["vouchers"]
    (row,) = (row for row in rows if row["reference"] == reference)
    found: dict[str, Any] = row
    return found


def entries(row: dict[str, Any]) -> dict[str, Decimal]:
    return {x["account"]: Decimal(x["debit"]) - Decimal(x["credit"]) for x in row["entries"]}


def test_the_same_reference_twice_makes_two_vouchers(sandbox: FakeSandbox) -> None:
    sent = voucher()
    erp = sandbox.adapter()
    erp.post([sent, sent])
    assert len(sandbox.raw(sent.reference)) == 2


@pytest.mark.parametrize("manner", ["send_tax_lines", "server_computes", "code_only"])
def test_the_manner_of_tax_is_a_setting(sandbox: FakeSandbox, manner: str) -> None:
    erp = sandbox.adapter(settings={"tax_manner": manner})
    assert erp.capabilities.tax_manner == manner
    assert type(erp).capabilities.tax_manner == "send_tax_lines"


def test_an_unknown_manner_names_the_field(sandbox: FakeSandbox) -> None:
    with pytest.raises(ValueError, match="tax_manner"):
        sandbox.adapter(settings={"tax_manner": "guess"})


@pytest.mark.parametrize("settings", [{"base_url": ""}, {"colour": "red"}])
def test_settings_that_do_not_fit_are_named(sandbox: FakeSandbox, settings: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        sandbox.adapter(settings=settings)


def test_added_tax(sandbox: FakeSandbox) -> None:
    added = tax("I25", "added", base="80", amount="20")
    sent = voucher(line("6100", "80.00", tax=added), line("5840", "-100.00"))
    (posted,) = sandbox.adapter().post([sent])
    assert isinstance(posted, PostedVoucher)
    assert posted.total == sent.total == 100
    assert entries(state(sandbox, sent.reference)) == {"6100": 80, "2610": 20, "5840": -100}


def test_included_tax(sandbox: FakeSandbox) -> None:
    included = tax("I25", "included", base="80", amount="20")
    sent = voucher(line("6100", "100.00", tax=included), line("5840", "-100.00"))
    (posted,) = sandbox.adapter().post([sent])
    assert isinstance(posted, PostedVoucher)
    assert posted.total == sent.total == 100
    assert entries(state(sandbox, sent.reference)) == {"6100": 80, "2610": 20, "5840": -100}


def test_reverse_charge_by_the_server(sandbox: FakeSandbox) -> None:
    reverse = tax("R25", "reverse", base="100", amount="25")
    sent = voucher(line("6100", "100.00", tax=reverse), line("5840", "-100.00"))
    (posted,) = sandbox.adapter().post([sent])
    assert isinstance(posted, PostedVoucher)
    assert posted.total == sent.total == 100
    expected = {"6100": 100, "2610": 25, "2611": -25, "5840": -100}
    assert entries(state(sandbox, sent.reference)) == expected


def test_faults_on_order(sandbox: FakeSandbox) -> None:
    def fail(**fault: Any) -> None:
        requests.post(f"{sandbox.url}/_admin/faults", json=fault).raise_for_status()

    erp = sandbox.adapter(base_url=sandbox.url)
    lost, late = voucher(), voucher()
    fail(match="POST /vouchers$", drop="after")
    with pytest.raises(OutcomeUnknown):
        erp.post([lost])
    assert len(sandbox.raw(lost.reference)) == 1
    fail(match="GET /company", status=503, body="<html>", contentType="text/html", times=3)
    with pytest.raises(Unavailable):
        erp.company()
    fail(match="POST /vouchers$", status=500, skip=1)
    assert isinstance(erp.post([late])[0], PostedVoucher)
    with pytest.raises(OutcomeUnknown):
        erp.post([voucher()])
    requests.delete(f"{sandbox.url}/_admin/faults").raise_for_status()
    assert requests.get(f"{sandbox.url}/_admin/calls").json()["GET /company"] >= 3


def test_books_survive_a_killed_process(sandbox: FakeSandbox, tmp_path: Path) -> None:
    port = processes.free_port()
    command: list[object] = [sys.executable, "-m", "erp_adapters.fake.server", "--port", port]
    command += ["--data", tmp_path / "books.sqlite"]
    url = f"http://127.0.0.1:{port}"
    sent = voucher()
    for fresh in (True, False):
        child = processes.start(command, name="fake", log=tmp_path / "log")
        processes.wait_until(lambda: processes.is_listening(port), child=child)
        erp = sandbox.adapter(base_url=url)
        try:
            if fresh:
                accounts = [{"code": code, "name": code} for code in ("6100", "5840")]
                requests.put(f"{url}/_admin/seed", json={"accounts": accounts})
                erp.post([sent])
            assert erp.find_posted([sent.reference])[sent.reference].number == "V-00001"
        finally:
            child.kill()


def test_books_show_what_is_matched_with_what(sandbox: FakeSandbox) -> None:
    erp, owed = sandbox.adapter(), chart.bill("100.00")
    sent = chart.payment(owed, amount="60.00")
    bill, payment = (x for x in erp.post([owed, sent]) if isinstance(x, PostedVoucher))
    assert erp.reconcile([Settlement(payment=payment, paid=(bill,))]) == [None]
    settled = requests.get(f"{sandbox.url}/_admin/state").json()["settlements"]
    assert {"payment": sent.reference, "paid": [owed.reference], "open": "-40.00"} in settled
    assert state(sandbox, owed.reference)["matchedWith"] == [payment.id]


@pytest.mark.parametrize("allow", [False, True])
def test_a_suspense_line_where_the_tax_differs(sandbox: FakeSandbox, allow: bool) -> None:
    """By its own rate the tax is 20, so 1 of the 101 that were paid belongs nowhere."""
    wrong = tax("I25", "added", base="80", amount="21")
    lines = line("6100", "80.00", tax=wrong), line("5840", "-101.00")
    sent = voucher(*lines, allow_changes=allow)
    sandbox.seed(changes={"suspenseAccount": "6200"})
    (result,) = sandbox.adapter().post([sent])
    sandbox.seed(changes={})
    if allow:
        assert isinstance(result, PostedVoucher)
        assert (result.line_count, result.total) == (3, Decimal(101))
        expected = {"6100": 80, "2610": 20, "6200": 1, "5840": -101}
        assert entries(state(sandbox, sent.reference)) == expected
    else:
        assert isinstance(result, Rejected)
        assert result.code == "would_change"
        assert sandbox.raw(sent.reference) == []


def test_without_a_search_all_but_the_search_works(sandbox: FakeSandbox) -> None:
    erp = sandbox.adapter(settings={"without_search": True})
    assert not erp.capabilities.can_find
    (draft,) = erp.post([voucher(is_final=False)])
    assert isinstance(draft, PostedVoucher)
    with pytest.raises(NotImplementedError):
        erp.find_posted([draft.reference])
    (final,) = erp.finish([draft])
    assert isinstance(final, PostedVoucher)
    assert final.is_final


def test_the_same_master_data_has_the_same_fingerprint(sandbox: FakeSandbox) -> None:
    before = sandbox.adapter().fingerprint("accounts")
    sandbox.seed(accounts=sandbox.rows["accounts"])
    assert sandbox.adapter().fingerprint("accounts") == before
