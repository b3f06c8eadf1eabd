"""An entry of which a part is booked, or was refused, comes back after its plan has changed."""

import pytest

from pleo_connector.exports.models import ExportJob, ExportJobItem, Posting
from tests.app.conftest import Desk, FakeErp

pytestmark = pytest.mark.django_db

BY_JOURNAL = {"bookkeeping": {"method": "journal"}}


@pytest.fixture
def entry(desk: Desk) -> str:
    """A card purchase through the vendor ledger: a bill and its payment."""
    desk.map(posting_behaviour="final", generic_vendor="V101")
    payable = {"bookkeeping": {"method": "accounts_payable"}}
    (entry_id,) = desk.simulator.add(desk.company, "card_purchase", files=0, overrides=payable)
    return entry_id


def without(desk: Desk, fake_erp: FakeErp, *codes: str) -> None:
    """The ERP has closed these accounts since we read them."""
    accounts = desk.simulator.chart(desk.company)["accounts"]
    fake_erp("PUT", "/seed", accounts=[row for row in accounts if row["code"] not in codes])


def export(desk: Desk, entry_id: str) -> ExportJobItem:
    job: ExportJob = desk.export(entryIds=[entry_id], vendorBasedBookkeeping=True)
    return job.items.get()


def refused(desk: Desk, fake_erp: FakeErp, entry_id: str, *codes: str) -> None:
    desk.export(entryIds=desk.simulator.add(desk.company, "wallet_topup"))  # reads the catalog
    without(desk, fake_erp, *codes)
    assert export(desk, entry_id).status == "failed"
    without(desk, fake_erp)


def expenses(desk: Desk) -> list[str]:
    rows = desk.simulator.chart(desk.company)["accounts"]
    return [row["code"] for row in rows if row["kind"] == "expense"]


def test_what_is_half_booked_is_not_completed_by_another_plan(
    desk: Desk, fake_erp: FakeErp, entry: str
) -> None:
    """The payment stands; a journal entry would take the money off the wallet once more."""
    refused(desk, fake_erp, entry, *expenses(desk))
    before = fake_erp.vouchers
    (posted,) = Posting.objects.filter(accounting_entry_id=entry, state="posted")
    desk.simulator("PUT", f"/entries/{entry}", **BY_JOURNAL)
    item = export(desk, entry)
    assert item.status == "failed"
    assert f"is booked as {posted.number}" in item.failure_reason
    assert fake_erp.vouchers == before


def test_what_is_half_booked_is_completed_by_the_same_plan(
    desk: Desk, fake_erp: FakeErp, entry: str
) -> None:
    refused(desk, fake_erp, entry, *expenses(desk))
    assert export(desk, entry).status == "successful"
    references = [voucher["reference"] for voucher in fake_erp.vouchers]
    assert references.count(f"pleo:{entry}") == references.count(f"pleo:{entry}:2") == 1


def test_an_entry_that_needs_fewer_vouchers_now_is_booked_and_reported_ever_after(
    desk: Desk, fake_erp: FakeErp, entry: str
) -> None:
    refused(desk, fake_erp, entry, "2440")
    desk.simulator("PUT", f"/entries/{entry}", **BY_JOURNAL)
    assert export(desk, entry).status == "successful"
    again = export(desk, entry)
    assert (again.status, again.booked_before) == ("successful", True)
    assert again.reported_at is not None
    assert Posting.objects.filter(accounting_entry_id=entry).count() == 1
