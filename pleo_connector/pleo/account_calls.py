"""The chart of accounts: Pleo's copy of the ERP's accounts, joined by their external id."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from erp_adapters.errors import OutcomeUnknown, Unavailable
from pleo_connector.pleo.door import PleoDoor, understood

ACCOUNTS_PER_CALL = 1000
ALREADY_THERE = "EXTERNAL_ID_ALREADY_EXISTS"
REASONS = {  # of a batch, for people
    "EXTERNAL_ID_TOO_LONG": "its id is too long",
    "EXTERNAL_ID_EMPTY": "it has no id",
    "NAME_TOO_LONG": "its name is too long",
    "NAME_EMPTY": "it has no name",
    "CODE_TOO_LONG": "its code is too long",
    "OTHER": "Pleo gives no reason",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PleoAccount:
    id: str
    external_id: str
    code: str
    name: str
    archived: bool
    tax_code: str | None = None  # the ERP's id of its default tax code; a reference only
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    external_id: str
    code: str
    name: str

    def to_json(self) -> dict[str, Any]:
        return {
            "externalId": self.external_id,
            "code": self.code,
            "name": self.name,
            "archived": False,
        }


@dataclass(frozen=True, slots=True)
class Created:
    """Of a batch: what is there now, and by external id why Pleo took no account for it."""

    accounts: Mapping[str, PleoAccount]
    refused: Mapping[str, tuple[str, ...]]


class AccountCalls(PleoDoor):
    def accounts(self, company_id: UUID) -> list[PleoAccount]:
        """Active and archived ones; a second search where Pleo left the archived ones out."""
        rows = self._accounts(company_id)
        if not any(row.archived for row in rows):
            known = {row.id for row in rows}
            rows += [x for x in self._accounts(company_id, archived=True) if x.id not in known]
        return rows

    def unused_accounts(self, company_id: UUID) -> list[PleoAccount]:
        """Active ones that no category uses yet."""
        return self._accounts(company_id, archived=False, excludeIfAssignedToCategory=True)

    def account_by_external_id(self, company_id: UUID, external_id: str) -> PleoAccount | None:
        """Whatever its state."""
        for state in ({}, {"archived": True}):
            for row in self._accounts(company_id, externalId=external_id, **state):
                if row.external_id == external_id:
                    return row
        return None

    def create_account(self, company_id: UUID, account: NewAccount) -> PleoAccount:
        """Rejected with status 409, or the one it has, where the external id is taken."""
        path = "/v1/chart-of-accounts"
        body = {"companyId": str(company_id), **account.to_json()}
        row = self._written("POST", path, path, body)
        with understood(OutcomeUnknown):
            return _account(row)

    def create_accounts(self, company_id: UUID, accounts: Sequence[NewAccount]) -> Created:
        """At most 1,000 at once; some may fail and the others be there."""
        body = {"companyId": str(company_id), "items": [x.to_json() for x in accounts]}
        path = "/v1/chart-of-accounts/batch"
        data = self._written("POST", path, path, body)
        with understood(OutcomeUnknown):
            made = [_account(row) for row in data.get("created") or []]
            refused = {
                str(row["request"]["externalId"]): tuple(row.get("reasons") or ("OTHER",))
                for row in data.get("failed") or []
            }
        return Created({x.external_id: x for x in made}, refused)

    def update_account(
        self,
        account_id: str,
        *,
        code: str,
        name: str,
        archived: bool,
        tax_code: str | None,
        metadata: Mapping[str, Any] | None,
    ) -> PleoAccount:
        """All that is known is sent: what Pleo does with a member left out is not known."""
        path = f"/v1/chart-of-accounts/{quote(account_id, safe='')}"
        body = {
            "code": code or None,
            "name": name,
            "archived": archived,
            "taxCodeExternalId": tax_code,
            "metadata": metadata,
        }
        body = {name: value for name, value in body.items() if value is not None}
        row = self._written("PUT", path, "/v1/chart-of-accounts/{accountId}", body)
        with understood(OutcomeUnknown):
            return _account(row)

    def _accounts(self, company_id: UUID, **narrow: Any) -> list[PleoAccount]:
        body = {
            "companyId": str(company_id),
            "excludeIfAssignedToCategory": False,
            "excludeIfAssignedToContraAccount": False,
            **narrow,
        }
        rows: Iterator[dict[str, Any]] = self._search("/v1/chart-of-accounts:search", {}, body)
        with understood(Unavailable):
            return [_account(row) for row in rows]


def _account(row: dict[str, Any]) -> PleoAccount:
    return PleoAccount(
        id=str(row["id"]),
        external_id=row["externalId"],
        code=row.get("code") or "",
        name=row.get("name") or "",
        archived=bool(row["archived"]),
        tax_code=row.get("taxCodeExternalId"),
        metadata=row.get("metadata"),
    )
