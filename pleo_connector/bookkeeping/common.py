"""One voucher for many entries of a job, where the customer wants fewer of them.

Entries share a voucher where they share what a voucher has only once: posting date, currency,
journal and state. Returns stand apart from purchases, because an ERP tells the two sides of a
reverse charge by the side of its base. What has a document number keeps a voucher of its own.
"""

from collections.abc import Iterable
from dataclasses import replace

from erp_adapters.ledger import LedgerLine, Voucher

MOST_LINES = 500  # of a common voucher; more entries make a further one
_PREFIX = "pleo:job:"


def is_common(reference: str) -> bool:
    return reference.startswith(_PREFIX)


def common_number(reference: str, job_id: str) -> int:
    """Which of the job's common vouchers it is; 0 for all others."""
    head = f"{_PREFIX}{job_id}:"
    return int(reference.removeprefix(head)) if reference.startswith(head) else 0


def in_common(vouchers: Iterable[Voucher], *, job_id: str, first: int) -> dict[str, Voucher]:
    """By its own reference, each voucher that shares one, with the reference of that.

    `vouchers` are the only ones of their entries. `first` is the first number not yet used.
    """
    groups: dict[tuple[object, ...], list[list[Voucher]]] = {}
    for voucher in filter(_can_share, vouchers):
        parts = groups.setdefault(_common_of(voucher), [[]])
        if sum(len(x.lines) for x in parts[-1]) + len(voucher.lines) > MOST_LINES:
            parts.append([])
        parts[-1].append(voucher)
    several = [part for parts in groups.values() for part in parts if len(part) > 1]
    return {
        voucher.reference: replace(voucher, reference=f"{_PREFIX}{job_id}:{number}", settles=())
        for number, part in enumerate(several, start=first)
        for voucher in part
    }


def together(vouchers: Iterable[Voucher]) -> list[Voucher]:
    """What is sent: the shares of a common voucher as one, all others as they are."""
    by_reference: dict[str, list[Voucher]] = {}
    for voucher in vouchers:
        by_reference.setdefault(voucher.reference, []).append(voucher)
    return [
        _merged(shares) if is_common(reference) else shares[0]
        for reference, shares in by_reference.items()
    ]


def _can_share(voucher: Voucher) -> bool:
    return voucher.kind == "journal" and not voucher.document_number


def _common_of(voucher: Voucher) -> tuple[object, ...]:
    comes_back = any(x.credit and x.tax and x.tax.role != "tax" for x in voucher.lines)
    head = (voucher.posting_date, voucher.currency, voucher.journal, voucher.is_final)
    return (*head, comes_back)


def _merged(shares: list[Voucher]) -> Voucher:
    text = f"Pleo export, {len(shares)} {'entry' if len(shares) == 1 else 'entries'}"
    lines = tuple(line for share in shares for line in _told(share))
    return replace(shares[0], lines=lines, text=text)


def _told(share: Voucher) -> Iterable[LedgerLine]:
    """Each line says what its own voucher would have said, the reconciliation id included."""
    return (replace(line, text=share.text) for line in share.lines)
