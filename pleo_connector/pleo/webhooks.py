"""Pleo's notifications: signature (Standard Webhooks scheme) and shape."""

from collections.abc import Mapping
from dataclasses import dataclass
from json import loads
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError
from standardwebhooks.webhooks import EmptyWebhookSecretError

# Pleo's pages spell the first event in several ways.
EXPORT_JOB_CREATED = {
    "v1.export-job.created",
    "v1.export.job-created",
    "v2.export-job.created",
    "export-job.created",
}
VENDOR_CREATED = "v1.vendor.created"


class NotFromPleo(Exception):
    """Signature or timestamp does not fit; nothing of the body may be used."""


class Malformed(Exception):
    """Signed, but not a notification."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    webhook_id: str
    event_id: str
    event_type: str
    company_id: str

    @property
    def is_known(self) -> bool:
        return self.event_type in EXPORT_JOB_CREATED

    @property
    def is_of_vendor(self) -> bool:
        """One was born in Pleo."""
        return self.event_type == VENDOR_CREATED


def read_notification(*, body: bytes, headers: Mapping[str, str], secret: str) -> Notification:
    """The verified notification; NotFromPleo or Malformed where it is none.

    Timestamps more than five minutes off are refused.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    try:
        Webhook(secret).verify(body, lower, json_parse=False)
    except (WebhookVerificationError, EmptyWebhookSecretError, ValueError) as error:
        raise NotFromPleo(str(error)) from error
    try:
        content: Any = loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("The body is not JSON.") from error
    # One revision of Pleo's page shows the event wrapped in `payload`.
    event = content.get("payload", content) if isinstance(content, dict) else None
    if not isinstance(event, dict) or not isinstance(event.get("eventType"), str):
        raise Malformed("The body has no eventType.")
    data = event.get("data")
    return Notification(
        webhook_id=lower["webhook-id"],
        event_id=str(event.get("eventId") or ""),
        event_type=event["eventType"],
        company_id=str(data.get("companyId") or "") if isinstance(data, dict) else "",
    )
