"""What is sent about problems: made from their events, tried until it arrives, kept as a log.

The events are the outbox: they are committed with what they tell, and each is passed on once. A
message is at least once on its way, always under the same id; nothing is sent in a transaction.
"""

import base64
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django_scopes import scopes_disabled

from pleo_connector.history import health
from pleo_connector.history.models import Message, Problem, ProblemEvent, WebhookEndpoint
from pleo_connector.tenants.actions import record_audit
from pleo_connector.tenants.models import CAN_OPERATE, Mail, Membership, Tenant, User

Kind = Message.Kind
TOLD = {ProblemEvent.Kind.OPENED: Kind.OPENED, ProblemEvent.Kind.RESOLVED: Kind.RESOLVED}
BATCH = 200
HELD = timedelta(minutes=5)  # a worker that dies leaves the message to the next one
MOST_ENDPOINTS = 10


class CannotAdd(Exception):
    """A sentence for the person who wanted an endpoint."""


# -- Endpoints ------------------------------------------------------------------------------------


def add_endpoint(
    *, tenant: Tenant, url: str, actor: User | None, now: datetime
) -> tuple[WebhookEndpoint, str]:
    """The endpoint and its secret, which is shown this once."""
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    open_ones = WebhookEndpoint.objects.filter(tenant=tenant, ended_at=None)
    if open_ones.count() >= MOST_ENDPOINTS:
        raise CannotAdd(_("Remove an address first: a company has ten at most."))
    try:
        with transaction.atomic():
            made: WebhookEndpoint = WebhookEndpoint.objects.create(
                tenant=tenant, url=url, secret=secret, created_by=actor, created_at=now
            )
            record_audit(tenant=tenant, actor=actor, action="added a webhook", subject=url)
    except IntegrityError as error:
        raise CannotAdd(_("This address is told already.")) from error
    return made, secret


def remove_endpoint(*, endpoint: WebhookEndpoint, actor: User | None, now: datetime) -> None:
    with transaction.atomic():
        _end(endpoint, now, "The address was removed.")
        record_audit(
            tenant=endpoint.tenant, actor=actor, action="removed a webhook", subject=endpoint.url
        )


def _end(endpoint: WebhookEndpoint, now: datetime, why: str) -> None:
    WebhookEndpoint.objects.filter(pk=endpoint.pk, ended_at=None).update(ended_at=now)
    waiting = Message.objects.filter(endpoint=endpoint, next_try_at__isnull=False)
    waiting.update(next_try_at=None, problem=why)


def send_test(*, endpoint: WebhookEndpoint, actor: User | None, now: datetime) -> Message:
    with transaction.atomic():
        message: Message = Message.objects.create(
            tenant=endpoint.tenant,
            endpoint=endpoint,
            kind=Kind.TEST,
            body={"text": f"A test of {settings.BRAND}."},
            created_at=now,
            next_try_at=now,
        )
        record_audit(
            tenant=endpoint.tenant, actor=actor, action="tested a webhook", subject=endpoint.url
        )
    return message


def send_again(*, message: Message, actor: User | None, now: datetime) -> bool:
    """One that was given up, once more; whoever has it knows it by its id. False if it was not."""
    with transaction.atomic():
        given_up = Message.objects.filter(
            pk=message.pk, next_try_at=None, sent_at=None, endpoint__ended_at=None
        )
        if not given_up.update(next_try_at=now, tries=0, status=None, problem=""):
            return False
        assert message.endpoint
        record_audit(
            tenant=message.tenant,
            actor=actor,
            action="sent a message to a webhook again",
            subject=message.endpoint.url,
        )
    return True


# -- From events to messages ----------------------------------------------------------------------


def pass_on(*, now: datetime, url_of: Callable[[Problem], str]) -> int:
    """Messages for the events that nobody was told of yet; two workers at once share them."""
    with scopes_disabled(), transaction.atomic():
        rows = ProblemEvent.objects.filter(passed_on_at=None, kind__in=TOLD)
        events = list(
            rows.select_related("problem__connection__tenant")
            .select_for_update(skip_locked=True, of=("self",))
            .order_by("pk")[:BATCH]
        )
        told = [x for x in events if not x.problem.is_muted(now)]
        tenants = {x.problem.connection.tenant_id for x in told}
        Message.objects.bulk_create(
            [*_to_endpoints(told, tenants, now, url_of), *_to_people(told, tenants, now)],
            ignore_conflicts=True,
        )
        rows = ProblemEvent.objects.filter(pk__in=[x.pk for x in events])
        rows.update(passed_on_at=now)
    return len(events)


def _to_endpoints(
    events: Sequence[ProblemEvent],
    tenants: set[int],
    now: datetime,
    url_of: Callable[[Problem], str],
) -> list[Message]:
    endpoints = WebhookEndpoint.objects.filter(tenant__in=tenants, ended_at=None)
    by_tenant: dict[int, list[WebhookEndpoint]] = {}
    for endpoint in endpoints if tenants else ():
        by_tenant.setdefault(endpoint.tenant_id, []).append(endpoint)
    return [
        Message(
            tenant_id=endpoint.tenant_id,
            endpoint=endpoint,
            event=event,
            kind=TOLD[ProblemEvent.Kind(event.kind)],
            body=_body(event, url_of(event.problem)),
            created_at=now,
            next_try_at=now,
        )
        for event in events
        for endpoint in by_tenant.get(event.problem.connection.tenant_id, ())
    ]


def _body(event: ProblemEvent, url: str) -> dict[str, Any]:
    problem = event.problem
    return {
        "id": str(problem.public_id),
        "connection": str(problem.connection.public_id),
        "connection_name": problem.connection.pleo_company_name,
        "state": "open" if event.kind == ProblemEvent.Kind.OPENED else "resolved",
        "origin": problem.origin,
        "type": problem.type,
        "subject": problem.subject,
        "sentence": problem.sentence,
        "opening": event.opening,
        "opened_at": problem.opened_at.isoformat(),
        "at": event.at.isoformat(),
        "url": url,
    }


def _to_people(events: Sequence[ProblemEvent], tenants: set[int], now: datetime) -> list[Message]:
    """At once of a dead connection; the rest comes with the digest."""
    urgent = [
        x
        for x in events
        if x.kind == ProblemEvent.Kind.OPENED and x.problem.is_open and is_urgent(x.problem)
    ]
    seats = operators(tenants) if urgent else []
    return [
        Message(
            tenant_id=seat.tenant_id,
            user=seat.user,
            event=event,
            kind=Kind.URGENT,
            created_at=now,
            next_try_at=now,
        )
        for event in urgent
        for seat in seats
        if seat.tenant_id == event.problem.connection.tenant_id and seat.user.mail != Mail.NONE
    ]


def is_urgent(problem: Problem) -> bool:
    return problem.kind == health.KIND and problem.type in health.DEAD


def operators(tenants: set[int]) -> list[Membership]:
    """Who can do something about a problem."""
    rows = Membership.objects.filter(tenant__in=tenants, role__in=CAN_OPERATE, user__is_active=True)
    return list(rows.select_related("user", "tenant"))


# -- On their way ---------------------------------------------------------------------------------


def take_due(*, now: datetime, is_mail: bool, most: int = BATCH) -> list[Message]:
    """Some that are due, held for this worker for a while: no more than it gets through in that."""
    with scopes_disabled(), transaction.atomic():
        rows = Message.objects.filter(next_try_at__lte=now, endpoint__isnull=is_mail)
        due = list(
            rows.select_related("endpoint", "user", "tenant", "event__problem__connection")
            .select_for_update(skip_locked=True, of=("self",))
            .order_by("next_try_at")[:most]
        )
        Message.objects.filter(pk__in=[x.pk for x in due]).update(next_try_at=now + HELD)
    return due


def note_sent(message: Message, *, status: int | None = None, now: datetime) -> None:
    message.sent_at, message.next_try_at, message.status, message.problem = now, None, status, ""
    _save(message)


def note_not_sent(
    message: Message, problem: str, *, status: int | None = None, now: datetime
) -> None:
    """Tried again later and later, and then given up."""
    delays: list[int] = settings.MESSAGE_RETRY_SECONDS
    message.status, message.problem = status, problem[:500]
    is_over = message.tries >= len(delays)
    message.next_try_at = None if is_over else now + timedelta(seconds=delays[message.tries])
    _save(message)


def note_gone(message: Message, *, now: datetime) -> None:
    """The far side wants nothing any more."""
    assert message.endpoint
    message.status, message.problem, message.next_try_at = 410, "The address is gone.", None
    _save(message)
    with scopes_disabled():
        _end(message.endpoint, now, "The address is gone.")


def _save(message: Message) -> None:
    message.tries += 1
    with scopes_disabled():
        message.save(update_fields=["sent_at", "next_try_at", "status", "problem", "tries"])
