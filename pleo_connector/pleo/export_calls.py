"""Export jobs and their results, and who we are: Pleo's Export API v3 and what goes with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from erp_adapters.errors import OutcomeUnknown, Rejected, Unavailable
from erp_adapters.reply import Sink
from pleo_connector.pleo.door import PleoDoor, understood

ITEMS_PER_UPDATE = 100  # Pleo answers 413 above

UNFINISHED = ("pending", "in_progress")
FINAL_ITEM = ("successful", "failed", "abandoned")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An export job. `status` is open: Pleo may add words."""

    id: UUID
    company_id: UUID
    status: str
    created_at: datetime
    number_of_items: int
    vendor_based_bookkeeping: bool
    failure_type: str = ""

    @property
    def is_finished(self) -> bool:
        return self.status not in UNFINISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class JobItem:
    """Progress of one entry in a job (the control layer)."""

    accounting_entry_id: UUID
    status: str

    @property
    def is_final(self) -> bool:
        return self.status in FINAL_ITEM


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult:
    """What we report of one entry. Empty members are left out: Pleo takes no nulls."""

    accounting_entry_id: UUID
    status: str
    external_id: str = ""
    external_url: str = ""
    exported_at: datetime | None = None
    failure_type: str = ""
    failure_reason: str = ""

    def to_json(self) -> dict[str, str]:
        row = {
            "accountingEntryId": str(self.accounting_entry_id),
            "status": self.status,
            "externalId": self.external_id,
            "externalUrl": self.external_url,
            "exportedAt": timestamp(self.exported_at) if self.exported_at else "",
            "failureReasonType": self.failure_type,
            "failureReason": self.failure_reason,
        }
        return {name: value for name, value in row.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Introspection:
    company_id: UUID | None  # None for an organisation's credential
    scopes: frozenset[str]


def timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_timestamp(text: str) -> datetime:
    """RFC 3339 with none to nine fractional digits, of which six are kept."""
    head, dot, rest = text.replace("Z", "+00:00").partition(".")
    if dot:
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        head += f".{digits[:6]:0<6}{rest[len(digits) :]}"
    return datetime.fromisoformat(head)


class ExportCalls(PleoDoor):
    # -- Exports ----------------------------------------------------------------------------

    def unfinished_jobs(self, company_id: UUID) -> list[Job]:
        """Pending and running jobs, oldest first."""
        query = {"company_id": str(company_id), "statuses": list(UNFINISHED)}
        rows = self._pages("/v3/export-jobs", query)
        with understood(Unavailable):
            return sorted(map(_job, rows), key=lambda job: (job.created_at, job.id))

    def job(self, job_id: UUID) -> Job:
        with understood(Unavailable):
            return _job(self._get(f"/v3/export-jobs/{job_id}", "/v3/export-jobs/{jobId}")["data"])

    def create_job(self, company_id: UUID, entry_ids: Sequence[UUID], *, with_vendors: bool) -> Job:
        """A new job for these entries. Rejected (EXPORT_ALREADY_IN_PROGRESS) while one runs."""
        body = {
            "companyId": str(company_id),
            "accountingEntryIds": [str(entry_id) for entry_id in entry_ids],
            "isInteractive": True,
            "options": {"vendorBasedBookkeeping": with_vendors},
        }
        reply = self._call("POST", "/v3/export-jobs", json=body)
        with understood(OutcomeUnknown):
            return _job(self._door.json(reply, is_write=True)["data"])

    def job_items(self, job_id: UUID) -> list[JobItem]:
        path, template = f"/v3/export-jobs/{job_id}/items", "/v3/export-jobs/{jobId}/items"
        with understood(Unavailable):
            return [
                JobItem(
                    accounting_entry_id=UUID(row["accountingEntryId"]),
                    status=row.get("status") or "pending",
                )
                for row in self._pages(path, {}, template)
            ]

    def export_items(self, job_id: UUID) -> Iterator[dict[str, Any]]:
        """Raw accounting payloads, for `parse_export_item`. Each call gives fresh file links."""
        return self._pages("/v3/export-items", {"job_id": str(job_id)})

    def update_items(self, job_id: UUID, results: Sequence[ItemResult]) -> dict[UUID, str]:
        """Report at most 100 results; the refused rows with Pleo's reason, mostly none.

        Safe to repeat: the same result twice is one result.
        """
        reply = self._call(
            "PUT",
            f"/v3/export-jobs/{job_id}/items",
            "/v3/export-jobs/{jobId}/items",
            json=[result.to_json() for result in results],
        )
        with understood(OutcomeUnknown):
            rows = self._door.json(reply, is_write=True).get("errors") or []
            return {
                UUID(row["accountingEntryId"]): row.get("message") or row["type"] for row in rows
            }

    def job_event(
        self, job_id: UUID, event: str, *, failure_type: str = "", failure_reason: str = ""
    ) -> None:
        """started | completed | completed_with_errors | failed (with type and reason)."""
        body = {"jobId": str(job_id), "event": event}
        if failure_type:
            body |= {"failureReasonType": failure_type, "failureReason": failure_reason}
        self._call("POST", "/v3/export-job-events", json=body)

    def download(self, url: str, *, path: Path, limit: int) -> None:
        """A receipt from its presigned link to `path`; Rejected where the link is dead.

        With code "too_large" where the file has more than `limit` bytes.
        """
        door = self._files()  # its own session: downloads run in threads
        if not url.startswith(("http://", "https://")):
            raise Rejected("Pleo's link to the receipt is no web address.", system="pleo")
        reply = door.request("GET", url, template="receipt file", sink=Sink(path, limit))
        if reply.status != 200:
            raise Rejected(
                f"Pleo's link to the receipt does not work ({reply.status}).", system="pleo"
            )

    # -- Who we are -------------------------------------------------------------------------

    def introspect(self) -> Introspection:
        with understood(Unavailable):
            data = self._get("/v1/introspect")["data"]
            urn = data.get("subjectURN") or ""
            company = urn.removeprefix("urn:pleo:company:") if ":company:" in urn else None
            return Introspection(
                company_id=UUID(company) if company else None,
                scopes=frozenset((data["scope"] or "").split()),
            )

    def company_name(self, company_id: UUID) -> str:
        path = f"/v1/companies/{company_id}"
        with understood(Unavailable):
            return str(self._get(path, "/v1/companies/{companyId}")["data"]["name"])

    def activate_installation(self) -> None:
        self._call("POST", "/v1/installations/me:activate")

    def create_installation(self) -> None:
        """With an API key Pleo makes none by itself; one that is there is kept."""
        self._call("POST", "/v1/installations/me", json={"status": "PENDING_INTEGRATION"})

    def delete_installation(self) -> None:
        """Revokes every token of this authorisation."""
        self._call("DELETE", "/v1/installations/me", gone_is_fine=True)

    def subscribe(self, *, endpoint_url: str, events: Sequence[str]) -> tuple[str, str]:
        """(subscription id, signing secret)."""
        reply = self._call(
            "POST",
            "/v1/subscriptions",
            json={"endpointUrl": endpoint_url, "eventTypes": list(events), "status": "ACTIVE"},
        )
        with understood(OutcomeUnknown):
            subscription_id = str(self._door.json(reply, is_write=True)["data"]["id"])
        path = f"/v1/subscriptions/{quote(subscription_id, safe='')}/secret"
        with understood(Unavailable):
            secret = str(self._get(path, "/v1/subscriptions/{id}/secret")["data"]["secretKey"])
        return subscription_id, secret

    def unsubscribe(self, subscription_id: str) -> None:
        path = f"/v1/subscriptions/{quote(subscription_id, safe='')}"
        self._call("DELETE", path, "/v1/subscriptions/{id}", gone_is_fine=True)


def _job(row: dict[str, Any]) -> Job:
    return Job(
        id=UUID(row["id"]),
        company_id=UUID(row["companyId"]),
        status=row["status"],
        created_at=parse_timestamp(row["createdAt"]),
        number_of_items=row["numberOfItems"],
        vendor_based_bookkeeping=bool(row.get("vendorBasedBookkeeping")),
        failure_type=row.get("failureReasonType") or "",
    )
