"""Invoices of the demo and their payments."""

from collections.abc import Iterator

from .builder import Draft, Line
from .companies import USD, Company


def rent() -> Iterator[Draft]:
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


def foreign_invoice(company: Company) -> Iterator[Draft]:
    rate = USD[company.currency]
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


def returned_payment() -> Iterator[Draft]:
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
