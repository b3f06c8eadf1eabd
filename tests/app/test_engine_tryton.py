"""The same engine against a real Tryton, judged from Tryton's own data."""

from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from demo import tryton
from demo.expected import OUT_OF_POCKET, PAYABLE, Expected, expected
from demo.stack import CACHE, RATES
from pleo_connector.exports.models import Posting
from pleo_connector.history.models import Decision
from tests.app.conftest import Desk
from tests.app.net_out import Books, Line, check, pay_everything
from tests.conftest import Simulator

pytestmark = pytest.mark.django_db(transaction=True)  # as workers commit


def test_a_company_year_adds_up_in_tryton(tryton_desk: Desk, tryton_books: tryton.Access) -> None:
    """A thousand entries of all types: balances, receipts and dimensions equal Pleo's own sums.

    Once everything is paid, nobody is owed anything, and payments are matched with what they pay.
    """
    desk, path = tryton_desk, f"/companies/{tryton_desk.company['id']}"
    _let_match(tryton_books, OUT_OF_POCKET, PAYABLE)
    desk.map(posting_behaviour="final", fx_difference="line")
    desk.simulator("PUT", "/switches", rate_limit_per_minute=0)
    desk.simulator("POST", f"{path}/year", count=1000)
    job, queued = desk.export_queue()
    assert job.status == "completed"
    assert not Decision.objects.filter(kind="differs_in_erp").exists()

    wallets = {w["currency"]: w["contraAccount"] for w in desk.company["wallets"]}
    books, entries = tryton.ledger(tryton_books), desk.simulator.entries(desk.company)

    def wanted(ids: list[str]) -> Expected:
        rates = RATES[desk.company["currency"]]
        raw = [entries[entry_id] for entry_id in ids]
        return expected(raw, wallets=wallets, rates=rates, with_exchange=True)

    sums = wanted(queued)
    assert len(books.posted) == len(queued) >= 1000
    assert max(Counter(move["description"] for move in books.moves).values()) == 1
    check(_books(books, entries), sums, wallets=wallets)
    assert sum(len(move["attachments"]) for move in books.moves) == sums.receipts
    dimensions = sum(len(line["dimensions"]) for m in books.moves for line in m["lines"])
    assert dimensions == sums.dimensions
    assert _taxes(books) == {code: tax for code, tax in sums.taxes.items() if tax}

    closing = pay_everything(desk, [entries[entry_id] for entry_id in queued])
    assert desk.export(entryIds=closing).status == "completed"
    books, entries = tryton.ledger(tryton_books), desk.simulator.entries(desk.company)
    found = _books(books, entries)
    check(found, wanted([*queued, *closing]), wallets=wallets)
    assert (found.by_employee(), found.by_vendor()) == ({}, {})
    payments = Posting.objects.filter(match="matched", pays__len__gt=0)
    pairs = {row.reference: row.pays for row in payments}
    assert len(pairs) > len(closing) / 2
    assert _matched(tryton_books) == {x for key, paid in pairs.items() for x in (key, *paid)}


def _let_match(access: tryton.Access, *codes: str) -> None:
    """What an accountant ticks on accounts whose lines are matched."""
    admin = access.admin()
    rows = admin.find("account.account", [["code", "in", list(codes)]], "id")
    admin.write("account.account", [row["id"] for row in rows], {"reconcile": True})


def _matched(access: tryton.Access) -> set[str]:
    """References of moves with a matched line."""
    domain = [["reconciliation", "!=", None]]
    rows = access.admin().find("account.move.line", domain, "move.description")
    return {row["move."]["description"] for row in rows}


def _books(ledger: tryton.Ledger, entries: dict[str, Any]) -> Books:
    lines = [
        Line(
            move["description"].removeprefix("pleo:").partition(":")[0],
            line["account"],
            line["debit"] - line["credit"],
            line["debit"] - line["credit"],
        )
        for move in ledger.posted
        for line in move["lines"]
    ]
    return Books(lines, entries)


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
        _, queued = desk.export_queue()
        books, entries = tryton.ledger(access), simulator.entries(company)
    wanted = expected(
        [entries[entry_id] for entry_id in queued],
        wallets={w["currency"]: w["contraAccount"] for w in company["wallets"]},
        rates=RATES[company["currency"]],
    )
    found = {code: amount for code, amount in books.trial_balance.items() if amount}
    assert found == {code: amount for code, amount in wanted.balances.items() if amount}
    assert {"1940", "1943", "1944"} <= found.keys()
    assert _by_wallet(books, company["wallets"]) == wanted.wallets


def _by_wallet(books: tryton.Ledger, wallets: list[dict[str, Any]]) -> dict[str, Decimal]:
    """Each in its own currency: the second one of a line, where that is not the company's."""
    currencies = {wallet["contraAccount"]: wallet["currency"] for wallet in wallets}
    found: dict[str, Decimal] = defaultdict(Decimal)
    for move in books.posted:
        for line in move["lines"]:
            currency = currencies.get(line["account"])
            if currency and line["second_currency"] == currency:
                found[currency] += line["amount_second_currency"]
            elif currency:
                found[currency] += line["debit"] - line["credit"]
    return dict(found)
