"""Webhook deliveries: queued in the store, sent by a thread of their own, retried."""

import base64
import logging
import secrets
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .clock import Clock, iso
from .receivers import post
from .signing import sign
from .store import Row, Store, decode, encode
from .switches import Switches

logger = logging.getLogger(__name__)
JOB_CREATED = "v1.export-job.created"
VENDOR_CREATED = "v1.vendor.created"
VARIANTS = (
    "valid",
    "duplicate",
    "bad_signature",
    "stale",
    "unknown_event",
    "variant_b",
    "old_spelling",
)
STALE_SECONDS = 600
IDLE_SECONDS = 1.0


class Dispatcher:
    """Sends due deliveries; `wake` after enqueueing or after a jump of the clock."""

    def __init__(self, store: Store, clock: Clock, switches: Switches) -> None:
        self.store = store
        self.clock = clock
        self.switches = switches
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="webhook")
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        self.store.run("UPDATE deliveries SET state = 'waiting' WHERE state = 'sending'")
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2)
        self._pool.shutdown(wait=False, cancel_futures=True)

    def wake(self) -> None:
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            for delivery in self._take_due():
                self._pool.submit(self._attempt_safely, delivery)
            self._wake.wait(IDLE_SECONDS)
            self._wake.clear()

    def _take_due(self) -> list[Row]:
        with self.store.write():
            due = self.store.all(
                "SELECT * FROM deliveries WHERE state = 'waiting' AND next_at <= ?"
                " ORDER BY position",
                self.clock.now(),
            )
            for delivery in due:
                self.store.run(
                    "UPDATE deliveries SET state = 'sending' WHERE id = ?", delivery["id"]
                )
        return due

    def _attempt_safely(self, delivery: Row) -> None:
        try:
            self._attempt(delivery)
        except Exception:
            # A pool thread has no caller to raise to; the delivery would hang in 'sending'.
            logger.exception("delivery %s could not be attempted", delivery["id"])
            self.store.run("UPDATE deliveries SET state = 'failed' WHERE id = ?", delivery["id"])

    def _attempt(self, delivery: Row) -> None:
        subscription = self.store.one(
            "SELECT * FROM subscriptions WHERE id = ?", delivery["subscription_id"]
        )
        if subscription is None or subscription["deleted_at"] is not None:
            self._finish(delivery, {"error": "the subscription is gone"}, state="failed")
            return
        timestamp = self._timestamp(delivery)
        url, headers, body = compose(delivery, subscription, timestamp)
        outcome = post(url, headers, body, self.switches.number("webhook_timeout_seconds"))
        record = {
            "at": iso(self.clock.now()),
            "url": url,
            "headers": headers,
            "body": body.decode(),
            **outcome,
        }
        self._finish(delivery, record, state=None)

    def _timestamp(self, delivery: Row) -> int:
        own = self.switches["webhook_clock"] == "simulator"
        now = int(self.clock.now() if own else self.clock.system_now())
        return now - STALE_SECONDS if delivery["variant"] == "stale" else now

    def _finish(self, delivery: Row, record: dict[str, Any], state: str | None) -> None:
        attempts = [*decode(delivery["attempts"]), record]
        waits: list[int] = self.switches["webhook_retry_seconds"]
        next_at = delivery["next_at"]
        if state is None and 200 <= record.get("status", 0) < 300:
            state = "delivered"
        elif state is None and len(attempts) <= len(waits):
            state, next_at = "waiting", self.clock.now() + waits[len(attempts) - 1]
        self.store.run(
            "UPDATE deliveries SET state = ?, attempts = ?, next_at = ? WHERE id = ?",
            state or "failed",
            encode(attempts),
            next_at,
            delivery["id"],
        )

    def announce(self, job: dict[str, Any]) -> None:
        """Queues the event of a new job for every active subscription of its company."""
        event = job_created_event(job, self.switches.text("webhook_event_type"))
        self.announce_event(str(job["companyId"]), event, JOB_CREATED)

    def announce_event(
        self, company_id: str, event: dict[str, Any], subscribed: str | None = None
    ) -> None:
        """To the active subscriptions of the company which asked for such events."""
        if not self.switches.flag("webhooks_enabled"):
            return
        for subscription in self.subscriptions_of(company_id, subscribed or event["eventType"]):
            copies = 2 if self.switches.flag("webhook_twice") else 1
            webhook_id = new_webhook_id()
            for _ in range(copies):
                self.enqueue(subscription, event, self._usual_variant(), webhook_id)

    def _usual_variant(self) -> str:
        return "variant_b" if self.switches["webhook_body"] == "envelope" else "valid"

    def subscriptions_of(self, company_id: str, event_type: str = JOB_CREATED) -> list[Row]:
        rows = self.store.all(
            "SELECT * FROM subscriptions WHERE company_id = ? AND status = 'ACTIVE'"
            " AND deleted_at IS NULL ORDER BY position",
            company_id,
        )
        return [row for row in rows if event_type in decode(row["event_types"])]

    def enqueue(
        self, subscription: Row, event: dict[str, Any], variant: str, webhook_id: str
    ) -> str:
        delivery_id = str(uuid.uuid4())
        now = self.clock.now()
        with self.store.write():
            self.store.insert(
                "deliveries",
                {
                    "id": delivery_id,
                    "position": self.store.next_position("deliveries"),
                    "subscription_id": subscription["id"],
                    "company_id": subscription["company_id"],
                    "webhook_id": webhook_id,
                    "event": encode(event),
                    "variant": variant,
                    "state": "waiting",
                    "attempts": "[]",
                    "created_at": now,
                    "next_at": now + self.switches.number("webhook_delay_seconds"),
                },
            )
        self.wake()
        return delivery_id


def new_webhook_id() -> str:
    return "msg_" + secrets.token_hex(13)


def job_created_event(job: dict[str, Any], event_type: str) -> dict[str, Any]:
    names = ("id", "companyId", "createdAt", "createdBy", "expiresIn", "numberOfItems", "status")
    return {
        "data": {name: job[name] for name in names},
        "eventType": event_type,
        "eventId": str(uuid.uuid4()),
    }


def compose(delivery: Row, subscription: Row, timestamp: int) -> tuple[str, dict[str, str], bytes]:
    """Address, headers and exact body of one attempt."""
    bare = delivery["event"].encode()
    body = _envelope(delivery, subscription, timestamp, bare)
    secret = subscription["secret"]
    if delivery["variant"] == "bad_signature":
        secret = "whsec_" + base64.b64encode(b"not the subscription's key").decode()
    headers = {
        "Content-Type": "application/json;charset=UTF-8",
        "webhook-id": delivery["webhook_id"],
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, delivery["webhook_id"], timestamp, body),
    }
    headers |= decode(subscription["custom_headers"]) or {}
    headers |= _authorization(decode(subscription["endpoint_auth"]))
    return subscription["endpoint_url"], headers, body


def _envelope(delivery: Row, subscription: Row, timestamp: int, bare: bytes) -> bytes:
    if delivery["variant"] != "variant_b":
        return bare
    inner = sign(subscription["secret"], delivery["webhook_id"], timestamp, bare)
    return encode(
        {
            "webhook-id": delivery["webhook_id"],
            "webhook-timestamp": str(timestamp),
            "webhook-signature": inner,
            "payload": decode(delivery["event"]),
        }
    ).encode()


def _authorization(endpoint_auth: dict[str, Any]) -> dict[str, str]:
    if endpoint_auth.get("type") != "BASIC":
        return {}
    known = endpoint_auth.get("credentials") or {}
    pair = f"{known.get('username', '')}:{known.get('password', '')}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
