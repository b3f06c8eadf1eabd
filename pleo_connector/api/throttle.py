"""How often one caller may call, counted by all processes together."""

from math import ceil
from typing import Any, cast

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from erp_adapters.base import RateWindow
from pleo_connector.api.caller import Caller
from pleo_connector.connections.limits import shared_windows


class PerCaller(BaseThrottle):
    seconds = 0.0

    def allow_request(self, request: Request, view: Any) -> bool:
        caller = cast(Caller | None, request.auth)
        if caller is None:
            return True  # refused for that already
        window = RateWindow(settings.API_CALLS_PER_MINUTE, 60)
        windows = shared_windows(settings.REDIS_URL)
        self.seconds = windows.take(f"api:{caller.name}", [window])
        return not self.seconds

    def wait(self) -> float:
        return ceil(self.seconds)
