"""From a cause to the place that mends it: every problem ends in a link."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.connections.models import Connection
from pleo_connector.web.words import Text, erp_label


@dataclass(frozen=True, slots=True)
class Fix:
    label: Text
    url: str = ""  # empty where there is nowhere to go
    is_outside: bool = False


ONE_CODE = ("codes", "tax")  # their pages show the code that is the subject
PAGES: dict[str, tuple[Text, str]] = {
    "accounts": (gettext_lazy("Choose the accounts"), "accounts"),
    "codes": (gettext_lazy("Choose an account for it"), "categories"),
    "tax": (gettext_lazy("Choose its tax code"), "tax-codes"),
    "vendors": (gettext_lazy("Check the vendor settings"), "accounts"),
    "dimensions": (gettext_lazy("Check the dimensions"), "dimensions"),
    "rules": (gettext_lazy("Look at the rules"), "rules"),
    "posting": (gettext_lazy("Check how entries are posted"), "posting"),
    "sync": (gettext_lazy("Look at tags and accounts"), "syncs"),
}


def fix_for(
    connection: Connection, fix: str, *, subject: str = "", pleo_url: str = ""
) -> Fix | None:
    """Where a problem with this mark is mended; None where the mark is empty.

    `pleo_url` is that of the one entry that has it.
    """
    if fix in PAGES:
        label, page = PAGES[fix]
        url = reverse(page, args=[connection.public_id])
        if fix in ONE_CODE and subject:
            url = f"{url}?{urlencode({'code': subject})}"  # all are shown where it is no code
        return Fix(label, url)
    if fix == "pleo_access":
        return Fix(_("Reconnect Pleo"), reverse("connection", args=[connection.public_id]))
    if fix == "pleo":
        label = _("Open it in Pleo") if pleo_url else _("Open Pleo")
        return Fix(label, pleo_url or settings.PLEO_APP_URL, is_outside=True)
    if fix == "erp":
        label = _("Check the connection to %(system)s") % {"system": erp_label(connection)}
        return Fix(label, erp_url(connection))
    if fix == "support":
        return Fix(_("Write to us"), f"mailto:{settings.DEFAULT_FROM_EMAIL}", is_outside=True)
    return None


def erp_url(connection: Connection) -> str:
    """Where the access to the accounting system is given."""
    if connection.erp_kind:
        return reverse("erp-connect", args=[connection.public_id, connection.erp_kind])
    return reverse("erp-choose", args=[connection.public_id])


def problems_url(connection: Connection) -> str:
    """What needs a person on this connection."""
    return reverse("connection-problems", args=[connection.public_id])
