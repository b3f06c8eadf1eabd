"""What pays what, inside one job."""

from collections.abc import Callable
from typing import Any

import pytest

from pleo_connector.bookkeeping.book import reference_of
from pleo_connector.bookkeeping.match import (
    OFFERING,
    Counterparts,
    Match,
    half_of,
    offered_keys,
    wanted_keys,
)
from pleo_connector.pleo.export_items import parse_export_item

Job = Callable[..., list[Match]]


@pytest.fixture
def job(item_from: Callable[[dict[str, Any]], dict[str, Any]]) -> Job:
    """What each of the entries pays, where all of them are booked."""

    def run(*specs: dict[str, Any]) -> list[Match]:
        items = [
            parse_export_item(item_from(x) | {"accountingEntryId": f"e{n}"})
            for n, x in enumerate(specs, start=1)
        ]
        halves = [half_of(item) for item in items]
        offered = Counterparts(x for x in halves if x and x.role in OFFERING)
        pays = [x if x and x.role not in OFFERING else None for x in halves]
        return [offered.matches(x) if x else Match() for x in pays]

    return run


def claim(number: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "out_of_pocket",
        "paid": 5000,
        "more": {"reconciliationId": str(number)},
        **more,
    }


def paying(*numbers: int, **more: Any) -> dict[str, Any]:
    entries = [str(x) for x in numbers]
    spec = {"type": "direct_reimbursement", "paid": 5000}
    return {**spec, "more": {"reconciliationId": "9", "reconciledEntries": entries}, **more}


def invoice(kind: str = "invoice", number: str = "A-1", **more: Any) -> dict[str, Any]:
    info = {"invoiceNumber": number, "invoiceDate": "2026-05-01", "status": "paid"}
    return {
        "type": kind,
        "paid": "USD 100000 / EUR 92500",
        "more": {"invoiceInformation": info},
        **more,
    }


def test_references_are_stable() -> None:
    assert reference_of("e1") == "pleo:e1"
    assert reference_of("e1", 1) == "pleo:e1:2"


def test_a_reimbursement_settles_its_claims_wherever_they_stand(job: Job) -> None:
    first, payment, _ = job(claim(1), paying(1, 2, 3), claim(2))
    assert first.references == ()
    assert payment.references == ("pleo:e1", "pleo:e3")


def test_a_private_purchase_is_netted_off(job: Job) -> None:
    spent = {"type": "personal_spend", "paid": 2000, "more": {"reconciliationId": "4"}}
    *_, payment = job(claim(1), spent, paying(1, 4))
    assert payment.references == ("pleo:e1", "pleo:e2")


def test_a_bounced_reimbursement_settles_nothing(job: Job) -> None:
    *_, bounced = job(claim(1), paying(1, sub="reimbursement_to_employee_refund"))
    assert bounced.references == ()


def test_two_claims_with_one_id_are_left_open(job: Job) -> None:
    *_, payment = job(claim(1), claim(1), paying(1))
    assert payment.references == ()
    assert payment.why


def test_an_invoice_payment_settles_the_vendors_invoice(job: Job) -> None:
    vendor = {"code": "V100"}
    payment, _, _ = job(
        invoice("invoice_payment", vendor=vendor),
        invoice(vendor=vendor),
        invoice(vendor={"code": "V200"}),
    )
    assert payment.references == ("pleo:e2",)


@pytest.mark.parametrize(
    "supplier",
    [{"code": "S1"}, {"account": "S1"}, {"taxIdentifier": "S1"}, {"name": "ACME  Ltd"}],
)
def test_an_invoice_payment_settles_the_suppliers_invoice(
    job: Job, supplier: dict[str, str]
) -> None:
    raw = {"supplier": supplier}
    _, payment = job(invoice(raw=raw), invoice("invoice_payment", raw=raw))
    assert payment.references == ("pleo:e1",)


def test_an_older_payment_names_the_entry_itself(job: Job) -> None:
    bill = invoice()
    payment = invoice("invoice_payment", number="other")
    payment["more"] = payment["more"] | {"reconciledEntries": ["1000001"]}
    _, found = job(bill, payment)
    assert found.references == ("pleo:e1",)


def test_two_invoices_that_fit_are_left_open(job: Job) -> None:
    raw = {"supplier": {"code": "S1"}}
    *_, payment = job(invoice(raw=raw), invoice(raw=raw), invoice("invoice_payment", raw=raw))
    assert payment.references == ()
    assert payment.why


def test_amounts_that_differ_are_left_open(job: Job) -> None:
    raw = {"supplier": {"code": "S1"}}
    *_, payment = job(
        invoice(raw=raw), invoice("invoice_payment", raw=raw, paid="USD 99900 / EUR 92500")
    )
    assert payment.references == ()
    assert payment.why


def test_a_name_needs_the_same_amount(job: Job) -> None:
    raw = {"supplier": {"name": "ACME"}}
    *_, payment = job(
        invoice(raw=raw), invoice("invoice_payment", raw=raw, paid="USD 99900 / EUR 92500")
    )
    assert payment.references == ()


def test_the_amount_alone_matches_nothing(job: Job) -> None:
    _, payment = job(
        {"type": "invoice", "paid": 5000, "more": {"reconciliationId": "7"}},
        {"type": "invoice_payment", "paid": 5000},
    )
    assert payment.references == ()


def test_a_returned_payment_settles_nothing(job: Job) -> None:
    raw = {"supplier": {"code": "S1"}}
    returned = invoice("invoice_payment", raw=raw, sub="invoice_payment_returned")
    assert job(invoice(raw=raw), returned)[1].references == ()


def test_keys_can_be_stored_for_another_job(item_from: Any) -> None:
    raw = {"supplier": {"code": "S1"}}
    bill = parse_export_item(item_from(invoice(raw=raw)))
    payment = parse_export_item(item_from(invoice("invoice_payment", raw=raw)))
    assert set(wanted_keys(payment)) <= set(offered_keys(bill))
    assert offered_keys(payment) == ()
    assert wanted_keys(bill) == ()
