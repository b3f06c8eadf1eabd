"""What a bill in another currency stands at, as the ERP booked it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

from erp_adapters.ledger import LedgerLine, PostedVoucher, Voucher
from pleo_connector.bookkeeping.exchange import booked_base

BILL = Voucher(
    reference="pleo:1",
    kind="bill",
    posting_date=date(2026, 5, 2),
    currency="USD",
    lines=(
        LedgerLine(account="6540", debit=Decimal(1000), because=""),
        LedgerLine(account="2645", debit=Decimal(250), because=""),
        LedgerLine(account="2614", credit=Decimal(250), because=""),
        LedgerLine(account="2440", credit=Decimal(1000), because=""),
    ),
)
POSTED = PostedVoucher(
    reference="pleo:1",
    id="1",
    number="V1",
    url="",
    is_final=True,
    posting_date=BILL.posting_date,
    total=Decimal("1149.95"),
    currency="EUR",
)
OWED = Decimal(1000)


def test_in_the_companys_own_currency_it_is_what_is_owed() -> None:
    assert booked_base(OWED, BILL, POSTED, "USD") == OWED


def test_the_payable_account_tells_it_to_the_cent() -> None:
    """Of the total, a share would be 919.96: the ERP rounds line by line."""
    lines = {"6540": "919.95", "2645": "230.00", "2614": "-230.00", "2440": "-919.95"}
    told = replace(POSTED, balances=tuple((k, Decimal(v)) for k, v in lines.items()))
    assert booked_base(OWED, BILL, told, "EUR") == Decimal("919.95")


def test_without_lines_it_is_its_share_of_the_total() -> None:
    assert booked_base(OWED, BILL, POSTED, "EUR") == Decimal("919.96")


def test_an_erp_that_does_not_say_leaves_it_open() -> None:
    assert booked_base(OWED, BILL, replace(POSTED, currency="USD"), "EUR") is None
