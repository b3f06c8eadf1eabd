"""Who a notification is from, and what it says."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from pleo_connector.pleo.webhooks import (
    Malformed,
    NotFromPleo,
    Notification,
    read_notification,
)
from pleo_simulator import signing
from tests.contract.validate import contract

VECTOR: dict[str, str] = contract()["x-test-vectors"]["webhook"]
SECRET = VECTOR["secret"]
ID = VECTOR["webhook-id"]
BODY = VECTOR["body"].encode()
OTHER_SECRET = "whsec_YW5vdGhlci1zZWNyZXQtMDE="


def signed(
    body: bytes = BODY, *, secret: str = SECRET, webhook_id: str = ID, age: float = 0
) -> dict[str, str]:
    moment = datetime.now(UTC) - timedelta(seconds=age)
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(webhook_id, moment, body.decode()),
    }


def read(body: bytes = BODY, headers: dict[str, str] | None = None) -> Notification:
    return read_notification(body=body, headers=signed(body) | (headers or {}), secret=SECRET)


# Signature


def test_both_sides_sign_the_published_vector_alike() -> None:
    seconds = int(VECTOR["webhook-timestamp"])
    moment = datetime.fromtimestamp(seconds, UTC)
    assert Webhook(SECRET).sign(ID, moment, BODY.decode()) == VECTOR["webhook-signature"]
    assert signing.sign(SECRET, ID, seconds, BODY) == VECTOR["webhook-signature"]


def test_the_vector_is_too_old_to_be_taken() -> None:
    headers = {name: VECTOR[name] for name in VECTOR if name.startswith("webhook-")}
    with pytest.raises(NotFromPleo, match="old"):
        read_notification(body=BODY, headers=headers, secret=SECRET)


def test_a_fresh_notification_is_read() -> None:
    assert read() == Notification(
        webhook_id=ID,
        event_id="0f0e0d0c-0b0a-4908-8706-050403020100",
        event_type="v1.export-job.created",
        company_id="aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
    )


@pytest.mark.parametrize("age", [-280, 0, 280])
def test_clocks_may_differ_by_some_minutes(age: float) -> None:
    assert read_notification(body=BODY, headers=signed(age=age), secret=SECRET).is_known


@pytest.mark.parametrize("age", [-320, 320, 86_400])
def test_a_stale_notification_is_refused(age: float) -> None:
    with pytest.raises(NotFromPleo):
        read_notification(body=BODY, headers=signed(age=age), secret=SECRET)


@pytest.mark.parametrize("right_one", [0, 1, 2])
def test_one_of_several_signatures_is_enough(right_one: int) -> None:
    headers = signed()
    wrong = signed(secret=OTHER_SECRET)["webhook-signature"]
    all_of_them = [wrong, wrong, "v1a,bm90IG91cnM="]
    all_of_them[right_one] = headers["webhook-signature"]
    several = headers | {"webhook-signature": " ".join(all_of_them)}
    assert read_notification(body=BODY, headers=several, secret=SECRET).is_known


@pytest.mark.parametrize("spelled", [str.upper, str.title, str.lower])
def test_header_names_are_of_any_case(spelled: Any) -> None:
    headers = {spelled(name): value for name, value in signed().items()}
    assert read_notification(body=BODY, headers=headers, secret=SECRET).webhook_id == ID


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_every_header_is_needed(name: str) -> None:
    headers = {key: value for key, value in signed().items() if key != name}
    with pytest.raises(NotFromPleo):
        read_notification(body=BODY, headers=headers, secret=SECRET)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_another"},
        {"webhook-id": ""},
        {"webhook-timestamp": "0"},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "9" * 400},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,***"},
        {"webhook-signature": "v1,ключ"},
        {"webhook-signature": "v2," + signed()["webhook-signature"][3:]},
        {"webhook-signature": signed(secret=OTHER_SECRET)["webhook-signature"]},
    ],
    ids=itertools.count(),  # a signature made now would be another name for each test process
)
def test_a_header_that_does_not_fit_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(NotFromPleo):
        read(headers=change)


@pytest.mark.parametrize("body", [BODY + b"\n", BODY.replace(b"2,", b"3,"), b"", b"{}", b"\xff"])
def test_a_changed_body_is_refused(body: bytes) -> None:
    assert body != BODY
    with pytest.raises(NotFromPleo):
        read_notification(body=body, headers=signed(), secret=SECRET)


@pytest.mark.parametrize("secret", [OTHER_SECRET, "", "whsec_", "whsec_***"])
def test_another_secret_is_refused(secret: str) -> None:
    with pytest.raises(NotFromPleo):
        read_notification(body=BODY, headers=signed(), secret=secret)


# What it says


@pytest.mark.parametrize(
    ("event_type", "known"),
    [
        ("v1.export-job.created", True),
        ("v1.export.job-created", True),
        ("v2.export-job.created", True),
        ("export-job.created", True),
        ("v1.vendor.created", False),
        ("v9.on-the-moon", False),
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_events_are_read_bare_and_wrapped(event_type: str, known: bool, wrapped: bool) -> None:
    event: dict[str, Any] = json.loads(BODY) | {"eventType": event_type}
    body = json.dumps({"webhook-id": "another", "payload": event} if wrapped else event).encode()
    found = read(body)
    assert (found.event_type, found.is_known) == (event_type, known)
    assert found.company_id == "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
    assert found.webhook_id == ID


@pytest.mark.parametrize(
    "more", [{}, {"data": None}, {"data": []}, {"data": {}}, {"data": "x"}, {"eventId": None}]
)
def test_only_the_event_type_is_needed(more: dict[str, Any]) -> None:
    body = json.dumps({"eventType": "v1.export-job.created", **more}).encode()
    found = read(body)
    assert (found.company_id, found.event_id) == ("", "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"v1.export-job.created"',
        b"{}",
        b'{"eventType": null}',
        b'{"eventType": ["v1.export-job.created"]}',
        b'{"payload": null}',
        b'{"payload": []}',
        b'{"payload": {"data": {}}}',
        b"[" * 100_000,
        b"1" * 5000,
    ],
    ids=lambda body: str(body)[:40],
)
def test_a_signed_body_of_another_shape_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        read(body)
