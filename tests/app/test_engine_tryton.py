"""The same engine against a real Tryton, judged from Tryton's own data."""

from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal

import pytest

from demo import tryton
from demo.expected import expected
from demo.stack import CACHE, RATES
from tests.app.conftest import Desk
from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)  # as workers commit


def test_a_company_year_adds_up_in_tryton(tryton_desk: Desk, tryton_books: tryton.Access) -> None:
    """A thousand entries of all types: balances, receipts and dimensions equal Pleo's own sums."""
    desk, path = tryton_desk, f"/companies/{tryton_desk.company['id']}"
    desk.simulator("PUT", "/switches", rate_limit_per_minute=0)
    desk.simulator("POST", f"{path}/year", count=1000)
    queued = [
        entry_id
        for entry_id, entry in desk.simulator.entries(desk.company).items()
        if entry["lane"] == "queue" and not entry["expectedFailure"]
    ]
    job = desk.export(entryIds=queued)
    failed = list(job.items.filter(status="failed").values_list("failure_reason", flat=True))
    assert failed == []
    assert job.status == "completed"

    books = tryton.ledger(tryton_books)
    entries = desk.simulator.entries(desk.company)
    wanted = expected(
        [entries[entry_id] for entry_id in queued],
        wallets={w["currency"]: w["contraAccount"] for w in desk.company["wallets"]},
        rates=RATES[desk.company["currency"]],
    )
    assert len(books.posted) == len(queued) >= 1000
    assert max(Counter(move["description"] for move in books.moves).values()) == 1
    found = {code: amount for code, amount in books.trial_balance.items() if amount}
    assert found == {code: amount for code, amount in wanted.balances.items() if amount}
    assert sum(len(move["attachments"]) for move in books.moves) == wanted.receipts
    dimensions = sum(len(line["dimensions"]) for m in books.moves for line in m["lines"])
    assert dimensions == wanted.dimensions
    assert _taxes(books) == {code: tax for code, tax in wanted.taxes.items() if tax}
    # What must net out: reverse charge always, whatever was booked.
    assert found["2645"] + found["2614"] == 0


def _taxes(books: tryton.Ledger) -> dict[str, Decimal]:
    """Input tax by tax code, as Tryton's own tax report would sum it."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for move in books.posted:
        for line in move["lines"]:
            for code, kind, amount in line["taxes"]:
                if kind == "tax" and line["account"] == "2640":
                    found[code] += amount
    return dict(found)


def test_a_company_with_wallets_in_three_currencies_adds_up(
    wire: Callable[..., Desk], simulator: Simulator, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each wallet has its account; the ERP's own rates turn it into the company's currency."""
    company = next(c for c in simulator("GET", "/companies") if len(c["wallets"]) == 3)
    folder = tmp_path_factory.mktemp("three-wallets")
    venv = tryton.install(CACHE / "tryton")
    tryton.create(folder, venv_dir=venv, template_dir=CACHE)
    with tryton.start(folder, venv_dir=venv) as server:
        access = tryton.bootstrap(
            server,
            chart=simulator.chart(company),
            company_name=company["name"],
            currency=company["currency"],
            extra_currencies=RATES[company["currency"]],
        )
        desk = wire(
            "tryton",
            {"base_url": access.base_url, "database": access.database, "company": access.company},
            {"key": access.key, "user": access.user, "password": access.password},
            company=company,
        )
        queued = [
            entry_id
            for entry_id, entry in simulator.entries(company).items()
            if entry["lane"] == "queue" and not entry["expectedFailure"]
        ]
        job = desk.export(entryIds=queued)
        assert list(job.items.filter(status="failed").values_list("failure_reason")) == []
        books, entries = tryton.ledger(access), simulator.entries(company)
    wanted = expected(
        [entries[entry_id] for entry_id in queued],
        wallets={w["currency"]: w["contraAccount"] for w in company["wallets"]},
        rates=RATES[company["currency"]],
    )
    found = {code: amount for code, amount in books.trial_balance.items() if amount}
    assert found == {code: amount for code, amount in wanted.balances.items() if amount}
    assert {"1940", "1943", "1944"} <= found.keys()
