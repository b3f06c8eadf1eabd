"""Categories: what a spender picks. Their ids are not those of accounts; no API shows them."""

from typing import Any

from ..state import Simulator
from ..store import Row
from .resource import Resource

CATEGORIES = Resource(
    "categories",
    "Category",
    {
        "id": "id",
        "companyId": "company_id",
        "name": "name",
        "groupType": "group_type",
        "accountId": "account_id",
        "taxCodeId": "tax_code_id",
        "archived": "archived",
    },
)


def insert(simulator: Simulator, company_id: str, members: dict[str, Any], *, made_by: str) -> Row:
    full = {"archived": False, "groupType": "OTHER"} | members
    return CATEGORIES.insert(simulator, company_id, full, made_by=made_by)


def of_company(simulator: Simulator, company_id: str) -> list[Row]:
    """With the account each one leads to."""
    return simulator.store.all(
        "SELECT c.*, a.external_id AS account_external_id, a.code AS account_code,"
        " a.name AS account_name, a.archived AS account_archived, t.code AS tax_code"
        " FROM categories c LEFT JOIN accounts a ON a.id = c.account_id"
        " LEFT JOIN tax_codes t ON t.id = c.tax_code_id"
        " WHERE c.company_id = ? ORDER BY c.position",
        company_id,
    )
