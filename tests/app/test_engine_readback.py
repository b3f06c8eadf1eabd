"""What the ERP made of a voucher is read back, and what it changed is told, never passed over."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from erp_adapters.errors import Rejected
from erp_adapters.fake.adapter import FakeAdapter
from erp_adapters.ledger import PostedVoucher, Voucher
from pleo_connector.exports.models import Posting
from pleo_connector.exports.voucher_json import hash_of, voucher_from_json, voucher_to_json
from pleo_connector.history.models import Decision
from tests.app.conftest import Desk, FakeErp

pytestmark = pytest.mark.django_db

Change = Callable[[PostedVoucher], PostedVoucher]


@pytest.fixture
def altering(monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], list[Voucher]]:
    """An ERP that books otherwise than it is asked; what it was sent is kept."""

    def alter(change: Change) -> list[Voucher]:
        post, seen = FakeAdapter.post, list[Voucher]()

        def posted(
            adapter: FakeAdapter, vouchers: Sequence[Voucher]
        ) -> list[PostedVoucher | Rejected]:
            seen.extend(vouchers)
            answers = post(adapter, vouchers)
            return [change(x) if isinstance(x, PostedVoucher) else x for x in answers]

        monkeypatch.setattr(FakeAdapter, "post", posted)
        return seen

    return alter


def changed() -> list[str]:
    rows = Decision.objects.filter(kind="differs_in_erp").order_by("pk")
    return list(rows.values_list("sentence", flat=True))


def moved(posted: PostedVoucher) -> PostedVoucher:
    return replace(
        posted,
        posting_date=posted.posting_date + timedelta(days=31),
        total=posted.total + Decimal("0.01"),
        line_count=(posted.line_count or 0) + 1,
    )


@pytest.mark.parametrize(("setting", "allowed"), [("fail", False), ("accept", True)])
def test_what_the_erp_changed_is_told_whether_or_not_it_was_allowed_to(
    desk: Desk, fake_erp: FakeErp, altering: Any, setting: str, allowed: bool
) -> None:
    desk.map(posting_behaviour="final", erp_changes=setting)
    sent = altering(moved)
    ids = desk.simulator.add(desk.company, "wallet_topup", files=0)
    assert desk.export(entryIds=ids).status == "completed"
    assert [voucher.allow_changes for voucher in sent] == [allowed]
    assert changed() == [
        "Fake ERP booked the entry on 2026-11-01, not on 2026-10-01.",
        "Fake ERP shows a total of DKK 125.01; DKK 125.00 was sent.",
        "Fake ERP holds 3 lines; 2 were sent.",
    ]


def test_what_was_booked_unseen_is_read_back_too(
    desk: Desk, fake_erp: FakeErp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to the booking never came, and the look-up shows another date."""
    find = FakeAdapter.find_posted
    monkeypatch.setattr(
        FakeAdapter,
        "find_posted",
        lambda adapter, references: {
            key: moved(posted) for key, posted in find(adapter, references).items()
        },
    )
    fake_erp.fault("POST /vouchers$", drop="after")
    ids = desk.simulator.add(desk.company, "wallet_topup", files=0)
    job = desk.export(entryIds=ids)
    desk.work()
    job.refresh_from_db()
    assert job.status == "completed"
    assert changed()[0] == "Fake ERP booked the entry on 2026-11-01, not on 2026-10-01."


def test_what_stands_as_it_was_sent_is_not_worth_a_word(desk: Desk, fake_erp: FakeErp) -> None:
    job = desk.export()
    assert job.items.filter(status="successful").count() > 20
    assert changed() == []


def test_what_was_sent_can_be_read_back_from_its_posting(desk: Desk, fake_erp: FakeErp) -> None:
    """Entries of every type: after a crash there is nothing else to compare with."""
    desk.export()
    stored = list(Posting.objects.values_list("voucher", "voucher_hash"))
    assert len(stored) > 20
    for content, sent in stored:
        assert hash_of(voucher_to_json(voucher_from_json(content))) == sent


@pytest.fixture
def moving_dates(fake_erp: FakeErp) -> Iterator[FakeErp]:
    """An ERP that moves what belongs in a closed month, and says nothing."""
    fake_erp("PUT", "/seed", closedMonths=["2026-10"], changes={"movesClosedDates": True})
    yield fake_erp
    fake_erp("PUT", "/seed", changes={})


def test_a_date_that_the_erp_moves_is_taken_where_the_customer_says_so(
    desk: Desk, moving_dates: FakeErp
) -> None:
    desk.map(posting_behaviour="final", closed_period="fail", erp_changes="accept")
    ids = desk.simulator.add(desk.company, "wallet_topup", files=0)
    assert desk.export(entryIds=ids).status == "completed"
    (voucher,) = moving_dates.vouchers
    day = voucher["postingDate"]
    assert day > "2026-10-31"
    assert changed() == [f"Fake ERP booked the entry on {day}, not on 2026-10-01."]


def test_a_date_that_the_erp_would_move_keeps_the_entry_unbooked_by_default(
    desk: Desk, moving_dates: FakeErp
) -> None:
    desk.map(posting_behaviour="final", closed_period="fail")
    ids = desk.simulator.add(desk.company, "wallet_topup", files=0)
    job = desk.export(entryIds=ids)
    assert job.items.get().failure_reason.startswith("Fake ERP: 2026-10-01 lies in a closed month.")
    assert not moving_dates.vouchers
