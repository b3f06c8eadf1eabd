"""Posts to the receivers of webhooks."""

import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is not a receipt: only 2xx counts."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


# Without proxies of the environment: receivers are usually on this machine.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)


def post(url: str, headers: dict[str, str], body: bytes, timeout: int) -> dict[str, Any]:
    request = urllib.request.Request(url, data=body, headers=headers, method="POST")
    try:
        with _opener.open(request, timeout=timeout) as response:
            return {"status": response.status}
    except urllib.error.HTTPError as error:
        return {"status": error.code}
    except (OSError, ValueError, HTTPException) as error:
        return {"error": f"{type(error).__name__}: {error}"}
