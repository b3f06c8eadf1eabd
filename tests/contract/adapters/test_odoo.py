"""What only Odoo does: its import, its own taxes, its locks, its many companies."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from demo import odoo
from erp_adapters.base import ErpAdapter
from erp_adapters.errors import (
    DimensionValueUnknown,
    JournalUnknown,
    NotAllowed,
    OutcomeUnknown,
    PeriodClosed,
    Rejected,
    TaxCodeUnknown,
)
from erp_adapters.ledger import PostedVoucher, TaxCode, Vendor, Voucher
from tests.contract.adapters import chart
from tests.contract.adapters.chart import bill, line, payment, tax, voucher
from tests.contract.adapters.proxy import Proxy
from tests.contract.adapters.sandboxes import OdooSandbox

pytestmark = pytest.mark.parametrize("sandbox", ["odoo"], indirect=True, scope="session")
WRITES = ("/load", "/action_post", "/create", "/write", "/unlink", "/button_draft", "/reconcile")


def move(sandbox: OdooSandbox, sent: Voucher) -> dict[str, Any]:
    books = odoo.ledger(sandbox.access, references=[sent.reference], admin=sandbox.admin)
    (found,) = books.moves
    return found


def moves(sandbox: OdooSandbox, sent: Voucher) -> list[dict[str, Any]]:
    return odoo.ledger(sandbox.access, references=[sent.reference], admin=sandbox.admin).moves


def booked(erp: ErpAdapter, *vouchers: Voucher) -> list[PostedVoucher]:
    results = erp.post(vouchers)
    refused = [result for result in results if isinstance(result, Rejected)]
    assert not refused, refused
    return [result for result in results if isinstance(result, PostedVoucher)]


def taxed(code: str, base: str, amount: str, contra: str, account: str = "6100") -> Voucher:
    role = "reverse" if code.startswith("R") else "added"
    first = line(account, base, tax=tax(code, role, base=base.lstrip("-"), amount=amount))
    return voucher(first, line("5840", contra))


@contextmanager
def written(sandbox: OdooSandbox, model: str, ids: list[int], **values: Any) -> Iterator[None]:
    """Records changed as an accountant would, and changed back."""
    (before,) = sandbox.admin.find(model, [["id", "=", ids[0]]], *values)
    sandbox.admin.write(model, ids, values)
    try:
        yield
    finally:
        old = {name: _plain(before[name], values[name]) for name in values}
        sandbox.admin.write(model, ids, old)


def _plain(old: Any, new: Any) -> Any:
    if isinstance(new, list):  # a list of links
        return [[6, 0, old]]
    return old[0] if isinstance(old, list) else old


# -- Few calls ----------------------------------------------------------------------------------


def test_a_hundred_entries_are_two_writes(sandbox: OdooSandbox, network: Proxy) -> None:
    erp = sandbox.adapter()
    booked(erp, *(voucher() for _ in range(100)))
    writes = [call for call in network.calls if call.endswith(WRITES)]
    assert [call.rpartition("/")[2] for call in writes] == ["load", "action_post"]
    assert len(network.calls) <= 9


# -- The import is idempotent -------------------------------------------------------------------


def test_an_entry_sent_again_is_the_same_entry(sandbox: OdooSandbox, erp: ErpAdapter) -> None:
    sent = [voucher(), voucher(is_final=False), bill()]
    first = booked(erp, *sent)
    assert booked(sandbox.adapter(), *sent) == first
    assert [len(moves(sandbox, x)) for x in sent] == [1, 1, 1]
    assert [len(move(sandbox, x)["lines"]) for x in sent] == [2, 2, 2]


def test_what_arrives_late_changes_nothing(sandbox: OdooSandbox, erp: ErpAdapter) -> None:
    """The same reference with other lines: what stands is what was booked first."""
    sent = voucher()
    (first,) = booked(erp, sent)
    other = replace(sent, lines=(line("6200", "7.00"), line("5840", "-7.00")))
    assert booked(erp, other) == [first]
    assert move(sandbox, sent)["lines"][0]["account"] == "6100"


def test_six_workers_at_once_book_one_entry(sandbox: OdooSandbox) -> None:
    sent = voucher()

    def post(_: int) -> list[PostedVoucher | Rejected] | None:
        try:
            return sandbox.adapter().post([sent])
        except OutcomeUnknown:
            return None

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(post, range(6)))
    (standing,) = moves(sandbox, sent)
    assert (standing["state"], len(standing["lines"])) == ("posted", 2)
    assert len(sandbox.adapter().find_posted([sent.reference])) == 1


def test_an_entry_that_a_person_cancelled_is_not_booked_again(
    sandbox: OdooSandbox, erp: ErpAdapter
) -> None:
    sent = voucher(is_final=False)
    (draft,) = booked(erp, sent)
    sandbox.admin.call("account.move", "button_cancel", ids=[int(draft.id)])
    assert erp.find_posted([sent.reference]) == {}
    (refused,) = erp.post([sent])
    assert isinstance(refused, Rejected)
    assert refused.code == "gone"
    assert len(moves(sandbox, sent)) == 1


def test_a_draft_that_somebody_deleted(sandbox: OdooSandbox, erp: ErpAdapter) -> None:
    sent = voucher(is_final=False)
    (draft,) = booked(erp, sent)
    sandbox.admin.call("account.move", "unlink", ids=[int(draft.id)])
    (gone,) = erp.finish([draft])
    assert isinstance(gone, Rejected)
    assert gone.code == "gone"
    assert len(booked(erp, sent)) == 1


# -- Taxes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["journal", "bill", "credit_note"])
def test_the_tax_is_the_one_of_the_receipt_to_the_cent(
    sandbox: OdooSandbox, erp: ErpAdapter, kind: Any
) -> None:
    """Odoo computes 10.00 of 40.00; the receipt says 9.98."""
    sign = "-" if kind == "credit_note" else ""
    other = "" if sign else "-"
    first = line("6100", f"{sign}40.00", tax=tax("I25", "added", base="40", amount="9.98"))
    contra = line("5840", f"{other}49.98") if kind == "journal" else None
    last = contra or line("2440", f"{other}49.98", vendor="V1")
    sent = voucher(first, last, kind=kind, vendor=None if contra else "V1")
    (posted,) = booked(erp, sent)
    assert (posted.total, posted.line_count) == (Decimal("49.98"), 3)
    found = {x["account"]: x["debit"] - x["credit"] for x in move(sandbox, sent)["lines"]}
    assert found["2610"] == Decimal(f"{sign}9.98")
    assert found[last.account] == Decimal(f"{other}49.98")


def test_taxes_of_one_code_are_one_line(sandbox: OdooSandbox, erp: ErpAdapter) -> None:
    thirds = [
        line("6100", "0.02", tax=tax("I25", "added", base="0.02", amount="0.01")) for _ in range(3)
    ]
    sent = voucher(*thirds, line("5840", "-0.09"))
    booked(erp, sent)
    lines = [x for x in move(sandbox, sent)["lines"] if x["kind"] == "tax"]
    assert [(x["account"], x["debit"]) for x in lines] == [("2610", Decimal("0.03"))]


def test_a_tax_of_another_kind_than_was_sent(erp: ErpAdapter) -> None:
    """Pleo says inclusive, Odoo's tax is reverse charge: it would not add what was stated."""
    first = line("6100", "80.00", tax=tax("R25", "added", base="80", amount="20"))
    (refused,) = erp.post([voucher(first, line("5840", "-100.00"))])
    assert isinstance(refused, TaxCodeUnknown)
    assert refused.code == "tax_role"


def test_an_account_s_own_tax_is_not_added(sandbox: OdooSandbox, erp: ErpAdapter) -> None:
    """Odoo has default taxes on accounts; a line without a tax is a line without a tax."""
    account, default = (
        sandbox.admin.ids("account.account", "code", "6200"),
        sandbox.admin.ids("account.tax", "name", "I25"),
    )
    with written(sandbox, "account.account", account, tax_ids=[[6, 0, default]]):
        sent = voucher(line("6200", "10.00"), line("5840", "-10.00"))
        owed = [replace(bill().lines[0], account="6200"), bill().lines[1]]
        invoice = voucher(*owed, kind="bill", vendor="V1")
        booked(erp, sent, invoice)
    assert [len(move(sandbox, x)["lines"]) for x in (sent, invoice)] == [2, 2]


# -- The whole Danish chart ---------------------------------------------------------------------


@pytest.fixture
def danish(sandbox: OdooSandbox) -> Iterator[ErpAdapter]:
    """The company that has Odoo's own chart, beside the small one."""
    (company,) = sandbox.admin.find("res.company", [["name", "like", "Hele"]], "id")
    user = sandbox.admin.ids("res.users", "login", odoo.CONNECTOR)
    own = sandbox.admin.company
    sandbox.admin.write("res.users", user, {"company_ids": [[4, company["id"]]]})
    sandbox.admin.company = company["id"]
    yield sandbox.adapter(settings={"company": str(company["id"]), "journal": "MISC"})
    sandbox.admin.company = own
    sandbox.admin.write("res.users", user, {"company_ids": [[6, 0, [own]]]})


def test_the_danish_chart_is_read(danish: ErpAdapter) -> None:
    assert danish.company().currency == "DKK"
    accounts = list(danish.accounts())
    assert len(accounts) > 400
    assert sum(x.needs_vendor for x in accounts) >= 2
    codes = {x.code: x for x in danish.tax_codes()}
    assert (codes["K_DK_FuldFradrag"].rate, codes["K_DK_FuldFradrag"].is_active) == (
        Decimal("0.25"),
        True,
    )
    assert "<" not in "".join(x.name for x in codes.values())


def test_our_tax_lines_are_those_that_odoo_would_make(
    sandbox: OdooSandbox, danish: ErpAdapter
) -> None:
    """Account, tags of the VAT return and base, for each purchase tax, of purchase and refund."""
    accounts = list(danish.accounts())
    expense = next(x.code for x in accounts if x.kind == "expense")
    bank = next(x.code for x in accounts if x.kind == "asset" and not x.needs_vendor)
    wanted = {
        x.reference: (x, code.id)
        for code in danish.tax_codes()
        if code.is_active
        for sign in ("", "-")
        for role in ("added", "reverse")
        if (x := hundred(code, sign, role, expense, bank))
    }
    answers = [y for some in batched(wanted) for y in danish.post([wanted[x][0] for x in some])]
    # A tax is added or reversed; of the two that were tried, one fits, or none where it is partial.
    ours = [x.reference for x in answers if isinstance(x, PostedVoucher)]
    assert len(ours) > 60
    numbers = [sandbox.admin.ids("account.account", "code", code)[0] for code in (expense, bank)]
    made = [like(wanted[x][0], wanted[x][1], *numbers) for x in ours]
    sandbox.admin.create("account.move", *made)
    access = replace(sandbox.access, company=str(sandbox.admin.company))
    names = [*ours, *(x["ref"] for x in made)]
    books = odoo.ledger(access, references=names, admin=sandbox.admin)
    shapes = {x["description"]: shape(x["lines"]) for x in books.moves}
    for reference in ours:
        assert shapes[reference] == shapes[f"{reference} by Odoo"], wanted[reference]


def batched(references: Iterable[str]) -> Iterator[list[str]]:
    left = list(references)
    while left:
        yield left[:100]
        left = left[100:]


def hundred(code: TaxCode, sign: str, role: Any, expense: str, bank: str) -> Voucher:
    """100 with its tax, as a draft."""
    amount = 100 * code.rate
    stated = tax(code.code, role, base="100", amount=str(amount))
    total = 100 + amount if role == "added" else Decimal(100)
    lines = line(expense, f"{sign}100.00", tax=stated), line(bank, f"{'' if sign else '-'}{total}")
    return voucher(*lines, currency="DKK", is_final=False)


def like(sent: Voucher, tax_id: str, expense: int, bank: int) -> dict[str, Any]:
    """The same entry with the tax alone, for which Odoo computes the lines."""
    amount = float(sent.lines[0].debit - sent.lines[0].credit)
    lines = [
        {"account_id": expense, "balance": amount, "tax_ids": [[6, 0, [int(tax_id)]]]},
        {"account_id": bank, "balance": -amount, "tax_ids": False},
    ]
    values = {"move_type": "entry", "date": str(chart.DAY), "ref": f"{sent.reference} by Odoo"}
    return {**values, "line_ids": [[0, 0, x] for x in lines]}


def shape(lines: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The taxed line and the lines of its taxes."""
    return sorted(
        (x["account"], x["debit"], x["credit"], sorted(x["tags"]), x["tax_base"], x["kind"])
        for x in lines
        if x["taxes"] or x["tags"]
    )


@pytest.mark.parametrize("kind", ["bill", "credit_note"])
def test_the_tax_of_a_bill_has_the_base_that_odoo_gives_it(
    sandbox: OdooSandbox, erp: ErpAdapter, kind: Any
) -> None:
    """Two bills, one with the tax that Odoo computes and one with another: base and side agree."""
    sign, other = ("-", "") if kind == "credit_note" else ("", "-")
    found = []
    for amount, total in (("10.00", "50.00"), ("9.98", "49.98")):
        first = line("6100", f"{sign}40.00", tax=tax("I25", "added", base="40", amount=amount))
        last = line("2440", f"{other}{total}", vendor="V1")
        sent = voucher(first, last, kind=kind, vendor="V1")
        booked(erp, sent)
        (vat,) = (x for x in move(sandbox, sent)["lines"] if x["kind"] == "tax")
        found.append((vat["account"], vat["tax_base"], vat["tags"], bool(vat["debit"])))
    assert found[0] == found[1]


# -- Locks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["fiscalyear_lock_date", "tax_lock_date", "purchase_lock_date"])
def test_each_lock_is_known_before_anything_is_written(
    sandbox: OdooSandbox, network: Proxy, field: str
) -> None:
    day = date(2025, 5, 5)
    owed = replace(bill(), posting_date=day)
    with_tax = replace(taxed("I25", "80.00", "20", "-100.00"), posting_date=day)
    plain = voucher(posting_date=day)
    closed = {
        "fiscalyear_lock_date": (plain, with_tax, owed),
        "tax_lock_date": (with_tax,),
        "purchase_lock_date": (owed,),
    }[field]
    with written(sandbox, "res.company", [sandbox.admin.company], **{field: "2025-06-30"}):
        results = sandbox.adapter().post(closed)
        assert not [call for call in network.calls if call.endswith(WRITES)]
        others = [x for x in (plain, with_tax, owed) if x not in closed]
        assert [x.posting_date for x in booked(sandbox.adapter(), *others)] == [day] * len(others)
    assert [type(x) for x in results] == [PeriodClosed] * len(closed)
    for refused in results:
        assert isinstance(refused, Rejected)
        assert "2025-07-01" in refused.message
    assert sandbox.raw(*(x.reference for x in closed)) == []


def test_the_company_tells_its_lock(sandbox: OdooSandbox, erp: ErpAdapter) -> None:
    assert erp.company().lock_date == date(2025, 3, 31)
    sandbox.lock(None)
    try:
        assert sandbox.adapter().company().lock_date is None
    finally:
        sandbox.lock(date(2025, 3, 31))


def test_a_draft_whose_day_was_locked_meanwhile_is_not_moved(
    sandbox: OdooSandbox, erp: ErpAdapter
) -> None:
    sent = [voucher(posting_date=date(2025, 5, 5), is_final=False) for _ in range(2)]
    drafts = booked(erp, *sent)
    with written(
        sandbox, "res.company", [sandbox.admin.company], fiscalyear_lock_date="2025-06-30"
    ):
        results = sandbox.adapter().finish(drafts)
    assert [x.code for x in results if isinstance(x, Rejected)] == ["not_as_sent"] * 2
    assert sandbox.raw(*(x.reference for x in sent)) == []


# -- Bills, vendors, journals -------------------------------------------------------------------


def test_a_bill_is_a_bill_in_odoo(sandbox: OdooSandbox, erp: ErpAdapter) -> None:
    sent = replace(bill(), document_number="INV-77", due_date=date(2026, 12, 31))
    credit, paid = bill(kind="credit_note"), payment()
    booked(erp, sent, credit, paid)
    kinds = [move(sandbox, x)["move_type"] for x in (sent, credit, paid)]
    assert kinds == ["in_invoice", "in_refund", "entry"]
    fields = ("payment_reference", "invoice_date_due", "partner_id", "amount_total")
    (found,) = sandbox.admin.find("account.move", [["ref", "=", sent.reference]], *fields)
    assert (found["payment_reference"], found["invoice_date_due"]) == ("INV-77", "2026-12-31")
    assert found["partner_id"][1].startswith(chart.VENDORS[0]["name"])


def test_a_bill_in_another_currency(sandbox: OdooSandbox, erp: ErpAdapter) -> None:
    first = line("6100", "40.00", tax=tax("I25", "added", base="40", amount="9.98"))
    last = line("2440", "-49.98", vendor="V1")
    sent = voucher(first, last, kind="bill", vendor="V1", currency="DKK")
    booked(erp, sent)
    found = {x["account"]: x for x in move(sandbox, sent)["lines"]}
    assert {x["currency"] for x in found.values()} == {"DKK"}
    assert found["2610"]["amount_currency"] == Decimal("9.98")
    assert found["6100"]["debit"] == Decimal("5.36")


def test_a_bill_that_odoo_would_owe_on_another_account(
    sandbox: OdooSandbox, erp: ErpAdapter
) -> None:
    """Odoo takes the vendor's own payable account, whatever was asked."""
    values = {"code": "2441", "name": "Other suppliers", "account_type": "liability_payable"}
    company = [[6, 0, [sandbox.admin.company]]]
    (other,) = sandbox.admin.create("account.account", {**values, "company_ids": company})
    first, last = bill().lines
    sent = replace(bill(), lines=(first, replace(last, account="2441")))
    results = erp.post([sent, replace(sent, reference=chart.reference(), allow_changes=True)])
    sandbox.admin.call("account.account", "unlink", ids=[other])
    assert isinstance(results[0], Rejected)
    assert results[0].code == "not_as_sent"
    assert isinstance(results[1], PostedVoucher)
    assert "2440" in dict(results[1].balances)
    assert sandbox.raw(sent.reference) == []


def test_a_bill_goes_to_a_journal_for_bills(sandbox: OdooSandbox, erp: ErpAdapter) -> None:
    """A journal that was chosen for an entry type is one for entries: its bill needs another."""
    assert booked(erp, replace(bill(), journal="MISC"))[0].number.startswith("BILL")
    (refused,) = erp.post([voucher(journal="NONE")])
    assert isinstance(refused, JournalUnknown)


def test_without_a_vendor_ledger_account_there_is_no_bill(erp: ErpAdapter) -> None:
    lines = line("6100", "10.00"), line("5840", "-10.00", vendor="V1")
    (refused,) = erp.post([voucher(*lines, kind="bill", vendor="V1")])
    assert isinstance(refused, Rejected)
    assert refused.code == "payable"


def test_a_contact_without_a_reference_is_known_by_its_number(
    sandbox: OdooSandbox, erp: ErpAdapter
) -> None:
    (number,) = sandbox.admin.create("res.partner", {"name": "Unnumbered", "supplier_rank": 1})
    found = next(x for x in erp.vendors() if x.name == "Unnumbered")
    assert found.code == found.id == str(number)
    booked(erp, bill(vendor=found.code))


# -- Rights, keys, companies --------------------------------------------------------------------


def test_without_the_right_to_create_contacts(sandbox: OdooSandbox, erp: ErpAdapter) -> None:
    user = sandbox.admin.ids("res.users", "login", odoo.CONNECTOR)
    (right,) = sandbox.admin.find("res.groups", [["full_name", "like", "Creation"]], "full_name")
    sandbox.admin.write("res.users", user, {"group_ids": [[3, right["id"]]]})
    try:
        with pytest.raises(NotAllowed):
            erp.create_vendor(Vendor(code="", name="N", id=""), reference="pleo:vendor:1")
    finally:
        sandbox.admin.write("res.users", user, {"group_ids": [[4, right["id"]]]})


def test_the_end_of_the_key_is_read(sandbox: OdooSandbox, erp: ErpAdapter) -> None:
    ends = datetime.now(UTC).date() + timedelta(days=20)
    with psycopg.connect(sandbox.server.database_url) as database:
        database.execute("UPDATE res_users_apikeys SET expiration_date = %s", [ends])
    assert erp.access_expires_on() == ends
    with psycopg.connect(sandbox.server.database_url) as database:
        database.execute("UPDATE res_users_apikeys SET expiration_date = NULL")
    assert erp.access_expires_on() is None


def test_only_one_company_is_read_and_written(sandbox: OdooSandbox, danish: ErpAdapter) -> None:
    """With a key that sees two companies, each adapter keeps to its own."""
    own = sandbox.adapter(settings={"company": "Contract & Søn"})
    sent = voucher()
    booked(own, sent)
    assert danish.find_posted([sent.reference]) == {}
    assert {x.code for x in own.accounts()} == {row["code"] for row in chart.ACCOUNTS}
    with pytest.raises(Rejected) as caught:
        sandbox.adapter().company()
    assert "Contract & Søn" in caught.value.message


def test_an_older_odoo_is_named(sandbox: OdooSandbox, network: Proxy) -> None:
    html = {"body": "<h1>Not Found</h1>", "contentType": "text/html"}
    network.fail("/json/2/", status=404, times=9, **html)
    network.fail("/web/version", status=404, times=9, **html)
    with pytest.raises(Rejected) as caught:
        sandbox.adapter().company()
    assert caught.value.code == "version"
    assert "19" in caught.value.message


def test_an_unknown_database(sandbox: OdooSandbox) -> None:
    with pytest.raises(Rejected) as caught:
        sandbox.adapter(settings={"database": "no such one"}).company()
    assert caught.value.code == "not_found"


def test_mandatory_plans_are_asked_for_by_odoo_too(
    sandbox: OdooSandbox, erp: ErpAdapter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that was made after we looked: Odoo itself refuses, and nothing stands."""
    monkeypatch.setattr("erp_adapters.odoo.payloads._is_mandatory", lambda plan, code: False)
    sent = voucher(line("6300", "1.00"), line("5840", "-1.00"))
    (refused,) = erp.post([sent])
    assert isinstance(refused, Rejected)
    assert not isinstance(refused, DimensionValueUnknown)
    assert sandbox.raw(sent.reference) == []


def test_the_books_survive_a_kill(sandbox: OdooSandbox) -> None:
    """The sandbox itself: what was posted before a power cut stands after it."""
    sent = voucher()
    booked(sandbox.adapter(), sent)
    sandbox.restart(kill=True)
    assert [x.is_final for x in sandbox.raw(sent.reference)] == [True]
