"""`Idempotency-Key`: a POST that is sent twice is done once and answered twice."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from pleo_connector.api.caller import Caller
from pleo_connector.api.models import StoredAnswer
from pleo_connector.api.problems import Conflict, Unprocessable, to_problem

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,200}")
# One that runs longer belongs to a process that died: the next one may do it.
LAPSES = timedelta(minutes=10)
Handler = Callable[..., Response]


def idempotent(handler: Handler) -> Handler:
    """For POST methods. An answer of 5xx is not kept, so that it can be tried again."""

    @wraps(handler)
    def inner(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(HEADER)
        if key is None:
            return handler(self, request, *args, **kwargs)
        if not KEY.fullmatch(key):
            raise ValidationError({HEADER: ["Give 1 to 200 printable ASCII characters."]})
        row = _begin(self.caller, key, _hash(request))
        if row.status is not None:
            return _again(row)
        response = None
        try:
            response = handler(self, request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  answered, and logged, as without a key
            response = to_problem(error, {})
        finally:
            _end(row, response)
        return response

    return inner


def _hash(request: Request) -> str:
    sent = f"{request.method} {request.get_full_path()}\n".encode()
    return hashlib.sha256(sent + json.dumps(request.data, sort_keys=True).encode()).hexdigest()


def _begin(caller: Caller, key: str, request_hash: str) -> StoredAnswer:
    """A row of this request: new, or one that is answered already."""
    now = timezone.now()
    try:
        with transaction.atomic():
            made: StoredAnswer = StoredAnswer.objects.create(
                tenant=caller.tenant,
                caller=caller.name,
                key=key,
                request_hash=request_hash,
                created_at=now,
            )
            return made
    except IntegrityError:
        row = StoredAnswer.objects.get(tenant=caller.tenant, caller=caller.name, key=key)
    if row.request_hash != request_hash:
        raise Unprocessable("This Idempotency-Key was used for another request.")
    if row.status is None:
        _take_over(row, now)
    return row


def _take_over(row: StoredAnswer, now: Any) -> None:
    lapsed = StoredAnswer.objects.filter(
        pk=row.pk, status=None, created_at=row.created_at, created_at__lt=now - LAPSES
    )
    if not lapsed.update(created_at=now):
        raise Conflict("The first request with this Idempotency-Key is still running.")


def _again(row: StoredAnswer) -> Response:
    response = Response(row.body, status=row.status, content_type=row.media_type or None)
    response["Idempotent-Replayed"] = "true"
    return response


def _end(row: StoredAnswer, response: Response | None) -> None:
    if response is None or response.status_code >= 500:
        row.delete()
        return
    row.status, row.body = response.status_code, response.data
    row.media_type = response.content_type or ""
    row.save(update_fields=["status", "body", "media_type"])
