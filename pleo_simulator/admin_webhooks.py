"""Admin calls about webhooks: the delivery log, and deliveries with a twist."""

from typing import Any

from flask import Blueprint, Response

from . import jobs
from .admin_support import body_of, company_row, members
from .clock import iso
from .errors import answer, invalid, missing
from .master_data.vendors import VENDORS, created_event
from .state import Simulator, sim
from .store import Row, decode
from .webhooks import JOB_CREATED, VARIANTS, VENDOR_CREATED, job_created_event, new_webhook_id

blueprint = Blueprint("admin_webhooks", __name__)
EVENT_TYPES = {"unknown_event": "v1.unknown-thing.created", "old_spelling": "v1.export.job-created"}


@blueprint.get("/sim/webhooks")
def log() -> Response:
    return answer(
        [_show(row) for row in sim().store.all("SELECT * FROM deliveries ORDER BY position")]
    )


def _show(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "subscriptionId": row["subscription_id"],
        "companyId": row["company_id"],
        "webhookId": row["webhook_id"],
        "event": decode(row["event"]),
        "variant": row["variant"],
        "state": row["state"],
        "createdAt": iso(row["created_at"]),
        "nextAttemptAt": iso(row["next_at"]),
        "attempts": decode(row["attempts"]),
    }


@blueprint.post("/sim/webhooks:send")
def send() -> Response:
    wish = members(body_of(), "companyId", "variant", "jobId", "vendorId")
    company_id = str(wish.get("companyId"))
    company_row(company_id)
    variant = wish.get("variant", "valid")
    if variant not in VARIANTS:
        raise invalid(f"variant is not one of {', '.join(VARIANTS)}")
    simulator = sim()
    subscribed = VENDOR_CREATED if "vendorId" in wish else JOB_CREATED
    subscriptions = simulator.dispatcher.subscriptions_of(company_id, subscribed)
    if not subscriptions:
        raise invalid("the company has no active subscription")
    if variant == "duplicate":
        return answer({"ids": [_repeat(simulator, row) for row in subscriptions]}, 202)
    event = _event(simulator, company_id, wish, EVENT_TYPES.get(variant, subscribed))
    return answer(
        {
            "ids": [
                simulator.dispatcher.enqueue(row, event, variant, new_webhook_id())
                for row in subscriptions
            ]
        },
        202,
    )


def _event(
    simulator: Simulator, company_id: str, wish: dict[str, Any], event_type: str
) -> dict[str, Any]:
    if "vendorId" not in wish:
        return job_created_event(_job(simulator, company_id, wish.get("jobId")), event_type)
    vendor = VENDORS.find(simulator, str(wish["vendorId"]))
    if vendor is None or vendor["company_id"] != company_id:
        raise missing("Vendor not found.")
    return created_event(vendor, event_type)


def _repeat(simulator: Simulator, subscription: Row) -> str:
    """The last delivery again, under the same webhook id and event id."""
    last = simulator.store.one(
        "SELECT * FROM deliveries WHERE subscription_id = ? ORDER BY position DESC LIMIT 1",
        subscription["id"],
    )
    if last is None:
        raise invalid("nothing was sent yet that could be repeated")
    return simulator.dispatcher.enqueue(
        subscription, decode(last["event"]), "duplicate", last["webhook_id"]
    )


def _job(simulator: Simulator, company_id: str, job_id: str | None) -> dict[str, Any]:
    if job_id is not None:
        job = jobs.find(simulator, job_id)
    else:
        known = jobs.of_company(simulator, company_id)
        job = known[-1] if known else None
    if job is None:
        raise missing("Job not found.")
    return jobs.show(job)
