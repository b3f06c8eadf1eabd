"""Card purchases of the demo, in the company's currency and in others."""

from collections.abc import Iterator

from .builder import Draft, Line
from .companies import ENGINEER_1, ENGINEER_2, MARKETING, OFFICE, OPERATIONS, SALES, USD, Company


def card() -> Iterator[Draft]:
    yield Draft(
        "card_purchase",
        "2026-02-03",
        (Line("6210", 4680, "std", "SALES"),),
        supplier="canteen",
        employee=SALES,
        note="Lunch with a customer",
        attendees=("Sales Manager", "Purchasing lead of the customer"),
    )
    yield Draft(
        "card_purchase",
        "2026-02-05",
        (Line("6100", 12500, "std", "ENG", "P100"),),
        supplier="rail",
        employee=ENGINEER_1,
        note="Site visit",
        files=("jpeg",),
    )
    yield Draft(
        "card_purchase",
        "2026-02-11T14:22:09Z",
        (Line("6310", 8995, "std", "OPS"), Line("6320", 2400, "zero", "OPS")),
        supplier="office",
        employee=OFFICE,
        note="Paper and stamps",
        files=("jpeg", "pdf"),
    )
    yield Draft(
        "card_purchase",
        "2026-02-19",
        (
            Line("6110", 4999, "std", "ENG", "P100"),
            Line("6210", 3001, "low", "ENG", "P200"),
            Line("6100", 1999, None, "OPS", "P300"),
        ),
        supplier="hotel",
        employee=ENGINEER_2,
        note="Night before the commissioning",
    )


def more_card() -> Iterator[Draft]:
    yield Draft(
        "card_purchase",
        "2026-03-02",
        (Line("5410", 23990, "std", "ENG", "P200"),),
        supplier="tools",
        employee=ENGINEER_1,
        files=("pdf", "jpeg", "jpeg"),
    )
    yield Draft(
        "card_purchase",
        "2026-03-04",
        (Line("5610", 7450, "std", "ENG"),),
        supplier="fuel",
        employee=ENGINEER_2,
        files=(),
    )
    yield Draft(
        "card_purchase",
        "2026-03-09",
        (Line("6310", 12000, "std", "OPS"), Line("6310", -2000, "std", "OPS")),
        supplier="office",
        employee=OFFICE,
        note="Order with a volume discount",
    )
    yield Draft(
        "card_purchase",
        "2026-03-12",
        (Line("6100", 3900, "zero", "SALES"),),
        supplier="rail",
        employee=SALES,
        note="Ferry, no VAT",
        files=("jpeg",),
    )
    yield Draft(
        "card_purchase",
        "2026-03-17",
        (Line("6400", 64000, "std", "OPS", "P300"),),
        supplier="consultants",
        employee=OPERATIONS,
        payable=True,
        service_period=("2026-03-01", "2026-03-31"),
    )
    yield Draft(
        "card_invoice",
        "2026-03-20",
        (Line("5910", 48000, "std", "MKT"),),
        supplier="design",
        employee=MARKETING,
        invoice={
            "invoiceNumber": "PD-2026-311",
            "invoiceDate": "2026-03-18",
            "dueDate": "2026-04-17",
            "paymentDate": "2026-03-20",
        },
    )


def foreign(company: Company) -> Iterator[Draft]:
    rate = USD[company.currency]
    yield Draft(
        "card_purchase",
        "2026-03-23",
        (Line("6540", 10 * rate, "reverse", "ENG"),),
        supplier="cloud",
        employee=ENGINEER_1,
        foreign=("USD", 10000),
        note="Hosting, billed in USD",
        service_period=("2026-03-01", "2026-03-31"),
    )
    yield Draft(
        "card_purchase",
        "2026-03-25",
        (
            Line("6540", 3 * rate, "reverse", "ENG", "P100"),
            Line("6540", 3 * rate, "reverse", "OPS", "P300"),
            Line("6550", 4 * rate + 7, "zero", "OPS"),
        ),
        supplier="cloud",
        employee=OPERATIONS,
        foreign=("USD", 10000),
        payable=True,
        note="Licences, split by team",
    )
    yield Draft(
        "card_purchase",
        "2026-03-27",
        (Line("6210", 7700 * company.amount_factor, "zero", "SALES"),),
        supplier="kiosk",
        employee=SALES,
        foreign=("JPY", 12500),
        files=("jpeg",),
    )
