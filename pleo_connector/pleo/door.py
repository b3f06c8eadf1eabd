"""The way to one Pleo company's API: authorisation, paging, and refusals in Pleo's own words."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from erp_adapters.errors import OutcomeUnknown, Rejected, Unavailable
from erp_adapters.http import HttpDoor
from erp_adapters.limits import Throttle
from erp_adapters.reply import CallObserver, Reply

PAGE_SIZE = 100
FILE_SECONDS = 25.0


class Authorizer(Protocol):
    """Gives the Authorization header; asked again, with the refused one, after a 401."""

    def header(self, *, refused: str | None = None) -> str: ...


class PleoDoor:
    """Raises the errors of `erp_adapters.errors` with system "pleo"."""

    def __init__(
        self,
        *,
        base_url: str,
        authorizer: Authorizer,
        observer: CallObserver | None = None,
        throttle: Throttle | None = None,
        allow_private: bool = False,
    ) -> None:
        self._door = HttpDoor(
            base_url=base_url,
            system="pleo",
            name="Pleo",
            observer=observer,
            throttle=throttle,
            allow_private=allow_private,
        )
        # Another host, that knows no limit of calls.
        self._files: Callable[[], HttpDoor] = lambda: HttpDoor(
            base_url=base_url,
            system="pleo",
            name="Pleo's file store",
            allow_private=allow_private,
            total_timeout=FILE_SECONDS,
        )
        self._authorizer = authorizer

    def _call(
        self,
        method: str,
        path: str,
        template: str | None = None,
        *,
        gone_is_fine: bool = False,
        is_write: bool | None = None,
        **kwargs: Any,
    ) -> Reply:
        """A 401 means that nothing was applied, so the call is repeated once with a new token.

        `is_write` is said of a search only, which is a POST and changes nothing.
        """
        is_write = method != "GET" if is_write is None else is_write
        header: str | None = None
        for _ in range(2):
            header = self._authorizer.header(refused=header)
            reply = self._door.request(
                method,
                path,
                template=template,
                is_write=is_write,
                headers={"Authorization": header, "Accept": "application/json"},
                **kwargs,
            )
            if reply.status != 401:
                break
        if gone_is_fine and reply.status == 404:
            return reply
        return self._check(reply, is_write=is_write)

    def _check(self, reply: Reply, *, is_write: bool) -> Reply:
        try:
            return self._door.check(reply, is_write=is_write)
        except Rejected as error:
            problem = reply.fields()
            raise Rejected(
                str(problem.get("message") or error.message),
                system="pleo",
                status=reply.status,
                code=str(problem.get("type") or reply.status).upper(),
                detail=error.detail,
            ) from None

    def _get(self, path: str, template: str | None = None, **params: Any) -> Any:
        return self._door.json(self._call("GET", path, template, params=params), is_write=False)

    def _written(
        self, method: str, path: str, template: str, body: dict[str, Any]
    ) -> dict[str, Any]:
        """The record that a write answers with."""
        reply = self._call(method, path, template, json=body)
        with understood(OutcomeUnknown):
            row = self._door.json(reply, is_write=True)["data"]
            if not isinstance(row, dict):
                raise TypeError(row)
            return row

    def _search(
        self, path: str, query: dict[str, Any], body: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        return self._pages(path, query, body=body)

    def _page(
        self, path: str, template: str | None, params: dict[str, Any], body: dict[str, Any] | None
    ) -> Any:
        if body is None:
            return self._get(path, template, **params)
        reply = self._call("POST", path, template, is_write=False, params=params, json=body)
        return self._door.json(reply, is_write=False)

    def _pages(
        self,
        path: str,
        query: dict[str, Any],
        template: str | None = None,
        *,
        body: dict[str, Any] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Every row of a list, or of a search where there is a body.

        Unavailable where a cursor repeats, so that nothing is cut short.
        """
        after, seen = None, set[str]()
        while True:
            params = query | {"limit": PAGE_SIZE} | ({"after": after} if after else {})
            with understood(Unavailable):
                page = self._page(path, template, params, body)
                rows, position = iter(page["data"]), page["pagination"]
                more, after = position["hasNextPage"], position.get("endCursor")
            yield from rows
            if not more:
                return
            if not after or after in seen:
                raise Unavailable("Pleo's list does not end.", system="pleo", detail=path)
            seen.add(after)


@contextmanager
def understood(kind: type[Unavailable] | type[OutcomeUnknown]) -> Iterator[None]:
    """An answer of another shape than Pleo's is none: of a write, it is not known what was done."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise kind(
            "Pleo gave an answer that cannot be read.", system="pleo", detail=repr(error)[:200]
        ) from error
