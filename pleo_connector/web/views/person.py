"""What a person chooses for themselves, over all companies."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from pleo_connector.tenants.actions import save_preferences
from pleo_connector.tenants.second_step import has_second_step
from pleo_connector.web.forms.person import PersonForm
from pleo_connector.web.visit import user_of


@login_required
def settings_page(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    form = PersonForm(request.POST if request.method == "POST" else None, user=user)
    if request.method == "POST" and form.is_valid():
        save_preferences(user=user, **form.cleaned_data)
        with translation.override(user.language or translation.get_language()):
            messages.success(request, _("Saved."))
        return redirect("settings")
    return render(
        request, "web/settings.html", {"form": form, "has_second_step": has_second_step(user)}
    )
