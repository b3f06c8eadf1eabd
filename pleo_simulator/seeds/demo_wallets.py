"""What moves money in and out of the demo's wallets."""

from collections.abc import Iterator

from .builder import Draft, Line
from .companies import ENGINEER_1, ENGINEER_2, SALES, Company


def wallet() -> Iterator[Draft]:
    yield Draft(
        "fee",
        "2026-03-31",
        (Line("6980", 1275, None, "OPS"),),
        files=(),
        note="Currency conversion fee",
    )
    yield Draft(
        "fee",
        "2026-03-31",
        (Line("6990", 842, None, "OPS"),),
        "interest",
        files=(),
        note="Overdraft interest, March",
    )
    yield Draft(
        "refund",
        "2026-04-02",
        (Line("5410", 5990, "std", "ENG", "P200"),),
        supplier="tools",
        employee=ENGINEER_1,
        note="Returned drill set",
    )
    yield Draft(
        "chargeback",
        "2026-04-07",
        (Line("6100", 12500, "std", "ENG"),),
        supplier="rail",
        employee=ENGINEER_1,
        files=(),
        note="Disputed double booking",
    )
    yield Draft(
        "cashback", "2026-04-10", (Line("3900", 1890),), files=("pdf",), note="Cashback, March"
    )
    yield Draft(
        "atm_withdrawal",
        "2026-04-13",
        (Line("6100", 20000),),
        employee=ENGINEER_2,
        files=(),
        note="Cash for parking on site",
    )
    yield Draft(
        "personal_spend",
        "2026-04-14",
        (Line("6210", 3490, "std"),),
        supplier="canteen",
        employee=SALES,
        files=(),
        note="Paid with the wrong card",
    )
    yield Draft("wallet_topup", "2026-04-15", (Line("", 500000),), files=())
    yield Draft("wallet_unload", "2026-04-16", (Line("", 120000),), files=())


def more_wallets(company: Company) -> Iterator[Draft]:
    for number, wallet in enumerate(company.wallets[1:]):
        factor = 11 if wallet == "SEK" else 1
        day = f"2026-08-0{number + 3}"
        yield Draft("wallet_topup", day, (Line("", 250000 * factor),), wallet=wallet, files=())
        yield Draft(
            "card_purchase",
            day,
            (Line("6540", 4900 * factor, "reverse", "ENG"),),
            supplier="cloud",
            employee=ENGINEER_1,
            wallet=wallet,
        )
        yield Draft(
            "card_purchase",
            day,
            (Line("6210", 3875 * factor, "std", "SALES"),),
            supplier="canteen",
            employee=SALES,
            wallet=wallet,
            files=("jpeg",),
        )
        yield Draft(
            "refund",
            day,
            (Line("6540", 900 * factor, "reverse", "ENG"),),
            supplier="cloud",
            employee=ENGINEER_1,
            wallet=wallet,
        )
        yield Draft("fee", day, (Line("6980", 310 * factor),), wallet=wallet, files=())
        yield Draft("wallet_unload", day, (Line("", 40000 * factor),), wallet=wallet, files=())
