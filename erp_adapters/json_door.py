"""An adapter's calls: JSON there and back, refused in the ERP's own way, and writes counted."""

from collections.abc import Callable
from typing import Any

from erp_adapters.base import Access
from erp_adapters.http import HttpDoor
from erp_adapters.reply import Reply


class JsonDoor(HttpDoor):
    """`writes` counts those that the ERP said yes to."""

    def __init__(self, access: Access, *, base_url: str, name: str) -> None:
        super().__init__(
            base_url=base_url,
            system="erp",
            name=name,
            allow_private=access.allow_private,
            observer=access.observer,
            throttle=access.throttle,
        )
        self.writes = 0

    def call(
        self,
        method: str,
        path: str,
        *,
        is_write: bool | None = None,
        refuse: Callable[[Reply], object] | None = None,
        shape: type = object,
        **request: Any,
    ) -> Any:
        """The answer, of that shape; None where there is none to give (204).

        `refuse` raises what this ERP's reply means, where `check` would not know it.
        """
        writes = method not in ("GET", "HEAD") if is_write is None else is_write
        reply = self.request(method, path, is_write=writes, **request)
        if refuse:
            refuse(reply)
        self.check(reply, is_write=writes)
        self.writes += writes
        return None if reply.status == 204 else self.json(reply, is_write=writes, shape=shape)
