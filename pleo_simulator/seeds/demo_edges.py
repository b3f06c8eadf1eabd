"""What the demo has at its edges: entries that are meant to fail, and some not queued."""

from collections.abc import Iterator

from .builder import Draft, Line
from .companies import ENGINEER_1, MARKETING, OFFICE, OPERATIONS, SALES


def meant_to_fail() -> Iterator[Draft]:
    yield Draft(
        "card_purchase",
        "2026-09-08",
        (Line("", 5640, "std"),),
        supplier="canteen",
        employee=MARKETING,
        note="Category still missing",
        files=("jpeg",),
        expected_failure="missing_configuration",
    )
    yield Draft(
        "card_purchase",
        "2026-09-10",
        (Line("9999", 7900, "std", "OPS"),),
        supplier="tools",
        employee=OPERATIONS,
        note="Category of a closed account",
        expected_failure="account_unknown",
    )


def not_queued() -> Iterator[Draft]:
    yield Draft(
        "card_purchase",
        "2026-09-15",
        (Line("6310", 5200, "std", "OPS"),),
        supplier="office",
        employee=OFFICE,
        lane="trouble",
        files=("pdf", "dead"),
        note="Second receipt cannot be downloaded",
    )
    yield Draft(
        "crypto_purchase",
        "2026-09-16",
        (Line("6980", 1000),),
        supplier="cloud",
        employee=OPERATIONS,
        lane="trouble",
        files=(),
        note="A type published after this simulator",
    )
    for day, person in (("2026-10-06", SALES), ("2026-10-08", ENGINEER_1), ("2026-10-12", OFFICE)):
        yield Draft(
            "card_purchase",
            day,
            (Line("6210", 3200, "std", "OPS"),),
            supplier="canteen",
            employee=person,
            lane="unexported",
            files=("jpeg",),
        )
