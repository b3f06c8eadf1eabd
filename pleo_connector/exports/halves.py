"""Postings as the halves of a match: their keys as they are stored, and the look-ups by them.

A key is kept as a hash with its connection in it: it names nobody, has one length, and finds
postings of this connection only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, cast

from pleo_connector.bookkeeping.match import OFFERING, Half, HalfRole
from pleo_connector.connections.models import Connection
from pleo_connector.exports.models import Posting


def hidden(connection: Connection, half: Half) -> Half:
    keys = (sha256(f"{connection.pk} {key}".encode()).hexdigest()[:32] for key in half.keys)
    return replace(half, keys=tuple(keys))


def half_of_posting(posting: Posting) -> Half:
    return Half(
        reference=posting.reference,
        role=cast(HalfRole, posting.match_role),
        keys=tuple(posting.match_keys or ()),
        currency=posting.match_currency,
        units=posting.match_units,
    )


def keys_of(halves: Iterable[Half]) -> list[str]:
    return list(dict.fromkeys(key for half in halves for key in half.keys))


def offering_postings(connection: Connection, keys: Sequence[str]) -> list[Posting]:
    """Booked claims and bills that are found under one of the keys."""
    return _by_match_key(connection, keys, match_role__in=OFFERING)


def waiting_postings(connection: Connection, keys: Sequence[str]) -> list[Posting]:
    """Booked payments without a counterpart so far that look for one of the keys."""
    return _by_match_key(connection, keys, match=Posting.Match.OPEN)


def _by_match_key(connection: Connection, keys: Sequence[str], **more: Any) -> list[Posting]:
    if not keys:
        return []
    rows = Posting.objects.filter(
        connection=connection,
        state=Posting.State.POSTED,
        match_keys__overlap=list(keys),
        **more,
    )
    return list(rows.select_related("job").defer("voucher"))


def postings_to_match(connection: Connection, match: Posting.Match) -> list[Posting]:
    """Booked postings of this connection in that state of matching, the oldest first."""
    rows = Posting.objects.filter(
        connection=connection, state=Posting.State.POSTED, match=match
    ).filter(match__in=[Posting.Match.NEW, Posting.Match.DUE])
    return list(rows.select_related("job").defer("voucher").order_by("pk"))


def postings_under(connection: Connection, references: Sequence[str]) -> dict[str, Posting]:
    """Booked postings by reference."""
    rows = Posting.objects.filter(
        connection=connection, state=Posting.State.POSTED, reference__in=references
    )
    return {row.reference: row for row in rows.select_related("job").defer("voucher")}
