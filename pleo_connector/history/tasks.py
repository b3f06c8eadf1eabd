"""Doors for Celery."""

import logging
from typing import Any

from celery import shared_task
from django.utils import timezone

from pleo_connector.history.retention import delete_old
from pleo_connector.history.webhooks import send_due

logger = logging.getLogger(__name__)


@shared_task(name="history.delete_old")
def delete_old_rows(**_: Any) -> None:
    gone = {name: count for name, count in delete_old(now=timezone.now()).items() if count}
    if gone:
        logger.info("Old rows deleted: %s", gone)


@shared_task(name="history.send_webhooks")
def send_webhooks(**_: Any) -> None:
    send_due(now=timezone.now)
