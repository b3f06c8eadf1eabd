"""Writes each remote call down before it leaves and after it came back."""

import re
from typing import Any

from django.utils import timezone

from erp_adapters.reply import Call
from pleo_connector.connections.lease import Lease
from pleo_connector.history.models import Attempt, RemoteCall

# What looks like a secret or a token never reaches an excerpt.
SECRET = re.compile(
    r"(?i)(bearer |basic |whsec_|token\W+|key\W+|password\W+|secret\W+)[\w\-.~+/=]{6,}"
)


def redact(text: str) -> str:
    """Also without the one sign that the database does not keep."""
    return SECRET.sub(r"\1…", text.replace("\0", ""))[:500]


class Recorder:
    """Observer of both HTTP doors. Quiet without an attempt: most polls find nothing."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self.attempt: Attempt | None = None

    def began(self, call: Call) -> Any:
        """A write is written down together with the look at the lease, as the last step before."""
        if self.attempt and call.is_write:
            with self._lease.writing():
                return self._row(self.attempt, call)
        self._lease.began(call)
        return self._row(self.attempt, call) if self.attempt else None

    def _row(self, attempt: Attempt, call: Call) -> RemoteCall:
        row: RemoteCall = RemoteCall.objects.create(
            attempt=attempt,
            system=call.system,
            method=call.method,
            template=call.template[:200],
            is_write=call.is_write,
            began_at=timezone.now(),
        )
        return row

    def ended(self, token: Any, *, status: int | None, duration_ms: int, excerpt: str) -> None:
        if token is None:
            return
        RemoteCall.objects.filter(pk=token.pk).update(
            status=status, duration_ms=duration_ms, excerpt=redact(excerpt)
        )
