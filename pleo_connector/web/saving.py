"""Settings that a person saves, unless somebody else was first: places would mean other things."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from pleo_connector.bookkeeping.mapping import Mapping
from pleo_connector.mapping.actions import NewerVersion, save_mapping
from pleo_connector.web.visit import Visit


def version_seen(request: HttpRequest) -> int | None:
    """Of the settings that the person looked at; None where the form does not say it."""
    given = request.POST.get("version", "")
    return int(given) if given.isdecimal() else None


def save_over(
    request: HttpRequest, visit: Visit, mapping: Mapping, *, based_on: int | None, **more: Any
) -> bool:
    """False, and said, where the settings are no longer those of that version."""
    try:
        save_mapping(
            connection=visit.connection,
            mapping=mapping,
            author=visit.user,
            based_on=based_on,
            **more,
        )
    except NewerVersion:
        text = _("Somebody changed the settings meanwhile, so nothing was saved. Look again.")
        messages.error(request, text)
        return False
    return True
