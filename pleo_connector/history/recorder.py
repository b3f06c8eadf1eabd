"""Writes each remote call down before it leaves and after it came back."""

import re
from typing import Any

from django.utils import timezone

from erp_adapters.http import Call
from pleo_connector.connections.lease import Lease
from pleo_connector.history.models import Attempt, RemoteCall

# What looks like a secret or a token never reaches an excerpt.
SECRET = re.compile(
    r"(?i)(bearer |basic |whsec_|token\W+|key\W+|password\W+|secret\W+)[\w\-.~+/=]{6,}"
)


def redact(text: str) -> str:
    return SECRET.sub(r"\1…", text)[:500]


class Recorder:
    """Observer of both HTTP doors. Quiet without an attempt: most polls find nothing."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self.attempt: Attempt | None = None

    def began(self, call: Call) -> Any:
        self._lease.began(call)
        if self.attempt is None:
            return None
        return RemoteCall.objects.create(
            attempt=self.attempt,
            system=call.system,
            method=call.method,
            template=call.template[:200],
            is_write=call.is_write,
            began_at=timezone.now(),
        )

    def ended(self, token: Any, *, status: int | None, duration_ms: int, excerpt: str) -> None:
        if token is None:
            return
        RemoteCall.objects.filter(pk=token.pk).update(
            status=status, duration_ms=duration_ms, excerpt=redact(excerpt)
        )
