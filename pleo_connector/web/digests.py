"""Once a day a letter to each person who wants it: what has opened since the last one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Max
from django_scopes import scopes_disabled

from pleo_connector.history.messages import is_urgent, operators
from pleo_connector.history.models import Message, Problem, ProblemEvent
from pleo_connector.tenants.models import Mail, Membership, User

OLDEST = timedelta(days=30)  # what nobody was told of for longer is in the list of problems


def make_due(*, now: datetime) -> int:
    """Letters for whom it is morning; a few queries for everybody together."""
    with scopes_disabled():
        opened = _opened(now)
        seats = [x for x in operators(set(opened)) if _is_due(x.user, now)]
        last = _last(seats)
        made = []
        for seat in seats:
            since = last.get((seat.user_id, seat.tenant_id), seat.created_at)
            new = [x for x in opened[seat.tenant_id] if x.at > since]
            if new:
                made.append(_digest(seat, new, now))
        Message.objects.bulk_create(made, ignore_conflicts=True)
    return len(made)


def _opened(now: datetime) -> dict[int, list[ProblemEvent]]:
    """By company: openings that still stand, are not muted, and were not told at once."""
    rows = ProblemEvent.objects.filter(
        kind=ProblemEvent.Kind.OPENED,
        at__gt=now - OLDEST,
        problem__state=Problem.State.OPEN,
    ).select_related("problem__connection")
    found: dict[int, list[ProblemEvent]] = {}
    for event in rows.order_by("at", "pk"):
        problem = event.problem
        is_old = event.opening != problem.opening
        if not (is_old or problem.is_muted(now) or is_urgent(problem)):
            found.setdefault(problem.connection.tenant_id, []).append(event)
    return found


def _is_due(user: User, now: datetime) -> bool:
    local = now.astimezone(_zone(user))
    return user.mail == Mail.ALL and local.hour >= settings.DIGEST_HOUR


def _last(seats: Sequence[Membership]) -> dict[tuple[int, int], datetime]:
    rows = Message.objects.filter(
        kind=Message.Kind.DIGEST,
        user__in={x.user_id for x in seats},
        tenant__in={x.tenant_id for x in seats},
    ).order_by()
    found = rows.values_list("user", "tenant").annotate(at=Max("created_at"))
    return {(user, tenant): at for user, tenant, at in found}


def _digest(seat: Membership, events: Sequence[ProblemEvent], now: datetime) -> Message:
    return Message(
        tenant=seat.tenant,
        user=seat.user,
        kind=Message.Kind.DIGEST,
        day=now.astimezone(_zone(seat.user)).date(),
        body={"problems": [event.problem_id for event in events]},
        created_at=now,
        next_try_at=now,
    )


def _zone(user: User) -> ZoneInfo:
    return ZoneInfo(user.time_zone or settings.TIME_ZONE)
