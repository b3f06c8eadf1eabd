"""A voucher as stored on its posting, for the entry page and for the hash of what was sent."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from hashlib import sha256
from json import dumps
from typing import Any

from erp_adapters.ledger import LedgerLine, LineTax, Money, Voucher


def voucher_to_json(voucher: Voucher) -> dict[str, Any]:
    content: dict[str, Any] = _plain(asdict(voucher))
    return content


def voucher_from_json(stored: Mapping[str, Any]) -> Voucher:
    """The way back. Fields that a later version added have their defaults."""
    days = {
        name: date.fromisoformat(stored[name]) if stored.get(name) else None
        for name in ("posting_date", "document_date", "due_date")
    }
    lines = tuple(map(_line, stored["lines"]))
    return Voucher(**{**stored, **days, "lines": lines, "settles": tuple(stored["settles"])})


def _line(stored: Mapping[str, Any]) -> LedgerLine:
    tax, original = stored["tax"], stored["original"]
    amounts = ("tax_amount", "base_amount")
    return LedgerLine(
        **{
            **stored,
            "debit": Decimal(stored["debit"]),
            "credit": Decimal(stored["credit"]),
            "tax": LineTax(**{**tax, **{x: Decimal(tax[x]) for x in amounts}}) if tax else None,
            "dimensions": tuple((name, value) for name, value in stored["dimensions"]),
            "original": Money(Decimal(original["amount"]), original["currency"])
            if original
            else None,
        }
    )


def hash_of(content: dict[str, Any]) -> str:
    return sha256(dumps(content, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, Decimal | date) else value
