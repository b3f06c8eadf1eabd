"""Pleo's notifications at our door."""

import base64
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from standardwebhooks import Webhook

from pleo_connector.connections.models import WebhookEvent, WebhookSubscription
from pleo_connector.pleo.webhooks import read_notification
from tests.app.conftest import Desk

pytestmark = pytest.mark.django_db


class Pleo:
    """Sends signed notifications, as Pleo does."""

    def __init__(self, subscription: WebhookSubscription) -> None:
        self.subscription = subscription

    def send(
        self,
        *,
        event_type: str = "v1.export-job.created",
        webhook_id: str = "",
        secret: str = "",
        age: timedelta = timedelta(0),
        body: bytes | None = None,
        path_key: uuid.UUID | None = None,
    ) -> Any:
        content = (
            body
            or json.dumps(
                {"data": {"companyId": "c"}, "eventType": event_type, "eventId": str(uuid.uuid4())}
            ).encode()
        )
        webhook_id = webhook_id or f"msg_{uuid.uuid4().hex}"
        moment = datetime.now(UTC) - age
        signer = Webhook(secret or self.subscription.secret)
        return Client().post(
            f"/webhooks/pleo/{path_key or self.subscription.path_key}/",
            content,
            content_type="application/json",
            headers={
                "webhook-id": webhook_id,
                "webhook-timestamp": str(int(moment.timestamp())),
                "webhook-signature": signer.sign(webhook_id, moment, content.decode()),
            },
        )


@pytest.fixture
def pleo(desk: Desk) -> Pleo:
    return Pleo(WebhookSubscription.objects.get(connection=desk.connection))


def test_a_signed_notification_is_stored_once_and_wakes_the_connection(
    desk: Desk, pleo: Pleo
) -> None:
    desk.work()
    asleep = desk.connection.wake_at
    for _ in range(2):
        assert pleo.send(webhook_id="msg_1").status_code == 200
    assert WebhookEvent.objects.count() == 1
    desk.connection.refresh_from_db()
    assert desk.connection.wake_at is not None
    assert asleep is not None
    assert desk.connection.wake_at < asleep


@pytest.mark.parametrize(
    "spelling", ["v1.export-job.created", "v1.export.job-created", "v2.export-job.created"]
)
def test_all_of_pleos_spellings_are_known(pleo: Pleo, spelling: str) -> None:
    pleo.send(event_type=spelling)
    assert WebhookEvent.objects.get().is_known


def test_an_unknown_event_is_kept_and_does_nothing(desk: Desk, pleo: Pleo) -> None:
    desk.work()
    asleep = desk.connection.wake_at
    assert pleo.send(event_type="v1.moon.landed").status_code == 200
    assert not WebhookEvent.objects.get().is_known
    desk.connection.refresh_from_db()
    assert desk.connection.wake_at == asleep


def test_a_forged_notification_leaves_nothing_behind(pleo: Pleo) -> None:
    forged = "whsec_" + base64.b64encode(b"x" * 24).decode()
    assert pleo.send(secret=forged).status_code == 401
    assert pleo.send(age=timedelta(minutes=6)).status_code == 401
    assert pleo.send(age=-timedelta(minutes=6)).status_code == 401
    assert pleo.send(path_key=uuid.uuid4()).status_code == 404
    assert pleo.send(body=b'{"no": "event"}').status_code == 400
    assert not WebhookEvent.objects.exists()


def test_an_event_wrapped_in_a_payload_is_read_too() -> None:
    secret = "whsec_" + base64.b64encode(b"s" * 24).decode()
    body = json.dumps({"payload": {"eventType": "v1.export-job.created", "data": {}}})
    moment = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_2",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_2", moment, body),
    }
    assert read_notification(body=body.encode(), headers=headers, secret=secret).is_known
