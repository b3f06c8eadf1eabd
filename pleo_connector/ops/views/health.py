"""For load balancers and monitors."""

import hmac

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django_scopes import scopes_disabled
from redis.exceptions import RedisError

from pleo_connector.connections.limits import shared_windows
from pleo_connector.ops.metrics import written


def live(request: HttpRequest) -> HttpResponse:
    """200 while this process answers at all."""
    return JsonResponse({"ok": True})


def ready(request: HttpRequest) -> HttpResponse:
    """200 while it can reach its database, else 503. It goes on without Redis, and only says so."""
    parts = {"database": _database(), "redis": _redis()}
    is_ready = parts["database"]
    return JsonResponse({"ok": is_ready, **parts}, status=200 if is_ready else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis() -> bool:
    try:
        return bool(shared_windows(settings.REDIS_URL).shared.storage.ping())
    except RedisError:
        return False


def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, with the token of the settings; without one there is no such page."""
    token = settings.METRICS_TOKEN
    if not token:
        raise Http404("No such page.")
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), token.encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    with scopes_disabled():
        body, kind = written()
    return HttpResponse(body, content_type=kind)
