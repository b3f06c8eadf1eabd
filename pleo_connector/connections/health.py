"""Whether both sides let us in. Who keeps record of it is told in the transaction of the change.

The record lives further up the import chain, so it is entered here by name, as kinds of rows are
into `history.retention`.
"""

from datetime import datetime
from typing import Protocol


class Listener(Protocol):
    def __call__(self, *, connection_id: int, now: datetime) -> None: ...


LISTENERS: list[Listener] = []


def changed(*, connection_id: int, now: datetime) -> None:
    """Call after the change, inside its transaction."""
    for listener in LISTENERS:
        listener(connection_id=connection_id, now=now)
