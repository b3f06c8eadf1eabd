"""Payments and what they pay, matched in the ERP: within a job, across jobs, and after mishaps."""

from collections.abc import Sequence
from typing import Any

import pytest

from erp_adapters.base import Settlement
from erp_adapters.errors import OutcomeUnknown, Rejected
from erp_adapters.fake.adapter import FakeAdapter
from pleo_connector.connections.lease import LeaseLost
from pleo_connector.connections.models import Connection
from pleo_connector.exports import once
from pleo_connector.exports.models import ExportJob, Posting
from pleo_connector.history.models import Decision
from tests.app.conftest import Desk, FakeErp

pytestmark = pytest.mark.django_db

PAYABLE = {"bookkeeping": {"method": "accounts_payable"}}


class Told:
    """What the ERP was told to match, call by call: (payment, what it pays) by reference."""

    def __init__(self) -> None:
        self.calls: list[list[tuple[str, tuple[str, ...]]]] = []
        self.answers: list[Any] = []  # instead of the ERP's own, first to last

    @property
    def pairs(self) -> list[tuple[str, tuple[str, ...]]]:
        return [pair for call in self.calls for pair in call]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """Listens at the adapter; the far side still does it."""
    told, reconcile = Told(), FakeAdapter.reconcile

    def listening(adapter: FakeAdapter, settlements: Sequence[Settlement]) -> Any:
        told.calls.append(
            [(x.payment.reference, tuple(y.reference for y in x.paid)) for x in settlements]
        )
        answer = told.answers.pop(0) if told.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer or reconcile(adapter, settlements)

    monkeypatch.setattr(FakeAdapter, "reconcile", listening)
    return told


def add(desk: Desk, template: str, **overrides: Any) -> str:
    (entry_id,) = desk.simulator.add(desk.company, template, files=0, overrides=overrides)
    return entry_id


def book_id(desk: Desk, entry_id: str) -> str:
    information = desk.simulator.entries(desk.company)[entry_id]["additionalInformation"]
    return str(information["reconciliationId"])


def reimburse(desk: Desk, *claims: str, amount: int) -> str:
    money = {"currency": "DKK", "value": amount}
    both = {"inSupplierCurrency": money, "inWalletCurrency": money}
    return add(
        desk,
        "direct_reimbursement",
        amount=both,
        accountingEntryLines=[{"lineAmount": both, "netAmount": both}],
        additionalInformation={"reconciledEntries": [book_id(desk, claim) for claim in claims]},
    )


def ref(entry_id: str, part: str = "") -> str:
    return f"pleo:{entry_id}{part}"


def matches() -> dict[str, str]:
    return dict(Posting.objects.exclude(match="").values_list("reference", "match"))


def said(entry_id: str) -> list[str]:
    """About the matching, on the page of the entry's own export."""
    kinds = ("matched", "left_open", "match_waits")
    rows = Decision.objects.filter(accounting_entry_id=entry_id, kind__in=kinds)
    return list(rows.order_by("pk").values_list("sentence", flat=True))


def number(entry_id: str) -> str:
    return str(Posting.objects.get(reference=ref(entry_id)).number)


def test_a_payment_is_matched_with_its_invoice_of_the_same_job(
    desk: Desk, fake_erp: FakeErp, told: Told
) -> None:
    payment, invoice = add(desk, "invoice_payment"), add(desk, "invoice")
    assert desk.export(entryIds=[payment, invoice]).status == "completed"
    assert told.calls == [[(ref(payment), (ref(invoice),))]]
    assert said(payment) == [f"Matched with invoice {number(invoice)}."]
    assert said(invoice) == [f"Matched with payment {number(payment)}."]
    assert set(matches().values()) == {"matched"}


def test_a_payment_finds_the_invoice_of_an_earlier_job(
    desk: Desk, fake_erp: FakeErp, told: Told
) -> None:
    invoice = add(desk, "invoice")
    desk.export(entryIds=[invoice])
    assert told.calls == []
    payment = add(desk, "invoice_payment")
    desk.export(entryIds=[payment])
    assert told.pairs == [(ref(payment), (ref(invoice),))]
    voucher = Posting.objects.get(reference=ref(payment)).voucher
    assert voucher["settles"] == [ref(invoice)]


def test_an_invoice_that_comes_after_its_payment_finds_it(
    desk: Desk, fake_erp: FakeErp, told: Told
) -> None:
    payment = add(desk, "invoice_payment")
    first = desk.export(entryIds=[payment])
    assert said(payment) == [
        "Not matched yet: the invoice that it pays is not booked here. It is matched once that "
        "is done."
    ]
    invoice = add(desk, "invoice")
    desk.export(entryIds=[invoice])
    assert told.pairs == [(ref(payment), (ref(invoice),))]
    assert said(payment)[1:] == [f"Matched with invoice {number(invoice)}."]
    # It stands where a person looks for it: with the export that booked the payment.
    assert Decision.objects.filter(run=first.run, kind="matched").count() == 1


def test_a_reimbursement_waits_for_all_the_expenses_that_it_pays(
    desk: Desk, fake_erp: FakeErp, told: Told
) -> None:
    meal, trip = add(desk, "out_of_pocket"), add(desk, "mileage")
    entries = desk.simulator.entries(desk.company)
    due = sum(entries[x]["amount"]["inWalletCurrency"]["value"] for x in (meal, trip))
    paid = reimburse(desk, meal, trip, amount=due)
    desk.export(entryIds=[paid, meal])
    assert told.calls == []
    assert said(paid)[0].startswith("Not matched yet: the expense that it pays is not booked here")
    desk.export(entryIds=[trip])
    assert told.pairs == [(ref(paid), (ref(meal), ref(trip)))]
    assert said(meal) == [f"Matched with reimbursement {number(paid)}."]
    assert said(paid)[1:] == [f"Matched with expenses {number(meal)}, {number(trip)}."]


def test_a_private_purchase_is_netted_off_what_is_paid_out(
    desk: Desk, fake_erp: FakeErp, told: Told
) -> None:
    meal, private = add(desk, "out_of_pocket"), add(desk, "personal_spend")
    entries = desk.simulator.entries(desk.company)
    owed, back = (entries[x]["amount"]["inWalletCurrency"]["value"] for x in (meal, private))
    paid = reimburse(desk, meal, private, amount=owed - back)
    desk.export(entryIds=[meal, private, paid])
    assert told.pairs == [(ref(paid), (ref(meal), ref(private)))]


def test_an_expense_that_could_not_be_booked_is_not_matched(
    desk: Desk, fake_erp: FakeErp, told: Told
) -> None:
    meal = add(desk, "out_of_pocket")
    line = desk.simulator.entries(desk.company)[meal]["accountingEntryLines"][0]
    refused = add(desk, "out_of_pocket", accountingEntryLines=[line | {"account": None}])
    paid = reimburse(desk, refused, amount=line["lineAmount"]["inWalletCurrency"]["value"])
    desk.export(entryIds=[refused, paid])
    assert not Posting.objects.filter(reference=ref(refused)).exists()
    assert told.calls == []
    assert said(paid)[0].startswith("Not matched yet: the expense that it pays is not booked here")


def test_amounts_that_differ_are_left_to_a_person(
    desk: Desk, fake_erp: FakeErp, told: Told
) -> None:
    meal = add(desk, "out_of_pocket")
    paid = reimburse(desk, meal, amount=1)
    desk.export(entryIds=[meal, paid])
    assert told.calls == []
    assert said(paid) == [
        "The payment is not matched: it and the expenses that it pays differ in amount."
    ]


def test_a_card_invoice_and_its_payment_of_one_entry_are_matched(
    desk: Desk, fake_erp: FakeErp, told: Told
) -> None:
    desk.map(posting_behaviour="final", generic_vendor="V101")
    entry_id = add(desk, "card_purchase", **PAYABLE)
    desk.export(entryIds=[entry_id], vendorBasedBookkeeping=True)
    assert told.pairs == [(ref(entry_id, ":2"), (ref(entry_id),))]


def test_drafts_are_not_matched_and_that_is_said(desk: Desk, fake_erp: FakeErp, told: Told) -> None:
    desk.map()
    payment, invoice = add(desk, "invoice_payment"), add(desk, "invoice")
    desk.export(entryIds=[payment, invoice])
    assert told.calls == []
    assert said(payment) == [
        "The payment is not matched: drafts cannot be matched; match it in Fake ERP once all are "
        "final."
    ]


def test_a_payment_that_came_back_is_left_to_a_person(
    desk: Desk, fake_erp: FakeErp, told: Told
) -> None:
    invoice, payment = add(desk, "invoice"), add(desk, "invoice_payment")
    returned = add(desk, "invoice_payment", subType="invoice_payment_returned")
    desk.export(entryIds=[invoice, payment, returned])
    assert told.pairs == [(ref(payment), (ref(invoice),))]
    assert said(returned) == [
        "The payment is not matched: it came back, and what it reopens is for a person to say."
    ]


def test_a_second_payment_of_an_invoice_is_left_to_a_person(
    desk: Desk, fake_erp: FakeErp, told: Told
) -> None:
    invoice, payment, second = (
        add(desk, "invoice"),
        add(desk, "invoice_payment"),
        add(desk, "invoice_payment"),
    )
    desk.export(entryIds=[invoice, payment, second])
    assert told.pairs == [(ref(payment), (ref(invoice),))]
    assert said(second) == [
        f"The payment is not matched: invoice {number(invoice)} is matched with another payment."
    ]


def test_what_the_erp_says_against_a_match_is_passed_on(
    desk: Desk, fake_erp: FakeErp, told: Told
) -> None:
    told.answers = [[Rejected("Linjerne er afstemt.", code="reconciled")]]
    payment, invoice = add(desk, "invoice_payment"), add(desk, "invoice")
    assert desk.export(entryIds=[payment, invoice]).status == "completed"
    assert said(payment) == ["The payment is not matched: Fake ERP: Linjerne er afstemt."]
    assert matches() == {ref(payment): "left_open", ref(invoice): "open"}


def test_an_erp_that_does_not_answer_is_told_with_the_next_export(
    desk: Desk, fake_erp: FakeErp, told: Told
) -> None:
    told.answers = [OutcomeUnknown("Fake ERP did not answer.")]
    payment, invoice = add(desk, "invoice_payment"), add(desk, "invoice")
    assert desk.export(entryIds=[payment, invoice]).status == "completed"
    assert matches() == {ref(payment): "due", ref(invoice): "open"}
    assert said(payment) == [
        "Not matched yet: Fake ERP did not answer. It is tried again with the next export."
    ]
    desk.export(entryIds=[add(desk, "card_purchase")])
    assert told.calls == [[(ref(payment), (ref(invoice),))]] * 2
    assert set(matches().values()) == {"matched"}


@pytest.mark.parametrize("died", ["before", "after"])
def test_a_worker_that_dies_around_the_match_is_healed_by_the_next(
    desk: Desk, fake_erp: FakeErp, told: Told, monkeypatch: pytest.MonkeyPatch, died: str
) -> None:
    payment, invoice = add(desk, "invoice_payment"), add(desk, "invoice")
    save = once.save_matches

    def dies(*values: Any, **named: Any) -> None:
        if died == "before" or told.calls:
            raise LeaseLost
        save(*values, **named)

    monkeypatch.setattr(once, "save_matches", dies)
    job = desk.export(entryIds=[payment, invoice])
    assert job.status == "in_progress"
    monkeypatch.setattr(once, "save_matches", save)
    Connection.objects.update(lease_until=None)
    desk.work()
    assert ExportJob.objects.get().status == "completed"
    assert len(told.calls) == (1 if died == "before" else 2)
    assert set(matches().values()) == {"matched"}
    assert said(payment) == [f"Matched with invoice {number(invoice)}."]


def test_where_nothing_is_to_be_matched_the_erp_is_not_asked(
    desk: Desk, fake_erp: FakeErp, told: Told
) -> None:
    desk.export(entryIds=[add(desk, "card_purchase"), add(desk, "out_of_pocket")])
    assert told.calls == []


def test_another_connection_with_the_same_book_ids_is_not_found(
    desk: Desk, fake_erp: FakeErp, told: Told
) -> None:
    invoice = add(desk, "invoice")
    desk.export(entryIds=[invoice])
    other = Connection.objects.create(tenant=desk.tenant)
    Posting.objects.update(connection=other)
    payment = add(desk, "invoice_payment")
    desk.export(entryIds=[payment])
    assert told.calls == []


def test_matching_a_hundred_payments_takes_one_call_and_few_statements(
    desk: Desk, fake_erp: FakeErp, told: Told, django_assert_max_num_queries: Any
) -> None:
    desk.map(posting_behaviour="final", generic_vendor="V101")
    ids = desk.simulator.add(desk.company, "card_purchase", count=100, files=0, overrides=PAYABLE)
    desk.simulator.export(desk.company, entryIds=ids, vendorBasedBookkeeping=True)
    with django_assert_max_num_queries(195):  # 58 of them are savepoints of the test
        desk.work()
    assert [len(call) for call in told.calls] == [100]
    assert set(matches().values()) == {"matched"}
