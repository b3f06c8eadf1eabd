"""A message to a customer's program, signed by the scheme of Standard Webhooks."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from standardwebhooks import Webhook

from erp_adapters.errors import RemoteError
from erp_adapters.http import HttpDoor
from pleo_connector.history.messages import HELD, note_gone, note_not_sent, note_sent, take_due
from pleo_connector.history.models import Message

TIMEOUT = 15.0  # seconds
MOST = int(HELD.total_seconds() / TIMEOUT)  # though each address lets us wait


def send_due(*, now: Callable[[], datetime]) -> int:
    """Those to endpoints that are due; how many were tried."""
    due = take_due(now=now(), is_mail=False, most=MOST)
    for message in due:
        send(message, now=now)
    return len(due)


def send(message: Message, *, now: Callable[[], datetime]) -> None:
    endpoint = message.endpoint
    assert endpoint
    content, headers = signed(message, secret=endpoint.secret, at=now())
    try:
        door = HttpDoor(
            base_url=endpoint.url,
            system="customer",
            name=urlsplit(endpoint.url).hostname or "The address",
            allow_private=settings.ALLOW_PRIVATE_ADDRESSES,
            total_timeout=TIMEOUT,
        )
        reply = door.request("POST", endpoint.url, data=content.encode(), headers=headers)
    except (RemoteError, ValueError) as error:
        note_not_sent(message, str(error), now=now())
        return
    if reply.status == 410:
        note_gone(message, now=now())
    elif 200 <= reply.status < 300:
        note_sent(message, status=reply.status, now=now())
    else:
        problem = f"{door.name} answered with an error ({reply.status})."
        note_not_sent(message, problem, status=reply.status, now=now())


def signed(message: Message, *, secret: str, at: datetime) -> tuple[str, dict[str, str]]:
    """Body and headers. The id stays the same with each try, the time does not."""
    body = {
        "type": message.kind,
        "timestamp": message.created_at.astimezone(UTC).isoformat(),
        "data": message.body,
    }
    content, name, moment = json.dumps(body), str(message.public_id), at.astimezone(UTC)
    return content, {
        "Content-Type": "application/json",
        "User-Agent": f"{settings.BRAND}/{settings.VERSION}",
        "webhook-id": name,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(name, moment, content),
    }
