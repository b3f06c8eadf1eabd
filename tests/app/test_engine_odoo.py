"""The same engine against a real Odoo, judged from Odoo's own data."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from demo import odoo
from demo.expected import expected
from demo.stack import RATES
from pleo_connector.history.models import Decision
from tests.app.conftest import Desk

pytestmark = pytest.mark.django_db(transaction=True)  # as workers commit
DAY, LOCKED_UNTIL = "2026-05-05", "2026-06-30"
# All that is booked, which the catalog knows; what has tax, which only the adapter knows.
LOCKS = ("fiscalyear_lock_date", "tax_lock_date")


@dataclass(frozen=True)
class Late:
    """An entry whose day was locked: what Pleo was told of it, and the page of its export."""

    reference: str
    at_pleo: dict[str, Any]
    page: str


@pytest.fixture
def desk(odoo_desk: Desk) -> Desk:
    return odoo_desk


@pytest.fixture
def lock(odoo_books: odoo.Access) -> Iterator[Callable[[str], None]]:
    """Closes the books up to `LOCKED_UNTIL`, as an accountant does."""
    admin = odoo_books.admin()
    yield lambda field: admin.write("res.company", [admin.company], {field: LOCKED_UNTIL})
    admin.write("res.company", [admin.company], dict.fromkeys(LOCKS, False))


def test_a_company_s_entries_add_up_in_odoo(desk: Desk, odoo_books: odoo.Access) -> None:
    """Entries of all types: balances, taxes, receipts and dimensions equal Pleo's own sums."""
    desk.simulator("PUT", "/switches", rate_limit_per_minute=0)
    desk.simulator("POST", f"/companies/{desk.company['id']}/year", count=200)
    job, queued = desk.export_queue()
    assert job.status == "completed"
    assert not Decision.objects.filter(kind="differs_in_erp").exists()

    books, entries = odoo.ledger(odoo_books), desk.simulator.entries(desk.company)
    wanted = expected(
        [entries[entry_id] for entry_id in queued],
        wallets={w["currency"]: w["contraAccount"] for w in desk.company["wallets"]},
        rates=RATES[desk.company["currency"]],
    )
    assert len(books.posted) == len(queued) >= 200
    assert max(Counter(move["description"] for move in books.moves).values()) == 1
    found = {code: amount for code, amount in books.trial_balance.items() if amount}
    assert found == {code: amount for code, amount in wanted.balances.items() if amount}
    assert sum(len(move["attachments"]) for move in books.moves) == wanted.receipts
    dimensions = sum(len(line["dimensions"]) for m in books.moves for line in m["lines"])
    assert dimensions == wanted.dimensions
    assert _taxes(books) == {code: tax for code, tax in wanted.taxes.items() if tax}
    assert found["2645"] + found["2614"] == 0


def _taxes(books: odoo.Ledger) -> dict[str, Decimal]:
    """Input tax by tax, as Odoo's own tax report would sum it."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for move in books.posted:
        for line in move["lines"]:
            for code, _, amount in line["taxes"] if line["account"] == "2640" else ():
                found[code] += amount
    return dict(found)


@pytest.fixture
def late(desk: Desk, lock: Callable[[str], None]) -> Callable[..., Late]:
    """An entry of a day that was open before, and is locked now."""

    def export(field: str, **settings: Any) -> Late:
        desk.map(posting_behaviour="final", **settings)
        assert desk.export(entryIds=desk.simulator.add(desk.company, "fee")).status == "completed"
        lock(field)
        day = {"date": f"{DAY}T00:00:00Z"}
        (entry_id,) = desk.simulator.add(desk.company, "card_purchase", files=0, overrides=day)
        job = desk.export(entryIds=[entry_id])
        there = desk.simulator.job(str(job.pleo_job_id))
        client = Client()
        client.force_login(desk.user)
        page = client.get(reverse("export", args=[job.public_id])).content.decode()
        return Late(f"pleo:{entry_id}", there.items[0], page)

    return export


def standing(access: odoo.Access, reference: str) -> list[tuple[str, str]]:
    moves = odoo.ledger(access, references=[reference]).moves
    return [(move["date"].isoformat(), move["state"]) for move in moves]


@pytest.mark.parametrize("field", LOCKS)
def test_an_entry_of_a_locked_day_is_refused_and_not_moved(
    late: Callable[..., Late], odoo_books: odoo.Access, field: str
) -> None:
    found = late(field, closed_period="fail")
    assert standing(odoo_books, found.reference) == []
    assert found.at_pleo["status"] == "failed"
    for said, day in ((found.at_pleo["failureReason"], DAY), (found.page, "5 May 2026")):
        assert day in said
        assert "or let the posting settings move the date." in said
    if field == "tax_lock_date":
        assert "5 May 2026 is locked in Odoo" in found.page
        assert "1 Jul 2026" in found.page


@pytest.mark.parametrize("field", LOCKS)
def test_an_entry_of_a_locked_day_is_moved_where_the_tenant_wants_it(
    late: Callable[..., Late], odoo_books: odoo.Access, field: str
) -> None:
    """By us, to a day that is told; Odoo would have taken the end of its month."""
    found = late(field, closed_period="export_date")
    today = timezone.now().date()
    assert standing(odoo_books, found.reference) == [(today.isoformat(), "posted")]
    assert found.at_pleo["status"] == "successful"
    (sentence,) = Decision.objects.filter(kind="date_moved").values_list("sentence", flat=True)
    assert DAY in sentence
    assert today.isoformat() in sentence


def test_what_odoo_moves_is_told_where_the_tenant_accepts_it(
    late: Callable[..., Late], odoo_books: odoo.Access
) -> None:
    found = late("tax_lock_date", closed_period="fail", erp_changes="accept")
    ((day, state),) = standing(odoo_books, found.reference)
    assert (day > LOCKED_UNTIL, state) == (True, "posted")
    assert found.at_pleo["status"] == "successful"
    (sentence,) = Decision.objects.filter(kind="differs_in_erp").values_list("sentence", flat=True)
    assert sentence == f"Odoo booked the entry on {day}, not on {DAY}."
