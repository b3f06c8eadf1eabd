"""Which two sides an entry has. The tables are the specification; the code below reads them."""

from dataclasses import dataclass
from typing import Literal

from erp_adapters.ledger import VoucherKind

Role = Literal[
    "expense",
    "wallet",
    "out_of_pocket",
    "external_reimbursement",
    "transfer",
    "accounts_payable",
    "tax_in",
    "tax_reverse_in",
    "tax_reverse_out",
    "exchange_gain",
    "exchange_loss",
    "rounding",
]
Method = Literal["journal", "accounts_payable"]
BALANCES: frozenset[Role] = frozenset(
    {"wallet", "out_of_pocket", "external_reimbursement", "transfer", "accounts_payable"}
)

ANY = "*"
TO_EMPLOYEE = "reimbursement_to_employee"
BOUNCED = "reimbursement_to_employee_refund"
TO_COMPANY = "reimbursement_to_company"
SENT = "invoice_payment_sent"
RETURNED = "invoice_payment_returned"


@dataclass(frozen=True, slots=True)
class Sides:
    debit: Role
    credit: Role
    # spend: a negative amount swaps the sides. fixed: the type decides, the sign is dropped.
    sign: Literal["spend", "fixed"]


def _spend(debit: Role, credit: Role) -> Sides:
    return Sides(debit, credit, "spend")


def _fixed(debit: Role, credit: Role) -> Sides:
    return Sides(debit, credit, "fixed")


# (type, subType) -> debit, credit. "" is an absent subType; ANY where it decides nothing.
JOURNAL: dict[tuple[str, str], Sides] = {
    ("card_purchase", ANY): _spend("expense", "wallet"),
    ("card_invoice", ANY): _spend("expense", "wallet"),
    ("fee", ANY): _spend("expense", "wallet"),
    ("out_of_pocket", ANY): _spend("expense", "out_of_pocket"),
    ("mileage", ANY): _spend("expense", "out_of_pocket"),
    ("per_diem", ANY): _spend("expense", "out_of_pocket"),
    ("invoice", ANY): _spend("expense", "accounts_payable"),
    ("refund", ANY): _fixed("wallet", "expense"),
    ("chargeback", ANY): _fixed("wallet", "expense"),
    ("cashback", ANY): _fixed("wallet", "expense"),
    ("atm_withdrawal", ANY): _fixed("out_of_pocket", "wallet"),
    ("personal_spend", ANY): _fixed("out_of_pocket", "wallet"),
    ("wallet_topup", ANY): _fixed("wallet", "transfer"),
    ("wallet_unload", ANY): _fixed("transfer", "wallet"),
    ("direct_reimbursement", ""): _fixed("out_of_pocket", "wallet"),
    ("direct_reimbursement", TO_EMPLOYEE): _fixed("out_of_pocket", "wallet"),
    ("direct_reimbursement", BOUNCED): _fixed("wallet", "out_of_pocket"),
    ("direct_reimbursement", TO_COMPANY): _fixed("wallet", "out_of_pocket"),
    ("external_reimbursement", ""): _fixed("out_of_pocket", "external_reimbursement"),
    ("external_reimbursement", TO_EMPLOYEE): _fixed("out_of_pocket", "external_reimbursement"),
    ("external_reimbursement", BOUNCED): _fixed("external_reimbursement", "out_of_pocket"),
    ("external_reimbursement", TO_COMPANY): _fixed("external_reimbursement", "out_of_pocket"),
    ("invoice_payment", ""): _fixed("accounts_payable", "wallet"),
    ("invoice_payment", SENT): _fixed("accounts_payable", "wallet"),
    ("invoice_payment", RETURNED): _fixed("wallet", "accounts_payable"),
}

# Under accounts_payable: the kinds of document, in order. Two mean the payable lies between them.
PAYABLE: dict[str, tuple[VoucherKind, ...]] = {
    "invoice": ("bill",),
    "invoice_payment": ("payment",),
    "card_purchase": ("bill", "payment"),
    "card_invoice": ("bill", "payment"),
    "fee": ("bill", "payment"),
    "refund": ("credit_note", "payment"),
    "chargeback": ("credit_note", "payment"),
    "cashback": ("credit_note", "payment"),
}

# Where employees are booked as vendors: what a claim and its reimbursement become.
EMPLOYEE: dict[str, VoucherKind] = {
    "out_of_pocket": "bill",
    "mileage": "bill",
    "per_diem": "bill",
    "direct_reimbursement": "payment",
    "external_reimbursement": "payment",
}

NAMES: dict[str, str] = {
    "card_purchase": "Card purchase",
    "card_invoice": "Card invoice",
    "fee": "Fee",
    "out_of_pocket": "Out-of-pocket expense",
    "mileage": "Mileage",
    "per_diem": "Per diem",
    "invoice": "Invoice",
    "refund": "Refund",
    "chargeback": "Chargeback",
    "cashback": "Cashback",
    "atm_withdrawal": "Cash withdrawal",
    "personal_spend": "Private purchase",
    "wallet_topup": "Wallet top-up",
    "wallet_unload": "Wallet unload",
    "direct_reimbursement": "Reimbursement from the wallet",
    "external_reimbursement": "Reimbursement outside Pleo",
    "invoice_payment": "Invoice payment",
}
TYPES = frozenset(NAMES)
RECEIPT_TYPES = frozenset({"card_purchase", "card_invoice", "out_of_pocket", "invoice"})

_SWAPPED: dict[VoucherKind, VoucherKind] = {"bill": "credit_note", "credit_note": "bill"}


@dataclass(frozen=True, slots=True)
class Document:
    kind: VoucherKind
    debit: Role
    credit: Role


def sides_of(entry_type: str, sub_type: str | None) -> Sides | None:
    return JOURNAL.get((entry_type, ANY)) or JOURNAL.get((entry_type, sub_type or ""))


def swapped(sides: Sides) -> Sides:
    return Sides(sides.credit, sides.debit, sides.sign)


def documents(
    entry_type: str, sides: Sides, method: Method, *, employee_kind: bool, reversal: bool
) -> tuple[Document, ...]:
    """The documents of an entry whose sides already have their direction."""
    kinds: tuple[VoucherKind, ...] = ("journal",)
    if method == "accounts_payable" and entry_type in PAYABLE:
        kinds = PAYABLE[entry_type]
    elif employee_kind and entry_type in EMPLOYEE:
        kinds = (EMPLOYEE[entry_type],)
    if reversal:
        kinds = tuple(_SWAPPED.get(kind, kind) for kind in kinds)
    if len(kinds) == 1:
        return (Document(kinds[0], sides.debit, sides.credit),)
    if sides.debit == "expense":
        return (
            Document(kinds[0], "expense", "accounts_payable"),
            Document(kinds[1], "accounts_payable", sides.credit),
        )
    return (
        Document(kinds[0], "accounts_payable", "expense"),
        Document(kinds[1], sides.debit, "accounts_payable"),
    )
