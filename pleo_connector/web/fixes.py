"""From a cause to the place that mends it: every problem ends in a link."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse

from pleo_connector.connections.models import Connection
from pleo_connector.web.words import erp_label


@dataclass(frozen=True, slots=True)
class Fix:
    label: str
    url: str = ""  # empty where there is nowhere to go
    is_outside: bool = False


PAGES = {
    "accounts": ("Choose the accounts", "accounts"),
    "tax": ("Check the tax accounts", "accounts"),
    "vendors": ("Check the vendor settings", "accounts"),
    "dimensions": ("Check the dimensions", "dimensions"),
    "posting": ("Check how entries are posted", "posting"),
}


def fix_for(
    connection: Connection, fix: str, *, pleo_url: str = "", support: str = ""
) -> Fix | None:
    """Where a problem with this mark is mended; None where the mark is empty."""
    if fix in PAGES:
        label, page = PAGES[fix]
        return Fix(label, reverse(page, args=[connection.public_id]))
    if fix == "pleo":
        return Fix("Open it in Pleo", pleo_url, is_outside=True)
    if fix == "erp":
        label = f"Check the connection to {erp_label(connection)}"
        return Fix(label, reverse("erp-choose", args=[connection.public_id]))
    if fix == "support":
        return Fix("Write to us", f"mailto:{support}", is_outside=True)
    return None


def problems_url(connection: Connection) -> str:
    """The exports of the connection that have entries which could not be booked."""
    query = urlencode({"state": "completed_with_errors", "connection": connection.public_id})
    return f"{reverse('history')}?{query}"
