"""A voucher as stored on its posting, for the entry page and for the hash of what was sent."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from hashlib import sha256
from json import dumps
from typing import Any

from erp_adapters.ledger import Voucher


def voucher_to_json(voucher: Voucher) -> dict[str, Any]:
    content: dict[str, Any] = _plain(asdict(voucher))
    return content


def hash_of(content: dict[str, Any]) -> str:
    return sha256(dumps(content, sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, Decimal | date) else value
