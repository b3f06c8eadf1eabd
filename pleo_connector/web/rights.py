"""What Pleo allows, in words."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pleo_connector.web import words

# Without these nothing can be booked.
NEEDED = frozenset({"export-jobs:read", "export-jobs:write", "export-items:read", "companies:read"})
RIGHTS: dict[str, words.Text] = {
    "export-jobs": gettext_lazy("exports"),
    "export-items": gettext_lazy("entries to export"),
    "companies": gettext_lazy("the company's name"),
    "tag-group": gettext_lazy("tags"),
    "tag-groups": gettext_lazy("tags"),
    "accounts": gettext_lazy("accounts"),
    "tax-codes": gettext_lazy("tax codes"),
    "vendors": gettext_lazy("vendors"),
}


def rights(scopes: Iterable[str]) -> str:
    """What Pleo calls export-jobs:read and export-jobs:write: exports (read, change)."""
    found: dict[str, list[str]] = {}
    for scope in sorted(scopes):
        what, _colon, how = scope.partition(":")
        found.setdefault(str(RIGHTS.get(what, what)), []).append(
            {"read": _("read"), "write": _("change")}.get(how, how)
        )
    return ", ".join(f"{what} ({', '.join(how)})" for what, how in found.items())
