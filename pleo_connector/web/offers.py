"""After causes were mended: the entries that wait, with the button that exports them again."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from pleo_connector.connections.models import Connection
from pleo_connector.history.models import Problem
from pleo_connector.history.queries import keeping, kept_counts

SAVED = "saved"  # in the address of a page that was just saved


@dataclass(frozen=True, slots=True)
class Offer:
    problems: Sequence[Problem]
    entries: int
    url: str


def saved_at(name: str, connection: Connection) -> str:
    """Where a page leads once it was saved, so that it makes its offer."""
    return f"{reverse(name, args=[connection.public_id])}?{SAVED}=1"


def offer_of(
    request: HttpRequest,
    connection: Connection,
    fixes: Collection[str],
    *,
    is_mended: Callable[[str], bool] = lambda subject: True,
) -> Offer | None:
    """Entries whose cause was mended on this page, after it was saved."""
    if SAVED not in request.GET:
        return None
    problems = [x for x in keeping(connection, fixes) if is_mended(x.subject)]
    entries = sum(kept_counts(problems).values()) if problems else 0
    url = reverse("mended-again", args=[connection.public_id])
    return Offer(problems, entries, url) if entries else None
