"""Doors for Celery: letters, which are written like pages, and what they and webhooks link to."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from pleo_connector.history.messages import pass_on
from pleo_connector.web import digests, letters


@shared_task(name="web.pass_on_problems")
def pass_on_problems(**_: Any) -> None:
    while pass_on(now=timezone.now(), url_of=letters.url_of) == letters.BATCH:
        pass


@shared_task(name="web.send_letters")
def send_letters(**_: Any) -> None:
    letters.send_due(now=timezone.now)


@shared_task(name="web.make_digests")
def make_digests(**_: Any) -> None:
    digests.make_due(now=timezone.now())
