"""Subscriptions, signatures, deliveries and their twists."""

import base64
import hashlib
import hmac
import json
import time
from functools import partial
from typing import Any

import pytest

from pleo_simulator.signing import sign
from tests.contract.validate import check_schema, contract

from .receiver import Delivery, Receiver
from .support import Company, Pleo, Simulator, encoded, wait_until

JOB_CREATED = "v1.export-job.created"
SOME_ID = "99999999-0000-4000-8000-000000000009"


def subscribe(pleo: Pleo, url: str, **more: Any) -> dict[str, Any]:
    body = {"endpointUrl": url, "eventTypes": [JOB_CREATED], **more}
    made: dict[str, Any] = pleo.call("POST", "/v1/subscriptions", json=body).json()["data"]
    return made


def signing_key(pleo: Pleo, subscription: dict[str, Any]) -> str:
    answer = pleo.get(f"/v1/subscriptions/{subscription['id']}/secret")
    return str(answer["data"]["secretKey"])


def signed_by(key: str, delivery: Delivery) -> bool:
    """Computed apart from the simulator's own code."""
    message = b".".join(
        [
            delivery.headers["webhook-id"].encode(),
            delivery.headers["webhook-timestamp"].encode(),
            delivery.body,
        ]
    )
    made = hmac.new(base64.b64decode(key[6:]), message, hashlib.sha256).digest()
    return delivery.headers["webhook-signature"] == "v1," + base64.b64encode(made).decode()


def test_the_vector_of_the_contract() -> None:
    vector = contract()["x-test-vectors"]["webhook"]
    made = sign(
        vector["secret"],
        vector["webhook-id"],
        int(vector["webhook-timestamp"]),
        vector["body"].encode(),
    )
    assert made == vector["webhook-signature"]


def test_a_click_on_export_reaches_the_receiver(
    simulator: Simulator, company: Company, pleo: Pleo, receiver: Receiver
) -> None:
    made = subscribe(
        pleo,
        receiver.url,
        customHeaders={"X-Tenant": "t-42"},
        endpointAuth={"type": "BASIC", "credentials": {"username": "pleo", "password": "s3cret"}},
    )
    job = simulator.small_job(company)
    delivery = receiver.next()
    event = json.loads(delivery.body)
    check_schema("ExportJobCreatedEvent", event)
    assert event["data"]["id"] == job["id"]
    assert event["data"]["numberOfItems"] == 3
    assert signed_by(signing_key(pleo, made), delivery)
    assert abs(int(delivery.headers["webhook-timestamp"]) - time.time()) < 60
    assert delivery.headers["x-tenant"] == "t-42"
    assert delivery.headers["authorization"] == "Basic " + encoded("pleo:s3cret")
    logged = wait_until(lambda: delivered(simulator))
    assert logged[0]["attempts"][0]["status"] == 204


def delivered(simulator: Simulator) -> list[dict[str, Any]]:
    return [row for row in simulator.admin("GET", "/sim/webhooks") if row["state"] == "delivered"]


def test_failed_deliveries_are_retried_under_the_same_id(
    simulator: Simulator, company: Company, pleo: Pleo, receiver: Receiver
) -> None:
    made = subscribe(pleo, receiver.url)
    receiver.statuses = [500, 302]
    simulator.small_job(company)
    attempts = [receiver.next()]
    for tries, seconds in ((1, 5), (2, 300)):
        wait_until(partial(waiting_after, simulator, tries))
        simulator.advance(seconds)
        attempts.append(receiver.next())
    assert len({a.headers["webhook-id"] for a in attempts}) == 1
    assert len({a.body for a in attempts}) == 1
    key = signing_key(pleo, made)
    assert all(signed_by(key, a) for a in attempts)
    assert len(wait_until(lambda: delivered(simulator))[0]["attempts"]) == 3


def waiting_after(simulator: Simulator, tries: int) -> bool:
    row = simulator.admin("GET", "/sim/webhooks")[0]
    return row["state"] == "waiting" and len(row["attempts"]) == tries


def test_an_unreachable_receiver_never_blocks_export(
    simulator: Simulator, company: Company, pleo: Pleo
) -> None:
    simulator.switch(webhook_retry_seconds=[])
    subscribe(pleo, "http://127.0.0.1:9/nobody")
    assert simulator.small_job(company)["status"] == "pending"
    rows = wait_until(
        lambda: [r for r in simulator.admin("GET", "/sim/webhooks") if r["state"] == "failed"]
    )
    assert "error" in rows[0]["attempts"][0]


def send(simulator: Simulator, company: Company, variant: str) -> None:
    body = {"companyId": company.id, "variant": variant}
    simulator.admin("POST", "/sim/webhooks:send", body)


@pytest.fixture
def first(
    simulator: Simulator, company: Company, pleo: Pleo, receiver: Receiver
) -> tuple[str, Delivery]:
    """The key of a subscription, and its first delivery."""
    made = subscribe(pleo, receiver.url)
    simulator.small_job(company)
    return signing_key(pleo, made), receiver.next()


def test_valid_and_duplicate(
    simulator: Simulator, company: Company, receiver: Receiver, first: tuple[str, Delivery]
) -> None:
    key, delivery = first
    send(simulator, company, "duplicate")
    again = receiver.next()
    assert again.headers["webhook-id"] == delivery.headers["webhook-id"]
    assert again.body == delivery.body
    send(simulator, company, "valid")
    fresh = receiver.next()
    assert fresh.headers["webhook-id"] != delivery.headers["webhook-id"]
    assert signed_by(key, fresh)


@pytest.mark.parametrize(
    ("variant", "is_signed", "event_type"),
    [
        ("bad_signature", False, JOB_CREATED),
        ("unknown_event", True, "v1.unknown-thing.created"),
        ("old_spelling", True, "v1.export.job-created"),
        ("stale", True, JOB_CREATED),
    ],
)
def test_twisted_deliveries(
    simulator: Simulator,
    company: Company,
    receiver: Receiver,
    first: tuple[str, Delivery],
    variant: str,
    is_signed: bool,
    event_type: str,
) -> None:
    send(simulator, company, variant)
    delivery = receiver.next()
    assert signed_by(first[0], delivery) == is_signed
    assert json.loads(delivery.body)["eventType"] == event_type
    age = time.time() - int(delivery.headers["webhook-timestamp"])
    assert (age > 300) == (variant == "stale")


def test_the_envelope_form(
    simulator: Simulator, company: Company, receiver: Receiver, first: tuple[str, Delivery]
) -> None:
    send(simulator, company, "variant_b")
    delivery = receiver.next()
    check_schema("ExportJobCreatedEventEnvelope", json.loads(delivery.body))
    assert signed_by(first[0], delivery)


def test_switches_of_delivery(
    simulator: Simulator, company: Company, pleo: Pleo, receiver: Receiver
) -> None:
    subscribe(pleo, receiver.url)
    simulator.switch(
        webhook_twice=True, webhook_body="envelope", webhook_event_type="export-job.created"
    )
    simulator.small_job(company)
    pair = [receiver.next(), receiver.next()]
    assert len({d.headers["webhook-id"] for d in pair}) == 1
    assert json.loads(pair[0].body)["payload"]["eventType"] == "export-job.created"


def test_silence_when_switched_off_inactive_or_disconnected(
    simulator: Simulator, company: Company, pleo: Pleo, receiver: Receiver
) -> None:
    made = subscribe(pleo, receiver.url, status="INACTIVE")
    simulator.switch(several_unfinished_jobs=True)
    simulator.small_job(company)
    body = {"endpointUrl": receiver.url, "eventTypes": [JOB_CREATED], "status": "ACTIVE"}
    pleo.call("PUT", f"/v1/subscriptions/{made['id']}", json=body)
    simulator.switch(webhooks_enabled=False)
    simulator.small_job(company)
    simulator.switch(webhooks_enabled=True)
    pleo.call("DELETE", "/v1/installations/me")
    simulator.small_job(company)
    assert simulator.admin("GET", "/sim/webhooks") == []


def test_subscriptions_have_a_life(pleo: Pleo, receiver: Receiver) -> None:
    made = subscribe(pleo, receiver.url, customHeaders={"X-Tenant": "t-42"})
    path = f"/v1/subscriptions/{made['id']}"
    assert pleo.get(path)["data"] == made
    body = {"endpointUrl": receiver.url + "/2", "eventTypes": [JOB_CREATED, "v1.vendor.created"]}
    changed = pleo.call("PUT", path, json=body).json()["data"]
    assert (changed["endpointUrl"], changed["customHeaders"]) == (body["endpointUrl"], None)
    assert pleo.get("/v1/subscriptions", status="ACTIVE")["data"] == [changed]
    assert pleo.get("/v1/subscriptions", event_types="v1.vendor.created")["data"] == [changed]
    assert pleo.get("/v1/subscriptions", status="INACTIVE")["data"] == []
    log = pleo.get(f"{path}/activities", operation_types=["UPDATE"])["data"]
    assert [row["operationType"] for row in log] == ["UPDATE"]
    assert pleo.call("DELETE", path).status_code == 204
    for method, where, payload in (
        ("GET", path, None),
        ("PUT", path, body),
        ("DELETE", path, None),
        ("GET", f"{path}/secret", None),
        ("GET", f"{path}/activities", None),
    ):
        assert pleo.refused(404, method, where, json=payload) == "NOT_FOUND"


@pytest.mark.parametrize(
    "change",
    [
        {"endpointUrl": "ftp://erp.example"},
        {"endpointUrl": None},
        {"eventTypes": []},
        {"eventTypes": ["v1.export.job-created"]},
        {"eventTypes": [JOB_CREATED, JOB_CREATED]},
        {"status": "PAUSED"},
        {"customHeaders": {"a": 1}},
        {"endpointAuth": {"type": "BEARER"}},
        {"secret": "x"},
    ],
)
def test_wrong_subscriptions_are_refused(pleo: Pleo, change: dict[str, Any]) -> None:
    body = {"endpointUrl": "https://erp.example/hook", "eventTypes": [JOB_CREATED], **change}
    assert pleo.refused(400, "POST", "/v1/subscriptions", json=body) == "VALIDATION_FAILED"


def test_other_spellings_and_duplicates_follow_switches(simulator: Simulator, pleo: Pleo) -> None:
    simulator.switch(subscription_event_spelling="map", duplicate_subscriptions_refused=True)
    body = {"endpointUrl": "https://erp.example/hook", "eventTypes": ["v1.export.job-created"]}
    made = pleo.call("POST", "/v1/subscriptions", json=body, valid=False).json()["data"]
    assert made["eventTypes"] == [JOB_CREATED]
    pleo.refused(400, "POST", "/v1/subscriptions", json=body)
    simulator.switch(event_types_as_string=True)
    assert pleo.get(f"/v1/subscriptions/{made['id']}")["data"]["eventTypes"] == JOB_CREATED


def test_subscribing_needs_access_to_the_events(simulator: Simulator, company: Company) -> None:
    pleo = simulator.api_key(company, scopes=["companies:read"])
    body = {"endpointUrl": "https://erp.example/hook", "eventTypes": [JOB_CREATED]}
    pleo.refused(403, "POST", "/v1/subscriptions", json=body)
    pleo.refused(404, "GET", f"/v1/subscriptions/{SOME_ID}")
