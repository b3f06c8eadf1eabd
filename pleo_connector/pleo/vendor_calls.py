"""Vendors, the one kind that is born on either side."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from erp_adapters.errors import OutcomeUnknown, Unavailable
from pleo_connector.pleo.door import PleoDoor, understood

DRAFT, ACTIVE, ARCHIVED = "DRAFT", "ACTIVE", "ARCHIVED"


@dataclass(frozen=True, slots=True, kw_only=True)
class PleoVendor:
    """`id` is empty of one that is yet to be created; `state` is open: Pleo may add words."""

    id: str = ""
    name: str
    currency: str
    state: str = ACTIVE
    external_id: str = ""
    code: str = ""
    tax_number: str = ""
    country: str = ""
    registration_number: str = ""

    def to_json(self, company_id: UUID) -> dict[str, Any]:
        row = {
            "companyId": str(company_id),
            "name": self.name,
            "defaultCurrency": self.currency,
            "externalId": self.external_id,
            "code": self.code,
            "taxRegistrationNumber": self.tax_number,
            "country": self.country,
            "registrationNumber": self.registration_number,
        }
        return {name: value for name, value in row.items() if value}


class VendorCalls(PleoDoor):
    def vendors(self, company_id: UUID, *, states: Sequence[str] = ()) -> list[PleoVendor]:
        """In all states, or in some."""
        body = {"states": list(states)} if states else {}
        rows = self._search("/v1/vendors:search", {"company_id": str(company_id)}, body)
        with understood(Unavailable):
            return [_vendor(row) for row in rows]

    def create_vendor(self, company_id: UUID, vendor: PleoVendor) -> PleoVendor:
        """Rejected with status 409 where it is there already."""
        path = "/v1/vendors"
        row = self._written("POST", path, path, vendor.to_json(company_id))
        with understood(OutcomeUnknown):
            return _vendor(row)

    def update_vendor(self, company_id: UUID, vendor: PleoVendor) -> PleoVendor:
        """The complete record. Not for a draft, which has no external id yet."""
        path, template = f"/v1/vendors/{quote(vendor.id, safe='')}", "/v1/vendors/{id}"
        body = {**vendor.to_json(company_id), "state": vendor.state}
        row = self._written("PUT", path, template, body)
        with understood(OutcomeUnknown):
            return _vendor(row)

    def activate_vendor(self, vendor_id: str, *, external_id: str, code: str = "") -> None:
        """It exists in the accounting system now, under this id. Safe to repeat."""
        path = f"/v1/vendors/{quote(vendor_id, safe='')}:activate"
        body = {"externalId": external_id} | ({"code": code} if code else {})
        self._call("POST", path, "/v1/vendors/{id}:activate", json=body)

    def archive_vendor(self, vendor_id: str) -> None:
        path = f"/v1/vendors/{quote(vendor_id, safe='')}:archive"
        self._call("POST", path, "/v1/vendors/{id}:archive")


def _vendor(row: dict[str, Any]) -> PleoVendor:
    return PleoVendor(
        id=str(row["id"]),
        name=row.get("name") or "",
        currency=row.get("defaultCurrency") or "",
        state=row["state"],
        external_id=row.get("externalId") or "",
        code=row.get("code") or "",
        tax_number=row.get("taxRegistrationNumber") or "",
        country=row.get("country") or "",
        registration_number=row.get("registrationNumber") or "",
    )
