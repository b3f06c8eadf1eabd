"""What the demo's employees paid themselves, and what they get back."""

from collections.abc import Iterator

from .builder import Draft, Line
from .companies import ENGINEER_2, OFFICE, SALES


def employees() -> Iterator[Draft]:
    yield Draft(
        "out_of_pocket",
        "2026-04-20",
        (Line("6210", 2860, "std", "SALES"),),
        supplier="canteen",
        employee=SALES,
        files=("jpeg",),
        key="meal",
    )
    yield Draft(
        "out_of_pocket",
        "2026-04-21",
        (Line("6100", 4100, "low", "SALES", "P100"), Line("5610", 1500, "std", "SALES")),
        supplier="fuel",
        employee=SALES,
        files=("jpeg",),
        key="trip",
    )
    yield Draft(
        "mileage",
        "2026-04-23",
        (Line("6120", 4500, None, "ENG", "P200"),),
        employee=ENGINEER_2,
        files=(),
        note="90 km to the customer and back",
        key="mileage",
    )
    yield Draft(
        "per_diem",
        "2026-04-24",
        (Line("6130", 8400, None, "ENG", "P200"),),
        employee=ENGINEER_2,
        files=(),
        note="Three days on site",
        key="per_diem",
    )
    yield Draft(
        "out_of_pocket",
        "2026-05-04",
        (Line("6310", 1990, "std", "OPS"),),
        supplier="office",
        employee=OFFICE,
        files=("jpeg",),
        key="stationery",
    )


def reimbursements() -> Iterator[Draft]:
    paid = (Line("", 8460),)
    yield Draft(
        "direct_reimbursement",
        "2026-04-28",
        paid,
        "reimbursement_to_employee",
        employee=SALES,
        files=(),
        reconciles=("meal", "trip"),
    )
    yield Draft(
        "direct_reimbursement",
        "2026-04-30",
        paid,
        "reimbursement_to_employee_refund",
        employee=SALES,
        files=(),
        reconciles=("meal", "trip"),
        note="Bounced: account closed",
    )
    yield Draft(
        "direct_reimbursement",
        "2026-05-05",
        (Line("", 3490),),
        "reimbursement_to_company",
        employee=SALES,
        files=(),
        note="Private purchase paid back",
    )
    yield Draft(
        "external_reimbursement",
        "2026-05-06",
        (Line("", 12900),),
        "reimbursement_to_employee",
        employee=ENGINEER_2,
        files=(),
        reconciles=("mileage", "per_diem"),
        note="Paid with the salary",
    )
    yield Draft(
        "external_reimbursement",
        "2026-05-08",
        (Line("", 5000),),
        "reimbursement_to_company",
        employee=ENGINEER_2,
        files=(),
        note="Rest of the cash handed back",
    )
    yield Draft(
        "external_reimbursement",
        "2026-05-11",
        (Line("", 1990),),
        "reimbursement_to_employee_refund",
        employee=OFFICE,
        files=(),
        reconciles=("stationery",),
        note="Transfer came back",
    )
