"""What an accountant expects to be zero at the end, and the entries that bring it there.

Judged from the ERP's own lines and Pleo's raw entries, and from nothing of the product.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from demo.expected import (
    CLAIMS,
    OUT_OF_POCKET,
    PAYABLE,
    Expected,
    document_of,
    employee_of,
    vendor_of,
)
from tests.app.conftest import Desk

CENT = Decimal("0.01")
Entry = Mapping[str, Any]
REVERSE_IN, REVERSE_OUT, ROUNDING = "2645", "2614", "3740"


@dataclass(frozen=True)
class Line:
    """Of a final voucher in the ERP: debit - credit in its books, and in the voucher's currency."""

    entry_id: str
    account: str
    amount: Decimal
    foreign: Decimal


@dataclass(frozen=True)
class Books:
    lines: Sequence[Line]
    entries: Mapping[str, Entry]

    def sums(
        self, of: Callable[[Line], Decimal], key: Callable[[Line], str | None]
    ) -> dict[str, Decimal]:
        """Zero sums are left out."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        for line in self.lines:
            name = key(line)
            if name is not None:
                found[name] += of(line)
        return {name: amount for name, amount in found.items() if amount}

    def balances(self) -> dict[str, Decimal]:
        return self.sums(lambda line: line.amount, lambda line: line.account)

    def by_employee(self) -> dict[str, Decimal]:
        return self._of(OUT_OF_POCKET, employee_of)

    def by_vendor(self) -> dict[str, Decimal]:
        return self._of(PAYABLE, vendor_of)

    def by_wallet(self, wallets: Mapping[str, str]) -> dict[str, Decimal]:
        """In the wallet's own currency."""
        names = {account: currency for currency, account in wallets.items()}
        return self.sums(lambda line: line.foreign, lambda line: names.get(line.account))

    def _of(self, account: str, who: Callable[[Entry], str]) -> dict[str, Decimal]:
        return self.sums(
            lambda line: line.amount,
            lambda line: who(self.entries[line.entry_id]) if line.account == account else None,
        )


def check(books: Books, wanted: Expected, *, wallets: Mapping[str, str]) -> None:
    """Everything equals the sums from Pleo's raw data, whoever still owes whatever."""
    found = books.balances()
    assert found == _present(wanted.balances)
    assert books.by_employee() == _present(wanted.employees)
    assert books.by_vendor() == _present(wanted.vendors)
    assert books.by_wallet(wallets) == _present(wanted.wallets)
    assert found.get(REVERSE_IN, 0) + found.get(REVERSE_OUT, 0) == 0
    assert abs(found.get(ROUNDING, Decimal(0))) <= CENT * len(books.lines)


def _present(sums: Mapping[str, Decimal]) -> dict[str, Decimal]:
    return {name: amount for name, amount in sums.items() if amount}


# -- Closing entries ----------------------------------------------------------------------------


def pay_everything(desk: Desk, entries: Iterable[Entry]) -> list[str]:
    """Entries that pay what `entries` leave owed: every open invoice, and every employee."""
    entries = list(entries)
    wishes = [_payment(invoice) for invoice in _unpaid(entries)]
    for mine in _by(employee_of, entries).values():
        wishes += _reimbursements(mine)
    path = f"/companies/{desk.company['id']}/entries"
    rows = desk.simulator("POST", path, entries=[{"lane": "queue", **wish} for wish in wishes])
    return [row["accountingEntryId"] for row in rows]


def _by(key: Callable[[Entry], Any], entries: Iterable[Entry]) -> dict[Any, list[Entry]]:
    found: dict[Any, list[Entry]] = {}
    for entry in entries:
        found.setdefault(key(entry), []).append(entry)
    return found


def _unpaid(entries: Sequence[Entry]) -> list[Entry]:
    paid: dict[Any, int] = defaultdict(int)
    for entry in entries:
        if entry["type"] == "invoice_payment":
            paid[document_of(entry)] += -1 if entry["subType"] == "invoice_payment_returned" else 1
    return [x for x in entries if x["type"] == "invoice" and not paid[document_of(x)]]


def _payment(invoice: Entry) -> dict[str, Any]:
    information = invoice["additionalInformation"]["invoiceInformation"]
    amount = {"lineAmount": invoice["amount"], "netAmount": invoice["amount"]}
    return {
        "template": "invoice_payment",
        "files": 0,
        "overrides": {
            "amount": invoice["amount"],
            "accountingEntryLines": [amount],
            "supplier": invoice["supplier"],
            "vendor": invoice["vendor"],
            "additionalInformation": {"invoiceInformation": information},
        },
    }


def _reimbursements(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """One for the claims that nothing names yet, one for whatever else is left."""
    named = {
        book_id
        for entry in entries
        for book_id in entry["additionalInformation"]["reconciledEntries"] or ()
    }
    claims = [x for x in entries if x["type"] in CLAIMS and _book_id(x) not in named]
    due = sum(_value(claim) for claim in claims)
    rest = sum(map(_owed, entries)) - due
    wishes = [_reimbursed(claims[0], due, [_book_id(x) for x in claims])] if claims else []
    return wishes + ([_reimbursed(entries[0], rest, [])] if rest else [])


def _reimbursed(entry: Entry, value: int, book_ids: list[str]) -> dict[str, Any]:
    """To the employee, or where the value is negative, back from them."""
    money = {**entry["amount"]["inWalletCurrency"], "value": abs(value)}
    both = {"inSupplierCurrency": money, "inWalletCurrency": money}
    line = {"lineAmount": both, "netAmount": both}
    return {
        "template": "external_reimbursement",
        "files": 0,
        "overrides": {
            "subType": f"reimbursement_to_{'employee' if value > 0 else 'company'}",
            "amount": both,
            "accountingEntryLines": [line],
            "user": entry["user"],
            "additionalInformation": {"reconciledEntries": book_ids or None},
        },
    }


def _owed(entry: Entry) -> int:
    """To the employee, in minor units."""
    kind, back = entry["type"], (entry["subType"] or "").endswith(("_refund", "_to_company"))
    if kind in CLAIMS:
        return _value(entry)
    if kind in ("atm_withdrawal", "personal_spend"):
        return -_value(entry)
    if kind in ("direct_reimbursement", "external_reimbursement"):
        return _value(entry) if back else -_value(entry)
    return 0


def _value(entry: Entry) -> int:
    return int(entry["amount"]["inWalletCurrency"]["value"])


def _book_id(entry: Entry) -> str:
    return str(entry["additionalInformation"]["reconciliationId"])
