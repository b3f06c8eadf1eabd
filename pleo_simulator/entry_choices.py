"""What a spender or bookkeeper chose on an entry: tags, category, tax code, vendor.

Tags, category and vendor are kept as ids and looked up at every export, so that the export speaks
of them as they are then. The tax amount is part of the expense and is computed once.
"""

from typing import Any

from .errors import invalid
from .master_data.categories import CATEGORIES
from .master_data.choices import LINE_REFERENCES, VENDOR_REFERENCE, resolve_line
from .master_data.resource import Resource
from .master_data.tags import TAGS
from .master_data.tax_codes import TAX_CODES
from .master_data.vendors import VENDORS
from .seeds.scale import tax_part
from .state import Simulator
from .store import Row

Members = dict[str, Any]
MOST_TAGS = 5
CHOICES = ("tagIds", "categoryId", "taxCodeId")


def apply(simulator: Simulator, payload: Members, choices: Any, vendor_id: str | None) -> None:
    """Puts the choices on every line, or on the lines in their order where a list is given."""
    lines = payload["accountingEntryLines"]
    wishes = choices if isinstance(choices, list) else [choices or {}] * len(lines)
    for line, wish in zip(lines, wishes, strict=False):
        _apply_to_line(simulator, payload["companyId"], line, wish)
    if vendor_id is not None:
        _existing(simulator, VENDORS, payload["companyId"], vendor_id)
        payload[VENDOR_REFERENCE] = vendor_id


def _apply_to_line(simulator: Simulator, company_id: str, line: Members, wish: Members) -> None:
    if not isinstance(wish, dict) or not set(wish) <= set(CHOICES):
        raise invalid(f"choices are objects with {', '.join(CHOICES)}")
    kept = line.get(LINE_REFERENCES, {})
    tag_ids = wish.get("tagIds")
    if tag_ids is not None:
        if len(tag_ids) > MOST_TAGS:
            raise invalid(f"an expense carries at most {MOST_TAGS} tags")
        for tag_id in tag_ids:
            _existing(simulator, TAGS, company_id, tag_id)
        kept = kept | {"tagIds": tag_ids}
    tax_code_id = wish.get("taxCodeId")
    if wish.get("categoryId") is not None:
        category = _existing(simulator, CATEGORIES, company_id, wish["categoryId"])
        kept = kept | {"categoryId": category["id"]}
        tax_code_id = tax_code_id or category["tax_code_id"]
    if tax_code_id is not None:
        line["tax"] = _tax(_existing(simulator, TAX_CODES, company_id, tax_code_id), line)
    if kept:
        line[LINE_REFERENCES] = kept
        resolve_line(simulator, line, keep=True)


def _existing(simulator: Simulator, resource: Resource, company_id: str, row_id: str) -> Row:
    row = resource.find(simulator, row_id)
    if row is None or row["company_id"] != company_id:
        raise invalid(f"the company has no {resource.words.lower()} {row_id}")
    return row


def _tax(tax_code: Row, line: Members) -> Members:
    percent, reverse = round(tax_code["rate"] * 100), tax_code["type"] == "reverse"
    shown = TAX_CODES.show(tax_code)
    names = ("id", "rate", "type", "code", "ingoingTaxAccount", "outgoingTaxAccount")
    amount = {
        side: money | {"value": tax_part(money["value"], percent, reverse=reverse)}
        for side, money in line["lineAmount"].items()
    }
    return {**{name: shown[name] for name in names}, "amount": amount}
