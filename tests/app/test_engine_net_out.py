"""What must net out does: per employee, vendor and wallet, for transfers and tax, over a year."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from demo.expected import OUT_OF_POCKET, OUTSIDE, TRANSIT, Expected, expected
from pleo_connector.exports.models import Posting
from pleo_connector.history.models import Decision
from tests.app.conftest import FakeErp
from tests.app.net_out import REVERSE_IN, REVERSE_OUT, Books, Line, check, pay_everything

pytestmark = pytest.mark.django_db


def fake_books(erp: FakeErp, entries: dict[str, dict[str, Any]]) -> Books:
    """Amounts as they were sent: this ERP converts nothing."""
    lines = [
        Line(
            voucher["reference"].removeprefix("pleo:").partition(":")[0],
            entry["account"],
            amount := Decimal(entry["debit"]) - Decimal(entry["credit"]),
            amount,
        )
        for voucher in erp.vouchers
        for entry in voucher["entries"]
    ]
    return Books(lines, entries)


@pytest.mark.parametrize(
    ("manner", "method", "count"),
    [
        ("send_tax_lines", "journal", 1000),
        ("send_tax_lines", "accounts_payable", 150),
        ("server_computes", "accounts_payable", 150),
        ("code_only", "journal", 150),
    ],
)
def test_a_year_nets_out_once_everything_is_paid(
    wire: Any, fake_erp: FakeErp, manner: str, method: str, count: int
) -> None:
    desk = wire("fake", {"base_url": fake_erp.url, "tax_manner": manner}, {"key": "fake-key"})
    wallets = {w["currency"]: w["contraAccount"] for w in desk.company["wallets"]}
    desk.simulator("PUT", "/switches", rate_limit_per_minute=0)
    desk.simulator("POST", f"/companies/{desk.company['id']}/year", count=count)
    vendors = {"vendorBasedBookkeeping": method == "accounts_payable"}

    def wanted(ids: list[str]) -> tuple[Books, Expected]:
        entries = desk.simulator.entries(desk.company)
        raw = [entries[entry_id] for entry_id in ids]
        return fake_books(fake_erp, entries), expected(raw, wallets=wallets, rates={})

    job, first = desk.export_queue(**vendors)
    assert job.status == "completed"
    books, sums = wanted(first)
    check(books, sums, wallets=wallets)
    # Half of the story: employees and vendors are owed what was not paid yet.
    assert len(books.by_employee()) >= 5
    assert books.by_vendor()

    closing = pay_everything(desk, (books.entries[entry_id] for entry_id in first))
    assert desk.export(entryIds=closing, **vendors).status == "completed"
    books, sums = wanted([*first, *closing])
    check(books, sums, wallets=wallets)
    assert books.by_employee() == {}
    found = books.balances()
    assert OUT_OF_POCKET not in found
    assert found[REVERSE_IN] + found[REVERSE_OUT] == 0
    # The one invoice in another currency, of which this ERP converts neither bill nor payment.
    assert len(books.by_vendor()) == 1
    _check_balances_of_pleo(books, [*first, *closing], wallets)
    _check_matches(fake_erp, closing)


def _check_balances_of_pleo(books: Books, ids: list[str], wallets: dict[str, str]) -> None:
    """Wallet, bank and payroll as their own statements would say it."""
    moved: Counter[str] = Counter()
    for entry_id in ids:
        entry = books.entries[entry_id]
        value = entry["amount"]["inWalletCurrency"]["value"]
        back = (entry["subType"] or "").endswith(("_refund", "_to_company", "_returned"))
        match entry["type"]:
            case "wallet_topup":
                moved["bank"] -= value
                moved["wallet"] += value
            case "wallet_unload":
                moved["bank"] += value
                moved["wallet"] -= value
            case "refund" | "chargeback" | "cashback":
                moved["wallet"] += value
            case "external_reimbursement":
                moved["payroll"] -= -value if back else value
            case "direct_reimbursement" | "invoice_payment":
                moved["wallet"] -= -value if back else value
            case "out_of_pocket" | "mileage" | "per_diem" | "invoice":
                pass
            case _:
                moved["wallet"] -= value
    found = books.balances()
    statement = {name: Decimal(value).scaleb(-2) for name, value in moved.items()}
    assert books.by_wallet(wallets) == {"DKK": statement["wallet"]}
    assert found[TRANSIT] - statement["bank"] == 0
    assert found[OUTSIDE] - statement["payroll"] == 0


UNMATCHED = {
    "it came back, and what it reopens is for a person to say",
    "Pleo does not say what it pays",
    "is matched with another payment",  # an invoice whose payment came back and was paid again
}


def _check_matches(erp: FakeErp, closing: list[str]) -> None:
    """In the ERP's own data: what was paid is matched, and nothing of it is left open."""
    rows = erp("GET", "/state")["settlements"]
    matched = {row["payment"] for row in rows}
    payments = Posting.objects.filter(match_role__in=["payment", "reimbursement", "undoing"])
    states = dict(payments.exclude(match="").values_list("reference", "match"))
    assert {x for x, state in states.items() if state == "matched"} == matched
    assert set(states.values()) == {"matched", "left_open"}
    why = Decision.objects.filter(kind="left_open").values_list("sentence", flat=True)
    assert [x for x in why if not any(known in x for known in UNMATCHED)] == []
    assert len(matched & {f"pleo:{entry_id}" for entry_id in closing}) >= 10
    # The invoice in another currency again.
    assert sum(Decimal(row["open"]) != 0 for row in rows) == 1
