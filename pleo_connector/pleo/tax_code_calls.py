"""Tax codes, joined by the ERP's code."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import quote
from uuid import UUID

from erp_adapters.errors import OutcomeUnknown, Unavailable
from pleo_connector.pleo.door import PleoDoor, understood


@dataclass(frozen=True, slots=True, kw_only=True)
class PleoTaxCode:
    """`id` is empty of one that is yet to be created."""

    id: str = ""
    code: str
    name: str
    rate: Decimal  # a fraction: 0.25 is 25 %
    type: str = "inclusive"  # or reverse; Pleo does not support "exclusive" at present
    archived: bool = False
    ingoing_account: str | None = None
    outgoing_account: str | None = None
    created_at: str = ""

    def to_json(self, company_id: UUID) -> dict[str, Any]:
        row = {
            "companyId": str(company_id),
            "name": self.name,
            "code": self.code,
            "rate": float(self.rate),
            "type": self.type,
            "archived": self.archived,
            "ingoingTaxAccount": self.ingoing_account,
            "outgoingTaxAccount": self.outgoing_account,
        }
        return {name: value for name, value in row.items() if value is not None}


class TaxCodeCalls(PleoDoor):
    def tax_codes(self, company_id: UUID) -> list[PleoTaxCode]:
        """Active and archived ones."""
        rows = self._search("/v0/tax-codes:search", {"company_id": str(company_id)}, {})
        with understood(Unavailable):
            return [_tax_code(row) for row in rows]

    def create_tax_code(self, company_id: UUID, tax_code: PleoTaxCode) -> PleoTaxCode:
        path = "/v0/tax-codes"
        row = self._written("POST", path, path, tax_code.to_json(company_id))
        with understood(OutcomeUnknown):
            return _tax_code(row)

    def update_tax_code(self, company_id: UUID, tax_code: PleoTaxCode) -> PleoTaxCode:
        """The complete record."""
        path = f"/v0/tax-codes/{quote(tax_code.id, safe='')}"
        template = "/v0/tax-codes/{taxCodeId}"
        row = self._written("PUT", path, template, tax_code.to_json(company_id))
        with understood(OutcomeUnknown):
            return _tax_code(row)


def _tax_code(row: dict[str, Any]) -> PleoTaxCode:
    return PleoTaxCode(
        id=str(row["id"]),
        code=row.get("code") or "",
        name=row.get("name") or "",
        rate=Decimal(str(row["rate"])),
        type=row["type"],
        archived=bool(row["archived"]),
        ingoing_account=row.get("ingoingTaxAccount"),
        outgoing_account=row.get("outgoingTaxAccount"),
        created_at=str(row.get("createdAt") or ""),
    )
