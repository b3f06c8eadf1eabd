"""Pleo's notifications. Verified, stored once, answered at once; a worker does the rest."""

import uuid
from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from django_scopes import scope, scopes_disabled

from pleo_connector.catalog.wakes import vendor_was_born
from pleo_connector.connections.actions import store_notification
from pleo_connector.connections.models import Connection, WebhookSubscription
from pleo_connector.pleo.webhooks import Malformed, NotFromPleo, read_notification

MAX_BODY = 256 * 1024  # bytes


@csrf_exempt
@require_POST
def pleo_webhook(request: HttpRequest, path_key: uuid.UUID) -> HttpResponse:
    with scopes_disabled():
        subscription = WebhookSubscription.objects.filter(path_key=path_key).first()
    if subscription is None:
        return _refusal(404, "No such subscription.")
    if int(request.headers.get("Content-Length") or 0) > MAX_BODY:
        return _refusal(413, "The notification is too large.")
    try:
        notification = read_notification(
            body=request.body, headers=request.headers, secret=subscription.secret
        )
    except NotFromPleo:
        return _refusal(401, "The signature or the timestamp does not fit.")
    except Malformed as error:
        return _refusal(400, str(error))
    now = timezone.now()
    is_new = store_notification(path_key=path_key, notification=notification, now=now)
    if is_new and notification.is_of_vendor:
        _wake_vendors(subscription, now)
    return JsonResponse({"stored": is_new})


def _wake_vendors(subscription: WebhookSubscription, now: datetime) -> None:
    with scopes_disabled():
        rows = Connection.objects.select_related("tenant")
        connection = rows.get(pk=subscription.connection_id)
    with scope(tenant=connection.tenant):
        vendor_was_born(connection=connection, now=now)


def _refusal(status: int, sentence: str) -> JsonResponse:
    return JsonResponse({"detail": sentence}, status=status)
