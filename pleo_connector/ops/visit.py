"""The door to the pages of staff: for everybody else there is nothing here."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django_scopes import scopes_disabled

from pleo_connector.tenants.second_step import has_second_step
from pleo_connector.web.visit import user_of

View = Callable[..., HttpResponseBase]


def for_staff(view: View) -> View:
    """All scopes are open inside: what writes opens the scope of the one tenant it writes for."""

    @login_required
    @wraps(view)
    def inner(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        user = user_of(request)
        if not user.is_staff:
            raise Http404("No such page.")
        if settings.STAFF_NEED_SECOND_STEP and not has_second_step(user):
            messages.warning(request, _("Pages for staff need a second step at log-in."))
            return redirect("mfa_activate_totp")
        with scopes_disabled():
            return view(request, **kwargs)

    return inner
