"""Finished lines as vouchers, and what they do to the balances."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from erp_adapters.ledger import ZERO, LedgerLine, Voucher
from pleo_connector.bookkeeping.case import Case, Part
from pleo_connector.bookkeeping.dates import day_of
from pleo_connector.bookkeeping.result import Effect
from pleo_connector.bookkeeping.sides import BALANCES, Document
from pleo_connector.bookkeeping.text import line_text
from pleo_connector.pleo.export_money import from_iso_units


def reference_of(entry_id: str, part: int = 0) -> str:
    """The stable name of a voucher: part 0 is the entry itself, part 1 its second voucher."""
    return f"pleo:{entry_id}" if part == 0 else f"pleo:{entry_id}:{part + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What all vouchers of an entry share."""

    day: date
    currency: str
    text: str
    is_final: bool
    journal: str | None


def voucher_of(
    case: Case, heading: Heading, paper: Document, parts: Sequence[Part], number: int
) -> Voucher:
    """`number` counts the documents of an entry; the second one settles the first."""
    item = case.item
    invoice = item.invoice
    # Lines that cancel each other owe nobody anything: no bill, only a journal entry.
    kind = paper.kind if any(x.role in BALANCES for x in parts) else "journal"
    vendor = next((x.vendor for x in parts if x.vendor), None)
    return Voucher(
        reference=reference_of(item.entry_id, number),
        kind=kind,
        posting_date=heading.day,
        currency=heading.currency,
        lines=_lines(case, heading, parts),
        text=heading.text,
        is_final=heading.is_final,
        journal=heading.journal,
        vendor=None if kind == "journal" else vendor,
        document_number=invoice.number if invoice else "",
        document_date=_day(case, invoice.date if invoice else None),
        due_date=_day(case, invoice.due_date if invoice and kind != "payment" else None),
        settles=(reference_of(item.entry_id),) if number else (),
        allow_changes=case.mapping.erp_changes == "accept",
    )


def _day(case: Case, moment: datetime | None) -> date | None:
    return day_of(moment, case.mapping.time_zone) if moment else None


def _lines(case: Case, heading: Heading, parts: Sequence[Part]) -> tuple[LedgerLine, ...]:
    text = line_text(case)
    return tuple(_line(part, heading.currency, text) for part in parts)


def _line(part: Part, currency: str, text: str) -> LedgerLine:
    amount = from_iso_units(abs(part.amount), currency)
    return LedgerLine(
        account=part.account.code,
        debit=amount if part.amount > 0 else ZERO,
        credit=amount if part.amount < 0 else ZERO,
        because=part.because,
        text=text,
        tax=part.tax,
        dimensions=part.dimensions,
        vendor=part.vendor,
        original=part.original,
    )


def effects_of(currency: str, drafts: Sequence[Sequence[Part]]) -> tuple[Effect, ...]:
    """What the entry does to each balance that must net out later."""
    sums: dict[tuple[str, str, str | None], int] = {}
    for parts in drafts:
        for part in parts:
            if part.role != "expense":
                key = (part.role, part.account.code, part.vendor)
                sums[key] = sums.get(key, 0) + part.amount
    return tuple(
        Effect(role, account, currency, from_iso_units(units, currency), vendor)
        for (role, account, vendor), units in sums.items()
        if units
    )
