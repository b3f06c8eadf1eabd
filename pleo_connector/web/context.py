from typing import Any

from django.conf import settings
from django.http import HttpRequest

from pleo_connector.web.menu import menu_of
from pleo_connector.web.visit import current_membership, seats_of


def site(request: HttpRequest) -> dict[str, Any]:
    """What the frame of every page shows."""
    shown: dict[str, Any] = {
        "brand": settings.BRAND,
        "pleo_app_url": settings.PLEO_APP_URL,
        "support": settings.DEFAULT_FROM_EMAIL,
    }
    if getattr(request, "user", None) and request.user.is_authenticated:
        seat = current_membership(request)
        shown |= {"seats": seats_of(request), "seat": seat}
        shown["menu"] = menu_of(request)
    return shown
