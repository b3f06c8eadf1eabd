"""A year's worth of believable entries, the same for the same count and first number."""

import random
from collections.abc import Iterator
from datetime import date, timedelta

from .builder import Draft, Line
from .companies import EMPLOYEES, Company

_FIRST_DAY, _DAYS = date(2026, 2, 1), 272
# type, weight, accounts, suppliers
_MIX: tuple[tuple[str, int, tuple[str, ...], tuple[str | None, ...]], ...] = (
    (
        "card_purchase",
        62,
        ("6210", "6100", "6310", "6540", "5610", "5410"),
        ("canteen", "rail", "office", "cloud", "fuel", "tools"),
    ),
    ("out_of_pocket", 12, ("6210", "6100", "6310"), ("canteen", "rail", "office")),
    ("mileage", 6, ("6120",), (None,)),
    ("per_diem", 3, ("6130",), (None,)),
    ("fee", 4, ("6980",), (None,)),
    ("refund", 4, ("5410", "6310"), ("tools", "office")),
    ("invoice", 5, ("5010", "6400"), ("rent", "consultants")),
    ("wallet_topup", 3, ("",), (None,)),
    ("cashback", 1, ("3900",), (None,)),
)
_DEPARTMENTS = ("SALES", "ENG", "OPS", "MKT")
_PROJECTS = ("P100", "P200", "P300", None)
_WITH_RECEIPT = {"card_purchase", "out_of_pocket", "invoice", "refund"}


def drafts(company: Company, count: int, first: int) -> Iterator[Draft]:
    chance = random.Random(f"{company.slug}/{count}/{first}")
    weights = [weight for _, weight, _, _ in _MIX]
    for number in range(first, first + count):
        kind, _, accounts, suppliers = chance.choices(_MIX, weights)[0]
        place = chance.randrange(len(accounts))
        day = _FIRST_DAY + timedelta(days=chance.randrange(_DAYS))
        yield _draft(
            company,
            chance,
            number,
            kind,
            accounts[place],
            suppliers[place % len(suppliers)],
            day.isoformat(),
        )


def _draft(
    company: Company,
    chance: random.Random,
    number: int,
    kind: str,
    account: str,
    supplier: str | None,
    day: str,
) -> Draft:
    document = {"invoiceNumber": f"Y-{number:05d}", "invoiceDate": day}
    personal = kind not in ("fee", "invoice", "wallet_topup", "cashback")
    files = (chance.choice(("pdf", "jpeg")),) if kind in _WITH_RECEIPT else ()
    return Draft(
        kind,
        day,
        _lines(company, chance, kind, account),
        supplier=supplier,
        employee=chance.randrange(len(EMPLOYEES)) if personal else None,
        invoice=document if kind == "invoice" else None,
        payable=kind == "invoice",
        files=files,
    )


def _lines(company: Company, chance: random.Random, kind: str, account: str) -> tuple[Line, ...]:
    value = chance.randrange(450, 48_000) * company.amount_factor
    if kind == "wallet_topup":
        return (Line("", value * 20),)
    if kind in ("mileage", "per_diem", "fee", "cashback"):
        return (Line(account, value // 4 + 1),)
    tax = "reverse" if account == "6540" else "std"
    parts = chance.choices((1, 2, 3), (88, 9, 3))[0]
    shares = [value // parts] * (parts - 1)
    return tuple(
        Line(account, part, tax, chance.choice(_DEPARTMENTS), chance.choice(_PROJECTS))
        for part in [*shares, value - sum(shares)]
    )
