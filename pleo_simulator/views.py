"""What the pages show of entries and jobs, in a bookkeeper's words."""

from typing import Any

from . import entries, job_machine
from .clock import iso, iso_or_none
from .receipts import money
from .state import Simulator
from .store import Row, decode

LANE_WORDS = {"unexported": "Unexported", "queue": "Export queue", "exported": "Exported"}
TYPE_WORDS = {
    "card_purchase": "Card purchase",
    "card_invoice": "Invoice paid by card",
    "out_of_pocket": "Out of pocket",
    "mileage": "Mileage",
    "per_diem": "Daily allowance",
    "direct_reimbursement": "Reimbursement from the wallet",
    "external_reimbursement": "Reimbursement outside Pleo",
    "invoice": "Invoice",
    "invoice_payment": "Invoice payment",
    "chargeback": "Chargeback",
    "refund": "Refund",
    "cashback": "Cashback",
    "atm_withdrawal": "Cash withdrawal",
    "wallet_topup": "Transfer to the wallet",
    "wallet_unload": "Transfer from the wallet",
    "personal_spend": "Private purchase",
    "fee": "Fee",
}
SUB_TYPE_WORDS = {
    "interest": "interest",
    "invoice_payment_sent": "sent",
    "invoice_payment_returned": "returned",
    "reimbursement_to_employee": "to employee",
    "reimbursement_to_employee_refund": "returned to company",
    "reimbursement_to_company": "from employee",
}
REASON_WORDS = {
    "missing_configuration": "Something is not set up",
    "invalid_configuration": "A setting is wrong",
    "account_unknown": "The account is not known in the accounting system",
    "tax_code_unknown": "The tax code is not known in the accounting system",
    "tag_unknown": "A tag is not known in the accounting system",
    "vendor_unknown": "The vendor is not known in the accounting system",
    "accounting_system_validation_failure": "The accounting system refused the entry",
    "validation_failure": "The entry does not add up",
    "receipt_download_failure": "A receipt could not be read",
    "receipt_upload_failure": "A receipt could not be attached",
    "accounting_system_unreachable": "The accounting system could not be reached",
    "job_expired": "The app did not answer in time",
    "canceled_by_user": "The export was cancelled",
}
JOB_WORDS = {
    "pending": "Waiting for the app",
    "in_progress": "Running",
    "failed": "Failed",
    "completed": "Exported",
    "completed_with_errors": "Exported with errors",
}


def amount_text(amount: dict[str, Any]) -> str:
    return money(amount["value"], amount["currency"])


def type_words(item: dict[str, Any]) -> str:
    kind = TYPE_WORDS.get(item["type"], item["type"].replace("_", " ").capitalize())
    more = SUB_TYPE_WORDS.get(item.get("subType") or "")
    return f"{kind}, {more}" if more else kind


def reason_words(kind: str | None) -> str:
    known = REASON_WORDS.get(kind or "")
    return known or (kind or "not processed").replace("_", " ").capitalize()


class EntryView:
    """One table row."""

    def __init__(self, row: Row) -> None:
        self.item: dict[str, Any] = decode(row["payload"])
        self.id = row["id"]
        self.lane = row["lane"]
        self.locked = row["job_id"] is not None
        self.external_id = row["external_id"]
        self.external_url = row["external_url"]
        self.error: dict[str, Any] | None = decode(row["last_error"])
        self.file_count = row["file_count"]
        self.date = self.item["date"][:10]
        self.type = type_words(self.item)
        self.supplier = (self.item.get("supplier") or {}).get("name") or ""
        self.person = (self.item.get("user") or {}).get("name") or ""
        self.book_id = self.item["additionalInformation"]["reconciliationId"]

    @property
    def amount(self) -> dict[str, Any]:
        found: dict[str, Any] = self.item["amount"]["inWalletCurrency"]
        return found

    @property
    def supplier_amount(self) -> dict[str, Any] | None:
        found: dict[str, Any] = self.item["amount"]["inSupplierCurrency"]
        return found if found["currency"] != self.amount["currency"] else None

    @property
    def category(self) -> str:
        if self.item["type"] in entries.FIXED_SIDE_TYPES:
            return ""
        accounts = [line.get("account") for line in self.item["accountingEntryLines"]]
        names = [f"{a['code']} {a['name']}" for a in accounts if a]
        if not names:
            return "No category"
        more = len(accounts) - 1
        return f"{names[0]} + {more} more" if more else names[0]

    @property
    def state(self) -> tuple[str, str]:
        """Kind of badge, and its word."""
        if self.locked:
            return "busy", "Exporting"
        if self.lane == entries.EXPORTED:
            return "good", "Exported"
        if self.error:
            failed = self.error["status"] == "failed"
            return ("bad", "Failed") if failed else ("warn", "Not processed")
        return ("busy", "Queued") if self.lane == entries.QUEUE else ("plain", "Ready")

    @property
    def cause(self) -> str:
        return reason_words((self.error or {}).get("failureReasonType"))

    @property
    def reason(self) -> str:
        return (self.error or {}).get("failureReason") or "The export ended before this entry."


class JobView:
    """One export with its counts."""

    def __init__(self, simulator: Simulator, job: Row) -> None:
        statuses = [item["status"] for item in job_machine.items(simulator, job["id"])]
        self.id = job["id"]
        self.status = job["status"]
        self.word = JOB_WORDS.get(job["status"], job["status"])
        self.running = job["status"] in job_machine.UNFINISHED
        self.total = job["number_of_items"]
        self.successful = statuses.count("successful")
        self.failed = statuses.count("failed")
        self.abandoned = statuses.count("abandoned")
        self.done = self.successful + self.failed
        self.created = _time(iso(job["created_at"]))
        self.finished = _time(iso_or_none(job["completed_at"]) or iso(job["last_updated_at"]))
        self.reason = job["failure_reason"] or ""
        self.cause = reason_words(job["failure_reason_type"]) if self.reason else ""

    @property
    def badge(self) -> str:
        return {"completed": "good", "failed": "bad", "completed_with_errors": "warn"}.get(
            self.status, "busy"
        )

    @property
    def sentence(self) -> str:
        if self.status == "completed" and self.successful == self.total:
            return (
                f"All {self.total} entries were exported."
                if self.total > 1
                else "The entry was exported."
            )
        parts = [f"{self.successful} of {self.total} exported"]
        if self.failed:
            parts.append(f"{self.failed} could not be exported")
        if self.abandoned:
            parts.append(f"{self.abandoned} not processed")
        return ", ".join(parts) + "."


def _time(text: str) -> str:
    return text[:16].replace("T", " ")
