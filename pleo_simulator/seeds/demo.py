"""The demo entries of a company: every type and sub-type, splits, taxes, currencies."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from .builder import Builder, Draft, Line
from .companies import Company

SALES, ENGINEER_1, ENGINEER_2, OFFICE, OPERATIONS, MARKETING = range(6)
# Units of a thousandth of the company's currency per foreign unit, only to be believable.
_USD = {"EUR": 920, "DKK": 6860, "GBP": 790}


def _card() -> Iterator[Draft]:
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


def _more_card() -> Iterator[Draft]:
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


def _foreign(company: Company) -> Iterator[Draft]:
    rate = _USD[company.currency]
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


def _wallet() -> Iterator[Draft]:
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


def _employees() -> Iterator[Draft]:
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


def _reimbursements() -> Iterator[Draft]:
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


def _rent() -> Iterator[Draft]:
    rent = {
        "invoiceNumber": "LY-2026-118",
        "invoiceDate": "2026-05-02",
        "dueDate": "2026-06-01",
        "paymentDate": "2026-05-20",
    }
    yield Draft(
        "invoice",
        "2026-05-02",
        (Line("5010", 125000, "std", "OPS"),),
        supplier="rent",
        invoice=rent,
        payable=True,
        key="rent",
        service_period=("2026-05-01", "2026-05-31"),
    )
    yield Draft(
        "invoice_payment",
        "2026-05-20",
        (Line("", 125000),),
        "invoice_payment_sent",
        supplier="rent",
        invoice=rent,
        payable=True,
        pays="rent",
        files=(),
    )


def _foreign_invoice(company: Company) -> Iterator[Draft]:
    rate = _USD[company.currency]
    cloud = {
        "invoiceNumber": "NL-88213",
        "invoiceDate": "2026-05-12",
        "dueDate": "2026-06-11",
        "paymentDate": "2026-06-03",
    }
    yield Draft(
        "invoice",
        "2026-05-12",
        (Line("6540", 60 * rate, "reverse", "ENG"), Line("6550", 40 * rate, "reverse", "OPS")),
        supplier="cloud",
        foreign=("USD", 100000),
        invoice=cloud,
        payable=True,
        key="cloud",
    )
    yield Draft(
        "invoice_payment",
        "2026-06-03",
        (Line("", 100 * rate + 500),),
        "invoice_payment_sent",
        supplier="cloud",
        foreign=("USD", 100000),
        invoice=cloud,
        payable=True,
        pays="cloud",
        files=(),
    )


def _returned_payment() -> Iterator[Draft]:
    advice = {
        "invoiceNumber": "AF-0907",
        "invoiceDate": "2026-06-15",
        "dueDate": "2026-07-15",
        "paymentDate": "2026-07-01",
    }
    yield Draft(
        "invoice",
        "2026-06-15",
        (Line("6400", 80000, "std", "OPS", "P100"), Line("6400", 45000, "std", "ENG", "P200")),
        supplier="consultants",
        invoice=advice,
        payable=True,
        key="advice",
        files=("pdf", "pdf"),
    )
    yield Draft(
        "invoice_payment",
        "2026-07-01",
        (Line("", 125000),),
        "invoice_payment_sent",
        supplier="consultants",
        invoice=advice,
        payable=True,
        pays="advice",
        files=(),
    )
    yield Draft(
        "invoice_payment",
        "2026-07-03",
        (Line("", 125000),),
        "invoice_payment_returned",
        supplier="consultants",
        pays="advice",
        files=(),
        invoice={**advice, "status": "failed_payment"},
        payable=True,
        note="Bounced: account number not known",
    )


def _more_wallets(company: Company) -> Iterator[Draft]:
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


def _meant_to_fail() -> Iterator[Draft]:
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


def _not_queued() -> Iterator[Draft]:
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


def drafts(company: Company) -> list[Draft]:
    """In order of position; keys of reconciled entries are replaced by book ids."""
    local = [
        chain(_card(), _more_card()),
        _wallet(),
        _employees(),
        _reimbursements(),
        _meant_to_fail(),
        _not_queued(),
    ]
    scaled = [[_scaled(d, company.amount_factor) for d in group] for group in local]
    invoices = [
        _scaled_invoice(d, company)
        for d in chain(_rent(), _foreign_invoice(company), _returned_payment())
    ]
    ordered = [
        *scaled[0],
        *_foreign(company),
        *scaled[1],
        *scaled[2],
        *scaled[3],
        *invoices,
        *_more_wallets(company),
        *scaled[4],
        *scaled[5],
    ]
    return _with_book_ids(company, ordered)


def _scaled(draft: Draft, factor: int) -> Draft:
    return replace(
        draft, lines=tuple(replace(line, value=line.value * factor) for line in draft.lines)
    )


def _scaled_invoice(draft: Draft, company: Company) -> Draft:
    # Foreign drafts have the company's rate in their amounts already.
    return draft if draft.foreign else _scaled(draft, company.amount_factor)


def _with_book_ids(company: Company, ordered: list[Draft]) -> list[Draft]:
    builder = Builder(company)
    book_ids = {d.key: builder.book_id(n) for n, d in enumerate(ordered, 1) if d.key}
    return [
        replace(
            d,
            reconciles=d.reconciles and tuple(book_ids[key] for key in d.reconciles),
            pays=d.pays and book_ids[d.pays],
        )
        for d in ordered
    ]
