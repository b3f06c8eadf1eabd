"""Invoices in another currency than the wallet that pays them, where we book the difference."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from erp_adapters.errors import Rejected
from erp_adapters.fake.adapter import FakeAdapter
from erp_adapters.ledger import PostedVoucher, Voucher
from pleo_connector.exports.models import Posting
from pleo_connector.history.models import Decision
from tests.app.conftest import Desk, FakeErp

pytestmark = pytest.mark.django_db

RATE = Decimal("6.90")  # at which the ERP books a bill of USD 1,000.00: DKK 6,900.00


@pytest.fixture(autouse=True)
def company_currency(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ERP that tells totals in the company's currency, as real ones do."""
    post = FakeAdapter.post

    def posted(adapter: FakeAdapter, vouchers: Sequence[Voucher]) -> list[PostedVoucher | Rejected]:
        return [
            replace(x, total=x.total * RATE, currency="DKK")
            if isinstance(x, PostedVoucher) and x.currency == "USD"
            else x
            for x in post(adapter, vouchers)
        ]

    monkeypatch.setattr(FakeAdapter, "post", posted)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.map(posting_behaviour="final", fx_difference="line")
    return desk


def amount(wallet: int) -> dict[str, Any]:
    return {
        "inSupplierCurrency": {"currency": "USD", "value": 100000},
        "inWalletCurrency": {"currency": "DKK", "value": wallet},
    }


def add(desk: Desk, template: str, wallet: int) -> str:
    both = amount(wallet)
    line = {"lineAmount": both, "netAmount": both, "tax": None}
    (entry_id,) = desk.simulator.add(
        desk.company,
        template,
        files=0,
        overrides={"amount": both, "accountingEntryLines": [line]},
    )
    return entry_id


def lines(erp: FakeErp, entry_id: str) -> list[tuple[str, str, str]]:
    voucher = next(x for x in erp.vouchers if x["reference"] == f"pleo:{entry_id}")
    return [(x["account"], x["debit"], x["credit"]) for x in voucher["lines"]]


LOSS = [("2440", "6900.00", "0"), ("7960", "50.00", "0"), ("1941", "0", "6950.00")]
GAIN = [("2440", "6900.00", "0"), ("3960", "0", "100.00"), ("1941", "0", "6800.00")]


@pytest.mark.parametrize(("paid", "booked"), [(695000, LOSS), (680000, GAIN)], ids=["loss", "gain"])
def test_the_difference_to_the_bill_of_an_earlier_job_is_booked(
    desk: Desk, fake_erp: FakeErp, paid: int, booked: list[tuple[str, str, str]]
) -> None:
    desk.export(entryIds=[add(desk, "invoice", 690000)])
    assert Posting.objects.get().owed == Decimal(6900)
    payment = add(desk, "invoice_payment", paid)
    desk.export(entryIds=[payment])
    assert lines(fake_erp, payment) == booked


def test_the_difference_to_a_bill_of_the_same_job_is_booked_after_that(
    desk: Desk, fake_erp: FakeErp
) -> None:
    payments = [add(desk, "invoice_payment", 695000)]
    invoice = add(desk, "invoice", 690000)
    job = desk.export(entryIds=[*payments, invoice])
    assert job.status == "completed"
    assert [lines(fake_erp, x) for x in payments] == [LOSS]


def test_a_bill_that_is_not_here_leaves_the_difference_to_the_erp(
    desk: Desk, fake_erp: FakeErp
) -> None:
    payment = add(desk, "invoice_payment", 695000)
    desk.export(entryIds=[payment])
    assert lines(fake_erp, payment) == [("2440", "6950.00", "0"), ("1941", "0", "6950.00")]
    decision = Decision.objects.get(kind="exchange")
    assert "is not known here" in decision.sentence


def test_a_bill_that_could_not_be_booked_leaves_the_difference_to_the_erp(
    desk: Desk, fake_erp: FakeErp
) -> None:
    desk.export(entryIds=[add(desk, "invoice", 690000)])  # reads the catalog
    Posting.objects.all().delete()
    chart = desk.simulator.chart(desk.company)
    accounts = [row for row in chart["accounts"] if row["code"] != "6310"]
    fake_erp("PUT", "/seed", accounts=accounts)
    invoice, payment = add(desk, "invoice", 690000), add(desk, "invoice_payment", 695000)
    job = desk.export(entryIds=[invoice, payment])
    assert job.status == "completed_with_errors"
    assert lines(fake_erp, payment) == [("2440", "6950.00", "0"), ("1941", "0", "6950.00")]


def test_the_base_of_a_bill_that_was_booked_unseen_is_known_too(
    desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = FakeAdapter.find_posted
    monkeypatch.setattr(
        FakeAdapter,
        "find_posted",
        lambda adapter, references: {
            key: replace(x, total=x.total * RATE, currency="DKK")
            for key, x in find(adapter, references).items()
        },
    )
    fake_erp.fault("POST /vouchers$", drop="after")
    desk.export(entryIds=[add(desk, "invoice", 690000)])
    desk.work()
    assert Posting.objects.get().owed == Decimal(6900)


def test_many_payments_ask_for_their_bills_at_once(desk: Desk, fake_erp: FakeErp) -> None:
    invoices, payments = list[str](), list[str]()
    for number in range(20):
        for found, template, wallet in (
            (invoices, "invoice", 690000),
            (payments, "invoice_payment", 695000),
        ):
            entry_id = add(desk, template, wallet)
            found.append(entry_id)
            information = {"invoiceInformation": {"invoiceNumber": f"N-{number}"}}
            desk.simulator("PUT", f"/entries/{entry_id}", additionalInformation=information)
    desk.export(entryIds=invoices)
    desk.simulator.export(desk.company, entryIds=payments)
    with CaptureQueriesContext(database) as statements:
        desk.work()
    searches = [row for row in statements if '"match_keys" &&' in row["sql"]]
    assert len(searches) == 2  # once to plan, once to match
    assert [lines(fake_erp, x) for x in payments] == [LOSS] * 20
