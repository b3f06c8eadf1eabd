"""One plain draft per type, the starting point of entries made over the admin API."""

from .builder import Draft, Line

_DAY = "2026-10-01"
_INVOICE = {
    "invoiceNumber": "T-1001",
    "invoiceDate": "2026-09-20",
    "dueDate": "2026-10-20",
    "paymentDate": "2026-10-01",
}
_EXPENSE = (Line("6310", 12500, "std", "OPS"),)
_PLAIN = (Line("", 12500),)

TEMPLATES = {
    draft.type: draft
    for draft in (
        Draft("card_purchase", _DAY, _EXPENSE, supplier="office", employee=3),
        Draft("card_invoice", _DAY, _EXPENSE, supplier="office", employee=3, invoice=_INVOICE),
        Draft("out_of_pocket", _DAY, _EXPENSE, supplier="office", employee=3),
        Draft("mileage", _DAY, (Line("6120", 4500),), employee=2, files=()),
        Draft("per_diem", _DAY, (Line("6130", 8400),), employee=2, files=()),
        Draft(
            "direct_reimbursement", _DAY, _PLAIN, "reimbursement_to_employee", employee=3, files=()
        ),
        Draft(
            "external_reimbursement",
            _DAY,
            _PLAIN,
            "reimbursement_to_employee",
            employee=3,
            files=(),
        ),
        Draft("invoice", _DAY, _EXPENSE, supplier="consultants", invoice=_INVOICE, payable=True),
        Draft(
            "invoice_payment",
            _DAY,
            _PLAIN,
            "invoice_payment_sent",
            supplier="consultants",
            invoice=_INVOICE,
            payable=True,
            files=(),
        ),
        Draft("chargeback", _DAY, _EXPENSE, supplier="office", employee=3, files=()),
        Draft("refund", _DAY, _EXPENSE, supplier="office", employee=3),
        Draft("cashback", _DAY, (Line("3900", 1890),), files=()),
        Draft("atm_withdrawal", _DAY, _PLAIN, employee=2, files=()),
        Draft("wallet_topup", _DAY, _PLAIN, files=()),
        Draft("wallet_unload", _DAY, _PLAIN, files=()),
        Draft(
            "personal_spend",
            _DAY,
            (Line("6210", 3490, "std"),),
            supplier="canteen",
            employee=0,
            files=(),
        ),
        Draft("fee", _DAY, (Line("6980", 1275),), files=()),
    )
}


def template(name: str) -> Draft:
    if name not in TEMPLATES:
        raise LookupError(f"template {name} is not one of {', '.join(TEMPLATES)}")
    return TEMPLATES[name]
